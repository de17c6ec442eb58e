use proptest::prelude::*;
use protocol::link::{Action as Do, Input as News};

use super::*;

const T0: Timestamp = Timestamp::from_ms(1_000_000);

fn lead(mover: &mut Mover, lane: Lane, news: &[News], now: Timestamp) -> Vec<Action> {
    news.iter().flat_map(|news| mover.handle(Input::Of(lane, *news), now)).collect()
}

const SUBSCRIBED: [News; 3] = [News::ChannelMade, News::Opened, News::Subscribed];

fn live() -> Mover {
    let mut mover = Mover::new(7);
    assert_eq!(mover.handle(Input::Start, T0), [Action::Of(0, Do::MakeChannel)]);
    lead(&mut mover, 0, &SUBSCRIBED, T0);
    assert_eq!(lead(&mut mover, 0, &[News::CaughtUp], T0), [Action::SayLive]);
    mover
}

/// A mover whose second channel is being made.
fn moving() -> Mover {
    let mut mover = live();
    mover.handle(Input::Closing(0), T0);
    assert_eq!(mover.handle(Input::Tick, T0), [Action::AskForRoom]);
    assert_eq!(mover.handle(Input::Room(true), T0), [Action::Of(1, Do::MakeChannel)]);
    mover
}

#[test]
fn a_planned_end_is_an_overlap_and_never_says_that_something_is_lost() {
    let mut mover = moving();
    let actions = lead(&mut mover, 1, &SUBSCRIBED, T0);
    let expected = [Do::OpenSocket, Do::Subscribe].map(|action| Action::Of(1, action));
    let ping = Action::Of(0, Do::Ping);
    assert_eq!(actions, [expected[0], Action::OverlapBegins(0, 1), expected[1], ping], "and no read");
    assert_eq!(mover.handle(Input::Pong(0), T0), []);
    assert_eq!(mover.handle(Input::Tick, T0.plus_ms(OVERLAP_MS - 1)), []);
    assert_eq!(mover.lane(), 0);
    let actions = mover.handle(Input::Tick, T0.plus_ms(OVERLAP_MS));
    assert_eq!(actions, [Action::Over(0), Action::FreeRoom]);
    assert!(mover.is_live() && !mover.is_moving());
    assert_eq!(mover.lane(), 1);
    assert_eq!(lead(&mut mover, 0, &[News::Closed], T0), [], "late news of the old channel");
}

#[test]
fn a_channel_lost_in_the_overlap_is_no_gap() {
    let mut mover = moving();
    lead(&mut mover, 1, &SUBSCRIBED, T0);
    assert_eq!(mover.handle(Input::Pong(0), T0), []);
    let actions = lead(&mut mover, 0, &[News::Closed], T0);
    assert_eq!(actions, [Action::Over(0), Action::FreeRoom]);
    assert!(mover.is_live());
}

#[test]
fn an_event_that_was_on_its_way_proves_nothing() {
    let mut mover = moving();
    lead(&mut mover, 1, &SUBSCRIBED, T0);
    let actions = lead(&mut mover, 0, &[News::Heard, News::Closed], T0.plus_ms(OVERLAP_MS - 1));
    let read = Action::Of(1, Do::Read);
    assert_eq!(actions, [Action::SayLost, Action::Over(0), Action::FreeRoom, read]);
    let mut mover = moving();
    mover.handle(Input::Pong(0), T0);
    lead(&mut mover, 1, &SUBSCRIBED, T0);
    mover.handle(Input::Pong(1), T0);
    let actions = lead(&mut mover, 0, &[News::Closed], T0);
    assert_eq!(actions.first(), Some(&Action::SayLost), "nor does a pong of before, or of the other one");
}

#[test]
fn a_channel_that_is_not_heard_in_the_overlap_is_waited_for() {
    let mut mover = moving();
    lead(&mut mover, 1, &SUBSCRIBED, T0);
    assert_eq!(mover.handle(Input::Tick, T0.plus_ms(OVERLAP_MS)), [], "what it brought may not be whole");
    assert!(mover.next_tick() > Some(T0.plus_ms(OVERLAP_MS)), "and nobody is in a hurry");
    let actions = lead(&mut mover, 0, &[News::Heard], T0.plus_ms(OVERLAP_MS + 1));
    assert_eq!(actions, [Action::Over(0), Action::FreeRoom]);
    assert!(mover.is_live());
}

#[test]
fn a_channel_that_was_silent_in_the_overlap_is_a_gap_and_is_read() {
    let mut mover = moving();
    lead(&mut mover, 1, &SUBSCRIBED, T0);
    let (mut now, mut actions) = (T0, Vec::new());
    while actions.is_empty() {
        lead(&mut mover, 1, &[News::Heard], now);
        now = mover.next_tick().expect("its silence is noticed");
        actions = mover.handle(Input::Tick, now);
        actions.retain(|action| !matches!(action, Action::Of(_, Do::Ping)));
    }
    let read = Action::Of(1, Do::Read);
    assert_eq!(actions, [Action::SayLost, Action::Over(0), Action::FreeRoom, read]);
    assert_eq!(lead(&mut mover, 1, &[News::CaughtUp], now), [Action::SayLive]);
}

