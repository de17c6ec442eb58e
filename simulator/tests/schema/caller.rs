//! Makes the calls and checks each answer: status, headers and body.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use reqwest::{
    Client, Method, Response, Url,
    header::{CONTENT_TYPE, HeaderMap},
    redirect::Policy,
};
use serde_json::Value;

use crate::{
    calls::{CALLS, CALLS_OF_PEOPLE, Call, IN_LINES_ONLY, LAST_CALLS, OF_PEOPLE, QUERIES, STEP_CALLS},
    routes,
    slice::{Slice, best_template, is_guid},
};

/// The client that makes the calls. Clients have GUIDs, as the vendor's have.
pub const ME: &str = "5e1f0000-0000-4000-8000-000000000001";
/// The client that listens.
pub const LISTENER: &str = "5e1f0000-0000-4000-8000-000000000002";
/// The client that opens too many channels.
pub const CROWD: &str = "5e1f0000-0000-4000-8000-000000000003";
/// A person, who signs in with the first of these clients.
pub const PERSON: &str = "a person";
/// Where the person's browser is sent back to, and the example of RFC 7636, appendix B.
const BACK: &str = "http://localhost:9/back";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// A GUID that nobody has.
const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// Somebody who calls everything and believes nothing.
pub struct Caller<'a> {
    base: String,
    http: Client,
    slice: &'a Slice,
    routes: BTreeSet<String>,
    succeeded: BTreeSet<String>,
    tokens: BTreeMap<&'static str, String>,
    samples: BTreeMap<String, String>,
    /// How many answers were checked.
    pub answers: u32,
    /// What was wrong, and how often.
    pub faults: BTreeMap<String, u32>,
}

impl<'a> Caller<'a> {
    pub async fn new(base: &str, slice: &'a Slice) -> Self {
        let mut caller = Self {
            base: base.to_owned(),
            http: Client::builder().no_proxy().build().unwrap(),
            slice,
            routes: routes::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")),
            succeeded: BTreeSet::new(),
            tokens: BTreeMap::new(),
            samples: BTreeMap::new(),
            answers: 0,
            faults: BTreeMap::new(),
        };
        caller.sign_in(ME).await;
        caller.sign_in(LISTENER).await;
        caller.sign_in(CROWD).await;
        caller
    }

    /// Takes a new token for the client; a secret is called like its client here.
    pub async fn sign_in(&mut self, client: &'static str) {
        let request = self.http.post(format!("{}/oauth/token", self.base));
        let request = request.basic_auth(client, Some(client)).form(&[("grant_type", "client_credentials")]);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        self.tokens.insert(client, answer["access_token"].as_str().unwrap().to_owned());
    }

