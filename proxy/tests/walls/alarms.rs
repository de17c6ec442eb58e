//! Alarms of several walls: each wall's screens are told of its own, and who takes note does so for all.

use proxy::feed::{Input, cause::Cause};
use serde_json::{Value, json};

use super::bench::{Bench, Line, Person, Screen, wall};

const PEOPLE: [Person<'_>; 3] =
    [("ann", "Ann", Some("North")), ("bob", "Bob", Some("South")), ("cyd", "Cyd", None)];
const QUEUES: [Line<'_>; 2] = [("q1", "Sales"), ("q2", "Support")];

/// The users of the next list of alarms, with whether somebody saw to each.
async fn told(screen: &mut Screen, wall: &str) -> Vec<(String, bool)> {
    let frames = screen.until(&format!("rollcall.alarms.{wall}")).await;
    let last = frames.last().expect("at least the one waited for");
    let alarms = last["eventBody"]["alarms"].as_array().cloned().unwrap_or_default();
    let mut users: Vec<(String, bool)> = alarms
        .iter()
        .map(|alarm| (alarm["user"].as_str().unwrap_or("-").to_owned(), alarm["acknowledged"].is_string()))
        .collect();
    users.sort();
    users
}

fn users(list: &[(&str, bool)]) -> Vec<(String, bool)> {
    list.iter().map(|(user, seen)| ((*user).to_owned(), *seen)).collect()
}

#[tokio::test]
async fn each_wall_warns_of_its_own_and_a_note_taken_counts_for_all() {
    // Everybody in the organisation is available, which these walls do not like at all.
    let watches = json!([{ "state": "available", "critical": 0 }]);
    let of = |id: &str, more: Value| {
        let mut definition = json!({ "id": id, "title": id, "watches": watches });
        definition.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        wall(definition)
    };
    let bench = Bench::set_up(vec![
        of("all", json!({})),
        of(
            "north",
            json!({ "teams": ["North"], "watches": [{ "state": "available", "warn": 0, "critical": 1 }] }),
        ),
        wall(json!({ "id": "list", "kind": "playlist", "play": [{ "wall": "all" }, { "wall": "north" }] })),
        of(
            "counts",
            json!({ "names": "counts", "queues": ["Sales"], "thresholds": [{ "metric": "waiting", "warn": 1 }] }),
        ),
    ]);
    let mut screens = Vec::new();
    for id in ["all", "north", "counts"] {
        screens.push(bench.screen(id).await);
    }
    bench.organisation(&PEOPLE, &QUEUES).await;
    bench.feed.tell(Input::Live { shard: 0 }).await;
    let [all, north, counts] = &mut screens[..] else { panic!("three") };
    let everybody = users(&[("ann", false), ("bob", false), ("cyd", false)]);
    assert_eq!(told(all, "all").await, everybody);
    assert_eq!(told(north, "north").await, users(&[("ann", false)]));
    assert_eq!(told(counts, "counts").await, users(&[("-", false)]), "its own queue's alone");

    let id = {
        let frames =
            super::bench::frames(&bench.open("all", protocol::wall::Names::Full, None).await.unwrap());
        let alarms = frames.iter().find(|frame| frame["topicName"] == "rollcall.alarms.all").unwrap();
        let alarms = alarms["eventBody"]["alarms"].as_array().unwrap().clone();
        alarms.iter().find(|alarm| alarm["user"] == "ann").unwrap()["id"].as_str().unwrap().to_owned()
    };
    let take = |wall: &str, alarm: &str| {
        let (wall, alarm) = (wall.into(), alarm.to_owned());
        bench.feed.ask(|reply| Input::Acknowledge { wall, alarm, reply })
    };
    assert_eq!(take("list", &id).await.unwrap(), None, "a playlist's alarms are those of its walls");
    assert!(take("all", &id).await.unwrap().is_some());
    let seen = users(&[("ann", true), ("bob", false), ("cyd", false)]);
    assert_eq!(told(all, "all").await, seen);
    assert_eq!(told(north, "north").await, users(&[("ann", true)]));
    assert_eq!(take("north", "available.bob.1").await.unwrap(), None);
    assert_eq!(take("nowhere", &id).await.unwrap(), None);

    // Nobody vouches for anybody any more; what stands goes on for a while, and whoever comes back to it sees it.
    bench.feed.tell(Input::Lost { shard: 0, cause: Cause::Closed, reason: "gone".to_owned() }).await;
    bench.define(vec![of("all", json!({}))]).await;
    let back = super::bench::frames(&bench.open("all", protocol::wall::Names::Full, None).await.unwrap());
    let alarms = back.iter().find(|frame| frame["topicName"] == "rollcall.alarms.all").unwrap();
    assert_eq!(alarms["eventBody"]["alarms"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn another_definition_warns_by_its_own_limits() {
    let of = |watches: Value| wall(json!({ "id": "all", "title": "All", "watches": watches }));
    let bench = Bench::set_up(vec![of(json!([{ "state": "available", "critical": 0 }]))]);
    let mut screen = bench.screen("all").await;
    bench.organisation(&PEOPLE[..1], &QUEUES).await;
    bench.feed.tell(Input::Live { shard: 0 }).await;
    assert_eq!(told(&mut screen, "all").await, users(&[("ann", false)]));
    bench.define(vec![of(json!([]))]).await;
    assert_eq!(told(&mut screen, "all").await, []);
}
