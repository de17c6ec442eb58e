//! Writes at the proxy, end to end: what passes the gate takes effect and comes back as an event, what does not is told why,
//! and everything is in the audit log.

#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

#[path = "writes/filed.rs"]
mod filed;
#[path = "writes/floors.rs"]
mod floors;
#[path = "writes/follow.rs"]
mod follow;
mod harness;
#[path = "writes/keys.rs"]
mod keys;
#[path = "writes/shifts.rs"]
mod shifts;

#[path = "writes/observed.rs"]
mod observed;
#[path = "writes/routing_status.rs"]
mod routing_status;
#[path = "writes/skills.rs"]
mod skills;
#[path = "writes/temporary.rs"]
mod temporary;

use std::time::Duration;

use harness::{House, Speaker, still, system_clock};
use proxy::{
    config::{MachineClient, Role, Roles},
    store::verify_audit,
};
use reqwest::{Method, Response, StatusCode, header::IF_MATCH};
use rusqlite::Connection;
use serde_json::{Value, json};

const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";
const MEETING: &str = "bbdff279-7ae1-48ea-bade-7831d7234c64";

/// A house whose data is kept, and what stands in its log.
struct Kept {
    house: House,
    folder: tempfile::TempDir,
}

impl Kept {
    async fn start(config: simulator::Config) -> Self {
        Self::start_with(config, |_| {}).await
    }

    async fn start_with(config: simulator::Config, tell: impl FnOnce(&mut proxy::config::Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = Some(folder.path().to_owned());
        let house = House::start_with(system_clock(), config, |config| {
            config.data = data;
            config.machines.push(MachineClient {
                id: "looker".to_owned(),
                secret: proxy::config::Secret::new("looker"),
                roles: Roles::from_iter([Role::Viewer]),
            });
            tell(config);
        })
        .await;
        Self { house, folder }
    }

    /// An agent who is in no conversation and has this routing status.
    async fn agent(&self, routing: &str) -> Value {
        let truth = self.house.truth().await;
        let agents = truth["agents"].as_array().unwrap();
        let found = agents.iter().find(|agent| agent["routingStatus"]["status"] == routing);
        found.unwrap_or_else(|| panic!("nobody is {routing}")).clone()
    }

    async fn truth_of(&self, user: &str) -> Value {
        let truth = self.house.truth().await;
        let agents = truth["agents"].as_array().unwrap();
        agents.iter().find(|agent| agent["id"] == user).unwrap().clone()
    }

    async fn patch(&self, user: &str, body: &Value) -> Response {
        let path = format!("/api/v2/users/{user}/presences/purecloud");
        self.house.machine.call(Method::PATCH, &path, Some(body)).await
    }

    /// Every record, in order, once the log is proved to be whole; but for what events told afterwards, which comes when it does.
    async fn stop(self) -> Vec<Value> {
        self.house.stop().await;
        verify_audit(self.folder.path(), None, None).unwrap();
        let file = Connection::open(self.folder.path().join("rollcall.db")).unwrap();
        let mut select = file.prepare("SELECT text FROM audit ORDER BY seq").unwrap();
        let texts = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let records = texts.map(|text| serde_json::from_str(&text.unwrap()).unwrap());
        records.filter(|record: &Value| record["kind"] != "seen").collect()
    }
}

fn id(agent: &Value) -> &str {
    agent["id"].as_str().unwrap()
}

async fn refusal(answer: Response) -> (StatusCode, String, Value) {
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    (status, body["code"].as_str().unwrap_or_default().to_owned(), body)
}

#[tokio::test]
async fn a_presence_is_set_comes_back_as_an_event_and_is_recorded() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    let mut socket = kept.house.machine.listen(&[format!("v2.users.{user}.presence")]).await;

