use protocol::{UserId, link::SILENCE_DEAD_MS};

use super::*;

const T0: Timestamp = Timestamp::from_ms(1_000_000);

const EVENT: &str = r#"{"topicName":"v2.users.u1.presence","eventBody":{}}"#;

/// A shard whose only channel is live and was heard at `T0`.
fn live() -> Core {
    let mut core = Core::new(0, Mover::new(7, 0));
    for happened in [
        Happened::Planned(BTreeSet::from([Subject::User(UserId::new("u1"))])),
        Happened::Start,
        Happened::Made(0, Ok(T0.plus_ms(86_400_000))),
        Happened::Opened(0, Ok(())),
        Happened::Subscribed(0, Ok(())),
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
