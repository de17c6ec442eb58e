//! Ten thousand updates of five hundred agents over one socket, against limits, errors and delays: each is answered once, in the
//! order of its agent, and log and truth are what was answered.

use std::collections::{BTreeMap, HashMap};

use futures_util::StreamExt as _;
use protocol::chance::Chance;
use proxy::store::verify_audit;
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{House, Publisher, harness::still, system_clock};

const AGENTS: usize = 500;
const UPDATES: usize = 10_000;
/// What the caller may change in a minute, and what is sent before the clock moves on by one.
const A_MINUTE: usize = 1_000;
/// Agents of whom upstream is once slower than an answer may be.
const SLOW: usize = 4;
/// So that a failure can be seen again.
const SEED: u64 = 20_261_122;

/// What was answered to an update: perhaps that nobody knows yet, and in the end once.
#[derive(Default)]
struct Answered {
    was_late: bool,
    end: Option<Value>,
}

struct Load {
    house: House,
    publisher: Publisher,
    users: Vec<String>,
    /// Whose each update is, in the order in which they were sent.
    sent: Vec<usize>,
    answers: HashMap<usize, Answered>,
    /// The newest update of each agent that took effect.
    stands: BTreeMap<usize, usize>,
    chance: Chance,
}

impl Load {
    fn below(&mut self, end: usize) -> usize {
        let most = i64::try_from(end).unwrap() - 1;
        usize::try_from(self.chance.within(0, most)).unwrap()
    }

    /// Sends so many, some agents several times in a row, and takes in every answer.
    async fn wave(&mut self, count: usize) {
        let first = self.sent.len();
        let mut frames = Vec::new();
        while frames.len() < count {
            let agent = self.below(self.users.len());
            let repeats = if self.below(4) == 0 { 4 } else { 1 };
            for _ in 0..repeats.min(count - frames.len()) {
                let number = self.sent.len();
                self.sent.push(agent);
                let presence = ["lunch", "meeting", "training", "busy"][self.below(4)];
                frames.push(json!({
                    "id": number, "userId": self.users[agent], "presence": presence, "message": number.to_string(),
                }));
            }
        }
        let Publisher(socket) = &mut self.publisher;
        let (mut writer, mut reader) = socket.split();
        let say = async {
            for frame in frames {
                let text = tokio_tungstenite::tungstenite::Message::text(frame.to_string());
                futures_util::SinkExt::send(&mut writer, text).await.unwrap();
            }
        };
        let (sent, answers, stands) = (&self.sent, &mut self.answers, &mut self.stands);
        let hear = async {
            let mut open = count;
            while open > 0 {
                let next = tokio::time::timeout(super::harness::SOON * 3, reader.next());
                let message = next.await.expect("an answer in time").expect("open").unwrap();
                let answer: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
                let number = usize::try_from(answer["id"].as_u64().unwrap()).unwrap();
                assert!(number >= first, "an answer of a wave that was over: {answer}");
                let answered = answers.entry(number).or_default();
                assert!(answered.end.is_none(), "answered twice: {answer}");
                if answer["status"] == "unknown" && answer.get("code").is_none() {
                    assert!(!std::mem::replace(&mut answered.was_late, true), "late twice: {answer}");
                    continue;
                }
                if answer["status"] == "success" {
                    let before = stands.insert(sent[number], number);
                    assert!(before.is_none_or(|before| before < number), "{before:?} before {number}");
                }
                answered.end = Some(answer);
                open -= 1;
            }
        };
        tokio::join!(say, hear);
    }

    async fn fault(&self, fault: Value) {
        self.house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    }

    /// Ends the faults; how many calls they struck.
    async fn calm(&self) -> u64 {
        let listed = self.house.upstream.get("/simulator/faults").await;
        self.house.upstream.call(Method::DELETE, "/simulator/faults", None).await;
        let faults = listed["faults"].as_array().unwrap();
        faults.iter().map(|fault| fault["struck"].as_u64().unwrap()).sum()
    }