    let body = json!({ "presenceDefinition": { "id": MEETING }, "message": "with the team" });
    let answer = kept.patch(user, &body).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
    let presence: Value = answer.json().await.unwrap();
    assert_eq!(presence["presenceDefinition"]["id"], MEETING);
    assert_eq!(presence["changed"], true);
    let event = socket.find_topic(&format!("v2.users.{user}.presence")).await;
    assert_eq!(event["eventBody"]["message"], "with the team");
    let truth = kept.truth_of(user).await;
    assert_eq!(truth["presence"]["definitionId"], MEETING);

    for (zone, expected) in [("Europe/Berlin", StatusCode::OK), ("Mars/Olympus", StatusCode::BAD_REQUEST)] {
        let mut said = body.clone();
        said["timeZone"] = json!(zone);
        assert_eq!(kept.patch(user, &said).await.status(), expected, "{zone}");
    }
    let bulk = "/api/v2/users/presences/bulk";
    let url = format!("{}{bulk}", kept.house.machine.base);
    let conditional = kept.house.machine.http.put(url).bearer_auth(&kept.house.machine.bearer);
    let conditional = conditional.header("if-match", "\"x\"").json(&json!([])).send().await.unwrap();
    let (status, _, said) = refusal(conditional).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said["message"].as_str().unwrap().starts_with("If-Match"), "{said}");
    let one =
        |more: Value| json!([{ "id": user, "presenceDefinition": { "id": MEETING }, "timeZone": more }]);
    for (zone, code) in [(json!("Mars/Olympus"), "time.zone.unknown"), (json!(7), "bad.request")] {
        let bulk = kept.house.machine.call(Method::PUT, bulk, Some(&one(zone))).await;
        let (status, said_code, said) = refusal(bulk).await;
        assert_eq!((status, &*said_code), (StatusCode::BAD_REQUEST, code), "{said}");
    }

    // The same once more: nothing is sent.
    let again = kept.patch(user, &body).await;
    assert_eq!(again.headers()["etag"], *etag);
    assert_eq!(again.json::<Value>().await.unwrap()["changed"], false);
    assert_eq!(kept.truth_of(user).await["presence"], truth["presence"], "its date stands");

    let records = kept.stop().await;
    let said: Vec<_> =
        records.iter().map(|record| (record["kind"].as_str(), record["outcome"].as_str())).collect();
    assert_eq!(
        said,
        [
            (Some("opened"), None),
            (Some("closed"), Some("accepted")),
            (Some("closed"), Some("noChange")),
            (Some("closed"), Some("noChange")),
        ]
    );
    assert_eq!(records[0]["id"], records[1]["id"]);
    assert_eq!(records[0]["actor"], json!({ "kind": "machine", "name": "rollcall-demo" }));
    assert!(records.iter().all(|record| record["address"] == "127.0.0.1"), "{records:?}");
    assert_eq!(records[0]["before"]["presenceDefinition"]["id"], agent["presence"]["definitionId"]);
    assert_eq!(records[1]["after"]["presenceDefinition"]["id"], MEETING);
    assert_eq!(records[1]["etag"], etag);
}

