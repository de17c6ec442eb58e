//! Organisations of every size against the running program: those that just fit, those that do not, and people and
//! queues that come, change and go.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;
#[path = "organisation/queues.rs"]
mod queues;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use harness::{House, SOON, Socket, page::Page, still, system_clock, until};
use protocol::{frame::UNCOVERED_SHARD, topic::TOPICS_PER_CHANNEL};
use queues::{shown_queues, true_queues};
use reqwest::Method;
use serde_json::{Value, json};

/// A little more than polled lists may be old.
const POLL_MS: i64 = 301_000;

/// How long a large organisation may take in a debug build on a busy machine.
const LARGE: Duration = Duration::from_secs(20);

/// The newest frame of each topic.
fn frames(snapshot: &Value) -> BTreeMap<&str, &Value> {
    let frames = snapshot["frames"].as_array().unwrap();
    frames.iter().map(|frame| (frame["topicName"].as_str().unwrap(), frame)).collect()
}

/// Of a summary, whose members are media types: conversations from queues that are active, and those in after-call work.
fn conversations(summary: &Value) -> [u64; 2] {
    let media = summary.as_object().into_iter().flat_map(|summary| summary.values());
    let of = |member: &str| media.clone().filter_map(|media| media["contactCenter"][member].as_u64()).sum();
    [of("active"), of("acw")]
}

/// What the truth says of everybody, as far as walls are told.
fn true_people(truth: &Value) -> BTreeMap<String, Value> {
    let agents = truth["agents"].as_array().unwrap().iter();
    let told = |agent: &Value| {
        let (presence, routing) = (&agent["presence"], &agent["routingStatus"]);
        json!([
            agent["name"],
            presence["definitionId"],
            presence["modifiedDate"],
            routing["status"],
            routing["startTime"],
            conversations(&agent["conversationSummary"]),
        ])
    };
    agents.map(|agent| (agent["id"].as_str().unwrap().to_owned(), told(agent))).collect()
}

/// What a snapshot says of everybody who stands on the wall with a state that somebody vouches for.
fn shown_people(snapshot: &Value) -> BTreeMap<String, Value> {
    let frames = frames(snapshot);
    let mut shown = BTreeMap::new();
    for (topic, frame) in &frames {
        let Some(id) = topic.strip_prefix("rollcall.users.") else { continue };
        let of = |facet: &str| frames.get(format!("v2.users.{id}.{facet}").as_str()).copied();
        let (Some(presence), Some(routing)) = (of("presence"), of("routingStatus")) else { continue };
        let live = |frame: &Value| {
            let shard = usize::try_from(frame["rollcall"]["shard"].as_u64().unwrap()).unwrap();
            snapshot["liveAsOf"][shard]["live"] == true && frame["rollcall"]["loading"] != true
        };
        if !live(frame) || !live(presence) || !live(routing) {
            continue;
        }
        let (presence, routing) = (&presence["eventBody"], &routing["eventBody"]["routingStatus"]);
        let told = json!([
            frame["eventBody"]["name"],
            presence["presenceDefinition"]["id"],
            presence["modifiedDate"],
            routing["status"],
            routing["startTime"],
            conversations(of("conversationsummary").map_or(&Value::Null, |frame| &frame["eventBody"])),
        ]);
        shown.insert(id.to_owned(), told);
    }
    shown
}

/// The first few that are shown otherwise than they are.
fn differ<T: PartialEq + std::fmt::Debug>(
    shown: &BTreeMap<String, T>,
    true_: &BTreeMap<String, T>,
) -> Vec<String> {
    let of = |id: &String| (shown.get(id), true_.get(id));
    let ids: BTreeSet<&String> = shown.keys().chain(true_.keys()).collect();
    let wrong = ids.into_iter().filter(|id| of(id).0 != of(id).1);
    wrong.take(3).map(|id| format!("{id}: shown {:?}, is {:?}", of(id).0, of(id).1)).collect()
}

