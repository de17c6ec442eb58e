//! OAuth: grants of programs and of people, and how tokens end.

use reqwest::{Client, Method, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use simulator::{Config, Grant};

use crate::harness::{House, Socket, check_refusal, other_answer, still, text};

const BACK: &str = "http://localhost:9/back";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A browser that does not follow redirects, so that a test sees them.
fn browser() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

fn pairs(text: &str) -> Vec<(String, String)> {
    reqwest::Url::parse(&format!("http://x/?{text}")).unwrap().query_pairs().into_owned().collect()
}

/// Where an answer sends the browser, and the values that it carries.
fn sent_to(response: &Response, mark: char) -> (String, Vec<(String, String)>) {
    assert_eq!(response.status(), StatusCode::FOUND);
    let location = response.headers()["location"].to_str().unwrap();
    let (to, values) = location.split_once(mark).unwrap_or((location, ""));
    (to.to_owned(), pairs(values))
}

fn value<'a>(values: &'a [(String, String)], name: &str) -> &'a str {
    values.iter().find(|(is, _)| is == name).map_or("", |(_, value)| value.as_str())
}

fn pkce(redirect_uri: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("client_id", "simulator"),
        ("response_type", "code"),
        ("redirect_uri", redirect_uri),
        ("state", "a&b=c"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

impl House {
    fn authorize(&self, query: &[(&str, &str)]) -> reqwest::Url {
        let url = format!("{}/oauth/authorize", self.running.base_url());
        reqwest::Url::parse_with_params(&url, query).unwrap()
    }

    /// Signs a person in; answers the code.
    async fn code(&self, query: &[(&str, &str)], user: &str) -> String {
        let request = browser().post(self.authorize(query)).form(&[("user", user), ("answer", "allow")]);
        let (to, values) = sent_to(&request.send().await.unwrap(), '?');
        assert_eq!(to, BACK);
        let state = query.iter().find(|(name, _)| *name == "state").map_or("", |(_, state)| *state);
        assert_eq!(value(&values, "state"), state);
        value(&values, "code").to_owned()
    }

    async fn redeem(&self, form: &[(&str, &str)], secret: Option<&str>) -> (u16, Value) {
        let mut request = self.http.post(format!("{}/oauth/token", self.running.base_url())).form(form);
        if let Some(secret) = secret {
            request = request.basic_auth("simulator", Some(secret));
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn redeem_code(&self, code: &str, verifier: &str) -> (u16, Value) {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "simulator"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", verifier),
        ];
        self.redeem(&form, None).await
    }

    /// A token of the person at this place of the list of users.
    pub async fn token_of_person(&self, place: usize) -> (String, String) {
        let users = self.get("/api/v2/users?pageSize=60").await;
        let user = text(&users["entities"][place]["id"]).to_owned();
        let code = self.code(&pkce(BACK), &user).await;
        let (status, granted) = self.redeem_code(&code, VERIFIER).await;
        assert_eq!(status, 200, "{granted}");
        (text(&granted["access_token"]).to_owned(), user)
    }

    async fn get_as(&self, token: &str, path: &str) -> Value {
        let response = self.call_as(token, Method::GET, path, None).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }
}

#[tokio::test]
async fn a_person_signs_in_with_pkce_and_is_known_by_the_token() {
    let house = House::open(still()).await;
    let users = house.get("/api/v2/users?pageSize=60").await;
    let (near, far) = (&users["entities"][3], &users["entities"][40]);
    let page = browser().get(house.authorize(&pkce(BACK))).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.text().await.unwrap();
    assert_eq!(html.matches("type=\"radio\"").count(), 20);
    assert!(html.contains(text(&near["id"])) && !html.contains(text(&far["email"])));
    // The form goes back with the whole wish.
    let action = html.split("action=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let url = format!("{}{action}", house.running.base_url());
    // Somebody else by e-mail address, in any case.
    let email = text(&far["email"]).to_uppercase();
    let form = [("other", email.as_str()), ("answer", "allow")];
    let (to, values) = sent_to(&browser().post(url).form(&form).send().await.unwrap(), '?');
    assert_eq!((to.as_str(), value(&values, "state")), (BACK, "a&b=c"));

    let (status, granted) = house.redeem_code(value(&values, "code"), VERIFIER).await;
    assert_eq!(status, 200, "{granted}");
    assert_eq!((&granted["token_type"], &granted["expires_in"]), (&json!("bearer"), &json!(86_400)));
    let token = text(&granted["access_token"]);
    let me = house.get_as(token, "/api/v2/users/me?expand=presence,token,authorization").await;
    assert_eq!((&me["id"], &me["email"]), (&far["id"], &far["email"]));
    assert!(me["presence"]["presenceDefinition"]["id"].is_string());
    assert_eq!(me["token"]["OAuthClient"]["authorizedGrantType"], "CODE");
    assert!(me["authorization"]["permissions"].is_array() && me["organization"].is_null());
    let info = house.get_as(token, "/api/v2/tokens/me").await;
    assert!(info["authorizedScope"].as_array().unwrap().contains(&json!("presence")));
    let organisation = house.get_as(token, "/api/v2/organizations/me").await;
    assert_eq!(organisation["id"], info["organization"]["id"]);
}

#[tokio::test]
async fn a_code_is_redeemed_once_soon_and_by_whom_it_was_given_to() {
    let house = House::open(still()).await;
    let users = house.get("/api/v2/users?pageSize=1").await;
    let user = text(&users["entities"][0]["id"]);
    let refused = |(status, body): (u16, Value), error: &str| {
        assert_eq!((status, &body["error"]), (400, &json!(error)), "{body}");
        assert!(body["description"].is_string() && body["description"] == body["error_description"]);
    };
    let code = house.code(&pkce(BACK), user).await;
    assert_eq!(house.redeem_code(&code, VERIFIER).await.0, 200);
    refused(house.redeem_code(&code, VERIFIER).await, "invalid_grant");

    let code = house.code(&pkce(BACK), user).await;
    refused(house.redeem_code(&code, &VERIFIER.replace('d', "e")).await, "invalid_grant");
    refused(house.redeem_code(&code, VERIFIER).await, "invalid_grant");

    let code = house.code(&pkce(BACK), user).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 61 })).await;
    refused(house.redeem_code(&code, VERIFIER).await, "invalid_grant");

    let code = house.code(&pkce(BACK), user).await;
    let elsewhere = [
        ("grant_type", "authorization_code"),
        ("client_id", "simulator"),
        ("code", &code),
        ("redirect_uri", "http://localhost:9/elsewhere"),
        ("code_verifier", VERIFIER),
    ];
    refused(house.redeem(&elsewhere, None).await, "invalid_grant");
    refused(
        house.redeem(&[("grant_type", "authorization_code"), ("client_id", "simulator")], None).await,
        "invalid_request",
    );

    // A code without challenge wants the secret, one with challenge wants the verifier all the same.
    let plain = &pkce(BACK)[..4];
    let code = house.code(plain, user).await;
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
    assert_eq!(house.redeem(&form, Some("wrong")).await.0, 401);
    let (status, granted) = house.redeem(&form, Some("simulator")).await;
    assert_eq!(status, 200, "{granted}");
    let code = house.code(&pkce(BACK), user).await;
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
    refused(house.redeem(&form, Some("simulator")).await, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_works_once_and_gives_the_next() {
    let house = House::open(still()).await;
    let users = house.get("/api/v2/users?pageSize=1").await;
    let user = text(&users["entities"][0]["id"]).to_owned();
    let code = house.code(&pkce(BACK), &user).await;
    let first = house.redeem_code(&code, VERIFIER).await.1;
    let form = |refresh: &Value| {
        let refresh = text(refresh).to_owned();
        [
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", "simulator".to_owned()),
            ("refresh_token", refresh),
        ]
    };
    let refresh = async |token: &Value, secret: Option<&str>| {
        let form = form(token);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        house.redeem(&form, secret).await
    };
    let (status, second) = refresh(&first["refresh_token"], None).await;
    assert_eq!(status, 200, "{second}");
    assert_eq!(house.get_as(text(&second["access_token"]), "/api/v2/users/me").await["id"], user);
    let (status, body) = refresh(&first["refresh_token"], None).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    assert_eq!(refresh(&second["refresh_token"], None).await.0, 200);

    // What was got by the secret is refreshed by the secret.
    let code = house.code(&pkce(BACK)[..4], &user).await;
    let redeem = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
    let third = house.redeem(&redeem, Some("simulator")).await.1;
    assert_eq!(refresh(&third["refresh_token"], None).await.0, 401);
    assert_eq!(refresh(&third["refresh_token"], Some("simulator")).await.0, 200);
}

#[tokio::test]
async fn errors_go_to_the_client_only_when_the_way_back_is_trusted() {
    let house = House::open(still()).await;
    let with = |name: &'static str, value: &'static str| {
        let mut query = pkce(BACK);
        query.retain(|(is, _)| *is != name);
        query.push((name, value));
        query
    };
    for query in [
        with("client_id", "<b>nobody</b>"),
        with("redirect_uri", "http://example.com/"),
        with("redirect_uri", "http://localhost@example.com/"),
        pkce(BACK)[..2].to_vec(),
    ] {
        let page = browser().get(house.authorize(&query)).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::BAD_REQUEST, "{query:?}");
        assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        let html = page.text().await.unwrap();
        assert!(html.contains("role=\"alert\"") && !html.contains("<b>"), "{html}");
    }
    for (query, error) in [
        (with("response_type", "id_token"), "unsupported_response_type"),
        (with("code_challenge_method", "plain"), "invalid_request"),
        (with("code_challenge", "short"), "invalid_request"),
        (with("org", "only"), "invalid_request"),
        (with("target", "another"), "invalid_request"),
        (with("prompt", "none"), "invalid_request"),
    ] {
        let (to, values) = sent_to(&browser().get(house.authorize(&query)).send().await.unwrap(), '?');
        assert_eq!((to.as_str(), value(&values, "error")), (BACK, error), "{query:?}");
        assert!(!value(&values, "error_description").is_empty());
        assert_eq!(value(&values, "state"), "a&b=c");
    }
    let request = browser().post(house.authorize(&pkce(BACK))).form(&[("answer", "deny")]);
    let (_, values) = sent_to(&request.send().await.unwrap(), '?');
    assert_eq!(value(&values, "error"), "access_denied");
    for form in [vec![("answer", "allow")], vec![("other", "<i>nobody</i>")]] {
        let page = browser().post(house.authorize(&pkce(BACK))).form(&form).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::BAD_REQUEST);
        assert!(page.text().await.unwrap().contains("role=\"alert\""));
    }
}

#[tokio::test]
async fn the_implicit_grant_answers_in_the_fragment_and_a_hint_chooses() {
    let house = House::open(still()).await;
    let users = house.get("/api/v2/users?pageSize=60").await;
    let (near, far) = (&users["entities"][2], &users["entities"][50]);
    let hint = format!("{}:rollcall-example", text(&near["email"]));
    let query = [
        ("client_id", "simulator"),
        ("response_type", "token"),
        ("redirect_uri", BACK),
        ("login_hint", &hint),
    ];
    let html = browser().get(house.authorize(&query)).send().await.unwrap().text().await.unwrap();
    assert_eq!(html.matches(" checked").count(), 1);
    assert!(html.contains(&format!("value=\"{}\" checked", text(&near["id"]))));
    let query = [query[0], query[1], query[2], ("login_hint", text(&far["email"]))];
    let html = browser().get(house.authorize(&query)).send().await.unwrap().text().await.unwrap();
    assert!(html.contains(&format!("name=\"other\" value=\"{}\"", text(&far["email"]))));

    let request = browser().post(house.authorize(&query)).form(&[("user", text(&far["id"]))]);
    let (to, values) = sent_to(&request.send().await.unwrap(), '#');
    assert_eq!((to.as_str(), value(&values, "token_type")), (BACK, "bearer"));
    let me = house.get_as(value(&values, "access_token"), "/api/v2/users/me").await;
    assert_eq!(me["id"], far["id"]);
}

#[tokio::test]
async fn a_client_gets_only_what_it_is_configured_for() {
    let code_only = simulator::Client {
        grants: vec![Grant::Code],
        redirect_uris: vec!["https://wall.example/back".to_owned()],
        token_seconds: Some(300),
        ..simulator::Client::new("wall", "wall-secret")
    };
    let simulator = simulator::Client::new("simulator", "simulator");
    let odd = simulator::Client::new("<b>odd", "x");
    let house = House::open(Config { clients: vec![simulator, code_only, odd], ..still() }).await;
    let form =
        [("grant_type", "client_credentials"), ("client_id", "wall"), ("client_secret", "wall-secret")];
    let (status, body) = house.redeem(&form, None).await;
    assert_eq!((status, &body["error"]), (400, &json!("unauthorized_client")));
    let page = browser()
        .get(house.authorize(&[("client_id", "wall"), ("response_type", "code"), ("redirect_uri", BACK)]))
        .send();
    assert_eq!(page.await.unwrap().status(), StatusCode::BAD_REQUEST);
    let query =
        [("client_id", "wall"), ("redirect_uri", "https://wall.example/back"), ("response_type", "token")];
    let (to, values) = sent_to(&browser().get(house.authorize(&query)).send().await.unwrap(), '#');
    assert_eq!((to.as_str(), value(&values, "error")), ("https://wall.example/back", "unauthorized_client"));

    let query_of_odd = [("client_id", "<b>odd"), ("response_type", "code"), ("redirect_uri", BACK)];
    let html = browser().get(house.authorize(&query_of_odd)).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("&lt;b&gt;odd") && !html.contains("<b>"), "names are shown as they are: {html}");

    let users = house.get("/api/v2/users?pageSize=1").await;
    let query = [query[0], query[1], ("response_type", "code")];
    let request =
        browser().post(house.authorize(&query)).form(&[("user", text(&users["entities"][0]["id"]))]);
    let (_, values) = sent_to(&request.send().await.unwrap(), '?');
    let form = [
        ("grant_type", "authorization_code"),
        ("code", value(&values, "code")),
        ("redirect_uri", query[1].1),
        ("client_id", "wall"),
        ("client_secret", "wall-secret"),
    ];
    let (status, granted) = house.redeem(&form, None).await;
    assert_eq!((status, &granted["expires_in"]), (200, &json!(300)));
}