#[tokio::test]
async fn names_are_understood_and_what_is_not_is_answered_with_what_is() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    for (wish, label) in [("lunch", "Meal"), ("Coaching", "Busy"), ("VERFÜGBAR", "Available")] {
        let answer = kept.patch(user, &json!({ "presenceDefinition": wish })).await;
        assert_eq!(answer.status(), StatusCode::OK, "{wish}");
        assert_eq!(kept.truth_of(user).await["presence"]["systemPresence"], label, "{wish}");
    }
    let busy = kept.agent("INTERACTING").await;
    let cases = [
        (user, json!({ "presenceDefinition": "Siesta" }), 400, "presence.unknown"),
        (user, json!({ "presenceDefinition": "wrap-up" }), 400, "wrapup.not.settable"),
        (user, json!({ "presenceDefinition": "busy", "wrapupSeconds": 30 }), 400, "wrapup.seconds"),
        (user, json!({ "presenceDefinition": "away" }), 400, "presence.reason.missing"),
        (user, json!({ "presenceDefinition": { "id": 7 } }), 400, "bad.request"),
        (user, json!({ "presence": "busy" }), 400, "bad.request"),
        (user, json!({}), 400, "bad.request"),
        (user, json!("busy"), 400, "bad.request"),
        (user, json!({ "message": "x".repeat(256) }), 400, "presence.message.too.long"),
        (id(&busy), json!({ "presenceDefinition": "busy" }), 409, "agent.busy"),
        (
            "00000000-0000-4000-8000-000000000000",
            json!({ "presenceDefinition": "busy" }),
            404,
            "user.unknown",
        ),
    ];
    let mut expected = Vec::new();
    for (user, body, status, code) in &cases {
        let (found, said, answer) = refusal(kept.patch(user, body).await).await;
        assert_eq!((found.as_u16(), said.as_str()), (*status, *code), "{body}: {answer}");
        assert!(answer["contextId"].is_string(), "{answer}");
        if *code != "bad.request" {
            expected.push((*code).to_owned());
        }
    }
    let (_, _, unknown) = refusal(kept.patch(user, &json!({ "presenceDefinition": "Siesta" })).await).await;
    expected.push("presence.unknown".to_owned());
    assert!(unknown["messageParams"]["accepted"].as_str().unwrap().contains("Available"), "{unknown}");

    let records = kept.stop().await;
    let refused: Vec<_> = records.iter().filter(|record| record["kind"] == "refused").collect();
    let codes: Vec<_> = refused.iter().map(|record| record["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(codes, expected, "every refusal is in the log");
    assert!(refused.iter().all(|record| record["outcome"] == "refused" && record["asked"].is_object()));
}

#[tokio::test]
async fn only_who_saw_the_agent_last_writes_and_only_who_may() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    let set = async |definition: &str, tag: &str| {
        let Speaker { http, base, bearer } = &kept.house.machine;
        let request = http.patch(format!("{base}{path}")).bearer_auth(bearer).header(IF_MATCH, tag);
        request.json(&json!({ "presenceDefinition": { "id": definition } })).send().await.unwrap()
    };
    let first = set(MEETING, "*").await;
    assert_eq!(first.status(), StatusCode::OK);
    let seen = first.headers()["etag"].to_str().unwrap().to_owned();
    // Somebody else comes between, at Genesys itself.
    kept.house.upstream.patch_presence(user, &json!({ "message": "no, with the other team" })).await;
    let (status, code, body) = refusal(set(AVAILABLE, &seen).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::PRECONDITION_FAILED, "version.mismatch"));
    let current = body["message"].as_str().unwrap().split(' ').next_back().unwrap().to_owned();
    assert_eq!(set(AVAILABLE, &format!("{seen}, {current}")).await.status(), StatusCode::OK);

    let looker = Speaker::sign_in(&kept.house.proxy.base_url(), "looker", "looker").await;
    let answer = looker.call(Method::PATCH, &path, Some(&json!({ "presenceDefinition": "busy" }))).await;
    let (status, code, _) = refusal(answer).await;
    assert_eq!((status, code.as_str()), (StatusCode::FORBIDDEN, "missing.permissions"));
    assert_eq!(kept.truth_of(user).await["presence"]["definitionId"], AVAILABLE);
    kept.stop().await;
}

#[tokio::test]
async fn an_agent_is_written_ten_times_a_second_and_told_when_there_is_room_again() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    let mut late = None;
    // More than fit into a second, as fast as they go.
    for n in 0..200 {
        let definition = if n % 2 == 0 { MEETING } else { AVAILABLE };
        let answer = kept.patch(user, &json!({ "presenceDefinition": { "id": definition } })).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            late = Some((n, answer));
            break;
        }
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let (n, answer) = late.expect("there is a limit");
    assert!(n >= 10, "ten are let through, not {n}");
    assert_eq!(answer.headers()["retry-after"], "1");
    let (_, code, body) = refusal(answer).await;
    assert_eq!(code, "limit.agent");
    let wait = body["retryAfterMs"].as_u64().unwrap();
    assert!((1..=1_000).contains(&wait), "{wait}");
    tokio::time::sleep(Duration::from_millis(wait + 1)).await;
    let again = kept.patch(user, &json!({ "presenceDefinition": "lunch" })).await;
    assert_eq!(again.status(), StatusCode::OK, "there is room when it was said");
    kept.stop().await;
}

