use protocol::{UserId, link::SILENCE_DEAD_MS};

use super::*;
use crate::upstream::mover::OVERLAP_MS;

const T0: Timestamp = Timestamp::from_ms(1_000_000);

const EVENT: &str = r#"{"topicName":"v2.users.u1.presence","eventBody":{}}"#;

fn user(id: &str) -> Subject {
    Subject::User(UserId::new(id))
}

/// These have joined in this order.
fn planned(ids: &[&str]) -> Planned {
    ids.iter().copied().map(user).zip(0..).collect()
}

/// A shard whose only channel is live and was heard at `T0`.
fn live() -> Core {
    let mut core = Core::new(0, Mover::new(7));
    for happened in [
        Happened::Planned(planned(&["u1"])),
        Happened::Start,
        Happened::Made(0, Ok(T0.plus_ms(86_400_000))),
        Happened::Opened(0, Ok(())),
        Happened::Subscribed(0, Ok(Vec::new())),
        Happened::Read(0, Ok(())),
    ] {
        core.handle(happened, T0);
    }
    assert!(core.mover().is_live());
    core
}

fn is_event(effect: &Effect) -> bool {
    matches!(effect, Effect::Tell(Input::Frame { .. }))
}

fn is_silence(effect: &Effect) -> bool {
    matches!(effect, Effect::Tell(Input::Lost { cause: Cause::Silent, .. }))
}

#[test]
fn what_waited_while_the_machine_slept_is_read_and_not_taken_for_new() {
    let heard = |after_ms| live().handle(Happened::Text(0, EVENT.to_owned()), T0.plus_ms(after_ms));
    let in_time = heard(SILENCE_DEAD_MS - 1);
    assert!(in_time.iter().any(is_event) && !in_time.iter().any(is_silence), "{in_time:?}");
    // No tick came meanwhile: nothing ran at all.
    let late = heard(SILENCE_DEAD_MS);
    assert!(!late.iter().any(is_event) && late.iter().any(is_silence), "{late:?}");
    assert!(late.iter().any(|effect| matches!(effect, Effect::DropSocket(0))), "{late:?}");
}

#[test]
fn what_was_refused_is_asked_for_again_less_and_less_often_until_it_is_granted() {
    let refused = vec![user("u1")];
    let subscribes = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::Subscribe(0, subjects) if *subjects == refused))
    };
    let (mut core, mut now) = (live(), T0);
    core.handle(Happened::Planned(Planned::new()), now);
    core.handle(Happened::Subscribed(0, Ok(Vec::new())), now);
    core.handle(Happened::Read(0, Ok(())), now);
    let mut asked = core.handle(Happened::Planned(refused.iter().cloned().zip(1..).collect()), now);
    let mut waits = Vec::new();
    for _ in 0..5 {
        assert!(subscribes(&asked), "{asked:?}");
        core.handle(Happened::Subscribed(0, Ok(refused.clone())), now);
        core.handle(Happened::Read(0, Ok(())), now);
        let since = now;
        loop {
            // Heartbeats, until it asks again.
            core.handle(Happened::Text(0, "{}".to_owned()), now);
            now = core.next_tick().expect("it asks again").max(now.plus_ms(1));
            asked = core.handle(Happened::Tick, now);
            assert!(now.ms_since(since) <= 2 * 3_600_000, "it asks again");
            if subscribes(&asked) {
                break;
            }
        }
        waits.push(now.ms_since(since) / 60_000);
    }
    assert_eq!(waits, [10, 20, 40, 60, 60]);
    let granted = core.handle(Happened::Subscribed(0, Ok(Vec::new())), now);
    assert!(granted.iter().any(|effect| matches!(effect, Effect::Read(0, read) if *read == refused)));
    assert_eq!(core.refusals.ask_at, None);
}

#[test]
fn what_was_refused_and_is_granted_because_somebody_else_joins_is_read_with_them() {
    let [u1, u2, u3] = ["u1", "u2", "u3"].map(user);
    let mut core = live();
    core.handle(Happened::Planned(u1_and_u2()), T0);
    core.handle(Happened::Subscribed(0, Ok(vec![u1.clone(), u2.clone()])), T0);
    core.handle(Happened::Read(0, Ok(())), T0);
    core.handle(Happened::Planned([(u1.clone(), 0), (u3.clone(), 2)].into()), T0);
    let granted = core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    let reads =
        granted.iter().find_map(|effect| if let Effect::Read(0, read) = effect { Some(read) } else { None });
    assert_eq!(reads, Some(&vec![u1, u3]), "nobody has heard what became of the first meanwhile");
}

const CLOSING: &str = r#"{"topicName":"v2.system.socket_closing","eventBody":{}}"#;

fn u1_and_u2() -> Planned {
    planned(&["u1", "u2"])
}

/// Both, when the second has left and come back.
fn joined_anew() -> Planned {
    [(user("u1"), 0), (user("u2"), 2)].into()
}

/// The plan loses the second of two and has it again.
fn leaves_and_comes_back(core: &mut Core) -> Vec<Effect> {
    let mut effects = core.handle(Happened::Planned(planned(&["u1"])), T0);
    effects.extend(core.handle(Happened::Planned(joined_anew()), T0));
    effects
}

/// A shard that covers two and has room for the channel that is to take the place of the first.
fn moving() -> Core {
    let mut core = live();
    for happened in [
        Happened::Planned(u1_and_u2()),
        Happened::Subscribed(0, Ok(Vec::new())),
        Happened::Read(0, Ok(())),
        Happened::Text(0, CLOSING.to_owned()),
        Happened::Room(true),
    ] {
        core.handle(happened, T0);
    }
    core
}

