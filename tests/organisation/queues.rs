//! What a wall is told of queues, beside what is so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Of each queue its name and what is counted of it; zero is not told.
pub type Queues = BTreeMap<String, BTreeSet<String>>;

fn line(figure: &str, count: u64) -> Option<String> {
    (count > 0).then(|| format!("{figure}: {count}"))
}

/// What the truth says of every queue, as far as events and reads carry it.
pub fn true_queues(truth: &Value) -> Queues {
    let of = |queue: &Value| {
        let count = |member: &str| queue[member].as_u64().unwrap();
        let conversations = ["waiting", "interacting", "alerting"].map(|member| (member, count(member)));
        let on_queue = queue["onQueueUsers"].as_object().unwrap().iter();
        let on_queue = on_queue.map(|(status, users)| (status.as_str(), users.as_u64().unwrap()));
        let figures = conversations.into_iter().chain(on_queue).chain([("members", count("memberUsers"))]);
        let told = figures.filter_map(|(figure, count)| line(figure, count));
        told.chain([format!("name: {}", queue["name"].as_str().unwrap())]).collect()
    };
    let queues = truth["queues"].as_array().unwrap().iter();
    queues.map(|queue| (queue["id"].as_str().unwrap().to_owned(), of(queue))).collect()
}

/// What a snapshot says of every queue that somebody vouches for.
pub fn shown_queues(snapshot: &Value) -> Queues {
    let frames = snapshot["frames"].as_array().unwrap();
    let mut shown = Queues::new();
    for frame in frames.iter().filter(|frame| is_live(snapshot, frame)) {
        let Some(id) = frame["topicName"].as_str().unwrap().strip_prefix("rollcall.queues.") else {
            continue;
        };
        let name = format!("name: {}", frame["eventBody"]["name"].as_str().unwrap());
        let told = counted(frames, id).into_iter().filter_map(|(figure, count)| line(&figure, count));
        shown.insert(id.to_owned(), told.chain([name]).collect());
    }
    shown
}

fn is_live(snapshot: &Value, frame: &Value) -> bool {
    let shard = frame["rollcall"]["shard"].as_u64().and_then(|shard| usize::try_from(shard).ok());
    shard.is_some_and(|shard| snapshot["liveAsOf"][shard]["live"] == true)
        && frame["rollcall"]["loading"] != true
}

/// The figures of one queue, those of its media types together.
fn counted(frames: &[Value], queue: &str) -> BTreeMap<String, u64> {
    let topic = format!("v2.analytics.queues.{queue}.observations");
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    let none = json!([]);
    for frame in frames.iter().filter(|frame| frame["topicName"] == topic.as_str()) {
        let metrics = frame["eventBody"]["data"][0].get("metrics").unwrap_or(&none).as_array().unwrap();
        for metric in metrics {
            let figure = match metric["metric"].as_str().unwrap() {
                "oWaiting" => "waiting",
                "oInteracting" => "interacting",
                "oAlerting" => "alerting",
                "oMemberUsers" => "members",
                "oOnQueueUsers" => metric["qualifier"].as_str().unwrap(),
                _ => continue,
            };
            *counted.entry(figure.to_owned()).or_default() +=
                metric["stats"]["count"].as_f64().unwrap() as u64;
        }
    }
    counted
}
