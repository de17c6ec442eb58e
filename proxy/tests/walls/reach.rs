//! Queues and teams of a wall: what it is not for does not leave the proxy.

use std::collections::BTreeSet;

use protocol::wall::Names;
use proxy::relay::NotOpened;
use serde_json::json;

use super::bench::{Bench, Line, Person, topics, wall};

const PEOPLE: [Person<'_>; 3] =
    [("ann", "Ann", Some("North")), ("bob", "Bob", Some("South")), ("cyd", "Cyd", None)];
const QUEUES: [Line<'_>; 2] = [("q1", "Sales"), ("q2", "Support")];

fn all_of(user: &str) -> Vec<String> {
    ["v2.users.{}.presence", "v2.users.{}.routingStatus", "rollcall.users.{}"]
        .iter()
        .map(|topic| topic.replace("{}", user))
        .collect()
}

#[tokio::test]
async fn a_wall_is_sent_its_queues_and_teams_and_no_other() {
    let bench = Bench::set_up(vec![
        wall(json!({ "id": "all", "title": "All" })),
        wall(json!({ "id": "some", "title": "Some", "queues": ["sales"], "teams": ["SOUTH"] })),
    ]);
    bench.organisation(&PEOPLE, &QUEUES).await;
    let all = topics(&bench.open("all", Names::Full, None).await.unwrap());
    for user in ["ann", "bob", "cyd"] {
        assert!(all_of(user).iter().all(|topic| all.contains(topic)), "{all:?}");
    }
    let some = topics(&bench.open("some", Names::Full, None).await.unwrap());
    assert!(all_of("bob").iter().all(|topic| some.contains(topic)), "{some:?}");
    assert!(some.contains("rollcall.queues.q1") && some.contains("v2.analytics.queues.q1.observations"));
    assert!(some.contains("rollcall.presences"));
    assert!(!some.iter().any(|topic| ["ann", "cyd", "q2"].iter().any(|id| topic.contains(id))), "{some:?}");

    // What arrives later is weighed in the same way, and read by the socket of each.
    let (mut screen_of_all, mut screen_of_some) = (bench.screen("all").await, bench.screen("some").await);
    let renamed =
        [("ann", "Anna", Some("North")), ("bob", "Robert", Some("South")), ("dan", "Dan", Some("North"))];
    bench.organisation(&renamed, &QUEUES).await;
    let told = screen_of_all.until("v2.users.dan.presence").await;
    assert!(told.iter().any(|frame| frame["eventBody"]["name"] == "Anna"));
    let told = screen_of_some.until("rollcall.users.bob").await;
    assert!(told.iter().all(|frame| !frame.to_string().contains("Anna")), "{told:?}");
}

#[tokio::test]
async fn where_agents_are_counted_those_of_the_walls_teams_are() {
    let bench = Bench::set_up(vec![
        wall(json!({ "id": "south", "title": "South", "teams": ["South"], "names": "counts" })),
        wall(json!({ "id": "first", "title": "First" })),
        wall(json!({ "id": "all", "title": "All" })),
    ]);
    let counted = async |wall: &str| {
        let frames = super::bench::frames(&bench.open(wall, Names::Counts, None).await.unwrap());
        let topic = format!("rollcall.states.{wall}");
        let states = frames.into_iter().find(|frame| frame["topicName"] == topic);
        states.map(|frame| frame["eventBody"]["states"].clone())
    };
    bench.listed(&PEOPLE).await;
    assert_eq!(counted("first").await.unwrap_or(json!([])), json!([]), "nothing was read of anybody yet");
    bench.organisation(&PEOPLE, &QUEUES).await;
    assert_eq!(counted("south").await, Some(json!([{ "state": "available", "agents": 1 }])));
    assert_eq!(counted("all").await, Some(json!([{ "state": "available", "agents": 3 }])));
}

#[tokio::test]
async fn who_leaves_a_walls_team_leaves_its_screens_and_who_joins_is_sent() {
    let bench = Bench::set_up(vec![
        wall(json!({ "id": "north", "title": "North", "teams": ["North"] })),
        wall(json!({ "id": "south", "title": "South", "teams": ["South"] })),
    ]);
    bench.organisation(&PEOPLE, &QUEUES).await;
    let (mut north, mut south) = (bench.screen("north").await, bench.screen("south").await);

    let moved = [("ann", "Ann", Some("South")), ("bob", "Bob", Some("South")), ("cyd", "Cyd", None)];
    bench.organisation(&moved, &QUEUES).await;
    assert_eq!(north.next().await, None, "told to come back before anything of it is said");
    let told = south.until("rollcall.users.ann").await;
    let told: Vec<&str> = told.iter().map(|frame| frame["topicName"].as_str().unwrap()).collect();
    assert!(all_of("ann").iter().all(|topic| told.contains(&topic.as_str())), "{told:?}");

    let back = bench.open("north", Names::Full, Some(north.opened.picture.seq)).await.unwrap();
    assert!(back.complete, "what was seen before is of no use");
    assert!(!topics(&back).iter().any(|topic| topic.contains("ann")), "{:?}", topics(&back));
    let again = bench.open("north", Names::Full, Some(back.picture.seq)).await.unwrap();
    assert!(!again.complete && again.picture.frames.is_empty());
    let same = bench.open("south", Names::Full, Some(south.opened.picture.seq)).await.unwrap();
    assert!(!same.complete && topics(&same).contains("v2.users.ann.presence"), "a wall that gains goes on");
}

#[tokio::test]
async fn a_queue_that_is_renamed_comes_and_goes_and_the_wall_says_so() {
    let bench = Bench::set_up(vec![wall(json!({ "id": "w", "title": "W", "queues": ["Sales", "Service"] }))]);
    bench.organisation(&PEOPLE, &QUEUES).await;
    let notes = || bench.book.read().unwrap().wall("w").unwrap().notes.clone();
    let mut screen = bench.screen("w").await;
    assert_eq!(notes(), ["queues: there is no queue \"Service\"; there is Sales, Support"]);

    bench.organisation(&PEOPLE, &[("q1", "Sales"), ("q2", "service")]).await;
    let told = screen.until("v2.analytics.queues.q2.observations").await;
    assert!(told.iter().any(|frame| frame["topicName"] == "rollcall.walls.w"), "the note is gone: {told:?}");
    assert_eq!(notes(), [""; 0]);

    bench.organisation(&PEOPLE, &[("q1", "Sales"), ("q2", "Others")]).await;
    while let Some(frame) = screen.next().await {
        assert!(!frame.to_string().contains("Others"), "{frame}");
    }
    let back = bench.open("w", Names::Full, Some(screen.opened.picture.seq)).await.unwrap();
    assert!(back.complete && !topics(&back).contains("rollcall.queues.q2"));
}

#[tokio::test]
async fn a_playlists_own_channel_tells_what_it_plays_and_its_walls_let_go_of_who_came_by_it() {
    let playlist = |walls: &[&str]| {
        let play: Vec<_> = walls.iter().map(|wall| json!({ "wall": wall })).collect();
        wall(json!({ "id": "tour", "title": "Tour", "kind": "playlist", "play": play }))
    };
    let walls = || [wall(json!({ "id": "a", "title": "A" })), wall(json!({ "id": "b", "title": "B" }))];
    let with = |playlist| walls().into_iter().chain([playlist]).collect::<Vec<_>>();
    let bench = Bench::set_up(with(playlist(&["a", "b"])));
    bench.organisation(&PEOPLE, &QUEUES).await;
    let (mut tour, mut a, mut b) =
        (bench.screen("tour").await, bench.screen("a").await, bench.screen("b").await);
    let own = topics(&bench.open("tour", Names::Full, None).await.unwrap());
    assert!(
        own.iter().all(|topic| ["rollcall.presences", "rollcall.shards.0"].contains(&topic.as_str())),
        "{own:?}"
    );

    // Whoever had "b" because of the playlist alone is asked at the door again; "a" goes on.
    bench.define(with(playlist(&["a"]))).await;
    let told = tour.until("rollcall.walls.tour").await;
    assert_eq!(told.last().unwrap()["eventBody"]["play"].as_array().unwrap().len(), 1);
    assert_eq!(b.next().await, None);
    bench.define(walls().to_vec()).await;
    assert_eq!((tour.next().await, a.next().await), (None, None), "the playlist is gone");
}

#[tokio::test]
async fn definitions_change_while_screens_look_on() {
    let first = || wall(json!({ "id": "a", "title": "A" }));
    let bench = Bench::set_up(vec![first()]);
    bench.organisation(&PEOPLE, &QUEUES).await;
    let mut screen = bench.screen("a").await;

    bench
        .define(vec![
            wall(json!({ "id": "a", "title": "Other", "theme": "dark" })),
            wall(json!({ "id": "b" })),
        ])
        .await;
    let told = screen.until("rollcall.walls.a").await;
    assert_eq!(told.last().unwrap()["eventBody"]["title"], "Other");
    let new = bench.open("b", Names::Full, None).await.unwrap();
    assert!(topics(&new).contains("v2.users.ann.presence") && topics(&new).contains("rollcall.queues.q2"));
    assert!(!topics(&new).contains("rollcall.walls.a"), "a wall's definition is its own");

    // Nobody may be named any more: what was told is told anew, in other words.
    let of_ann = |topics: BTreeSet<String>| topics.iter().any(|topic| topic.contains("ann"));
    assert!(of_ann(topics(&screen.opened)));
    let theme = json!({ "id": "a", "title": "Other", "theme": "dark", "names": "alias" });
    bench.define(vec![wall(theme), wall(json!({ "id": "b" }))]).await;
    assert_eq!(screen.next().await, None);
    let mut screen = bench.screen("a").await;
    assert!(screen.opened.complete && !of_ann(topics(&screen.opened)));

    // Less to see: the screens come back to it.
    bench
        .define(vec![
            wall(json!({ "id": "a", "title": "Other", "queues": ["Sales"] })),
            wall(json!({ "id": "b" })),
        ])
        .await;
    assert_eq!(screen.next().await, None);
    let mut screen = bench.screen("a").await;
    assert!(!topics(&screen.opened).contains("rollcall.queues.q2"));

    bench.define(vec![wall(json!({ "id": "b" }))]).await;
    assert_eq!(screen.next().await, None);
    assert_eq!(bench.open("a", Names::Full, None).await.unwrap_err(), NotOpened::NoSuchWall);
    assert!(bench.book.read().unwrap().wall("a").is_none());
}