#[tokio::test]
async fn who_mints_too_fast_is_refused_with_400_until_the_minute_is_over() {
    let house = House::open(Config { token_mints_per_minute: 3, ..still() }).await;
    let form = [("grant_type", "client_credentials")];
    assert_eq!(house.redeem(&form, Some("simulator")).await.0, 200);
    assert_eq!(house.redeem(&form, Some("simulator")).await.0, 200);
    let (status, body) = house.redeem(&form, Some("simulator")).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")));
    assert!(text(&body["description"]).starts_with("rate limit exceeded;"));
    let query = [("client_id", "simulator"), ("response_type", "token"), ("redirect_uri", BACK)];
    let user = text(&house.get("/api/v2/users?pageSize=1").await["entities"][0]["id"]).to_owned();
    let request = browser().post(house.authorize(&query)).form(&[("user", &user)]);
    let (_, values) = sent_to(&request.send().await.unwrap(), '#');
    assert_eq!(value(&values, "error"), "invalid_request");
    house.post("/simulator/clock", json!({ "advanceSeconds": 60 })).await;
    assert_eq!(house.redeem(&form, Some("simulator")).await.0, 200);
}

#[tokio::test]
async fn revoking_a_person_ends_all_their_tokens_and_tells_their_channels() {
    let house = House::open(still()).await;
    let (token, user) = house.token_of_person(5).await;
    let (second, _) = house.token_of_person(5).await;
    let (other, _) = house.token_of_person(6).await;
    let response = house.call_as(&token, Method::POST, "/api/v2/notifications/channels", None).await;
    let channel: Value = response.json().await.unwrap();
    let mut socket = Socket::connect(&channel).await;
    house.ok(Method::DELETE, &format!("/api/v2/tokens/{user}"), None).await;
    let id = text(&channel["id"]);
    let frame = socket.frame().await;
    assert_eq!(frame["topicName"], format!("v2.system.token_revoked.{id}"));
    let body = &frame["eventBody"];
    assert_eq!((&body["channelId"], &body["userId"]), (&channel["id"], &json!(user)));
    assert_eq!(
        (&body["systemTopicType"], &body["reason"]),
        (&json!("token_revoked"), &json!("user_tokens_revoked"))
    );
    for token in [&token, &second] {
        let response = house.call_as(token, Method::GET, "/api/v2/date", None).await;
        check_refusal(response, (401, "bad.credentials")).await;
    }
    house.get_as(&other, "/api/v2/date").await;
    house.get("/api/v2/date").await;
    house.call_as(&other, Method::DELETE, "/api/v2/tokens/me", None).await;
    let response = house.call_as(&other, Method::HEAD, "/api/v2/tokens/me", None).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    house.refused(Method::DELETE, "/api/v2/tokens/nobody", None, (404, "not.found")).await;
}

