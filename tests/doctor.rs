//! `rollcall doctor` as an operator starts it: each fault is named and says how it is mended, and nobody is harmed.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;

use std::net::TcpListener;

use harness::{
    House, Socket, Speaker, clock_from,
    junk::{Middleman, Mood},
    page::metric,
    process::{Process, rollcall},
    still, system_clock,
};
use reqwest::Method;
use serde_json::{Value, json};

const SECRET: &str = "canary-doctor-7d21";

/// What the doctor said, and how it ended.
struct Said {
    code: i32,
    report: Value,
    text: String,
}

impl Said {
    /// The only finding of this check and verdict, as says and mend.
    fn one(&self, check: &str, verdict: &str) -> (String, String) {
        let found = self.all(check, verdict);
        assert_eq!(found.len(), 1, "{check} {verdict}: {}", self.text);
        found[0].clone()
    }

    fn all(&self, check: &str, verdict: &str) -> Vec<(String, String)> {
        let checks = self.report["checks"].as_array().unwrap().iter();
        let fitting = checks.filter(|c| c["check"] == check && c["verdict"] == verdict);
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        fitting.map(|c| (word(&c["says"]), word(&c["mend"]))).collect()
    }

    /// The names of the checks that found nothing wrong.
    fn good(&self) -> Vec<&str> {
        let checks = self.report["checks"].as_array().unwrap().iter();
        checks.filter(|c| c["verdict"] == "ok").map(|c| c["check"].as_str().unwrap()).collect()
    }
}

async fn run(base_url: &str, secret: &str, arguments: &[&str]) -> (i32, String, String) {
    run_with(base_url, secret, "", arguments).await
}

async fn run_with(base_url: &str, secret: &str, more: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = harness::process::Folder::new();
    let config = format!("[genesys]\nbase_url = \"{base_url}\"\nclient_id = \"simulator\"\n{more}");
    let config = folder.write("rollcall.toml", &config);
    let mut command = rollcall();
    command.args(["doctor", "--config"]).arg(config).args(arguments);
    command.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", secret);
    let mut process = Process::start(&mut command).unwrap();
    let status = process.end().await;
    (status.code().unwrap(), process.stdout(), process.stderr())
}

async fn doctor(base_url: &str, secret: &str) -> Said {
    let (code, text, log) = run(base_url, secret, &["--json"]).await;
    assert_eq!(log, "", "what it finds is told once");
    assert!(!text.contains(SECRET) && !text.contains("streaming-"), "no secret, no channel: {text}");
    Said { code, report: serde_json::from_str(&text).unwrap(), text }
}

/// A client that may do no more than this.
fn may_only(permissions: &[&str]) -> simulator::Client {
    let permissions = permissions.iter().map(|&permission| permission.to_owned()).collect();
    simulator::Client { permissions: Some(permissions), ..simulator::Client::new("simulator", SECRET) }
}