#[test]
fn a_channel_lost_before_the_other_is_subscribed_is_a_gap_and_is_read() {
    let mut mover = moving();
    let actions = lead(&mut mover, 0, &[News::Closed], T0);
    assert_eq!(actions, [Action::SayLost, Action::Over(0), Action::FreeRoom]);
    let actions = lead(&mut mover, 1, &SUBSCRIBED, T0);
    assert_eq!(actions.last(), Some(&Action::Of(1, Do::Read)));
    assert_eq!(lead(&mut mover, 1, &[News::CaughtUp], T0), [Action::SayLive]);
}

#[test]
fn without_room_an_announced_end_becomes_another_socket_on_the_same_channel() {
    let mut mover = live();
    mover.handle(Input::Closing(0), T0);
    let mut now = T0;
    while now < T0.plus_ms(CLOSING_PATIENCE_MS) {
        lead(&mut mover, 0, &[News::Heard], now);
        assert_eq!(mover.handle(Input::Tick, now), [Action::AskForRoom]);
        assert_eq!(mover.handle(Input::Room(false), now), []);
        now = mover.next_tick().expect("it asks again");
    }
    mover.handle(Input::Tick, now);
    let actions = mover.handle(Input::Room(false), now);
    assert_eq!(actions, [Action::Of(0, Do::DropSocket), Action::SayLost]);
    let now = mover.next_tick().expect("it comes back");
    assert_eq!(mover.handle(Input::Tick, now), [Action::Of(0, Do::OpenSocket)]);
}

/// The channel that counts is heard, which ends an overlap that was long enough.
fn settle(mover: &mut Mover, now: Timestamp) -> Vec<Action> {
    let lane = mover.lane();
    lead(mover, lane, &[News::Heard], now)
}

#[test]
fn an_end_that_is_announced_in_the_overlap_is_another_move() {
    let mut mover = moving();
    lead(&mut mover, 1, &SUBSCRIBED, T0);
    assert_eq!(mover.handle(Input::Closing(1), T0), []);
    assert_eq!(mover.handle(Input::Tick, T0), [], "one move after the other");
    let now = T0.plus_ms(OVERLAP_MS);
    assert_eq!(settle(&mut mover, now), [Action::Over(0), Action::FreeRoom]);
    assert_eq!(mover.next_tick(), Some(now), "at once");
    assert_eq!(mover.handle(Input::Tick, now), [Action::AskForRoom]);
    assert_eq!(mover.handle(Input::Room(true), now), [Action::Of(2, Do::MakeChannel)]);
}

#[test]
fn an_end_that_is_announced_before_the_other_channel_hears_anything_is_another_move() {
    let mut mover = moving();
    lead(&mut mover, 1, &[News::ChannelMade, News::Opened], T0);
    assert_eq!(mover.handle(Input::Closing(1), T0), []);
    lead(&mut mover, 1, &[News::Subscribed], T0);
    let now = T0.plus_ms(OVERLAP_MS);
    settle(&mut mover, now);
    assert_eq!(mover.handle(Input::Tick, now), [Action::AskForRoom]);
}

#[test]
fn an_end_that_is_announced_while_a_channel_reads_is_a_move_once_it_has() {
    let mut mover = Mover::new(7);
    mover.handle(Input::Start, T0);
    lead(&mut mover, 0, &SUBSCRIBED, T0);
    assert_eq!(mover.handle(Input::Closing(0), T0), []);
    assert_eq!(mover.handle(Input::Tick, T0), []);
    assert_eq!(lead(&mut mover, 0, &[News::CaughtUp], T0), [Action::SayLive]);
    assert_eq!(mover.next_tick(), Some(T0), "at once");
    assert_eq!(mover.handle(Input::Tick, T0), [Action::AskForRoom]);
}

#[test]
fn what_was_announced_of_a_socket_that_broke_is_not_so_of_the_next_one() {
    let mut mover = Mover::new(7);
    mover.handle(Input::Start, T0);
    lead(&mut mover, 0, &SUBSCRIBED, T0);
    mover.handle(Input::Closing(0), T0);
    lead(&mut mover, 0, &[News::Closed], T0);
    let now = mover.next_tick().expect("it comes back");
    mover.handle(Input::Tick, now);
    lead(&mut mover, 0, &[News::Opened, News::Subscribed, News::CaughtUp], now);
    assert!(mover.is_live());
    assert_eq!(mover.handle(Input::Tick, now), [], "nothing ends");
}

