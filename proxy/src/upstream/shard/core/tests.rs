use protocol::{UserId, link::SILENCE_DEAD_MS};

use super::*;
use crate::upstream::mover::OVERLAP_MS;

const T0: Timestamp = Timestamp::from_ms(1_000_000);

const EVENT: &str = r#"{"topicName":"v2.users.u1.presence","eventBody":{}}"#;

/// A shard whose only channel is live and was heard at `T0`.
fn live() -> Core {
    let mut core = Core::new(0, Mover::new(7));
    for happened in [
        Happened::Planned(BTreeSet::from([Subject::User(UserId::new("u1"))])),
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
    let refused = vec![Subject::User(UserId::new("u1"))];
    let subscribes = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::Subscribe(0, subjects) if *subjects == refused))
    };
    let (mut core, mut now) = (live(), T0);
    core.handle(Happened::Planned(BTreeSet::new()), now);
    core.handle(Happened::Subscribed(0, Ok(Vec::new())), now);
    core.handle(Happened::Read(0, Ok(())), now);
    let mut asked = core.handle(Happened::Planned(refused.iter().cloned().collect()), now);
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
    let [u1, u2, u3] = ["u1", "u2", "u3"].map(|id| Subject::User(UserId::new(id)));
    let mut core = live();
    core.handle(Happened::Planned([u1.clone(), u2.clone()].into()), T0);
    core.handle(Happened::Subscribed(0, Ok(vec![u1.clone(), u2.clone()])), T0);
    core.handle(Happened::Read(0, Ok(())), T0);
    core.handle(Happened::Planned([u1.clone(), u3.clone()].into()), T0);
    let granted = core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    let reads =
        granted.iter().find_map(|effect| if let Effect::Read(0, read) = effect { Some(read) } else { None });
    assert_eq!(reads, Some(&vec![u1, u3]), "nobody has heard what became of the first meanwhile");
}

/// The feed forgets who is gone, and believes only a read that began when they were back.
#[test]
fn who_left_and_came_back_is_read_again_whatever_the_channel_was_at() {
    let [u1, u2] = ["u1", "u2"].map(|id| Subject::User(UserId::new(id)));
    let both = || BTreeSet::from([u1.clone(), u2.clone()]);
    let read = |effects: &[Effect]| -> Vec<Vec<Subject>> {
        let of = |effect: &Effect| if let Effect::Read(0, read) = effect { Some(read.clone()) } else { None };
        effects.iter().filter_map(of).collect()
    };
    let there_and_back = |core: &mut Core| {
        let mut effects = core.handle(Happened::Planned([u1.clone()].into()), T0);
        effects.extend(core.handle(Happened::Planned(both()), T0));
        effects
    };
    let closing = || {
        let text = r#"{"topicName":"v2.system.socket_closing","eventBody":{}}"#;
        Happened::Text(0, text.to_owned())
    };

    // While the channel that is to take over cannot be made.
    let mut core = live();
    core.handle(Happened::Planned(both()), T0);
    core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    core.handle(Happened::Read(0, Ok(())), T0);
    core.handle(closing(), T0);
    core.handle(Happened::Room(true), T0);
    assert_eq!(read(&there_and_back(&mut core)), [] as [Vec<Subject>; 0], "the move comes first");
    core.handle(Happened::Made(1, Ok(T0.plus_ms(86_400_000))), T0);
    core.handle(Happened::Opened(1, Ok(())), T0);
    core.handle(Happened::Subscribed(1, Ok(Vec::new())), T0);
    let pong = r#"{"topicName":"channel.metadata","eventBody":{"message":"pong"}}"#;
    core.handle(Happened::Text(0, pong.to_owned()), T0);
    let effects = core.handle(Happened::Tick, T0.plus_ms(OVERLAP_MS));
    let asks = |effect: &Effect| matches!(effect, Effect::Subscribe(1, _));
    assert!(effects.iter().any(asks), "{effects:?}");
    let effects = core.handle(Happened::Subscribed(1, Ok(Vec::new())), T0.plus_ms(OVERLAP_MS));
    let reads = |effect: &Effect| matches!(effect, Effect::Read(1, read) if *read == [u2.clone()]);
    assert!(effects.iter().any(reads), "{effects:?}");

    // Between the other channel's subscription and the loss of the first, after which everything is read.
    let mut core = live();
    core.handle(Happened::Planned(both()), T0);
    core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    core.handle(Happened::Read(0, Ok(())), T0);
    core.handle(closing(), T0);
    core.handle(Happened::Room(true), T0);
    core.handle(Happened::Made(1, Ok(T0.plus_ms(86_400_000))), T0);
    core.handle(Happened::Opened(1, Ok(())), T0);
    core.handle(Happened::Subscribed(1, Ok(Vec::new())), T0);
    there_and_back(&mut core);
    core.handle(Happened::Closed(0, "closed", None), T0);
    let effects = core.handle(Happened::Read(1, Ok(())), T0);
    assert!(effects.iter().any(asks), "nobody has subscribed to them since they are back: {effects:?}");

    // While everything is read that the channel covers.
    let mut core = Core::new(0, Mover::new(7));
    core.handle(Happened::Planned(both()), T0);
    core.handle(Happened::Start, T0);
    core.handle(Happened::Made(0, Ok(T0.plus_ms(86_400_000))), T0);
    core.handle(Happened::Opened(0, Ok(())), T0);
    let begins = core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    assert_eq!(read(&begins), [vec![u1.clone(), u2.clone()]]);
    there_and_back(&mut core);
    core.handle(Happened::Read(0, Ok(())), T0);
    let again = core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    assert_eq!(read(&again), [vec![u2.clone()]], "that read began before");
    core.handle(Happened::Read(0, Ok(())), T0);
    assert_eq!(read(&core.handle(Happened::Planned(both()), T0)), [] as [Vec<Subject>; 0], "and that is all");

    // While they join, and the feed may have heard of the subscription before they were back.
    let mut core = live();
    core.handle(Happened::Planned(both()), T0);
    there_and_back(&mut core);
    core.handle(Happened::Subscribed(0, Ok(Vec::new())), T0);
    let effects = core.handle(Happened::Read(0, Ok(())), T0);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Subscribe(0, _))), "{effects:?}");
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
    core.handle(
        Happened::Text(0, r#"{"topicName":"v2.system.socket_closing","eventBody":{}}"#.to_owned()),
        T0,
    );
    core.handle(Happened::Room(true), T0);
    core.handle(Happened::Made(1, Ok(T0.plus_ms(86_400_000))), T0);
    let ended = core.handle(Happened::Unplanned, T0);
    assert_eq!((drops(&ended), frees(&ended)), (vec![0, 1], true), "{ended:?}");
    assert!(ended.last().is_some_and(is_last_word));
}