fn world() -> simulator::Config {
    simulator::Config { clients: vec![simulator::Client::new("simulator", SECRET)], ..still(20, 3) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_organisation_is_told_to_be_so_in_words_and_for_programs() {
    let simulator = simulator::start(world(), system_clock()).await.unwrap();
    let said = doctor(&simulator.base_url(), SECRET).await;
    let all = [
        "credentials",
        "clock",
        "limits",
        "users",
        "presences",
        "queues",
        "observations",
        "figures",
        "channels",
        "topics",
        "socket",
        "capacity",
    ];
    assert_eq!((said.code, said.good()), (0, all.to_vec()), "{}", said.text);
    assert!(said.one("capacity", "ok").0.contains("23 topics, 1 channels full"), "{}", said.text);
    assert!(said.one("limits", "ok").0.starts_with("300 calls a minute"), "{}", said.text);

    // Its own channel of just now cannot be told from others.
    let (code, text, _) = run(&simulator.base_url(), SECRET, &[]).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((code, lines.len()), (0, all.len() + 2), "one line a check: {text}");
    assert!(lines[0].starts_with("ok       credentials  simulator: "), "{text}");
    let warned: Vec<&&str> = lines.iter().filter(|line| line.starts_with("warning")).collect();
    assert_eq!(warned.len(), 1, "{text}");
    assert!(warned[0].contains("1 are there already: of earlier runs of the doctor, "), "{text}");
    assert!(warned[0].contains(". Should all be ") && warned[0].contains(". To mend it: "), "{text}");
    assert!(!warned[0].contains("channels = "), "nobody is known to use it: {text}");
    assert!(lines.last().unwrap().ends_with("0 faults, 1 warning."), "{text}");
    simulator.stop().await;
}

/// What the README says that a role needs is what it needs, and no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_made_by_the_readme_is_enough() {
    let readme = include_str!("../README.md");
    let section = readme.split("## Your own organisation").nth(1).unwrap().split("export").next().unwrap();
    let named: Vec<&str> =
        section.split('`').skip(1).step_by(2).filter(|word| word.contains(":view")).collect();
    let config = simulator::Config { clients: vec![may_only(&named)], ..world() };
    let simulator = simulator::start(config, system_clock()).await.unwrap();
    let said = doctor(&simulator.base_url(), SECRET).await;
    assert_eq!((said.code, said.report["faults"].as_u64()), (0, Some(0)), "{named:?}: {}", said.text);
    assert_eq!(said.report["warnings"], 0, "{}", said.text);
    simulator.stop().await;

    // Without queues there is nothing to ask about, and it says why.
    let named: Vec<&str> = named.into_iter().filter(|name| *name != "routing:queue:view").collect();
    let config = simulator::Config { clients: vec![may_only(&named)], ..world() };
    let simulator = simulator::start(config, system_clock()).await.unwrap();
    let said = doctor(&simulator.base_url(), SECRET).await;
    for check in ["observations", "figures"] {
        let (says, _) = said.one(check, "warning");
        assert!(says.contains("queues could not be read"), "{says}");
    }
    simulator.stop().await;
}

/// It asks for changes of nobody, and nobody is changed.
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_of_agents_lack_is_named_where_somebody_may_make_them() {
    let read = ["directory:user:view", "presence:presenceDefinition:view", "routing:queue:view"];
    let writes = ["presence:userPresence:edit", "routing:queueMember:manage", "routing:skill:assign"];
    for (granted, lacking) in [(0, &writes[..]), (2, &writes[2..]), (3, &[])] {
        let client = may_only(&[&read[..], &writes[..granted]].concat());
        // It is not verified whether a routing status needs one: here it does.
        let answers =
            simulator::Answers { routing_status_of_others_needs_permission: true, ..Default::default() };
        let config = simulator::Config { clients: vec![client], answers, ..world() };
        let simulator = simulator::start(config, system_clock()).await.unwrap();
        let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", SECRET).await;
        let before = upstream.get("/simulator/truth").await["agents"].clone();
        let more = "[local]\nroles = [\"supervisor\"]\n";
        let (_, text, _) = run_with(&simulator.base_url(), SECRET, more, &["--json"]).await;
        let said = Said { code: 0, report: serde_json::from_str(&text).unwrap(), text };
        if lacking.is_empty() {
            said.one("writes", "ok");
        } else {
            let (says, mend) = said.one("writes", "warning");
            assert!(
                says.starts_with(&format!("not permitted ({} is missing)", lacking.join(", "))),
                "{says}"
            );
            assert!(lacking.iter().all(|permission| mend.contains(permission)), "{mend}");
        }
        let truth = upstream.get("/simulator/truth").await;
        for (before, after) in before.as_array().unwrap().iter().zip(truth["agents"].as_array().unwrap()) {
            assert_eq!(
                (&before["presence"], &before["routingStatus"]),
                (&after["presence"], &after["routingStatus"])
            );
        }
        simulator.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_permission_that_is_missing_is_named_with_what_walls_lack() {
    // Everything but queue observations and aggregates.
    let client = may_only(&["routing:queue:view", "presence:presenceDefinition:view", "directory:user:view"]);
    let config = simulator::Config { clients: vec![client], ..world() };
    let simulator = simulator::start(config, system_clock()).await.unwrap();
    let said = doctor(&simulator.base_url(), SECRET).await;
    assert_eq!(said.code, 1, "{}", said.text);
    let (says, mend) = said.one("observations", "fault");
    assert!(
        says.contains("analytics:queueObservation:view is missing") && says.contains("no wall"),
        "{says}"
    );
    assert!(
        mend.contains("give a role of the OAuth client simulator") && mend.contains("queueObservation"),
        "{mend}"
    );
    let (says, mend) = said.one("figures", "warning");
    assert!(
        says.contains("service levels") && mend.contains("analytics:conversationAggregate:view"),
        "{says}"
    );
    let (says, mend) = said.one("topics", "fault");
    assert!(says.starts_with("queues' observations refused") && says.contains("stale"), "{says}");
    assert!(mend.contains("analytics:queueObservation:view"), "{mend}");
    let (granted, _) = said.one("topics", "ok");
    assert_eq!(granted, "granted: users' presence, users' routing status, users' conversation summary");

    // One part of a combined topic.
    let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", SECRET).await;
    let denial = json!({ "kind": "deny_topic", "topic": "routingStatus" });
    upstream.send(Method::POST, "/simulator/faults", &denial).await;
    let said = doctor(&simulator.base_url(), SECRET).await;
    let refused = said.all("topics", "fault");
    assert!(
        refused
            .iter()
            .any(|(says, _)| says.starts_with("users' routing status refused (the topic is denied")),
        "{refused:?}"
    );
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_and_who_is_not_there_are_told_apart() {
    let simulator = simulator::start(world(), system_clock()).await.unwrap();
    let said = doctor(&simulator.base_url(), "canary-wrong").await;
    let (says, mend) = said.one("credentials", "fault");
    assert_eq!((said.code, said.good().len()), (1, 0), "nothing else is tried: {}", said.text);
    assert!(
        says.contains("refused the client id or secret") && mend.contains("copy id and secret anew"),
        "{says} {mend}"
    );

    // Of several clients each is examined, whatever the others are.
    let second = "[[genesys.client]]\nclient_id = \"second\"\nclient_secret = \"canary-wrong\"\n";
    let (code, text, _) = run_with(&simulator.base_url(), SECRET, second, &[]).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(code, 1, "{text}");
    assert!(lines.iter().any(|line| line.starts_with("ok       socket       simulator: ")), "{text}");
    assert!(lines.iter().any(|line| line.starts_with("fault    credentials  second: ")), "{text}");
    assert!(text.contains("36 channels for 36000 topics"), "{text}");
    simulator.stop().await;

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = doctor(&format!("http://{nobody}"), SECRET).await;
    let (says, mend) = said.one("credentials", "fault");
    assert_eq!(said.code, 1);
    assert!(
        says.contains("cannot be reached") && mend.contains("make connections to http://127.0.0.1:"),
        "{says} {mend}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clock_calls_and_errors_of_upstream_are_told() {
    let config = simulator::Config { faults_strike_all: true, ..world() };
    let simulator = simulator::start(config, clock_from("2026-03-02T09:00:00Z")).await.unwrap();
    let base = simulator.base_url();
    let said = doctor(&base, SECRET).await;
    let (says, mend) = said.one("clock", "warning");
    assert_eq!(said.code, 0, "walls go by upstream's time: {}", said.text);
    assert!(says.contains("s ahead of Genesys Cloud's") && mend.contains("NTP"), "{says} {mend}");

    let upstream = Speaker::sign_in(&base, "simulator", SECRET).await;
    let limit =
        json!({ "kind": "rate_limit", "seconds": 30, "route": "/api/v2/date", "retryAfterSeconds": 20 });
    let set = upstream.send(Method::POST, "/simulator/faults", &limit).await;
    let said = doctor(&base, SECRET).await;
    let (says, mend) = said.one("limits", "fault");
    assert_eq!((said.code, said.good()), (1, vec!["credentials"]), "it does not wait: {} {set}", said.text);
    assert!(
        says.contains("rate limit reached") && mend.contains("OAuth client for Rollcall alone"),
        "{says} {mend}"
    );
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_breaks_sockets_is_told() {
    let simulator = simulator::start(world(), system_clock()).await.unwrap();
    let middle = Middleman::start(&simulator.base_url(), Mood::NoSockets).await;
    for (mood, what) in [
        (Mood::NoSockets, "was refused, although the channel was just made"),
        (Mood::Mute, "a ping was not answered"),
    ] {
        middle.set_mood(mood);
        let said = doctor(&middle.base_url(), SECRET).await;
        let (says, mend) = said.one("socket", "fault");
        assert_eq!(said.code, 1);
        assert!(says.contains(what) && mend.contains("let WebSockets through"), "{says} {mend}");
        assert_eq!(said.all("topics", "ok").len(), 1, "calls go through: {}", said.text);
    }
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_runs_is_seen_and_keeps_its_channels() {
    let config =
        simulator::Config { clients: vec![simulator::Client::new("simulator", "simulator")], ..world() };
    let house = House::start(config).await;
    let base = house.simulator.base_url();
    let said = doctor(&base, "simulator").await;
    let (says, mend) = said.one("channels", "warning");
    assert!(says.contains("1 are there already") && says.contains("another program's"), "{says}");
    assert!(mend.contains("OAuth client for Rollcall alone") && mend.contains("`channels`"), "{mend}");

    // Another program takes all that are left; the doctor made one.
    let mut others = Vec::new();
    for _ in 0..18 {
        others.push(house.upstream.listen(&[]).await);
    }
    let said = doctor(&base, "simulator").await;
    let (says, _) = said.one("channels", "warning");
    assert!(
        says.contains("20 are there already") && says.contains("topics and socket were not tried"),
        "{says}"
    );
    assert!(said.all("topics", "ok").is_empty() && said.all("socket", "ok").is_empty(), "{}", said.text);
    assert_eq!(said.code, 0, "what runs, runs: {}", said.text);
    assert_eq!(metric(&house.proxy.base_url(), "rollcall_shards_lost_total").await, 0.0);
    let open: Vec<&Socket> = others.iter().collect();
    assert_eq!(open.len(), 18);
    let truth = house.truth().await;
    let connected = truth["channels"].as_array().unwrap().iter().filter(|c| c["connected"] == true);
    assert_eq!(connected.count(), 19, "nobody lost a socket");
    house.stop().await;
}