#[tokio::test]
async fn scopes_permissions_and_divisions_can_be_read() {
    let house = House::open(still()).await;
    let scopes = house.get("/api/v2/oauth/scopes").await;
    let entities = scopes["entities"].as_array().unwrap();
    assert_eq!(scopes["total"], entities.len());
    assert!(entities.iter().any(|scope| scope["id"] == "presence:readonly"));
    assert!(!entities.iter().any(|scope| scope["id"] == "notifications:readonly"));
    let scope = house.get("/api/v2/oauth/scopes/presence:readonly").await;
    assert!(entities.contains(&scope));
    house.refused(Method::GET, "/api/v2/oauth/scopes/presence:write", None, (404, "not.found")).await;

    let domains = house.all_pages("/api/v2/authorization/permissions?pageSize=3").await;
    let routing = domains.iter().find(|domain| domain["domain"] == "routing").unwrap();
    let queue = routing["permissionMap"]["queue"].as_array().unwrap();
    assert!(queue.iter().any(|permission| permission["action"] == "view"));

    let path = "/api/v2/authorization/divisionspermitted/me?permission=routing:queue:view";
    house.refused(Method::GET, path, None, (400, "bad.request")).await;
    let (lead, _) = house.token_of_person(0).await;
    assert!(!house.get_as(&lead, path).await.as_array().unwrap().is_empty());
}