/// Waits until a wall that shows everybody says of everybody and of every queue what is so.
async fn agrees(house: &House, page: &Page) {
    let differ_now = || async {
        let ((snapshot, _), truth) = (page.wall("floor").await, house.truth().await);
        let people = differ(&shown_people(&snapshot), &true_people(&truth));
        [people, differ(&shown_queues(&snapshot), &true_queues(&truth))].concat()
    };
    let agrees = async {
        while !differ_now().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    if tokio::time::timeout(LARGE, agrees).await.is_err() {
        panic!("wall and truth do not agree: {:#?}", differ_now().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_agents_are_complete_and_live_over_no_more_channels_than_the_plan_needs() {
    let house = House::start(still(5_000, 60)).await;
    let page = Page::open(&house.proxy.base_url()).await;
    agrees(&house, &page).await;
    house.scenario("rush", Some(300.0)).await;
    let (_, mut socket) = page.wall("floor").await;
    for _ in 0..200 {
        socket.find(|frame| frame["topicName"].as_str().is_some_and(|topic| topic.starts_with("v2."))).await;
    }
    house.scenario("calm", Some(0.0)).await;
    agrees(&house, &page).await;

    let truth = house.truth().await;
    let total = |figure: &str| -> u64 {
        truth["queues"].as_array().unwrap().iter().map(|queue| queue[figure].as_u64().unwrap()).sum()
    };
    assert_eq!(true_queues(&truth).len(), 60);
    assert!(total("waiting") > 0 && total("interacting") > 0, "there is something to compare");
    let channels = truth["channels"].as_array().unwrap();
    let topics: Vec<usize> =
        channels.iter().map(|channel| channel["topics"].as_u64().unwrap().try_into().unwrap()).collect();
    let needed = (5_000_usize + 60).div_ceil(TOPICS_PER_CHANNEL);
    assert_eq!(topics.iter().sum::<usize>(), 5_060, "one topic for everybody: {topics:?}");
    assert_eq!(topics.len(), needed, "{topics:?}");
    assert_eq!(truth["calls"]["POST /api/v2/notifications/channels"], needed, "and never another");
    let (snapshot, _) = page.wall("floor").await;
    assert_eq!(snapshot["wall"]["notes"], Value::Null, "nobody is left out");
    house.stop().await;
}

/// The first client's only channel for topics, of which an organisation may need more.
fn one_channel(config: &mut proxy::config::Config) {
    config.genesys.clients[0].channels = 3;
}

/// The notes of the wall that shows everybody, without opening it.
async fn notes(page: &Page) -> Vec<String> {
    let told: Value =
        page.request(Method::GET, "/rollcall/walls/floor").send().await.unwrap().json().await.unwrap();
    serde_json::from_value(told["notes"].clone()).unwrap_or_default()
}

/// What upstream listens to, by user.
async fn presence_topic(house: &House, topic: &str) -> (Value, Socket) {
    let channel = house.machine.send(Method::POST, "/api/v2/notifications/channels", &Value::Null).await;
    let path = subscriptions(channel["id"].as_str().unwrap());
    house.machine.send(Method::PUT, &format!("{path}?ignoreErrors=true"), &json!([{ "id": topic }])).await;
    let socket = Socket::open(channel["connectUri"].as_str().unwrap()).await;
    (channel, socket)
}

fn subscriptions(channel: &str) -> String {
    format!("/api/v2/notifications/channels/{channel}/subscriptions")
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_channels_are_full_the_wall_says_how_many_are_not_watched() {
    let house = House::start_with(system_clock(), still(1_200, 5), one_channel).await;
    let page = Page::open(&house.proxy.base_url()).await;
    let note = "205 agents of this wall are not watched: the channels of Genesys Cloud are full";
    assert_eq!(notes(&page).await, [note]);
    let (snapshot, _) = page.wall("floor").await;
    let uncovered = |frame: &&Value| frame["rollcall"]["shard"] == UNCOVERED_SHARD;
    let all = frames(&snapshot);
    let left_out: BTreeSet<&str> = all
        .iter()
        .filter(|(_, frame)| uncovered(frame))
        .filter_map(|(topic, _)| topic.strip_prefix("rollcall.users."))
        .collect();
    assert_eq!(left_out.len(), 205, "each of them stands there and is stale");
    assert_eq!(all.keys().filter(|topic| topic.starts_with("rollcall.users.")).count(), 1_200);
    let shown = shown_people(&snapshot);
    let true_ = true_people(&house.truth().await);
    let watched = true_.into_iter().filter(|(id, _)| !left_out.contains(id.as_str())).collect();
    assert_eq!(differ(&shown, &watched), [""; 0]);
    assert_eq!(snapshot["wall"]["notes"], json!([note]));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_somebody_who_is_left_out_is_told_so_and_is_heard() {
    let house = House::start_with(system_clock(), still(1_200, 5), one_channel).await;
    let page = Page::open(&house.proxy.base_url()).await;
    // Nobody has a wall open that shows everybody, so that others can give way. The last by name is left out.
    let people = true_people(&house.truth().await);
    let last = people.iter().max_by_key(|(id, told)| (told[0].as_str().map(str::to_owned), (*id).clone()));
    let (user, _) = last.unwrap();
    let topic = format!("v2.users.{user}.presence");
    let (channel, mut socket) = presence_topic(&house, &topic).await;
    let path = subscriptions(channel["id"].as_str().unwrap());
    let ask = || async {
        let body = json!([{ "id": topic }]);
        let answer = house.machine.send(Method::PUT, &format!("{path}?ignoreErrors=true"), &body).await;
        answer["entities"][0].clone()
    };
    let answer = ask().await;
    assert_eq!(answer["state"], "Rejected");
    let reason = answer["rejectionReason"].as_str().unwrap();
    assert!(reason.starts_with("not watched: the channels of Genesys Cloud are full"), "{reason}");
    until(SOON, "somebody else gave way", || async { (ask().await["state"] == "Permitted").then_some(()) })
        .await;
    house.upstream.patch_presence(user, &json!({ "message": "heard" })).await;
    socket.find(|frame| frame["topicName"] == topic && frame["eventBody"]["message"] == "heard").await;
    // The number is what it was: one gave way to one.
    assert_eq!(notes(&page).await.len(), 1);
    assert!(notes(&page).await[0].starts_with("205 agents "), "{:?}", notes(&page).await);
    let truth = house.truth().await;
    assert_eq!(truth["channels"].as_array().unwrap().len(), 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_goes_or_is_renamed_is_so_on_an_open_wall() {
    let house = House::start(still(20, 3)).await;
    let page = Page::open(&house.proxy.base_url()).await;
    agrees(&house, &page).await;
    let (_, mut screen) = page.wall("floor").await;
    let people = true_people(&house.truth().await);
    let mut ids = people.keys();
    let (leaver, renamed) = (ids.next().unwrap(), ids.next().unwrap());
    let path = |user: &str| format!("/api/v2/users/{user}");
    let before = house.upstream.get(&path(renamed)).await;
    let new = json!({
        "name": "Nora New",
        "email": "nora.new@example.com",
        "divisionId": before["division"]["id"],
        "state": "active",
    });
    let hired = house.upstream.send(Method::POST, "/api/v2/users", &new).await;
    let hired = hired["id"].as_str().unwrap();
    house.upstream.send(Method::DELETE, &path(leaver), &Value::Null).await;
    let other = json!({ "name": "Rita Renamed", "version": before["version"] });
    house.upstream.send(Method::PATCH, &path(renamed), &other).await;
    let queues = true_queues(&house.truth().await);
    let queue = queues.keys().next().unwrap();
    let path_of_queue = format!("/api/v2/routing/queues/{queue}");
    house.upstream.send(Method::PUT, &path_of_queue, &json!({ "name": "Quince Queue" })).await;

    house.clock.advance_ms(POLL_MS);
    let named = |id: &str| format!("rollcall.users.{id}");
    let of = |id: &str, fits: fn(&Value) -> bool| {
        let topic = named(id);
        move |frame: &Value| frame["topicName"] == topic && fits(&frame["eventBody"])
    };
    let (is_hired, is_renamed) =
        (of(hired, |body| body["name"] == "Nora New"), of(renamed, |body| body["name"] == "Rita Renamed"));
    let topic_of_queue = format!("rollcall.queues.{queue}");
    let is_queue =
        |frame: &Value| frame["topicName"] == topic_of_queue && frame["eventBody"]["name"] == "Quince Queue";
    // In whichever order.
    let mut told = BTreeSet::new();
    while told.len() < 3 {
        let frame = screen.find(|frame| is_hired(frame) || is_renamed(frame) || is_queue(frame)).await;
        told.insert(frame["topicName"].as_str().unwrap().to_owned());
    }
    until(SOON, "the hire is live", || async {
        let (snapshot, _) = page.wall("floor").await;
        shown_people(&snapshot).contains_key(hired).then_some(())
    })
    .await;
    // From now on what the hire does is heard, as of everybody.
    house.upstream.patch_presence(hired, &json!({ "message": "first day" })).await;
    screen.find_topic(&format!("v2.users.{hired}.presence")).await;
    // One listing that misses somebody may be short; two are believed.
    house.clock.advance_ms(POLL_MS);
    screen.find(of(leaver, |body| body["deleted"] == true)).await;
    agrees(&house, &page).await;
    until(SOON, "nobody listens for who is gone", || async {
        let truth = house.truth().await;
        let topics = truth["channels"].as_array().unwrap().iter().map(|channel| channel["topics"].as_u64());
        (topics.sum::<Option<u64>>() == Some(20 + 3)).then_some(())
    })
    .await;
    let gone = json!([{ "id": format!("v2.users.{leaver}.presence") }]);
    let channel = house.machine.send(Method::POST, "/api/v2/notifications/channels", &Value::Null).await;
    let asked = format!("{}?ignoreErrors=true", subscriptions(channel["id"].as_str().unwrap()));
    let answer = house.machine.send(Method::PUT, &asked, &gone).await;
    assert_eq!(answer["entities"][0]["state"], "Rejected");
    house.stop().await;
}