    /// Signs the first person of the truth in, who may do everything.
    async fn person_signs_in(&mut self) {
        let user = self.truth().await["agents"][0]["id"].as_str().unwrap().to_owned();
        let query = [
            ("client_id", ME),
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let browser = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        let page = format!("{}/oauth/authorize", self.base);
        let request = browser.post(page).query(&query).form(&[("user", user.as_str()), ("answer", "allow")]);
        let response = request.send().await.unwrap();
        let back = Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", ME),
            ("code", &code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        let request = self.http.post(format!("{}/oauth/token", self.base)).form(&form);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        self.tokens.insert(PERSON, answer["access_token"].as_str().unwrap().to_owned());
    }

    /// An order to the simulator itself.
    pub async fn control(&self, path: &str, body: &'static str) {
        let request = self.http.post(format!("{}{path}", self.base)).header(CONTENT_TYPE, "application/json");
        assert_eq!(request.body(body).send().await.unwrap().status(), 200, "{path}");
    }

    pub async fn truth(&self) -> Value {
        self.http.get(format!("{}/simulator/truth", self.base)).send().await.unwrap().json().await.unwrap()
    }

    /// The ids with which paths and bodies are filled.
    pub async fn find_samples(&mut self) {
        let truth = self.truth().await;
        let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
        let queue = id(&truth["queues"][0]);
        let members = |agent: &&Value| {
            agent["queueIds"].as_array().unwrap().iter().any(|id| id.as_str() == Some(&queue))
        };
        let mut of_queue = truth["agents"].as_array().unwrap().iter().filter(members);
        let (user, other) = (id(of_queue.next().unwrap()), id(of_queue.next().unwrap()));
        let not_responding = truth["agents"].as_array().unwrap().iter();
        let not_responding = not_responding.map(|agent| (agent, &agent["routingStatus"]["status"]));
        self.samples.remove("notRespondingUserId");
        if let Some((agent, _)) = not_responding.into_iter().find(|(_, status)| *status == "NOT_RESPONDING") {
            self.samples.insert("notRespondingUserId".to_owned(), id(agent));
        }
        for (name, sample) in [
            ("userId", &user),
            ("agentId", &user),
            ("memberId", &user),
            ("otherUserId", &other),
            ("queueId", &queue),
            ("sourceId", &"PURECLOUD".to_owned()),
            ("unknownId", &UNKNOWN.to_owned()),
        ] {
            self.samples.insert(name.to_owned(), sample.clone());
        }
        self.keep_first_of("/api/v2/presence/definitions", &["definitionId", "presenceId"]).await;
    }

    /// Calls every line, and every route by itself.
    pub async fn lap(&mut self) {
        self.sign_in(ME).await;
        self.find_samples().await;
        for call in CALLS {
            self.line(ME, call).await;
        }
        self.person_signs_in().await;
        for call in CALLS_OF_PEOPLE {
            self.line(PERSON, call).await;
        }
        for route in self.routes.clone() {
            let (method, template) = route.split_once(' ').unwrap();
            if template.starts_with("/api/") {
                self.by_itself(method, template).await;
            }
        }
        for call in LAST_CALLS {
            self.line(ME, call).await;
        }
    }

    /// Between laps: the calls that somebody must be in the right state for, whoever is just then.
    pub async fn step(&mut self) {
        self.sign_in(ME).await;
        self.find_samples().await;
        for call in STEP_CALLS {
            self.line(ME, call).await;
        }
    }

    /// The routes of the vendor's face that never answered with success, as complaints.
    pub async fn routes_without_success(&self) -> Vec<String> {
        let counted = self.truth().await["calls"].clone();
        let missing = self.routes.difference(&self.succeeded).filter(|route| route.contains(" /api/"));
        missing
            .map(|route| {
                let times = counted.get(route).unwrap_or(&Value::Null);
                format!("{route}: no success in {times} calls; give it a line in tests/schema/calls.rs")
            })
            .collect()
    }

    async fn line(&mut self, who: &str, call: &Call) {
        let (method, path) = (Method::from_bytes(call.method.as_bytes()).unwrap(), self.filled(call.path));
        let body = call.body.map(|body| self.filled(body));
        let bare = call.path.split('?').next().unwrap();
        let exists = self.route(call.method, bare).is_some();
        // A route that does not exist yet, and a sample that there is not at this moment.
        if (!exists && call.status < 400) || path.contains('{') {
            return;
        }
        let answer = self.answer(who, method, &path, body).await;
        if answer.status != call.status {
            let why = &answer.body["message"];
            self.fault(format!(
                "{} {}: {} instead of {}: {why}",
                call.method, call.path, answer.status, call.status
            ));
        }
        if let Some((sample, pointer)) = call.keeps
            && let Some(found) = answer.body.pointer(pointer)
        {
            let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            self.samples.insert(sample.to_owned(), text);
        }
    }

    /// What can be called of a route without knowing it.
    async fn by_itself(&mut self, method: &str, template: &str) {
        let verb = Method::from_bytes(method.as_bytes()).unwrap();
        let path = self.filled_with_found(template).await;
        for token in ["", "no-token"] {
            let status = self.answer(token, verb.clone(), &path, None).await.status;
            if status != 401 {
                self.fault(format!("{method} {template}: {status} instead of 401 without a valid token"));
            }
        }
        if verb == Method::GET || verb == Method::HEAD {
            let is_read = !OF_PEOPLE.contains(&(method, template)) && !IN_LINES_ONLY.contains(&template);
            if !path.contains('{') && is_read {
                self.read(method, template, &path).await;
            }
            if template.contains('{') {
                let unknown = replaced(template, UNKNOWN);
                self.answer(ME, verb, &unknown, None).await;
            }
        } else if verb != Method::DELETE {
            for body in ["{", "7"] {
                self.answer(ME, verb.clone(), &path, Some(body.to_owned())).await;
            }
        }
    }

    /// Reads plainly, and with everything that can be expanded.
    async fn read(&mut self, method: &str, template: &str, path: &str) {
        let needed = QUERIES.iter().find(|(route, _)| *route == template).map_or("", |(_, query)| query);
        let needed = self.filled(needed);
        let parameters = self.slice.operation(method, path).map(|operation| operation.parameters);
        let expands: Vec<String> = parameters
            .iter()
            .flatten()
            .filter(|parameter| parameter["name"] == "expand")
            .flat_map(|parameter| parameter["schema"]["items"]["enum"].as_array().into_iter().flatten())
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect();
        let mut queries = vec![needed.clone()];
        if !expands.is_empty() {
            queries.push(format!("{needed}&expand={}", expands.join(",")));
        }
        for query in queries {
            let verb = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = self.answer(ME, verb, &format!("{path}?{query}"), None).await;
            if answer.status >= 300 {
                self.fault(format!(
                    "{method} {template}?{query}: {}: {}",
                    answer.status, answer.body["message"]
                ));
            }
        }
    }

    /// Makes a call and checks its answer; the status is for the caller to judge.
    pub async fn call(&mut self, client: &str, method: Method, path: &str, body: Option<String>) -> u16 {
        self.answer(client, method, path, body).await.status
    }

    /// As [`Caller::call`], with the body.
    pub async fn answer(&mut self, client: &str, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if !client.is_empty() {
            request = request.bearer_auth(self.tokens.get(client).map_or(client, String::as_str));
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.unwrap();
        self.answers += 1;
        self.check(method.as_str(), path.split('?').next().unwrap(), response).await
    }

    async fn check(&mut self, method: &str, path: &str, response: Response) -> Answer {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let parsed = serde_json::from_str::<Value>(&text);
        let route = self.route(method, path);
        let place = route.clone().unwrap_or_else(|| format!("{method} (unknown)"));
        if let Err(fault) = check_headers(&headers, status) {
            self.fault(format!("{place}: {fault}"));
        }
        let is_empty = text.is_empty();
        let body = parsed.unwrap_or(Value::Null);
        if status < 300 {
            self.check_success(&place, method, path, is_empty, &body);
            self.succeeded.extend(route);
        } else if method == "HEAD" {
            // There is never a body.
        } else {
            let mut faults = self.slice.faults_of_refusal(&place, &body);
            for member in ["message", "code", "status", "contextId", "details", "errors"] {
                if body.get(member).is_none() {
                    faults.push(format!("refusal of {place}: {member} is missing"));
                }
            }
            if body["status"] != status {
                faults.push(format!("refusal of {place}: status {} in a body of {status}", body["status"]));
            }
            if headers.get("inin-correlation-id").and_then(|id| id.to_str().ok())
                != body["contextId"].as_str()
            {
                faults.push(format!("refusal of {place}: header and body name different calls"));
            }
            faults.into_iter().for_each(|fault| self.fault(fault));
        }
        Answer { status, body }
    }

    fn check_success(&mut self, place: &str, method: &str, path: &str, is_empty: bool, body: &Value) {
        let Some(operation) = self.slice.operation(method, path) else {
            self.fault(format!("{place}: the vendor has no such operation"));
            return;
        };
        if operation.answer.is_none() || method == "HEAD" {
            if !is_empty {
                self.fault(format!("{place}: a body where the vendor describes none: {body}"));
            }
        } else {
            let faults = self.slice.faults_of_answer(&operation, body);
            faults.into_iter().for_each(|fault| self.fault(fault));
        }
    }

    fn fault(&mut self, fault: String) {
        *self.faults.entry(fault).or_default() += 1;
    }

    fn route(&self, method: &str, path: &str) -> Option<String> {
        let of_method = self.routes.iter().filter_map(|route| route.strip_prefix(method)?.strip_prefix(' '));
        best_template(of_method, path).map(|template| format!("{method} {template}"))
    }

    fn filled(&self, text: &str) -> String {
        self.samples
            .iter()
            .fold(text.to_owned(), |text, (name, sample)| text.replace(&format!("{{{name}}}"), sample))
    }

    /// As [`Caller::filled`]; an id that nobody has found yet is looked for in the list that it is one of.
    async fn filled_with_found(&mut self, template: &str) -> String {
        let path = self.filled(template);
        let Some((list, rest)) = path.split_once("/{") else { return path };
        let (name, _) = rest.split_once('}').unwrap();
        if self.route("GET", list).is_some() && !list.contains('{') {
            self.keep_first_of(list, &[name]).await;
        }
        self.filled(template)
    }

    async fn keep_first_of(&mut self, list: &str, names: &[&str]) {
        let answer = self.answer(ME, Method::GET, list, None).await;
        if let Some(id) = answer.body.pointer("/entities/0/id").and_then(Value::as_str) {
            for name in names {
                self.samples.insert((*name).to_owned(), id.to_owned());
            }
        }
    }
}

/// An answer; without a body, null.
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// Every answer names its call and says how much of the limit is used.
fn check_headers(headers: &HeaderMap, status: u16) -> Result<(), String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if !text("inin-correlation-id").is_some_and(is_guid) {
        return Err("no ININ-Correlation-Id, or no GUID in it".to_owned());
    }
    for name in ["inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset"] {
        if text(name).and_then(|value| value.parse::<u32>().ok()).is_none() {
            return Err(format!("no {name}, or no number in it"));
        }
    }
    if status == 429 && text("retry-after").and_then(|value| value.parse::<u32>().ok()).is_none() {
        return Err("429 without Retry-After".to_owned());
    }
    Ok(())
}

fn replaced(template: &str, id: &str) -> String {
    let parts = template.split('/').map(|part| if part.starts_with('{') { id } else { part });
    parts.collect::<Vec<_>>().join("/")
}
