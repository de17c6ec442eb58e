//! One protocol, two speakers: what a client may rely on at Genesys Cloud holds at the simulator and at
//! the proxy alike. What differs by design is a member of [`Party`], so that it is written down.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;

#[path = "conformance/channels.rs"]
mod channels;
#[path = "conformance/coverage.rs"]
mod coverage;
#[path = "conformance/javascript.rs"]
mod javascript;
#[path = "conformance/questions.rs"]
mod questions;
#[path = "conformance/reads.rs"]
mod reads;
#[path = "conformance/sockets.rs"]
mod sockets;
#[path = "conformance/tokens.rs"]
mod tokens;

use std::time::Duration;

use harness::{House, Speaker, lively, still, system_clock};
use javascript::{POWERLESS, SHORT, SHORT_SECONDS};
use protocol::ErrorBody;
use proxy::config::{MachineClient, Role, Roles, Secret};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Enough users that distinct topics fill a channel, and that pages of seven end with a short one.
const AGENTS: usize = 60;
const QUEUES: usize = 4;

/// Whoever is spoken to, and in whose name.
struct Party {
    /// Its first client.
    me: Speaker,
    client: (&'static str, &'static str),
    /// Its second client.
    other: Speaker,
    /// Where the world itself is changed and looked at: the simulator, whoever is tested.
    world: Speaker,
    /// The proxy gives a page on this machine a session by itself, so that a read without any token is
    /// answered; Genesys and simulator refuse it.
    reads_need_a_token: bool,
    /// The open question to which it gives the other answer.
    turned: Option<&'static str>,
}

impl Party {
    /// Whether it gives the other answer to this open question.
    fn turns(&self, question: &str) -> bool {
        assert!(simulator::Answers::NAMES.contains(&question), "{question} is a question");
        self.turned == Some(question)
    }

    /// Ids of users, in the speaker's order.
    async fn users(&self) -> Vec<String> {
        ids(&self.me.get("/api/v2/users?pageSize=500").await)
    }

    async fn first_user(&self) -> String {
        self.users().await.swap_remove(0)
    }

    async fn queues(&self) -> Vec<String> {
        ids(&self.me.get("/api/v2/routing/queues?pageSize=500").await)
    }

    /// A call that is refused with this status and code, by a whole ErrorBody.
    async fn refused(&self, method: Method, path: &str, body: Option<&Value>, expected: (u16, &str)) {
        let response = self.me.call(method.clone(), path, body).await;
        let what = format!("{method} {path}");
        let names_the_call = check_refusal(response, expected, &what).await;
        assert!(names_the_call || self.turns("context_id_is_its_own"), "{what}: header and body differ");
    }
}

/// Checks a whole ErrorBody; answers whether header and body name the same call.
async fn check_refusal(response: Response, expected: (u16, &str), what: &str) -> bool {
    let status = response.status().as_u16();
    let correlation = response.headers().get("inin-correlation-id").map(|id| id.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    let body: ErrorBody =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}: {status} {text}"));
    assert_eq!((status, body.code.as_str()), expected, "{what}: {text}");
    assert_eq!(body.status, status, "{what}: {text}");
    assert!(!body.message.is_empty(), "{what}: {text}");
    assert!(correlation.is_some(), "{what}: no ININ-Correlation-Id");
    assert!(body.context_id.is_some(), "{what}: {text}");
    body.context_id == correlation
}

fn ids(page: &Value) -> Vec<String> {
    entities(page).iter().map(|entity| entity["id"].as_str().unwrap().to_owned()).collect()
}

fn entities(page: &Value) -> &[Value] {
    page["entities"].as_array().unwrap()
}

/// A world that stands still, with two clients at each speaker.
async fn start() -> House {
    start_with(still(AGENTS, QUEUES)).await
}

/// This world, with two clients at each speaker.
async fn start_with(config: simulator::Config) -> House {
    let clock = system_clock();
    let clients = [("simulator", "simulator"), ("second", "second-secret")];
    let clients = clients.map(|(id, secret)| simulator::Client::new(id, secret));
    let config = simulator::Config { clients: clients.to_vec(), ..config };
    House::start_with(clock, config, |config| {
        config.machines.push(MachineClient {
            id: "second".to_owned(),
            secret: Secret::new("second-secret"),
            roles: Roles::from_iter([Role::Viewer]),
        });
    })
    .await
}

