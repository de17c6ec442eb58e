use proptest::prelude::*;

use super::*;

const T0: Timestamp = Timestamp::from_ms(1_000_000);

fn run(link: &mut Link, steps: &[(Input, &[Action])]) {
    for (input, expected) in steps {
        assert_eq!(link.handle(*input, T0), *expected, "{input:?}");
    }
}

fn live() -> Link {
    let mut link = Link::new(Policy::UPSTREAM, 7);
    run(
        &mut link,
        &[
            (Input::Start, &[Action::MakeChannel]),
            (Input::ChannelMade, &[Action::OpenSocket]),
            (Input::Opened, &[Action::Subscribe]),
            (Input::Subscribed, &[Action::Read]),
            (Input::CaughtUp, &[Action::SayLive]),
        ],
    );
    link
}

#[test]
fn a_link_subscribes_before_it_reads_and_is_live_only_after() {
    assert_eq!(live().phase(), Phase::Live);
}

#[test]
fn silence_brings_a_ping_and_then_the_end() {
    let mut link = live();
    assert_eq!(link.next_tick(), Some(T0.plus_ms(31_500)));
    assert_eq!(link.handle(Input::Tick, T0.plus_ms(31_500)), [Action::Ping]);
    assert_eq!(link.handle(Input::Tick, T0.plus_ms(34_999)), []);
    assert_eq!(link.handle(Input::Tick, T0.plus_ms(35_000)), [Action::SayLost, Action::DropSocket]);
    let Phase::Waiting { until } = link.phase() else { panic!("waits") };
    assert!(until <= T0.plus_ms(35_250));
    assert_eq!(link.handle(Input::Tick, until), [Action::OpenSocket], "the same channel first");
}

#[test]
fn a_long_read_is_not_broken_off_while_the_socket_lives() {
    let mut link = Link::new(Policy::UPSTREAM, 7);
    for input in [Input::Start, Input::ChannelMade, Input::Opened, Input::Subscribed] {
        link.handle(input, T0);
    }
    for n in 1..20 {
        let now = T0.plus_ms(n * 30_000);
        link.handle(Input::Heard, now);
        assert_eq!(link.handle(Input::Tick, now), []);
    }
    assert_eq!(link.handle(Input::CaughtUp, T0.plus_ms(600_000)), [Action::SayLive]);
}

#[test]
fn a_frame_ends_the_silence() {
    let mut link = live();
    link.handle(Input::Tick, T0.plus_ms(31_500));
    link.handle(Input::Heard, T0.plus_ms(32_000));
    assert_eq!(link.handle(Input::Tick, T0.plus_ms(40_000)), []);
}

#[test]
fn a_channel_that_is_gone_is_made_anew() {
    let mut link = live();
    assert_eq!(link.handle(Input::ChannelGone, T0), [Action::SayLost, Action::DropSocket]);
    let Phase::Waiting { until } = link.phase() else { panic!("waits") };
    assert_eq!(link.handle(Input::Tick, until), [Action::MakeChannel]);
}

#[test]
fn waits_grow_and_end_at_the_cap_and_respect_retry_after() {
    let mut link = Link::new(Policy::UPSTREAM, 3);
    let mut now = T0;
    link.handle(Input::Start, now);
    for _ in 0..40 {
        link.handle(Input::Failed { retry_after_ms: None }, now);
        let Phase::Waiting { until } = link.phase() else { panic!("waits") };
        assert!(until.ms_since(now) <= Policy::UPSTREAM.channel_backoff_cap_ms);
        now = until;
        assert_eq!(link.handle(Input::Tick, now), [Action::MakeChannel]);
    }
    link.handle(Input::Failed { retry_after_ms: Some(90_000) }, now);
    assert_eq!(link.phase(), Phase::Waiting { until: now.plus_ms(90_000) });
}

