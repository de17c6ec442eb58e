//! The publisher's socket against the running proxy: each update is answered once, in the order of its agent, and the last one stands.

#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod harness;

#[path = "publisher/load.rs"]
mod load;
#[path = "publisher/python.rs"]
mod python;
#[path = "publisher/steps.rs"]
mod steps;
#[path = "publisher/unread.rs"]
mod unread;

use std::collections::HashMap;

use futures_util::{SinkExt as _, StreamExt as _};
use harness::{House, Speaker, still, system_clock};
use proxy::store::export_audit;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest as _, protocol::frame::coding::CloseCode},
};

struct Publisher(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Publisher {
    async fn open(speaker: &Speaker) -> Result<Self, tungstenite::Error> {
        let url = format!("{}/api/v2/users/presence", speaker.base.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {}", speaker.bearer).parse().unwrap());
        Ok(Self(tokio_tungstenite::connect_async(request).await?.0))
    }

    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn hear(&mut self) -> Message {
        timeout(harness::SOON, self.0.next()).await.expect("in time").expect("open").unwrap()
    }

    async fn answer(&mut self) -> Value {
        let Message::Text(text) = self.hear().await else { panic!("no answer") };
        serde_json::from_str(&text).unwrap()
    }

    /// Says it, and hears its answer.
    async fn publish(&mut self, update: &Value) -> Value {
        self.say(&update.to_string()).await;
        self.answer().await
    }
}

async fn house(agents: usize) -> House {
    // As many calls as the load needs; that there are limits is another test's business.
    let config = simulator::Config { calls_per_minute: 60_000, ..still(agents, 4) };
    House::start_with(system_clock(), config, |config| config.rules.machine_a_minute = 100_000).await
}

/// Agents whom nothing keeps from being changed.
async fn free(house: &House) -> Vec<String> {
    let truth = house.truth().await;
    let is_free = |agent: &&Value| {
        let in_work = agent["conversationSummary"].to_string();
        agent["routingStatus"]["status"] == "IDLE" && !in_work.contains(r#""acw":1"#)
    };
    let free = truth["agents"].as_array().unwrap().iter().filter(is_free);
    free.map(|agent| agent["id"].as_str().unwrap().to_owned()).collect()
}

async fn presence_of(house: &House, user: &str) -> Value {
    let truth = house.truth().await;
    let agents = truth["agents"].as_array().unwrap();
    agents.iter().find(|agent| agent["id"] == user).unwrap()["presence"].clone()
}

#[tokio::test]
async fn an_update_is_made_and_answered_under_its_own_name() {
    let house = house(60).await;
    let users = free(&house).await;
    let user = &users[0];
    let mut publisher = Publisher::open(&house.machine).await.unwrap();
    let answer = publisher
        .publish(&json!({ "id": "first", "userId": user, "presence": "lunch", "message": "back at two" }))
        .await;
    assert_eq!(
        (&answer["id"], &answer["status"], &answer["changed"]),
        (&json!("first"), &json!("success"), &json!(true))
    );
    assert_eq!(answer["presenceDefinition"]["systemPresence"], "Meal");
    assert!(answer["latencyMs"].is_u64() && answer["etag"].is_string(), "{answer}");
    assert_eq!(presence_of(&house, user).await["message"], "back at two");

    // As articles about this API write it.
    let article = json!({ "userId": users[1], "routing": "available", "availability": "Available", "wrapupSeconds": 0 });
    let answer = publisher.publish(&article).await;
    assert_eq!(
        (&answer["status"], &answer["steps"]["presence"]),
        (&json!("success"), &json!("accepted")),
        "{answer}"
    );
    assert_eq!(publisher.publish(&article).await["changed"], false);

    for (update, code) in [
        (json!({ "userId": user, "routing": "available", "availability": "busy" }), "presence.contradiction"),
        (json!({ "userId": user, "presence": "Siesta" }), "presence.unknown"),
        (json!({ "userId": user, "presence": "busy", "wrapupSeconds": 30 }), "wrapup.seconds"),
        (json!({ "userId": user, "presence": "wrap-up", "wrapupSeconds": 30 }), "wrapup.not.settable"),
        (json!({ "userId": user, "routing": "IDLE" }), "bad.request"),
        (json!({ "userId": user, "state": "busy" }), "bad.request"),
        (json!({ "presence": "busy" }), "bad.request"),
        (json!({ "userId": user }), "bad.request"),
        (json!({ "userId": 7, "presence": "busy" }), "bad.request"),
        (json!({ "userId": "nobody", "presence": "busy" }), "user.unknown"),
    ] {
        let answer = publisher.publish(&update).await;
        assert_eq!(
            (&answer["status"], &answer["code"]),
            (&json!("error"), &json!(code)),
            "{update}: {answer}"
        );
        assert_eq!(answer["userId"], update["userId"]);
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_update_is_answered_once_and_the_last_of_each_agent_stands() {
    let house = house(120).await;
    let users = free(&house).await;
    let users = &users[..users.len().min(30)];
    let mut publisher = Publisher::open(&house.machine).await.unwrap();
    let rounds = 20;
    for round in 0..rounds {
        for (at, user) in users.iter().enumerate() {
            let presence = ["lunch", "meeting", "training"][(round + at) % 3];
            let update = json!({ "id": [round, at], "userId": user, "presence": presence, "message": round.to_string() });
            publisher.say(&update.to_string()).await;
        }
    }
    let mut answers: HashMap<(u64, u64), Value> = HashMap::new();
    // The number of the last update of each agent that was made.
    let mut made: HashMap<u64, u64> = HashMap::new();
    for _ in 0..rounds * users.len() {
        let answer = publisher.answer().await;
        let [round, at] = [0, 1].map(|part| answer["id"][part].as_u64().unwrap());
        match answer["status"].as_str().unwrap() {
            "success" => {
                let before = made.insert(at, round);
                assert!(before.is_none_or(|before| before < round), "agent {at}: {round} after {before:?}");
            }
            "superseded" => {}
            "error" => assert_eq!(answer["code"], "limit.agent", "{answer}"),
            other => panic!("{other}: {answer}"),
        }
        assert!(answers.insert((round, at), answer).is_none(), "answered twice: {round}, {at}");
    }
    let truth = house.truth().await;
    for (at, round) in made {
        let user = &users[usize::try_from(at).unwrap()];
        let agents = truth["agents"].as_array().unwrap();
        let agent = agents.iter().find(|agent| agent["id"] == **user).unwrap();
        assert_eq!(agent["presence"]["message"], round.to_string(), "agent {at}");
    }
    let last = u64::try_from(rounds).unwrap() - 1;
    let superseded = answers.values().filter(|answer| answer["status"] == "superseded").count();
    assert!(superseded > 0, "some had to wait");
    assert!(answers.iter().all(|((round, _), answer)| *round != last || answer["status"] != "superseded"));
    house.stop().await;
}

#[tokio::test]
async fn what_is_no_object_closes_the_socket_after_what_is_under_way_is_answered() {
    let house = house(60).await;
    let users = free(&house).await;
    for (junk, says) in
        [("[]", "JSON object"), ("{\"userId\": ", "not JSON"), (&*"x".repeat(20_000), "16384")]
    {
        let mut publisher = Publisher::open(&house.machine).await.unwrap();
        publisher.say(&json!({ "id": 1, "userId": users[0], "presence": "lunch" }).to_string()).await;
        publisher.say(&json!({ "id": 2, "userId": users[0], "presence": "meeting" }).to_string()).await;
        publisher.say(junk).await;
        let mut ids = vec![publisher.answer().await["id"].clone(), publisher.answer().await["id"].clone()];
        ids.sort_by_key(Value::as_u64);
        assert_eq!(ids, [1, 2]);
        let Message::Close(Some(close)) = publisher.hear().await else {
            panic!("it is closed with a reason")
        };
        assert_eq!(close.code, CloseCode::Policy);
        assert!(close.reason.contains(says), "{}", close.reason);
    }
    assert_eq!(presence_of(&house, &users[0]).await["systemPresence"], "Meeting");
    house.stop().await;
}

#[tokio::test]
async fn only_who_may_write_opens_it() {
    let house = house(20).await;
    let stranger = Speaker { bearer: "nobody's".to_owned(), ..house.machine.clone() };
    let Err(tungstenite::Error::Http(refused)) = Publisher::open(&stranger).await else { panic!("let in") };
    assert_eq!(refused.status(), 401);
    // Whoever comes without a token is a page on this machine, which has to be ours; without an origin it is no page.
    for (origin, status) in [(None, 401), (Some("https://evil.example"), 403)] {
        let url = format!("{}/api/v2/users/presence", house.machine.base.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let opened = tokio_tungstenite::connect_async(request).await;
        let Err(tungstenite::Error::Http(refused)) = opened else { panic!("{origin:?} is let in") };
        assert_eq!(refused.status(), status, "{origin:?}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gives_way_and_what_finds_no_room_to_wait_is_in_the_log_too() {
    let folder = tempfile::tempdir().unwrap();
    let data = Some(folder.path().to_owned());
    let house = House::start_with(system_clock(), still(40, 4), |config| config.data = data).await;
    let user = &free(&house).await[0];
    let slow = json!({ "kind": "slow", "route": "PATCH /api/v2/users", "delaySeconds": 2, "seconds": 3_600 });
    house.upstream.send(reqwest::Method::POST, "/simulator/faults", &slow).await;
    let mut publisher = Publisher::open(&house.machine).await.unwrap();
    let overrides = |n: usize| {
        let skill = format!("00000000-0000-4000-8000-0000000000{n:02}");
        json!([{ "skillId": skill, "state": "inactive" }])
    };
    let update = |id: &str, mut more: Value| {
        more["id"] = json!(id);
        more["userId"] = json!(user);
        more["complianceTag"] = json!(" case 7 ");
        more.to_string()
    };
    publisher.say(&update("first", json!({ "presence": "break" }))).await;
    let both = json!({ "presence": "meeting", "skillOverrides": overrides(0) });
    publisher.say(&update("given up", both.clone())).await;
    publisher.say(&update("stands", both)).await;
    for n in 1..16 {
        publisher.say(&update("waits", json!({ "skillOverrides": overrides(n) }))).await;
    }
    publisher.say(&update("no room", json!({ "skillOverrides": overrides(16) }))).await;
    let mut answered = HashMap::new();
    for _ in 0..19 {
        let answer = publisher.answer().await;
        answered.insert(answer["id"].as_str().unwrap().to_owned(), answer);
    }
    assert_eq!(answered["given up"]["status"], "superseded");
    assert_eq!(
        (&answered["no room"]["code"], &answered["no room"]["userId"]),
        (&json!("limit.agent"), &json!(user))
    );
    drop(publisher);
    house.stop().await;
    let mut told = Vec::new();
    export_audit(folder.path(), None, |text| {
        let record: Value = serde_json::from_str(text).unwrap();
        let word = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        if ["given up", "no room"].iter().any(|id| record["asked"]["id"] == *id) {
            assert_eq!((&record["userId"], &record["complianceTag"]), (&json!(user), &json!("case 7")));
            told.push(["kind", "action", "outcome", "code"].map(word));
        }
    })
    .unwrap();
    assert_eq!(
        told,
        [
            ["closed", "presence", "superseded", ""],
            ["closed", "skill", "superseded", ""],
            ["refused", "skill", "refused", "limit.agent"],
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_due_from_the_moment_in_which_its_update_was_heard() {
    let house = house(40).await;
    let user = &free(&house).await[0];
    let slow =
        json!({ "kind": "slow", "route": "PATCH /api/v2/users", "delaySeconds": 3.5, "seconds": 3_600 });
    house.upstream.send(reqwest::Method::POST, "/simulator/faults", &slow).await;
    let mut publisher = Publisher::open(&house.machine).await.unwrap();
    for (id, presence) in [("first", "break"), ("second", "meal")] {
        let update = json!({ "id": id, "userId": user, "presence": presence });
        publisher.say(&update.to_string()).await;
    }
    // The second begins when the first is over, and has a second and a half left.
    for expected in [("first", "success"), ("second", "unknown"), ("second", "success")] {
        let answer = publisher.answer().await;
        assert_eq!((answer["id"].as_str(), answer["status"].as_str()), (Some(expected.0), Some(expected.1)));
        let took_ms = answer["latencyMs"].as_u64().unwrap();
        let least_ms = if answer["status"] == "unknown" { 5_000 } else { 3_500 };
        assert!((least_ms..15_000).contains(&took_ms), "{answer}");
        assert!(answer["steps"]["presence"].is_string(), "{answer}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_turn_is_answered_in_time_too_and_skills_are_not_given_up_for_a_presence() {
    let house = house(40).await;
    let user = &free(&house).await[0];
    let skills = house.upstream.get(&format!("/api/v2/users/{user}/routingskills")).await;
    let skill = skills["entities"][0]["id"].as_str().expect("the agent has a skill");
    let slow = json!({ "kind": "slow", "route": "PATCH /api/v2/users", "delaySeconds": 6, "seconds": 3_600 });
    house.upstream.send(reqwest::Method::POST, "/simulator/faults", &slow).await;
    let mut publisher = Publisher::open(&house.machine).await.unwrap();
    let overrides = json!([{ "skillId": skill, "state": "inactive" }]);
    for update in [
        json!({ "id": "first", "userId": user, "presence": "break" }),
        json!({ "id": "skill", "userId": user, "skillOverrides": overrides }),
        json!({ "id": "given up", "userId": user, "presence": "meeting" }),
        json!({ "id": "last", "userId": user, "presence": "meal" }),
    ] {
        publisher.say(&update.to_string()).await;
    }
    let mut told = Vec::new();
    while told.len() < 7 {
        let answer = publisher.answer().await;
        let word = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        if (word("id"), word("status")) == ("skill".to_owned(), "unknown".to_owned()) {
            assert_eq!(answer["steps"], json!({ "skills": [{ "skillId": skill, "outcome": "unknown" }] }));
        }
        told.push((word("id"), word("status"), word("code")));
    }
    let of = |id: &str| -> Vec<&str> {
        told.iter().filter(|(of, ..)| of == id).map(|(_, status, _)| status.as_str()).collect()
    };
    assert_eq!(told[0], ("given up".to_owned(), "superseded".to_owned(), String::new()));
    let unknown: Vec<&str> = told[1..4].iter().map(|(_, status, _)| status.as_str()).collect();
    assert_eq!(unknown, ["unknown"; 3], "before any of them is over: {told:?}");
    for id in ["first", "skill", "last"] {
        assert_eq!(of(id), ["unknown", "success"], "{told:?}");
    }
    assert_eq!(presence_of(&house, user).await["systemPresence"], "Meal");
    house.stop().await;
}