/// What the log knows of a write that the proxy did not live to close.
#[tokio::test]
async fn a_write_that_was_under_way_at_a_crash_is_settled_by_what_stands() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    let answer = kept.patch(user, &json!({ "presenceDefinition": { "id": MEETING } })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let Kept { house, folder } = kept;
    house.proxy.stop().await;
    // As after a crash between effect and record: the last record and its head are not there.
    let file = Connection::open(folder.path().join("rollcall.db")).unwrap();
    file.execute_batch(
        "DELETE FROM audit WHERE seq > 1; UPDATE audit_head SET seq = 1, seal = (SELECT seal FROM audit WHERE seq = 1)",
    )
    .unwrap();
    let mut config = proxy::config::Config::demo(house.simulator.address(), ([127, 0, 0, 1], 0).into());
    config.data = Some(folder.path().to_owned());
    let proxy = proxy::start(config, house.clock.clone()).await.unwrap();
    let closed = harness::until(harness::SOON, "it is closed", || async {
        let sql = "SELECT text FROM audit WHERE seq = 2";
        file.query_row(sql, [], |row| row.get::<_, String>(0)).ok()
    })
    .await;
    let closed: Value = serde_json::from_str(&closed).unwrap();
    assert_eq!((closed["kind"].as_str(), closed["outcome"].as_str()), (Some("closed"), Some("accepted")));
    assert_eq!(closed["after"]["presenceDefinition"]["id"], MEETING);
    proxy.stop().await;
    verify_audit(folder.path(), None, None).unwrap();
    house.simulator.stop().await;
}

#[tokio::test]
async fn the_log_is_searched_by_who_may_and_read_where_it_lies() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    kept.patch(user, &json!({ "presenceDefinition": { "id": MEETING } })).await;
    kept.record("seen").await;
    kept.patch(user, &json!({ "presenceDefinition": "Siesta" })).await;
    let machine = &kept.house.machine;
    let page = machine.get(&format!("/rollcall/audit?userId={user}&pageSize=2")).await;
    assert_eq!((&page["total"], &page["pageCount"]), (&json!(4), &json!(2)));
    assert_eq!(page["entities"][0]["code"], "presence.unknown", "the newest first");
    let accepted = machine.get("/rollcall/audit?outcome=accepted&actor=rollcall-demo").await;
    assert_eq!(accepted["total"], 1);
    let wrong = [
        ("user=x", "user"),
        ("from=yesterday", "from"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from is later"),
        ("pageSize=0", "pageSize"),
        ("outcome=done", "outcome: \"done\" is none of accepted, noChange"),
        ("action=status", "action: \"status\" is none of presence, routingStatus"),
    ];
    for (query, fault) in wrong {
        let answer = machine.call(Method::GET, &format!("/rollcall/audit?{query}"), None).await;
        let (status, _, body) = refusal(answer).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(body["message"].as_str().unwrap().starts_with(fault), "{body}");
    }
    let looker = Speaker::sign_in(&kept.house.proxy.base_url(), "looker", "looker").await;
    let refused = looker.call(Method::GET, "/rollcall/audit", None).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);

    // While the proxy runs, and by another process.
    let run = |arguments: &[&str]| {
        let output = harness::process::rollcall()
            .arg("audit")
            .args(arguments)
            .arg("--data")
            .arg(kept.folder.path())
            .output();
        let output = output.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let (whole, said, _) = run(&["verify"]);
    assert!(whole && said.starts_with("4 records"), "{said}");
    let head = said.lines().last().unwrap().to_owned();
    let (_, lines, _) = run(&["export"]);
    assert_eq!(lines.lines().count(), 4);
    let (_, table, _) = run(&["export", "--format", "csv"]);
    assert_eq!(table.lines().count(), 5);
    assert!(table.lines().nth(4).unwrap().contains("presence.unknown"), "{table}");

    let file = Connection::open(kept.folder.path().join("rollcall.db")).unwrap();
    file.execute("UPDATE audit SET text = replace(text, 'Siesta', 'Busy') WHERE seq = 4", []).unwrap();
    let (whole, _, fault) = run(&["verify", "--head", &head]);
    assert!(!whole && fault.contains("record 4 was altered"), "{fault}");
    kept.house.stop_unchecked().await;
}

