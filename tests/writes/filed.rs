//! By what a write is found later: the tag under which its caller files it, and upstream's own name for the call.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{
    AVAILABLE, Kept, MEETING,
    harness::{ANYWHERE, House, SOON, Speaker, junk, process, ready, still, system_clock, until},
    id, refusal,
};

const TAG: &str = "compliance-tag";

async fn tagged(house: &House, user: &str, tag: &str, body: &Value) -> Response {
    let path = format!("{}/api/v2/users/{user}/presences/purecloud", house.machine.base);
    let request = house.machine.http.patch(path).bearer_auth(&house.machine.bearer);
    request.header(TAG, tag.as_bytes()).json(body).send().await.unwrap()
}

#[tokio::test]
async fn what_is_filed_under_a_tag_is_found_by_it() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    let meeting = json!({ "presenceDefinition": { "id": MEETING } });
    let answer = tagged(&kept.house, user, "  Prüfung 2026/17 ", &meeting).await;
    assert_eq!(answer.status(), StatusCode::OK);
    kept.record("seen").await;
    // Also what is refused, and what is so already.
    let siesta = json!({ "presenceDefinition": "Siesta" });
    assert_eq!(tagged(&kept.house, user, "Prüfung 2026/17", &siesta).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(tagged(&kept.house, user, "other, too", &meeting).await.status(), StatusCode::OK);
    kept.patch(user, &json!({ "presenceDefinition": { "id": AVAILABLE } })).await;

    let path = "/rollcall/audit?complianceTag=Pr%C3%BCfung%202026/17";
    let found = until(SOON, "all are recorded", || async {
        let page = kept.house.machine.get(path).await;
        (page["total"] == 4).then_some(page)
    })
    .await;
    let records = found["entities"].as_array().unwrap();
    let kinds: Vec<&str> = records.iter().map(|record| record["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["refused", "seen", "closed", "opened"]);
    assert!(records.iter().all(|record| record["complianceTag"] == "Prüfung 2026/17"), "{records:?}");
    assert_eq!(kept.house.machine.get("/rollcall/audit?complianceTag=other,%20too").await["total"], 1);

    // It is in both forms of the export.
    let export = |format: &str| {
        let mut command = process::rollcall();
        command.args(["audit", "export", "--format", format, "--data"]).arg(kept.folder.path());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(export("csv").matches(",Prüfung 2026/17,").count(), 4);
    assert_eq!(export("jsonl").matches(r#""complianceTag":"Prüfung 2026/17""#).count(), 4);
    kept.stop().await;
}

#[tokio::test]
async fn what_is_no_tag_is_refused_in_words_and_nothing_is_sent() {
    let kept = Kept::start(still(20, 2)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    let meeting = json!({ "presenceDefinition": { "id": MEETING } });
    for tag in ["", " ", &"x".repeat(101), "a\tb"] {
        let answer = tagged(&kept.house, user, tag, &meeting).await;
        let (status, code, body) = refusal(answer).await;
        assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "bad.request"), "{tag:?}");
        let said = body["message"].as_str().unwrap();
        assert!(said.starts_with("Compliance-Tag is one text of 1 to 100 characters"), "{said}");
    }
    assert_eq!(kept.truth_of(user).await["presence"], agent["presence"]);
    // As many characters, though more bytes.
    let longest = "ä".repeat(100);
    assert_eq!(tagged(&kept.house, user, &longest, &meeting).await.status(), StatusCode::OK);
    let records = kept.stop().await;
    assert!(records.iter().all(|record| record["complianceTag"] == longest), "{records:?}");
}

#[tokio::test]
async fn a_record_has_the_name_that_genesys_cloud_gave_the_call() {
    let simulator = simulator::start(still(40, 4), system_clock()).await.unwrap();
    let between = junk::Middleman::start(&simulator.base_url(), junk::Mood::PassOn).await;
    let address = between.base_url().trim_start_matches("http://").parse().unwrap();
    let proxy = proxy::start(proxy::config::Config::demo(address, ANYWHERE), system_clock()).await.unwrap();
    ready(&proxy.base_url()).await;
    let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
    let machine = Speaker::sign_in(&proxy.base_url(), "rollcall-demo", "rollcall-demo").await;
    let truth = upstream.get("/simulator/truth").await;
    let agents = truth["agents"].as_array().unwrap();
    let idle = agents.iter().find(|agent| agent["routingStatus"]["status"] == "IDLE").unwrap();
    let path = format!("/api/v2/users/{}/presences/purecloud", id(idle));
    let body = json!({ "presenceDefinition": { "id": MEETING } });
    let answer = machine.call(Method::PATCH, &path, Some(&body)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let ours = answer.headers()["inin-correlation-id"].to_str().unwrap().to_owned();
    // What it failed at has a name as well, each call its own: it is the last one that the record is of.
    let fault =
        json!({ "kind": "server_error", "route": "PATCH /api/v2/users", "status": 500, "seconds": 60 });
    upstream.send(Method::POST, "/simulator/faults", &fault).await;
    let body = json!({ "presenceDefinition": { "id": AVAILABLE } });
    let failed = machine.call(Method::PATCH, &path, Some(&body)).await;
    assert_eq!(failed.status(), StatusCode::GATEWAY_TIMEOUT);

    // Without those of nobody, by which the proxy learns at its start what it may.
    let changes = between.changes().into_iter().filter(|(status, _)| *status != StatusCode::NOT_FOUND);
    let changes: Vec<_> = changes.collect();
    let statuses: Vec<StatusCode> = changes.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses[0], StatusCode::OK);
    assert_eq!(statuses[1..], [StatusCode::INTERNAL_SERVER_ERROR; 4]);
    let log = machine.get(&format!("/rollcall/audit?userId={}&pageSize=100", id(idle))).await;
    let records = log["entities"].as_array().unwrap();
    let closed: Vec<&Value> = records.iter().filter(|record| record["kind"] == "closed").collect();
    assert_eq!(closed[1]["upstreamCorrelationId"], changes[0].1);
    assert_eq!(closed[1]["correlationId"], ours, "the request's own beside it");
    assert_eq!((&closed[0]["outcome"], &closed[0]["retries"]), (&json!("unknown"), &json!(3)));
    assert_eq!(closed[0]["upstreamCorrelationId"], changes[4].1);
    for record in records.iter().filter(|record| record["kind"] == "opened") {
        assert_eq!(record["upstreamCorrelationId"], Value::Null, "nothing was answered by then");
    }
    proxy.stop().await;
    simulator.stop().await;
}
