//! Figures of interval and day, as a wall shows them: against the conversations that they are about.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

#[path = "figures/recount.rs"]
mod recount;
#[path = "figures/sparkline.rs"]
mod sparkline;

mod harness;

use std::{collections::BTreeMap, time::Duration};

use board::{Board, metrics};
use harness::{House, Speaker, clock_from, still, until};
use protocol::{
    Frame, QueueId, Timestamp, UserId,
    event::rollcall::RollcallTally,
    fact,
    wall::{Kind, Metric, WallDefinition},
};
use recount::{Count, recount};
use reqwest::Method;
use serde_json::json;

const AGGREGATES: &str = "/api/v2/analytics/conversations/aggregates/query";
/// Every permission that a wall needs, but for figures of interval and day.
const ALL_BUT_FIGURES: [&str; 4] = [
    "routing:queue:view",
    "presence:presenceDefinition:view",
    "analytics:queueObservation:view",
    "directory:user:view",
];
/// More than the proxy's own distance between two polls, so that one is due.
const A_POLL_S: i64 = 61;
const SOON: Duration = Duration::from_secs(20);

/// What a screen that opens the wall now would know.
async fn board_of(machine: &Speaker, wall: &str) -> Board {
    let path = format!("/rollcall/walls/{wall}/channel");
    let snapshot = machine.send(Method::POST, &path, &json!({})).await;
    let mut board = Board::default();
    for frame in snapshot["frames"].as_array().unwrap() {
        let text = frame.to_string();
        let Ok(Frame::Event(event)) = Frame::parse(&text) else { panic!("{text}") };
        let at = event.stamp.as_ref().and_then(|stamp| stamp.at).unwrap();
        for fact in fact::of_event(event.topic.as_ref().unwrap(), event.body, at).unwrap() {
            board.apply(&fact, at);
        }
    }
    board
}

/// The board as soon as every queue was read after a moment.
async fn board_read_after(house: &House, moment: Timestamp) -> Board {
    until(SOON, "figures are polled", || async {
        let board = board_of(&house.machine, "floor").await;
        let read = board.queues().all(|queue| queue.sums.as_ref().is_some_and(|sums| sums.as_of >= moment));
        (read && board.queues().next().is_some()).then_some(board)
    })
    .await
}