#[test]
fn an_end_that_is_announced_again_is_not_later_for_that() {
    let mut mover = live();
    mover.handle(Input::Closing(0), T0);
    mover.handle(Input::Tick, T0);
    mover.handle(Input::Room(false), T0);
    let now = T0.plus_ms(CLOSING_PATIENCE_MS);
    lead(&mut mover, 0, &[News::Heard], now);
    mover.handle(Input::Closing(0), now);
    assert_eq!(mover.handle(Input::Tick, now), [Action::AskForRoom]);
    let actions = mover.handle(Input::Room(false), now);
    assert_eq!(actions, [Action::Of(0, Do::DropSocket), Action::SayLost]);
}

#[test]
fn a_channel_is_given_up_before_it_ends_but_not_all_at_once() {
    let day = 24 * 3_600_000;
    let renewals: Vec<i64> = (0..50)
        .map(|seed| {
            let mut mover = Mover::new(seed * 7_919);
            mover.handle(Input::Start, T0);
            lead(&mut mover, 0, &SUBSCRIBED, T0);
            lead(&mut mover, 0, &[News::CaughtUp], T0);
            mover.handle(Input::EndsAt(0, T0.plus_ms(day)), T0);
            mover.current.renew_at.expect("it ends").ms_since(T0)
        })
        .collect();
    assert!(renewals.iter().all(|at| (day - RENEW_BEFORE_MS * 3 / 2..=day - RENEW_BEFORE_MS).contains(at)));
    let distinct: std::collections::BTreeSet<_> = renewals.iter().collect();
    assert!(distinct.len() > 40, "{distinct:?}");
}

#[test]
fn a_short_life_is_no_storm_of_channels() {
    let mut mover = live();
    mover.handle(Input::EndsAt(0, T0), T0);
    assert_eq!(mover.current.renew_at, Some(T0.plus_ms(LIFE_MIN_MS)));
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    News(bool, News),
    Closing(bool),
    Pong(bool),
    Ends(i64),
    Tick,
}

fn any_fate() -> impl Strategy<Value = Fate> {
    let news = prop_oneof![
        Just(News::ChannelMade),
        Just(News::Opened),
        Just(News::Subscribed),
        Just(News::CaughtUp),
        Just(News::Failed { retry_after_ms: None }),
        Just(News::ChannelGone),
        Just(News::Closed),
        Just(News::Heard),
    ];
    prop_oneof![
        8 => (any::<bool>(), news).prop_map(|(of_next, news)| Fate::News(of_next, news)),
        1 => any::<bool>().prop_map(Fate::Closing),
        1 => any::<bool>().prop_map(Fate::Pong),
        1 => (0_i64..200_000).prop_map(Fate::Ends),
        2 => Just(Fate::Tick),
    ]
}

proptest! {
    /// Whatever happens: live and lost alternate, at most one channel more than one is used, the room that was taken is given
    /// back, and a tick always brings it on.
    #[test]
    fn a_mover_is_never_stuck_and_keeps_no_room(
        fates in prop::collection::vec((any_fate(), 0_i64..20_000), 0..300), seed: u64, room: bool,
    ) {
        let mut mover = Mover::new(seed);
        let mut now = T0;
        let (mut live, mut taken) = (false, 0_i32);
        let mut queue: Vec<Input> = vec![Input::Start];
        let mut fates = fates.into_iter();
        while let Some(input) = queue.pop().or_else(|| {
                let (fate, later) = fates.next()?;
                now = now.plus_ms(later);
                let (lane, next) = (mover.lane(), mover.lane() + 1);
                Some(match fate {
                    Fate::News(of_next, news) => Input::Of(if of_next { next } else { lane }, news),
                    Fate::Closing(of_next) => Input::Closing(if of_next { next } else { lane }),
                    Fate::Pong(of_next) => Input::Pong(if of_next { next } else { lane }),
                    Fate::Ends(life) => Input::EndsAt(lane, now.plus_ms(life)),
                    Fate::Tick => Input::Tick,
                })
        }) {
            for action in mover.handle(input, now) {
                match action {
                    Action::SayLive => { prop_assert!(!live); live = true; }
                    Action::SayLost => { prop_assert!(live); live = false; }
                    Action::AskForRoom => {
                        taken += i32::from(room);
                        queue.push(Input::Room(room));
                    }
                    Action::FreeRoom => taken -= 1,
                    Action::OverlapBegins(from, to) => prop_assert!(from < to),
                    Action::Over(_) | Action::Of(..) => {}
                }
            }
            if queue.is_empty() {
                prop_assert_eq!(live, mover.is_live());
                prop_assert_eq!(taken, i32::from(mover.is_moving()));
                prop_assert!(mover.next_tick().is_some());
            }
        }
    }
}
