//! Channels and subscriptions by REST.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Party, entities, ids};

pub async fn suite(party: &Party) {
    any_body_makes_a_channel(party).await;
    head_tells_whether_a_channel_lives(party).await;
    post_adds_put_replaces_delete_empties(party).await;
    refused_topics(party).await;
    a_channel_holds_a_thousand_topics(party).await;
    another_clients_channel_is_not_visible(party).await;
    available_topics(party).await;
}

/// A new channel, and the path of its subscriptions.
pub async fn channel(party: &Party) -> (Value, String) {
    let channel = party.me.send(Method::POST, "/api/v2/notifications/channels", &Value::Null).await;
    let path = subscriptions(&channel);
    (channel, path)
}

fn subscriptions(channel: &Value) -> String {
    format!("/api/v2/notifications/channels/{}/subscriptions", channel["id"].as_str().unwrap())
}

pub fn topics(topics: &[impl AsRef<str>]) -> Value {
    topics.iter().map(|topic| json!({ "id": topic.as_ref() })).collect()
}

/// What a channel listens to, as it was asked for.
async fn listed(party: &Party, path: &str) -> Vec<String> {
    let mut listed = permitted(&party.me.get(path).await);
    listed.sort();
    listed
}

fn permitted(answer: &Value) -> Vec<String> {
    let permitted = entities(answer).iter().filter(|topic| topic["state"] == "Permitted");
    permitted.map(|topic| topic["id"].as_str().unwrap().to_owned()).collect()
}

async fn any_body_makes_a_channel(party: &Party) {
    let url = format!("{}/api/v2/notifications/channels", party.me.base);
    let mut made = Vec::new();
    for (body, has_type) in [("null", true), ("", true), ("", false), ("{}", true)] {
        let mut request = party.me.http.post(&url).bearer_auth(&party.me.bearer).body(body);
        if has_type {
            request = request.header("content-type", "application/json");
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "body {body:?}");
        let channel: Value = answer.json().await.unwrap();
        let (id, uri) = (channel["id"].as_str().unwrap(), channel["connectUri"].as_str().unwrap());
        let authority = party.me.base.strip_prefix("http://").unwrap();
        assert_eq!(uri, format!("ws://{authority}/channels/{id}"));
        assert!(channel["expires"].is_string(), "{channel}");
        made.push(id.to_owned());
    }
    let listed = ids(&party.me.get("/api/v2/notifications/channels").await);
    assert!(made.iter().all(|id| listed.contains(id)), "{made:?} are among {listed:?}");
}

async fn head_tells_whether_a_channel_lives(party: &Party) {
    let (channel, path) = channel(party).await;
    let id = channel["id"].as_str().unwrap();
    for (id, expected) in [(id, 200), ("streaming-0-nobodys", 404)] {
        let path = format!("/api/v2/notifications/channels/{id}");
        let answer = party.me.call(Method::HEAD, &path, None).await;
        assert_eq!(answer.status(), expected, "{id}");
        assert!(answer.bytes().await.unwrap().is_empty(), "HEAD has no body");
    }
    assert!(listed(party, &path).await.is_empty());
    let nobodys = "/api/v2/notifications/channels/streaming-0-nobodys/subscriptions";
    party.refused(Method::GET, nobodys, None, (404, "not.found")).await;
    party.refused(Method::PUT, nobodys, Some(&json!([])), (404, "not.found")).await;
    party.refused(Method::DELETE, nobodys, None, (404, "not.found")).await;
}

async fn post_adds_put_replaces_delete_empties(party: &Party) {
    let (_, path) = channel(party).await;
    let user = party.first_user().await;
    let presence = format!("v2.users.{user}.presence");
    let routing = format!("v2.users.{user}.routingStatus");
    let combined = format!("v2.users.{user}?presence&routingStatus&conversationsummary");
    let queue = format!("v2.analytics.queues.{}.observations", party.queues().await[0]);

    let answer = party.me.send(Method::POST, &path, &topics(&[&presence])).await;
    assert_eq!(permitted(&answer), [presence.as_str()]);
    party.me.send(Method::POST, &path, &topics(&[&queue, &presence])).await;
    let mut both = vec![presence.clone(), queue.clone()];
    both.sort();
    assert_eq!(listed(party, &path).await, both, "POST adds, and knows what it has");

    party.me.send(Method::PUT, &path, &topics(&[&routing, &combined])).await;
    let mut two = vec![routing.clone(), combined.clone()];
    two.sort();
    assert_eq!(listed(party, &path).await, two, "PUT replaces");

    party.me.send(Method::DELETE, &path, &Value::Null).await;
    assert!(listed(party, &path).await.is_empty(), "DELETE empties");
    party.me.send(Method::PUT, &path, &topics(&[&presence])).await;
    party.me.send(Method::PUT, &path, &json!([])).await;
    assert!(listed(party, &path).await.is_empty(), "PUT of nothing empties");
    for bad in [json!({}), json!("v2.users"), json!([7])] {
        let answer = party.me.call(Method::PUT, &path, Some(&bad)).await;
        assert_eq!(answer.status(), 400, "{bad}");
    }
}

