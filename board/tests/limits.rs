//! Figures at their limits, none and very many: what is derived from them stays true and in bounds.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use board::Board;
use protocol::{
    Timestamp, Topic,
    event::observations::Metric,
    fact,
    merge::{Ledger, Origin, Verdict},
};
use serde_json::{json, value::to_raw_value};

fn hear(board: &mut Board, ledger: &mut Ledger, topic: &Topic, body: &serde_json::Value, at: Timestamp) {
    for fact in fact::of_event(topic, &to_raw_value(body).unwrap(), at).unwrap() {
        if let Verdict::Accepted(date) = ledger.weigh(&fact, Origin::Event, at) {
            board.apply(&fact, date);
        }
    }
}

fn figures(media: &str, count: f64, wait: f64) -> serde_json::Value {
    json!({
        "group": {"queueId": "q", "mediaType": media},
        "data": [{"metrics": [
            {"metric": "oWaiting", "stats": {"count": count}},
            {"metric": "oOnQueueUsers", "qualifier": "IDLE", "stats": {"count": count}},
            {"metric": "oLongestWaiting", "stats": {"calculatedMetricValue": wait}},
        ]}],
    })
}

#[test]
fn sums_of_huge_figures_stop_at_the_largest_number() {
    for at in [0, i64::MIN, i64::MAX].map(Timestamp::from_ms) {
        let (mut board, mut ledger) = (Board::default(), Ledger::default());
        let topic = Topic::QueueObservations("q".into());
        for media in ["voice", "chat", "email"] {
            hear(&mut board, &mut ledger, &topic, &figures(media, 1e308, 1e308), at);
        }
        let queue = board.queue(&"q".into()).unwrap();
        assert_eq!(queue.waiting(), u32::MAX);
        assert_eq!(
            queue.by_qualifier(&Metric::OnQueueUsers).values().copied().collect::<Vec<_>>(),
            [u32::MAX]
        );
        for now in [0, i64::MIN, i64::MAX].map(Timestamp::from_ms) {
            assert!(queue.longest_wait_ms(now) >= 0);
        }
    }
}

#[test]
fn sums_of_huge_summaries_stop_at_the_largest_number() {
    let (mut board, mut ledger) = (Board::default(), Ledger::default());
    let counts = json!({"active": u32::MAX, "acw": u32::MAX});
    let media = json!({"contactCenter": counts, "enterprise": counts});
    let topic = Topic::UserConversationSummary("u".into());
    hear(&mut board, &mut ledger, &topic, &json!({"call": media, "chat": media}), Timestamp::from_ms(0));
    let agent = board.agent(&"u".into()).unwrap();
    assert_eq!((agent.active_from_queues(), agent.in_after_call_work()), (u32::MAX, u32::MAX));
    assert_eq!(agent.readable().state.as_data(), "interacting");
}

#[test]
fn negative_figures_count_as_zero() {
    let (mut board, mut ledger) = (Board::default(), Ledger::default());
    let topic = Topic::QueueObservations("q".into());
    hear(&mut board, &mut ledger, &topic, &figures("voice", 2.0, 1_000.0), Timestamp::from_ms(0));
    hear(&mut board, &mut ledger, &topic, &figures("voice", -1e308, -1.0), Timestamp::from_ms(1));
    let queue = board.queue(&"q".into()).unwrap();
    assert_eq!((queue.waiting(), queue.longest_wait_ms(Timestamp::from_ms(9))), (0, 0));
}

/// The last value plus the time since it was received, also when that value was zero.
#[test]
fn a_wait_that_was_pushed_as_it_began_grows() {
    let (mut board, mut ledger) = (Board::default(), Ledger::default());
    let topic = Topic::QueueObservations("q".into());
    hear(&mut board, &mut ledger, &topic, &figures("voice", 1.0, 0.0), Timestamp::from_ms(1_000));
    let queue = board.queue(&"q".into()).unwrap();
    assert_eq!(queue.longest_wait_ms(Timestamp::from_ms(4_000)), 3_000);
    hear(&mut board, &mut ledger, &topic, &figures("voice", 0.0, 0.0), Timestamp::from_ms(5_000));
    let queue = board.queue(&"q".into()).unwrap();
    assert_eq!(queue.longest_wait_ms(Timestamp::from_ms(6_000)), 0);
}
