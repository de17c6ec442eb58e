//! Frames go in, faces come out.

use leptos::prelude::{GetUntracked as _, ReadUntracked as _};
use protocol::{Language, event::rollcall::Level};

use super::*;
use crate::words;

const T0: i64 = 1_700_000_000_000;

fn now(ms: i64) -> Now {
    Now { steady: Timestamp::from_ms(ms), at: Timestamp::from_ms(T0 + ms) }
}

fn iso(ms: i64) -> String {
    now(ms).at.to_string()
}

fn stamp(seq: u64, ms: i64, more: &str) -> String {
    format!(r#""rollcall":{{"epoch":"e","seq":{seq},"at":"{}","shard":0{more}}}"#, iso(ms))
}

fn user(id: &str, name: &str, seq: u64) -> String {
    let stamp = stamp(seq, 0, "");
    format!(r#"{{"topicName":"rollcall.users.{id}","eventBody":{{"id":"{id}","name":"{name}"}},{stamp}}}"#)
}

fn presence(id: &str, system: &str, seq: u64, ms: i64) -> String {
    let (stamp, date) = (stamp(seq, ms, ""), iso(ms));
    format!(
        r#"{{"topicName":"v2.users.{id}.presence","eventBody":{{"presenceDefinition":{{"id":"d","systemPresence":"{system}"}},"modifiedDate":"{date}"}},{stamp}}}"#
    )
}

fn observations(id: &str, waiting: u32, longest_ms: i64, seq: u64, ms: i64) -> String {
    let stamp = stamp(seq, ms, "");
    format!(
        r#"{{"topicName":"v2.analytics.queues.{id}.observations","eventBody":{{"group":{{"queueId":"{id}"}},"data":[{{"metrics":[{{"metric":"oWaiting","stats":{{"count":{waiting}}}}},{{"metric":"oLongestWaiting","stats":{{"calculatedMetricValue":{longest_ms}}}}},{{"metric":"oOnQueueUsers","qualifier":"IDLE","stats":{{"count":3}}}}]}}]}},{stamp}}}"#
    )
}

fn answer(seq: u64, complete: bool, frames: &[String]) -> String {
    let frames = frames.join(",");
    format!(
        r#"{{"wall":{{"id":"w","title":"Support floor"}},"epoch":"e","seq":{seq},"complete":{complete},"connectUri":"ws://h/channels/c","serverTime":"{time}","build":"b","liveAsOf":[{{"shard":0,"live":true,"asOf":"{time}"}}],"frames":[{frames}]}}"#,
        time = iso(0)
    )
}

fn store(frames: &[String]) -> Store {
    let mut store = Store::new(str::to_lowercase);
    snapshot(&mut store, 10, true, frames);
    store.feed().open(now(0));
    store
}

fn snapshot(store: &mut Store, seq: u64, complete: bool, frames: &[String]) {
    let text = answer(seq, complete, frames);
    store.take_snapshot(&serde_json::from_str(&text).unwrap(), now(0));
}

fn hear(store: &mut Store, frame: &str, at: Now) {
    let Frame::Event(event) = Frame::parse(frame).unwrap() else { panic!("an event") };
    store.take_event(&event, at);
    store.publish(at);
}

fn names(store: &Store) -> Vec<String> {
    let agents = store.signals().agents.get_untracked();
    agents.iter().map(|place| place.face.read_untracked().name.to_string()).collect()
}

fn agent(store: &Store, id: &str) -> AgentFace {
    let agents = store.signals().agents.get_untracked();
    let place = agents.iter().find(|place| place.id.as_str() == id).unwrap();
    place.face.get_untracked()
}

fn queue(store: &Store) -> QueueFace {
    store.signals().queues.get_untracked()[0].face.get_untracked()
}

#[test]
fn a_snapshot_is_shown_by_name_and_without_those_who_have_none() {
    let store = store(&[user("u2", "ben", 1), user("u1", "Amelia", 2), presence("u3", "BUSY", 3, 0)]);
    assert_eq!(names(&store), ["Amelia", "ben"]);
    assert_eq!(store.signals().wall.get_untracked().unwrap().title, "Support floor");
}

#[test]
fn an_event_changes_one_face_and_not_the_list() {
    let mut store =
        store(&[user("u1", "Amelia", 1), user("u2", "Ben", 2), presence("u1", "AVAILABLE", 3, 0)]);
    let before = store.signals().agents.get_untracked();
    hear(&mut store, &presence("u1", "MEAL", 11, 500), now(600));
    let face = agent(&store, "u1");
    assert_eq!((&*face.label, face.since), ("Meal", Some(now(500).at)));
    let after = store.signals().agents.get_untracked();
    assert!(before.iter().zip(&after).all(|(a, b)| Arc::ptr_eq(a, b)));
    assert_eq!(store.take_newest(), Some(now(500).at));
    assert_eq!(store.request(), WallRequest { epoch: Some("e".to_owned()), seq: Some(11) });
}

#[test]
fn frames_of_another_run_or_already_in_the_snapshot_are_dropped() {
    let mut store = store(&[user("u1", "Amelia", 1), presence("u1", "AVAILABLE", 3, 0)]);
    hear(&mut store, &presence("u1", "MEAL", 10, 500), now(600));
    hear(&mut store, &presence("u1", "BUSY", 11, 500).replace(r#""epoch":"e""#, r#""epoch":"f""#), now(600));
    assert_eq!(&*agent(&store, "u1").label, "Available");
}

#[test]
fn a_complete_snapshot_replaces_and_keeps_the_places_of_those_who_stay() {
    let mut store = store(&[user("u1", "Amelia", 1), user("u2", "Ben", 2)]);
    let before = store.signals().agents.get_untracked();
    snapshot(&mut store, 20, true, &[user("u2", "Ben", 15), user("u3", "Chiara", 16)]);
    assert_eq!(names(&store), ["Ben", "Chiara"]);
    assert!(Arc::ptr_eq(&before[1], &store.signals().agents.get_untracked()[0]));
    snapshot(&mut store, 30, false, &[user("u1", "Amelia", 25)]);
    assert_eq!(names(&store), ["Amelia", "Ben", "Chiara"]);
}

#[test]
fn a_tombstone_takes_the_card_away_and_a_new_name_moves_it() {
    let mut store = store(&[user("u1", "Amelia", 1), user("u2", "Ben", 2)]);
    hear(&mut store, &user("u1", "Zoë", 11), now(1));
    assert_eq!(names(&store), ["Ben", "Zoë"]);
    let gone = user("u2", "", 12).replace(r#""name":"""#, r#""deleted":true"#);
    hear(&mut store, &gone, now(2));
    assert_eq!(names(&store), ["Zoë"]);
}

#[test]
fn a_label_of_the_organisation_changes_the_cards_that_show_it() {
    let mut store = store(&[user("u1", "Amelia", 1), presence("u1", "BREAK", 2, 0)]);
    let stamp = stamp(11, 5, "");
    hear(
        &mut store,
        &format!(
            r#"{{"topicName":"rollcall.presences","eventBody":{{"definitions":[{{"id":"d","label":"Coffee","systemPresence":"BREAK"}}]}},{stamp}}}"#
        ),
        now(6),
    );
    assert_eq!(&*agent(&store, "u1").label, "Coffee");
    assert_eq!(agent(&store, "u1").state.as_data(), "break");
}

fn states(store: &Store) -> Vec<(String, u32)> {
    let states = store.signals().states;
    states
        .with_untracked(|states| states.iter().map(|state| (state.label.to_string(), state.agents)).collect())
}

#[test]
fn a_state_is_counted_under_its_plain_name() {
    let coffee = format!(
        r#"{{"topicName":"rollcall.presences","eventBody":{{"definitions":[{{"id":"c","label":"Coffee","systemPresence":"BREAK"}}]}},{}}}"#,
        stamp(1, 0, "")
    );
    let own = presence("u1", "BREAK", 3, 0).replace(r#""id":"d""#, r#""id":"c""#);
    let users = [user("u1", "Amelia", 2), user("u2", "Ben", 4)];
    let mut store = store(&[coffee, users[0].clone(), own, users[1].clone(), presence("u2", "BREAK", 5, 0)]);
    store.publish(now(1_000));
    assert_eq!(&*agent(&store, "u1").label, "Coffee");
    assert_eq!(states(&store), [("Break".to_owned(), 2)]);
}

#[test]
fn another_language_is_in_every_word_at_once() {
    let mut store = store(&[user("u1", "Amelia", 1), presence("u1", "BREAK", 2, 0)]);
    store.publish(now(1_000));
    assert_eq!(states(&store), [("Break".to_owned(), 1)]);
    words::tests::speak(Language::German);
    store.relabel(now(1_001));
    assert_eq!(&*agent(&store, "u1").label, "Pause");
    assert_eq!(states(&store), [("Pause".to_owned(), 1)]);
}

/// The words may come before the first picture does.
#[test]
fn states_are_counted_with_the_first_picture() {
    let mut store = Store::new(str::to_lowercase);
    store.relabel(now(1_000));
    snapshot(&mut store, 10, true, &[user("u1", "Amelia", 1), presence("u1", "BREAK", 2, 0)]);
    assert_eq!(states(&store), [("Break".to_owned(), 1)]);
}

#[test]
fn a_conversation_that_was_overtaken_leaves_the_next_its_own_beginning() {
    let talks = |seq, ms, since| {
        let stamp = stamp(seq, ms, &format!(r#","since":"{}""#, iso(since)));
        let call = r#""call":{"contactCenter":{"active":1,"acw":0},"enterprise":{"active":0,"acw":0}}"#;
        format!(r#"{{"topicName":"v2.users.u1.conversationsummary","eventBody":{{{call}}},{stamp}}}"#)
    };
    let mut store = store(&[user("u1", "Ada", 1), presence("u1", "ON_QUEUE", 2, 0), talks(3, 0, 0)]);
    // The end of the first and the beginning of the second came as one frame.
    hear(&mut store, &talks(11, 5_000, 4_000), now(5_000));
    assert_eq!(agent(&store, "u1").since, Some(now(4_000).at));
}

#[test]
fn waiting_and_longest_wait_are_of_the_queue() {
    let name = format!(
        r#"{{"topicName":"rollcall.queues.q","eventBody":{{"id":"q","name":"Billing","serviceLevel":{{"percentage":0.8,"durationMs":20000}}}},{}}}"#,
        stamp(1, 0, "")
    );
    let mut store = store(&[name, observations("q", 2, 31_000, 2, 0)]);
    let face = queue(&store);
    assert_eq!((face.waiting, face.longest_since), (2, Some(now(-31_000).at)));
    assert_eq!((face.target_s, face.staff.idle), (Some(20), 3));
    hear(&mut store, &observations("q", 0, 31_000, 11, 500), now(500));
    assert_eq!((queue(&store).waiting, queue(&store).longest_since), (0, None));
}

#[test]
fn faces_go_stale_with_their_shard_and_while_they_load() {
    let loading = presence("u2", "BUSY", 4, 0).replace(r#""shard":0"#, r#""shard":0,"loading":true"#);
    let mut store =
        store(&[user("u1", "Amelia", 1), presence("u1", "BUSY", 2, 0), user("u2", "Ben", 3), loading]);
    store.publish(now(0));
    assert!(!agent(&store, "u1").stale);
    assert!(agent(&store, "u2").stale);
    hear(&mut store, &presence("u2", "BUSY", 11, 1), now(1));
    assert!(!agent(&store, "u2").stale);
    let dead =
        format!(r#"{{"topicName":"rollcall.shards.0","eventBody":{{"live":false}},{}}}"#, stamp(12, 2, ""));
    hear(&mut store, &dead, now(2));
    assert!(agent(&store, "u1").stale && agent(&store, "u2").stale);
    let live = dead.replace("false", "true").replace(r#""seq":12"#, r#""seq":13"#);
    hear(&mut store, &live, now(3));
    assert!(!agent(&store, "u1").stale);
    store.feed().close(now(4));
    store.publish(now(1_000));
    assert!(agent(&store, "u1").stale);
}

#[test]
fn unreadable_frames_are_counted_and_harm_nothing_nor_do_unknown_topics() {
    let mut store = store(&[user("u1", "Amelia", 1)]);
    let unknown = presence("u1", "BUSY", 11, 1).replace("v2.users.u1.presence", "v9.users.u1.presence");
    hear(&mut store, &unknown, now(1));
    hear(
        &mut store,
        &presence("u1", "BUSY", 12, 1)
            .replace(r#"{"presence"#, r#"{"x":[],"presence"#)
            .replace(r#"{"id":"d","systemPresence":"BUSY"}"#, "[]"),
        now(2),
    );
    assert_eq!(store.unreadable(), 1);
    assert_eq!(names(&store), ["Amelia"]);
}

#[test]
fn an_agent_that_was_not_read_is_stale_until_it_is() {
    let loading = user("u1", "Amelia", 1).replace(r#""shard":0"#, r#""shard":0,"loading":true"#);
    let mut store = store(&[loading]);
    assert!(agent(&store, "u1").stale);
    hear(&mut store, &user("u1", "Amelia", 11), now(10));
    assert!(!agent(&store, "u1").stale);
}

#[test]
fn a_queue_without_figures_goes_stale_with_the_channel_that_covers_it() {
    let quiet = user("q", "Billing", 1).replace("rollcall.users.", "rollcall.queues.");
    let mut store = store(&[quiet]);
    assert!(!queue(&store).stale);
    let stamp = stamp(11, 10, "");
    let lost = format!(r#"{{"topicName":"rollcall.shards.0","eventBody":{{"live":false}},{stamp}}}"#);
    hear(&mut store, &lost, now(10));
    assert!(queue(&store).stale);
}

#[test]
fn after_something_unreadable_everything_is_asked_for() {
    let mut store = store(&[user("u1", "Amelia", 1)]);
    assert!(store.request().seq.is_some());
    hear(
        &mut store,
        &presence("u1", "MEAL", 11, 5).replace(r#""eventBody":{"#, r#""eventBody":{"presenceDefinition":7,"#),
        now(10),
    );
    assert_eq!(store.request(), WallRequest::default());
    snapshot(&mut store, 20, true, &[user("u1", "Amelia", 1)]);
    assert!(store.request().seq.is_some());
}

#[test]
fn an_alarm_puts_its_level_on_the_card_it_is_about_and_takes_it_away_again() {
    let mut store = store(&[user("u1", "Ada", 1), user("u2", "Bea", 2), presence("u1", "Break", 3, 0)]);
    let alarms = |list: &str, seq| {
        let stamp = stamp(seq, 0, "");
        format!(r#"{{"topicName":"rollcall.alarms.w","eventBody":{{"alarms":[{list}]}},{stamp}}}"#)
    };
    let one =
        format!(r#"{{"id":"break.u1.1","level":"critical","user":"u1","limit":60,"since":"{}"}}"#, iso(0));
    hear(&mut store, &alarms(&one, 11), now(1_000));
    assert_eq!((agent(&store, "u1").level, agent(&store, "u2").level), (Some(Level::Critical), None));
    assert_eq!(store.signals().alarms.get_untracked().len(), 1);
    hear(&mut store, &alarms("", 12), now(2_000));
    assert_eq!(agent(&store, "u1").level, None);
}

/// An alarm calls a state as the card does: in the language of the screen, by the organisation's word for it.
#[test]
fn an_alarm_follows_the_words_of_the_card_it_is_about() {
    let owner = leptos::prelude::Owner::new();
    owner.set();
    let mut store = store(&[user("u1", "Ada", 1), presence("u1", "Break", 3, 0)]);
    let alarm =
        format!(r#"{{"id":"break.u1.1","level":"critical","user":"u1","limit":60,"since":"{}"}}"#, iso(0));
    let body = format!(r#"{{"alarms":[{alarm}]}}"#);
    hear(
        &mut store,
        &format!(r#"{{"topicName":"rollcall.alarms.w","eventBody":{body},{}}}"#, stamp(11, 0, "")),
        now(1_000),
    );
    let rows = crate::view::alarm_list::rows(store.signals());
    let told = || rows.with_untracked(|rows| (rows[0].subject.clone(), rows[0].what.clone()));
    assert_eq!(told(), ("Ada".to_owned(), "Break".to_owned()));
    words::tests::speak(Language::German);
    store.relabel(now(1_001));
    assert_eq!(told(), ("Ada".to_owned(), "Pause".to_owned()));
    hear(&mut store, &user("u1", "Ada Lee", 12), now(2_000));
    assert_eq!(told(), ("Ada Lee".to_owned(), "Pause".to_owned()));
}