async fn refused_topics(party: &Party) {
    let (_, path) = channel(party).await;
    let user = party.first_user().await;
    let good = format!("v2.users.{user}.presence");
    let unknown = format!("v2.users.{user}.mood");
    let long = format!("v2.users.{}.presence", "x".repeat(200));
    for bad in [unknown.as_str(), "no topic at all", "", long.as_str(), "rollcall.presences"] {
        let asked = topics(&[good.as_str(), bad]);
        party.me.send(Method::DELETE, &path, &Value::Null).await;
        for method in [Method::POST, Method::PUT] {
            party.refused(method, &path, Some(&asked), (400, "notification.invalid.topic")).await;
            assert!(listed(party, &path).await.is_empty(), "one bad topic fails the whole call: {bad:?}");
        }
        let tolerant = format!("{path}?ignoreErrors=true");
        let answer = party.me.send(Method::PUT, &tolerant, &asked).await;
        assert_eq!(permitted(&answer), [good.as_str()], "{bad:?}");
        let rejected: Vec<&Value> = entities(&answer).iter().filter(|t| t["state"] == "Rejected").collect();
        assert_eq!(rejected.len(), 1, "{answer}");
        assert!(rejected[0]["rejectionReason"].is_string(), "{answer}");
        assert_eq!(listed(party, &path).await, [good.as_str()], "{bad:?}");
    }
    // A part of a combined topic: the whole is permitted, the part is named.
    let combined = format!("v2.users.{user}?presence&mood");
    let answer =
        party.me.send(Method::PUT, &format!("{path}?ignoreErrors=true"), &topics(&[&combined])).await;
    assert_eq!(permitted(&answer), [combined.as_str()]);
    let rejected = entities(&answer).iter().find(|topic| topic["state"] == "Rejected").unwrap();
    assert_eq!(rejected["id"], unknown, "{answer}");
}

/// Texts that all stand for something permitted, each another.
async fn spellings(party: &Party, count: usize) -> Vec<String> {
    let facets = ["presence", "routingStatus", "conversationsummary"];
    let mut all = Vec::new();
    for user in party.users().await {
        for a in facets {
            all.push(format!("v2.users.{user}.{a}"));
            all.push(format!("v2.users.{user}?{a}"));
            for b in facets.into_iter().filter(|b| *b != a) {
                all.push(format!("v2.users.{user}?{a}&{b}"));
                all.extend(
                    facets
                        .into_iter()
                        .filter(|c| *c != a && *c != b)
                        .map(|c| format!("v2.users.{user}?{a}&{b}&{c}")),
                );
            }
        }
    }
    assert!(all.len() >= count);
    all.truncate(count);
    all
}

async fn a_channel_holds_a_thousand_topics(party: &Party) {
    const TOO_MANY: (u16, &str) = (400, "notification.subscription.too.many.subscriptions");
    let (_, path) = channel(party).await;
    if party.turns("combined_topics_count_parts") {
        // Three parts each: a third of a thousand, and one more.
        let combined: Vec<String> =
            (0..334).map(|n| format!("v2.users.u{n}?presence&routingStatus&activity")).collect();
        party.refused(Method::PUT, &path, Some(&topics(&combined)), TOO_MANY).await;
        party.me.send(Method::PUT, &path, &topics(&combined[..333])).await;
        return;
    }
    let all = spellings(party, 1_001).await;
    party.refused(Method::PUT, &path, Some(&topics(&all)), TOO_MANY).await;
    assert!(listed(party, &path).await.is_empty());
    party.me.send(Method::PUT, &path, &topics(&all[..1_000])).await;
    assert_eq!(listed(party, &path).await.len(), 1_000);
    party.refused(Method::POST, &path, Some(&topics(&all[1_000..])), TOO_MANY).await;
    assert_eq!(listed(party, &path).await.len(), 1_000, "what was there stays");
    // Also of topics that nobody has: they are counted before they are looked at.
    let junk: Vec<String> = (0..1_001).map(|n| format!("v2.users.u{n}.mood")).collect();
    for path in [path.clone(), format!("{path}?ignoreErrors=true")] {
        party.refused(Method::PUT, &path, Some(&topics(&junk)), TOO_MANY).await;
    }
}

async fn another_clients_channel_is_not_visible(party: &Party) {
    let (channel, path) = channel(party).await;
    let id = channel["id"].as_str().unwrap();
    let topic = format!("v2.users.{}.presence", party.first_user().await);
    let listed_by_other = ids(&party.other.get("/api/v2/notifications/channels").await);
    assert!(!listed_by_other.iter().any(|listed| listed == id), "{listed_by_other:?}");
    let head = format!("/api/v2/notifications/channels/{id}");
    assert_eq!(party.other.call(Method::HEAD, &head, None).await.status(), 404);
    for (method, body) in [
        (Method::GET, None),
        (Method::PUT, Some(topics(&[&topic]))),
        (Method::POST, Some(topics(&[&topic]))),
        (Method::DELETE, None),
    ] {
        let answer = party.other.call(method.clone(), &path, body.as_ref()).await;
        crate::check_refusal(answer, (404, "not.found"), &format!("{method} by another client")).await;
    }
    assert!(listed(party, &path).await.is_empty());
}

async fn available_topics(party: &Party) {
    let answer = party.me.get("/api/v2/notifications/availabletopics?expand=description,transports").await;
    let all = ids(&answer);
    for name in ["presence", "routingStatus", "conversationsummary"] {
        assert!(all.contains(&format!("v2.users.{{id}}.{name}")), "{name} in {all:?}");
    }
    assert!(entities(&answer).iter().all(|topic| topic["transports"].is_array()), "{answer}");
}