    /// Calls that upstream refused for their number.
    async fn rate_limited(&self) -> u64 {
        let text =
            self.house.machine.http.get(format!("{}/metrics", self.house.machine.base)).send().await.unwrap();
        let text = text.text().await.unwrap();
        let lines = text.lines().filter(|line| line.starts_with("rollcall_upstream_calls_total"));
        let lines = lines.filter(|line| line.contains("rate limited"));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    fn count(&self, fits: impl Fn(&Value) -> bool) -> usize {
        self.answers.values().filter(|answered| answered.end.as_ref().is_some_and(&fits)).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_updates_of_five_hundred_agents() {
    let folder = tempfile::tempdir().unwrap();
    let data = Some(folder.path().to_owned());
    let config =
        simulator::Config { enforce_call_limits: true, calls_per_minute: 20_000, ..still(AGENTS, 10) };
    let house = House::start_with(system_clock(), config, |config| {
        config.data = data;
        config.rules.machine_a_minute = A_MINUTE;
    })
    .await;
    let truth = house.truth().await;
    let users = truth["agents"].as_array().unwrap().iter();
    let users: Vec<String> = users.map(|agent| agent["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(users.len(), AGENTS);
    let publisher = Publisher::open(&house.machine).await.unwrap();
    let (sent, answers, stands) = (Vec::new(), HashMap::new(), BTreeMap::new());
    let mut load = Load { house, publisher, users, sent, answers, stands, chance: Chance::new(SEED) };

    let patch = "PATCH /api/v2/users/{userId}/presences/purecloud";
    let mut struck = 0;
    for wave in 0..UPDATES / A_MINUTE {
        match wave {
            2 => load.fault(json!({ "kind": "slow", "route": patch, "rate": 0.1, "delaySeconds": 0.3, "seconds": 3_600 })).await,
            3 => load.fault(json!({ "kind": "server_error", "route": patch, "rate": 0.1, "seconds": 3_600 })).await,
            5 => {
                let fault = json!({
                    "kind": "rate_limit", "route": patch, "rate": 0.03, "seconds": 3_600, "retryAfterSeconds": 1,
                });
                load.fault(fault).await;
            }
            7 => {
                // Some agents by name, so that it does not hang on chance whether anybody has to wait.
                for agent in load.stands.keys().take(SLOW) {
                    let route = patch.replace("{userId}", &load.users[*agent]);
                    load.fault(json!({ "kind": "slow", "route": route, "delaySeconds": 6, "seconds": 3_600 })).await;
                }
            }
            _ => {}
        }
        load.wave(A_MINUTE).await;
        let hit = load.calm().await;
        if wave == 5 {
            struck = hit;
        }
        // Twice the minute is not over when the next wave comes.
        if ![4, 8].contains(&wave) {
            load.house.clock.advance_ms(60_000);
        }
    }

    assert_eq!(load.sent.len(), UPDATES);
    assert!(load.answers.values().all(|answered| answered.end.is_some()) && load.answers.len() == UPDATES);
    let of_status = |status: &'static str| load.count(move |answer| answer["status"] == status);
    let of_code = |code: &'static str| load.count(move |answer| answer["code"] == code);
    let late = load.answers.values().filter(|answered| answered.was_late).count();
    let told = json!({
        "success": of_status("success"), "superseded": of_status("superseded"), "unknown": of_status("unknown"),
        "late": late, "limit.caller": of_code("limit.caller"), "limit.agent": of_code("limit.agent"), "agent.busy": of_code("agent.busy"),
        "struck": struck,
    });
    println!("{told}");
    // Each kind of trouble was there.
    for kind in ["superseded", "late", "limit.caller", "agent.busy", "struck"] {
        assert!(told[kind].as_u64() > Some(0), "{kind}: {told}");
    }
    assert!(of_status("success") > UPDATES / 4, "{told}");
    assert_eq!(load.rate_limited().await, struck, "none that was not ordered");
    for (number, answered) in &load.answers {
        if answered.end.as_ref().unwrap()["status"] == "superseded" {
            let agent = load.sent[*number];
            assert!(load.sent[number + 1..].contains(&agent), "{number} gave way to nothing newer");
        }
    }

    let truth = load.house.truth().await;
    for agent in truth["agents"].as_array().unwrap() {
        let place = load.users.iter().position(|user| *user == agent["id"]).unwrap();
        if let Some(number) = load.stands.get(&place) {
            assert_eq!(agent["presence"]["message"], number.to_string(), "agent {place}");
        }
    }

    let Load { house, publisher, answers, .. } = load;
    drop(publisher);
    house.stop().await;
    verify_audit(folder.path(), None, None).unwrap();
    let file = Connection::open(folder.path().join("rollcall.db")).unwrap();
    let mut select = file.prepare("SELECT text FROM audit WHERE kind IN ('closed', 'refused')").unwrap();
    let texts = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut records: HashMap<usize, Vec<Value>> = HashMap::new();
    for text in texts {
        let record: Value = serde_json::from_str(&text.unwrap()).unwrap();
        let number = usize::try_from(record["asked"]["id"].as_u64().unwrap()).unwrap();
        records.entry(number).or_default().push(record);
    }
    for (number, answered) in &answers {
        let end = answered.end.as_ref().unwrap();
        let outcomes = records.get(number).map_or(&[][..], Vec::as_slice);
        let outcomes: Vec<&str> = outcomes.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
        match end["status"].as_str().unwrap() {
            "success" => assert_eq!(outcomes, [end["steps"]["presence"].as_str().unwrap()], "{end}"),
            "error" => assert_eq!(outcomes, ["refused"], "{end}"),
            "unknown" => assert_eq!(outcomes, ["unknown"], "{end}"),
            "superseded" => assert_eq!(outcomes, ["superseded"], "{end}"),
            other => panic!("{other}: {end}"),
        }
    }
}