/// The other channel is subscribed.
fn overlaps(core: &mut Core) {
    core.handle(Happened::Made(1, Ok(T0.plus_ms(86_400_000))), T0);
    core.handle(Happened::Opened(1, Ok(())), T0);
    core.handle(Happened::Subscribed(1, Ok(Vec::new())), T0);
}

fn subscribes(effects: &[Effect], lane: Lane) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Subscribe(on, _) if *on == lane))
}

/// Who is read on a lane.
fn reads(effects: &[Effect], lane: Lane) -> Vec<Vec<Subject>> {
    let read = |effect: &Effect| {
        if let Effect::Read(on, read) = effect { (*on == lane).then(|| read.clone()) } else { None }
    };
    effects.iter().filter_map(read).collect()
}

/// The feed forgets who is gone, and believes only a read behind a subscription of since they are back.
#[test]
fn who_comes_back_before_another_channel_is_subscribed_is_read_after_the_move() {
    let mut core = moving();
    let effects = leaves_and_comes_back(&mut core);
    assert!(!subscribes(&effects, 0) && reads(&effects, 0).is_empty(), "the move comes first: {effects:?}");
    overlaps(&mut core);
    let pong = r#"{"topicName":"channel.metadata","eventBody":{"message":"pong"}}"#;
    core.handle(Happened::Text(0, pong.to_owned()), T0);
    let effects = core.handle(Happened::Tick, T0.plus_ms(OVERLAP_MS));
    assert!(subscribes(&effects, 1), "{effects:?}");
    let effects = core.handle(Happened::Subscribed(1, Ok(Vec::new())), T0.plus_ms(OVERLAP_MS));
    assert_eq!(reads(&effects, 1), [vec![user("u2")]]);
}

#[test]
fn who_comes_back_before_a_loss_that_is_read_is_subscribed_to_again() {
    let mut core = moving();
    overlaps(&mut core);
    leaves_and_comes_back(&mut core);
    core.handle(Happened::Closed(0, "closed", None), T0);
    let effects = core.handle(Happened::Read(1, Ok(())), T0);
    assert!(subscribes(&effects, 1), "nobody has subscribed to them since they are back: {effects:?}");
}

#[test]
fn who_comes_back_during_a_read_is_read_again_and_then_no_more() {
    let mut core = Core::new(0, Mover::new(7));
    core.handle(Happened::Planned(u1_and_u2()), T0);
    core.handle(Happened::Start, T0);
    core.handle(Happened::Made(0, Ok(T0.plus_ms(86_400_000))), T0);
    core.handle(Happened::Opened(0, Ok(())), T0);
    let begins = core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    assert_eq!(reads(&begins, 0), [[user("u1"), user("u2")]]);
    leaves_and_comes_back(&mut core);
    core.handle(Happened::Read(0, Ok(())), T0);
    let again = core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    assert_eq!(reads(&again, 0), [vec![user("u2")]], "that read began before");
    core.handle(Happened::Read(0, Ok(())), T0);
    let effects = core.handle(Happened::Planned(joined_anew()), T0);
    assert!(effects.is_empty(), "and that is all: {effects:?}");
}

#[test]
fn who_comes_back_while_they_join_joins_again() {
    let mut core = live();
    core.handle(Happened::Planned(u1_and_u2()), T0);
    leaves_and_comes_back(&mut core);
    core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    let effects = core.handle(Happened::Read(0, Ok(())), T0);
    assert!(subscribes(&effects, 0), "the feed may have heard of the subscription before: {effects:?}");
}

/// Its task was held up, and saw only the newest plan.
#[test]
fn who_came_back_in_a_plan_that_was_not_seen_without_them_is_read_again() {
    let mut core = live();
    core.handle(Happened::Planned(u1_and_u2()), T0);
    core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    core.handle(Happened::Read(0, Ok(())), T0);
    let effects = core.handle(Happened::Planned(u1_and_u2()), T0);
    assert!(effects.is_empty(), "nobody came back: {effects:?}");
    let effects = core.handle(Happened::Planned(joined_anew()), T0);
    assert!(subscribes(&effects, 0), "{effects:?}");
    let effects = core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    assert_eq!(reads(&effects, 0), [[user("u2")]]);
}

#[test]
fn a_shard_that_the_plan_has_no_use_for_closes_everything_and_gives_its_room_back() {
    let drops = |effects: &[Effect]| -> Vec<Lane> {
        let lane = |effect: &Effect| if let Effect::DropSocket(lane) = effect { Some(*lane) } else { None };
        effects.iter().filter_map(lane).collect()
    };
    let frees = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::FreeRoom));
    let is_last_word = |effect: &Effect| matches!(effect, Effect::Tell(Input::ShardOver { shard: 0 }));

    let ended = live().handle(Happened::Unplanned, T0);
    assert_eq!((drops(&ended), frees(&ended)), (vec![0], false), "{ended:?}");
    assert!(ended.last().is_some_and(is_last_word));

    // While another channel takes the place of the first.
    let mut core = live();
    core.handle(Happened::Text(0, CLOSING.to_owned()), T0);
    core.handle(Happened::Room(true), T0);
    core.handle(Happened::Made(1, Ok(T0.plus_ms(86_400_000))), T0);
    let ended = core.handle(Happened::Unplanned, T0);
    assert_eq!((drops(&ended), frees(&ended)), (vec![0, 1], true), "{ended:?}");
    assert!(ended.last().is_some_and(is_last_word));
}
