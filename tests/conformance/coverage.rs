//! What the JavaScript SDK called, held against every route of the simulator: none is left out, and each
//! refuses whom and what it must.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::Value;

#[path = "../../simulator/tests/schema/routes.rs"]
mod routes;

/// Routes for which the SDK has no method, and who calls them instead.
const NOT_OF_THE_SDK: &[(&str, &str)] = &[
    ("GET /channels/{channelId}", "a WebSocket: `ws` opens it"),
    ("GET /downloads/{downloadId}", "an address in an answer, fetched without a token"),
    ("GET /oauth/authorize", "a page for people, fetched as a browser does"),
    ("POST /oauth/authorize", "the form of that page"),
];
/// Routes that need what the table says only when this open question is answered the other way.
const FREE_UNLESS: &[(&str, &str)] =
    &[("PUT /api/v2/users/{userId}/routingstatus", "routing_status_of_others_needs_permission")];
/// One exchange of the SDK.
struct Exchange {
    method: String,
    path: String,
    has_body: bool,
    status: u64,
    error: Option<Value>,
}

/// Complains of every route of the vendor that was not called, or did not answer as it must.
/// `counted` are the simulator's own counts of calls by route.
pub fn check(exchanges: &Value, counted: &Value) {
    let simulator = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulator/src");
    let exchanges: Vec<Exchange> = exchanges.as_array().unwrap().iter().map(Exchange::of).collect();
    let mut complaints: Vec<String> =
        exchanges.iter().filter(|is| !is.is_whole()).map(|is| is.told("not a whole ErrorBody")).collect();
    let routes = routes::all(&simulator);
    let mut by_route: BTreeMap<&str, Vec<&Exchange>> = BTreeMap::new();
    for exchange in &exchanges {
        match exchange.route(&routes) {
            Some(route) => by_route.entry(route).or_default().push(exchange),
            None => complaints.push(exchange.told("no route of the simulator")),
        }
    }
    let permissions = permissions(simulator.join("rest/permissions.txt"));
    for route in routes.iter().filter(|route| is_of_the_vendor(route)) {
        if counted[route.as_str()].as_u64().is_none() {
            complaints.push(format!("{route}: the simulator never saw a call"));
        }
        if NOT_OF_THE_SDK.iter().any(|(known, _)| known == route) {
            continue;
        }
        let exchanges = by_route.get(route.as_str()).map_or(&[][..], Vec::as_slice);
        let missing = missing(route, exchanges, permissions.get(&nameless(route)));
        complaints.extend(missing.into_iter().map(|what| format!("{route}: {what}")));
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

impl Exchange {
    fn of(told: &Value) -> Self {
        let text = |member: &str| told[member].as_str().unwrap().to_owned();
        Self {
            method: text("method"),
            path: text("path"),
            has_body: told["hasBody"].as_bool().unwrap(),
            status: told["status"].as_u64().unwrap(),
            error: told.get("error").cloned(),
        }
    }

    fn told(&self, what: &str) -> String {
        format!("{} {}: {}: {what}: {:?}", self.method, self.path, self.status, self.error)
    }

    /// Whether a refusal says everything that Genesys says.
    fn is_whole(&self) -> bool {
        let Some(error) = &self.error else { return true };
        if self.method == "HEAD" || self.path.starts_with("/oauth/") {
            return true;
        }
        let has_text = |member: &str| error[member].as_str().is_some_and(|text| !text.is_empty());
        error["status"] == self.status && ["code", "message", "contextId"].into_iter().all(has_text)
    }

    /// The route that it met: of several that fit, the one with the most words of its own.
    fn route<'a>(&self, routes: &'a BTreeSet<String>) -> Option<&'a str> {
        let parts: Vec<&str> = self.path.split('/').collect();
        let fits = |route: &&str| {
            let Some((method, template)) = route.split_once(' ') else { return false };
            let names: Vec<&str> = template.split('/').collect();
            let fit = |(name, part): (&&str, &&str)| name.starts_with('{') || name == part;
            method == self.method && names.len() == parts.len() && names.iter().zip(&parts).all(fit)
        };
        let parameters = |route: &&str| route.matches('{').count();
        routes.iter().map(String::as_str).filter(fits).min_by_key(parameters)
    }
}

/// What a route has not been seen to do.
fn missing(route: &str, exchanges: &[&Exchange], permissions: Option<&Vec<String>>) -> Vec<String> {
    let some = |is: &dyn Fn(&Exchange) -> bool| exchanges.iter().any(|exchange| is(exchange));
    let mut missing = Vec::new();
    let mut expect = |is: bool, what: &str| {
        if !is {
            missing.push(what.to_owned());
        }
    };
    expect(some(&|is| is.status < 300), "no success");
    if !route.contains(" /api/") {
        return missing;
    }
    expect(some(&|is| is.status == 401), "no 401 without a token");
    if route.contains('{') {
        expect(some(&|is| is.status == 404), "no 404 for what does not exist");
    }
    if some(&|is| is.has_body) {
        expect(some(&|is| is.status == 400), "no 400 for a body that is none");
    }
    let is_free = FREE_UNLESS.iter().any(|(free, question)| {
        assert!(simulator::Answers::NAMES.contains(question), "{question} is a question");
        *free == route
    });
    for permission in permissions.into_iter().flatten().filter(|_| !is_free) {
        let names_it = |is: &Exchange| {
            let message = is.error.as_ref().and_then(|error| error["message"].as_str());
            is.status == 403 && message.is_some_and(|message| message.contains(permission.as_str()))
        };
        expect(some(&names_it), &format!("no 403 that names {permission}"));
    }
    missing
}

/// The simulator's table of permissions: by route, what somebody without any is missing.
fn permissions(table: PathBuf) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(table).unwrap();
    let line = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let route = format!("{} {}", words.next().unwrap(), words.next().unwrap());
        (nameless(&route), words.skip(1).collect())
    };
    text.lines().map(line).collect()
}

/// A route without the names of its parameters.
fn nameless(route: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    route.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn is_of_the_vendor(route: &str) -> bool {
    !route.contains(" /simulator/")
}