#[test]
fn a_wall_asks_for_a_new_channel_each_time() {
    let mut link = Link::new(Policy::WALL, 1);
    run(
        &mut link,
        &[
            (Input::Start, &[Action::MakeChannel]),
            (Input::ChannelMade, &[Action::OpenSocket]),
            (Input::Opened, &[Action::SayLive]),
            (Input::Closed, &[Action::SayLost]),
        ],
    );
    let Phase::Waiting { until } = link.phase() else { panic!("waits") };
    assert_eq!(link.handle(Input::Tick, until), [Action::MakeChannel]);
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        Just(Input::Start),
        Just(Input::ChannelMade),
        Just(Input::Opened),
        Just(Input::Subscribed),
        Just(Input::CaughtUp),
        Just(Input::Failed { retry_after_ms: None }),
        Just(Input::ChannelGone),
        Just(Input::Closed),
        Just(Input::Heard),
        Just(Input::Tick),
    ]
}

proptest! {
    /// Whatever happens, a link is never stuck: it is live with a deadline, or a tick brings it on.
    #[test]
    fn a_link_is_never_stuck(inputs in prop::collection::vec((any_input(), 0_i64..40_000), 0..200), seed: u64) {
        let mut link = Link::new(Policy::UPSTREAM, seed);
        let mut now = T0;
        let mut told_live = false;
        link.handle(Input::Start, now);
        for (input, later) in inputs {
            now = now.plus_ms(later);
            for action in link.handle(input, now) {
                match action {
                    Action::SayLive => { prop_assert!(!told_live); told_live = true; }
                    Action::SayLost => { prop_assert!(told_live); told_live = false; }
                    Action::MakeChannel | Action::OpenSocket | Action::Subscribe | Action::Read
                    | Action::Ping | Action::DropSocket => {}
                }
            }
            prop_assert_eq!(told_live, link.phase() == Phase::Live);
            prop_assert!(link.next_tick().is_some());
        }
        for _ in 0..4 {
            now = link.next_tick().expect("started").max(now);
            let actions = link.handle(Input::Tick, now);
            let waits = matches!(link.phase(), Phase::Waiting { .. });
            prop_assert!(waits || !actions.is_empty());
        }
    }
}

proptest! {
    /// The pace of heartbeats is observed, not promised: whoever answers pings lives, and who does not is dead after 35 s.
    #[test]
    fn a_link_lives_while_pings_are_answered_at_whatever_pace_heartbeats_come(
        paces in prop::collection::vec(1_000_i64..300_000, 1..40),
        answers_after in 0_i64..3_400,
    ) {
        let mut link = live();
        let mut now = T0;
        for pace in paces.into_iter().chain([120_000; 20]) {
            let beat = now.plus_ms(pace);
            // Until the heartbeat comes.
            while let Some(tick) = link.next_tick().filter(|tick| *tick < beat) {
                prop_assert_eq!(link.handle(Input::Tick, tick), [Action::Ping], "it is asked, not given up");
                now = tick.plus_ms(answers_after);
                prop_assert!(!link.is_overdue(now));
                link.handle(Input::Heard, now);
            }
            now = beat.max(now);
            link.handle(Input::Heard, now);
        }
        prop_assert_eq!(link.phase(), Phase::Live);
        // And now nobody answers.
        prop_assert_eq!(link.handle(Input::Tick, now.plus_ms(31_500)), [Action::Ping]);
        prop_assert_eq!(link.next_tick(), Some(now.plus_ms(35_000)));
        prop_assert_eq!(link.handle(Input::Tick, now.plus_ms(34_999)), []);
        prop_assert_eq!(link.handle(Input::Tick, now.plus_ms(35_000)), [Action::SayLost, Action::DropSocket]);
    }
}