#[tokio::test]
async fn what_can_be_set_is_listed_with_its_reasons() {
    let kept = Kept::start(still(20, 2)).await;
    let listed = kept.house.machine.get("/rollcall/presences").await;
    let states = listed["states"].as_array().unwrap();
    let names: Vec<&str> = states.iter().map(|state| state["systemPresence"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 10, "{names:?}");
    let state = |name: &str| states.iter().find(|state| state["systemPresence"] == name).unwrap();
    assert_eq!((&state("Away")["needsReason"], &state("Busy")["needsReason"]), (&json!(true), &json!(false)));
    let reasons: Vec<&str> = state("Busy")["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["label"].as_str().unwrap())
        .collect();
    assert!(reasons.contains(&"Coaching") && reasons.contains(&"Paperwork"), "{reasons:?}");
    // What is listed is understood.
    let agent = kept.agent("IDLE").await;
    let reason = &state("Busy")["reasons"][0]["id"];
    let answer = kept.patch(id(&agent), &json!({ "presenceDefinition": { "id": reason } })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    kept.stop().await;
}

#[tokio::test]
async fn who_is_in_a_conversation_is_set_once_it_is_over() {
    let kept = Kept::start(still(40, 4)).await;
    let busy = kept.agent("INTERACTING").await;
    let user = id(&busy);
    let later = json!({ "futurePresenceDefinition": { "id": MEETING } });
    let answer = kept.patch(user, &later).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["futurePresenceDefinition"]["id"], MEETING);
    assert_eq!(answer["presenceDefinition"]["id"], busy["presence"]["definitionId"], "not yet");
    assert_eq!(kept.patch(user, &later).await.json::<Value>().await.unwrap()["changed"], false);

    // Its conversation and what follows it come to their ends.
    kept.house.scenario("calm", None).await;
    harness::until(harness::SOON, "the agent is in the meeting", || async {
        kept.house.upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": 120 })).await;
        (kept.truth_of(user).await["presence"]["definitionId"] == MEETING).then_some(())
    })
    .await;
    let outcomes: Vec<Value> = kept.stop().await.iter().map(|record| record["outcome"].clone()).collect();
    assert_eq!(outcomes, [Value::Null, json!("deferred"), json!("noChange")]);
}

/// `expand` promises nothing: what is left out of an answer is asked for, and not taken for nothing.
#[tokio::test]
async fn who_is_in_a_conversation_is_known_also_where_nothing_is_expanded() {
    let answers = simulator::Answers { users_come_bare: true, ..Default::default() };
    let kept = Kept::start(simulator::Config { answers, ..still(40, 4) }).await;
    let agent = kept.agent("INTERACTING").await;
    let meeting = json!({ "presenceDefinition": { "id": MEETING } });
    let (status, code, body) = refusal(kept.patch(id(&agent), &meeting).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "agent.busy"), "{body}");
    // And the entity tag is that of what stands.
    let agent = kept.agent("IDLE").await;
    let path = format!("{}/api/v2/users/{}/presences/purecloud", kept.house.machine.base, id(&agent));
    let (http, bearer) = (&kept.house.machine.http, &kept.house.machine.bearer);
    let told = http.get(&path).bearer_auth(bearer).header("cache-control", "no-cache").send().await.unwrap();
    let tag = told.headers()["etag"].clone();
    let patch = http.patch(&path).bearer_auth(bearer).header(IF_MATCH, tag).json(&meeting);
    assert_eq!(patch.send().await.unwrap().status(), StatusCode::OK);
    kept.stop().await;
}