async fn simulator_of(house: &House) -> Party {
    let other = Speaker::sign_in(&house.upstream.base, "second", "second-secret").await;
    Party {
        me: house.upstream.clone(),
        client: ("simulator", "simulator"),
        other,
        world: house.upstream.clone(),
        reads_need_a_token: true,
        turned: None,
    }
}

async fn proxy_of(house: &House) -> Party {
    let other = Speaker::sign_in(&house.machine.base, "second", "second-secret").await;
    Party {
        me: house.machine.clone(),
        client: ("rollcall-demo", "rollcall-demo"),
        other,
        world: house.upstream.clone(),
        reads_need_a_token: false,
        turned: None,
    }
}

/// Everything that holds of whoever speaks the protocol.
async fn suite(party: &Party) {
    tokens::suite(party).await;
    reads::suite(party).await;
    channels::suite(party).await;
    sockets::suite(party).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulator_speaks_the_protocol() {
    let house = start().await;
    suite(&simulator_of(&house).await).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_speaks_the_protocol() {
    let house = start().await;
    suite(&proxy_of(&house).await).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_tell_the_same() {
    let house = start().await;
    let (simulator, proxy) = (simulator_of(&house).await, proxy_of(&house).await);
    reads::same_figures(&simulator, &proxy).await;
    reads::same_users(&simulator, &proxy).await;
    reads::what_falls_to_zero_is_absent(&simulator, &proxy).await;
    sockets::same_events(&simulator, &proxy).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_send_heartbeats_while_nothing_happens() {
    let house = start().await;
    let (simulator, proxy) = (simulator_of(&house).await, proxy_of(&house).await);
    tokio::join!(sockets::heartbeat(&simulator), sockets::heartbeat(&proxy));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_javascript_sdk_works_with_both() {
    let house = start().await;
    let (simulator, proxy) = (simulator_of(&house).await, proxy_of(&house).await);
    javascript::PACKAGES.install();
    // One after the other: what the second one writes is not what the first one reads.
    javascript::runs(&proxy, javascript::BOTH).await;
    javascript::runs(&simulator, javascript::BOTH).await;
    let user = proxy.first_user().await;
    javascript::runs_alone(&proxy.me.base, proxy.client, &user, javascript::PROXY).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_javascript_sdk_calls_every_route_of_the_simulator() {
    let all = simulator::Client::new("simulator", "simulator");
    let none: [&str; 0] = [];
    let powerless = simulator::Client::new(POWERLESS, POWERLESS).with_permissions(none);
    let short =
        simulator::Client { token_seconds: Some(SHORT_SECONDS), ..simulator::Client::new(SHORT, SHORT) };
    let config = simulator::Config {
        clients: vec![all, powerless, short],
        // Long enough to be noticed.
        member_patch_delay: Duration::from_millis(100),
        ..lively(AGENTS, QUEUES)
    };
    let clock = system_clock();
    let simulator = simulator::start(config, clock.clone()).await.unwrap();
    let world = Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
    let user = ids(&world.get("/api/v2/users?pageSize=1").await).swap_remove(0);
    // Something must have happened before it can be read; then the world stands still.
    clock.advance_ms(2 * 3_600_000);
    let still = json!({ "name": "rush", "eventsPerSecond": 0 });
    world.send(Method::POST, "/simulator/scenario", &still).await;
    javascript::PACKAGES.install();
    let areas = [&["reads", "refusals", "channels"], javascript::SIMULATOR].concat();
    let client = ("simulator", "simulator");
    let exchanges = javascript::runs_alone(&simulator.base_url(), client, &user, &areas).await;
    coverage::check(&exchanges, &world.get("/simulator/truth").await["calls"]);
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_javascript_sdk_learns_of_the_limit_of_calls() {
    let config =
        simulator::Config { enforce_call_limits: true, faults_strike_all: true, ..still(AGENTS, QUEUES) };
    let limited = simulator::start(config, system_clock()).await.unwrap();
    javascript::PACKAGES.install();
    javascript::runs_alone(&limited.base_url(), ("simulator", "simulator"), "", javascript::LIMITED).await;
    limited.stop().await;
}