/// A channel that is lost soon after it was live, again and again.
fn flaps(link: &mut Link, mut now: Timestamp, live_ms: i64, times: u32) -> Timestamp {
    for _ in 0..times {
        now = now.plus_ms(live_ms);
        link.handle(Input::Heard, now);
        link.handle(Input::ChannelGone, now);
        let Phase::Waiting { until } = link.phase() else { panic!("waits") };
        now = until;
        for input in [Input::Tick, Input::ChannelMade, Input::Opened, Input::Subscribed, Input::CaughtUp] {
            link.handle(input, now);
        }
        assert_eq!(link.phase(), Phase::Live);
    }
    now
}

#[test]
fn a_channel_that_is_taken_away_again_and_again_is_made_less_and_less_often() {
    let mut link = live();
    let now = flaps(&mut link, T0, 1_000, 12);
    assert!(link.failures() >= 12, "what was live for a second was no success");
    let now = flaps(&mut link, now, STABLE_MS, 1);
    assert_eq!(link.failures(), 1, "what was live for a while was one");
    flaps(&mut link, now, STABLE_MS, 1);
}

#[test]
fn a_channel_beside_another_is_live_without_a_read_unless_it_has_to_read() {
    let mut link = Link::new(Policy::UPSTREAM, 7).without_read();
    for input in [Input::Start, Input::ChannelMade, Input::Opened] {
        link.handle(input, T0);
    }
    assert_eq!(link.handle(Input::Subscribed, T0), [Action::SayLive]);
    let mut link = Link::new(Policy::UPSTREAM, 7).without_read();
    for input in [Input::Start, Input::ChannelMade, Input::Opened] {
        link.handle(input, T0);
    }
    link.must_read(T0);
    assert_eq!(link.handle(Input::Subscribed, T0), [Action::Read]);
}

#[test]
fn a_link_without_a_read_reads_after_it_was_lost() {
    let mut link = Link::new(Policy::UPSTREAM, 7).without_read();
    for input in [Input::Start, Input::ChannelMade, Input::Opened, Input::Subscribed, Input::Closed] {
        link.handle(input, T0);
    }
    let Phase::Waiting { until } = link.phase() else { panic!("waits") };
    link.handle(Input::Tick, until);
    link.handle(Input::Opened, until);
    assert_eq!(link.handle(Input::Subscribed, until), [Action::Read]);
}

/// Whoever does not answer makes no channel: when it is back it is found within the short wait, however long it was away.
#[test]
fn an_outage_is_no_reason_to_wait_long_for_the_first_new_channel() {
    for seed in 0..50 {
        let mut link = Link::new(Policy::UPSTREAM, seed);
        let mut now = Timestamp::from_ms(0);
        link.handle(Input::Start, now);
        for input in [Input::ChannelMade, Input::Opened, Input::Subscribed, Input::CaughtUp] {
            link.handle(input, now);
        }
        now = now.plus_ms(STABLE_MS);
        link.handle(Input::Heard, now);
        link.handle(Input::Closed, now);
        // Nobody answers for ten minutes, and then the channel is gone.
        let back = now.plus_ms(600_000);
        while now < back {
            now = link.next_tick().expect("it waits");
            link.handle(Input::Tick, now);
            link.handle(Input::Failed { retry_after_ms: None }, now);
        }
        now = link.next_tick().expect("it waits");
        link.handle(Input::Tick, now);
        link.handle(Input::ChannelGone, now);
        let Phase::Waiting { until } = link.phase() else { panic!("{:?}", link.phase()) };
        assert!(until.ms_since(now) <= Policy::UPSTREAM.backoff_cap_ms, "{} ms", until.ms_since(now));
        // Channels that are made and lost soon are what the long wait is for.
        let mut longest = 0;
        for _ in 0..12 {
            now = link.next_tick().expect("it waits");
            link.handle(Input::Tick, now);
            link.handle(Input::ChannelMade, now);
            link.handle(Input::ChannelGone, now);
            let Phase::Waiting { until } = link.phase() else { panic!("{:?}", link.phase()) };
            longest = longest.max(until.ms_since(now));
        }
        assert!(longest > Policy::UPSTREAM.backoff_cap_ms, "{longest} ms");
    }
}
