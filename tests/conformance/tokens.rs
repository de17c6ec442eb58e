//! Tokens, and who gets in with which.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Party, check_refusal};

pub async fn suite(party: &Party) {
    by_basic_and_by_form(party).await;
    wrong_credentials(party).await;
    without_a_token(party).await;
    what_is_not_there(party).await;
}

async fn by_basic_and_by_form(party: &Party) {
    let (id, secret) = party.client;
    let url = format!("{}/oauth/token", party.me.base);
    let basic = party.me.http.post(&url).basic_auth(id, Some(secret));
    let basic = basic.form(&[("grant_type", "client_credentials")]);
    let fields = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let form = party.me.http.post(&url).form(&fields);
    for (how, request) in [("by Basic", basic), ("by form", form)] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{how}");
        let token: Value = answer.json().await.unwrap();
        assert!(token["token_type"].as_str().unwrap().eq_ignore_ascii_case("bearer"), "{how}: {token}");
        assert!(token["expires_in"].as_u64() > Some(60), "{how}: {token}");
        let used = party.me.http.get(format!("{}/api/v2/users?pageSize=1", party.me.base));
        let used = used.bearer_auth(token["access_token"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(used.status(), 200, "{how}");
    }
}

async fn wrong_credentials(party: &Party) {
    let (id, secret) = party.client;
    for (id, secret) in [(id, "wrong"), ("nobody", secret), (id, "")] {
        let request = party.me.http.post(format!("{}/oauth/token", party.me.base));
        let request = request.basic_auth(id, Some(secret)).form(&[("grant_type", "client_credentials")]);
        let answer = request.send().await.unwrap();
        let expected = if party.turns("invalid_client_is_bad_request") { 400 } else { 401 };
        assert_eq!(answer.status(), expected, "{id}/{secret}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"], "invalid_client", "{id}/{secret}: {body}");
        assert!(body["description"].is_string() && body["error_description"].is_string(), "{body}");
    }
    let request = party.me.http.post(format!("{}/oauth/token", party.me.base));
    let request = request.basic_auth(id, Some(secret)).form(&[("grant_type", "password")]);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "unsupported_grant_type");
}

async fn without_a_token(party: &Party) {
    let url = |path: &str| format!("{}{path}", party.me.base);
    let read = party.me.http.get(url("/api/v2/users")).send().await.unwrap();
    if party.reads_need_a_token {
        check_refusal(read, (401, "authentication.required"), "no token").await;
    } else {
        assert_eq!(read.status(), 200);
        assert!(read.headers().contains_key("set-cookie"), "a session in place of a token");
    }
    // What changes something needs more than being on this machine, at either.
    let channel = party.me.http.post(url("/api/v2/notifications/channels")).json(&json!({})).send().await;
    check_refusal(channel.unwrap(), (401, "authentication.required"), "no token").await;

    let wrong = party.me.http.get(url("/api/v2/users")).bearer_auth("not-a-token").send().await.unwrap();
    let status = wrong.status().as_u16();
    let body: Value = wrong.json().await.unwrap();
    assert_eq!(status, 401, "{body}");
    let code = body["code"].as_str().unwrap();
    assert!(["authentication.required", "bad.credentials"].contains(&code), "{body}");
}

async fn what_is_not_there(party: &Party) {
    for path in ["/api/v2/conversations", "/api/v2", "/api/v3/users", "/api/v2/users/x/y/z"] {
        party.refused(Method::GET, path, None, (404, "not.found")).await;
    }
}