fn same(shown: Option<f64>, counted: Option<f64>) -> bool {
    match (shown, counted) {
        (Some(shown), Some(counted)) => (shown - counted).abs() < 1e-9,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn check(board: &Board, queues: &[&QueueId], interval: &Count, today: &Count, now: Timestamp) {
    let shown = |metric| metrics::value(metric, queues.iter().map(|id| board.queue(id).unwrap()), now);
    for (metric, counted) in [
        (Metric::ServiceLevel, interval.service_level()),
        (Metric::ServiceLevelToday, today.service_level()),
        (Metric::Offered, Some(f64::from(today.offered))),
        (Metric::Answered, Some(f64::from(today.answered))),
        (Metric::Abandoned, Some(f64::from(today.abandoned))),
        (Metric::AbandonRate, today.abandon_rate()),
        (Metric::HandleTime, today.handle_time()),
        (Metric::AnswerTime, today.answer_time()),
    ] {
        let value = shown(metric);
        let what = metric.as_str();
        assert!(same(value, counted), "{what} of {queues:?} is {value:?}, and by conversations {counted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_figures_are_those_of_its_conversations() {
    let midnight: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    let clock = clock_from("2026-03-02T00:00:20Z");
    let leaderboard =
        WallDefinition { id: "best".into(), kind: Kind::Leaderboard, ..WallDefinition::default() };
    let mut house =
        House::start_with(clock, still(24, 4), |config| config.walls.fixed.push(leaderboard)).await;
    house.scenario("rush", None).await;
    for _ in 0..12 {
        house.upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": 7_130 })).await;
    }
    house.scenario("rush", Some(0.0)).await;
    let stands_since = house.clock.now();
    house.clock.advance_ms(A_POLL_S * 1_000);
    // A token of the proxy does not last a day.
    house.machine = Speaker::sign_in(&house.proxy.base_url(), "rollcall-demo", "rollcall-demo").await;
    let board = board_read_after(&house, stands_since).await;
    let now = house.clock.now();

    let interval = Timestamp::from_ms(now.as_ms() / 1_800_000 * 1_800_000);
    assert!(now.ms_since(midnight) > 23 * 3_600_000 && now.ms_since(interval) > 600_000, "{now}");
    let (counts, users) = recount(&house.upstream, midnight, interval, now).await;
    let mut wall = (Count::default(), Count::default());
    for (queue, (interval, today)) in &counts {
        assert!(today.answered > 100 && today.abandoned > 0 && today.handled > 100, "a rush: {today:?}");
        check(&board, &[queue], interval, today, now);
        wall.0.add(interval);
        wall.1.add(today);
    }
    assert_eq!(counts.len(), board.queues().count());
    assert!(wall.0.answered > 0, "something was answered in this half hour");
    let all: Vec<&QueueId> = counts.keys().collect();
    check(&board, &all, &wall.0, &wall.1, now);

    // Only the leaderboard is told what each agent handled.
    assert!(board.agents().all(|agent| agent.tally.is_none()));
    let handled = until(SOON, "tallies are polled", || async {
        let board = board_of(&house.machine, "best").await;
        let tallies = board.agents().map(|agent| agent.tally.clone()).collect::<Option<Vec<_>>>()?;
        let of = |tally: RollcallTally| (tally.id, (tally.handled, tally.handle_ms));
        let handled: BTreeMap<UserId, (u32, i64)> = tallies.into_iter().map(of).collect();
        handled.values().any(|(handled, _)| *handled > 0).then_some(handled)
    });
    let handled = handled.await;
    assert_eq!(handled.len(), 24);
    for (user, tally) in handled {
        assert_eq!(Some(&tally), users.get(&user).or(Some(&(0, 0))), "{user}");
    }

    // A new interval begins: what was counted in the old one is gone at once, the day goes on.
    house.clock.advance_ms(1_800_000 - now.ms_since(interval));
    let (begun, now) = (interval.plus_ms(1_800_000), house.clock.now());
    for queue in board.queues() {
        assert_eq!(metrics::value(Metric::ServiceLevel, std::iter::once(queue), now), None);
    }
    let board = board_read_after(&house, begun).await;
    // It is midnight.
    let since = board.queues().map(|queue| queue.sums.as_ref().unwrap().today.since);
    assert!(since.into_iter().all(|since| since == midnight.plus_ms(86_400_000)));
    assert_eq!(metrics::value(Metric::Offered, board.queues(), now), Some(0.0));
    assert_eq!(metrics::value(Metric::AbandonRate, board.queues(), now), None);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_missing_is_named_and_the_rest_is_shown() {
    let client = simulator::Client::new("simulator", "simulator").with_permissions(ALL_BUT_FIGURES);
    let house = House::start(simulator::Config { clients: vec![client], ..still(10, 2) }).await;
    let board = board_read_after(&house, Timestamp::default()).await;
    let now = house.clock.now();
    for queue in board.queues() {
        let sums = queue.sums.as_ref().unwrap();
        assert_eq!(sums.missing_permissions, ["analytics:conversationAggregate:view"]);
        assert_eq!(metrics::value(Metric::Offered, std::iter::once(queue), now), None);
        assert!(metrics::value(Metric::Waiting, std::iter::once(queue), now).is_some());
    }
    house.stop().await;
}

/// How often aggregates were asked for.
async fn asked(house: &House) -> u64 {
    let truth = house.truth().await;
    truth["calls"][format!("POST {AGGREGATES}")].as_u64().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_asks_to_wait_is_not_asked_until_then() {
    let house = House::start(still(10, 2)).await;
    board_read_after(&house, Timestamp::default()).await;
    let fault =
        json!({ "kind": "rate_limit", "seconds": 600, "retryAfterSeconds": 180, "route": AGGREGATES });
    house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    let before = asked(&house).await;
    house.clock.advance_ms(A_POLL_S * 1_000);
    let refused = until(SOON, "a poll is refused", || async {
        let asked = asked(&house).await;
        (asked > before).then_some(asked)
    });
    assert_eq!(refused.await, before + 1);
    // More polls are due within two minutes, and upstream has asked for three.
    for _ in 0..2 {
        house.clock.advance_ms(A_POLL_S * 1_000);
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    assert_eq!(asked(&house).await, before + 1);
    let deleted = house.upstream.call(Method::DELETE, "/simulator/faults", None).await;
    assert!(deleted.status().is_success());
    // The poll that waited for its turn is made after the wait, and the next one when it is due.
    house.clock.advance_ms(60_000);
    until(SOON, "it is asked again", || async { (asked(&house).await > before + 1).then_some(()) }).await;
    let now = house.clock.now();
    house.clock.advance_ms(A_POLL_S * 1_000);
    board_read_after(&house, now).await;
    house.stop().await;
}