#[tokio::test]
async fn who_is_nobody_and_who_is_no_client_is_answered_as_the_switches_say() {
    for (answer, users_me, client) in [
        (None, (400, "bad.request"), 401),
        (Some("no_user_is_not_found"), (404, "not.found"), 401),
        (Some("invalid_client_is_bad_request"), (400, "bad.request"), 400),
    ] {
        let house = House::open(answer.map_or_else(still, other_answer)).await;
        for path in ["/api/v2/users/me", "/api/v2/workforcemanagement/agents/me/managementunit"] {
            house.refused(Method::GET, path, None, users_me).await;
        }
        let (status, body) = house.redeem(&[("grant_type", "client_credentials")], Some("wrong")).await;
        assert_eq!((status, &body["error"]), (client, &json!("invalid_client")));
    }
}

#[tokio::test]
async fn a_page_of_another_address_may_call_but_not_control() {
    let house = House::open(still()).await;
    let url = |path: &str| format!("{}{path}", house.running.base_url());
    for path in ["/oauth/token", "/api/v2/users/me"] {
        let request = house
            .http
            .request(Method::OPTIONS, url(path))
            .header("origin", "http://localhost:3000")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert_eq!(response.headers()["access-control-allow-headers"], "authorization,content-type");
        assert!(response.headers()["access-control-allow-methods"].to_str().unwrap().contains("PATCH"));
    }
    let response = house.call(Method::GET, "/api/v2/nothing", None).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let exposed = response.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("inin-ratelimit-count") && exposed.contains("retry-after"));
    let response = house.http.get(url("/simulator/truth")).send().await.unwrap();
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}
