//! The ends of a change, by what was answered and what then was seen.

use super::*;
use crate::console::skill::To;

const OLD: &str = "available";
const NEW: &str = "break";

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_800_000_000_000 + ms)
}

fn user() -> UserId {
    UserId::new("5b7f")
}

fn asked() -> (Writes, u32) {
    let mut writes = Writes::default();
    let wish = Wish { definition: NEW.to_owned(), label: "Break".to_owned(), ..Wish::default() };
    let before = Standing { definition: OLD.to_owned(), since: Some(at(-60_000)), ..Standing::default() };
    let id = writes.begin((user(), "Anna".into()), wish, Some(before), None, at(0));
    (writes, id)
}

fn made() -> Made {
    Made { changed: true, modified: Some(at(40)), etag: Some("\"1\"".to_owned()), ..Made::default() }
}

fn answered(answer: Result<Made, No>) -> (Writes, u32) {
    let (mut writes, id) = asked();
    writes.answered(id, answer, at(100));
    (writes, id)
}

fn sees(writes: &mut Writes, definition: &str, since: i64, now: i64) -> bool {
    writes.look(at(now), |_, _| Some((definition.to_owned(), at(since))))
}

fn end(writes: &Writes, id: u32) -> Option<&'static str> {
    writes.get(id).unwrap().end.as_ref().map(End::as_data)
}

#[test]
fn an_answer_alone_confirms_nothing() {
    let (mut writes, id) = answered(Ok(made()));
    assert!(!sees(&mut writes, OLD, -60_000, 200));
    assert_eq!(end(&writes, id), None, "what stands is what stood");
    assert!(writes.is_pending(&user()));
    assert!(sees(&mut writes, NEW, 40, 300));
    assert_eq!((end(&writes, id), writes.get(id).unwrap().took_ms), (Some("confirmed"), Some(300)));
}

#[test]
fn a_notification_may_come_before_the_answer() {
    let (mut writes, id) = asked();
    assert!(!sees(&mut writes, NEW, 40, 60), "the answer may still be a no");
    writes.answered(id, Ok(made()), at(100));
    assert!(sees(&mut writes, NEW, 40, 110));
    assert_eq!(end(&writes, id), Some("confirmed"));
}

#[test]
fn what_was_so_already_what_is_refused_and_what_waits_end_by_the_answer() {
    let (writes, id) = answered(Ok(Made { changed: false, ..Made::default() }));
    assert_eq!(end(&writes, id), Some("no-change"));
    let no = No { status: 409, code: "agent.busy".to_owned(), ..No::default() };
    let (writes, id) = answered(Err(no));
    assert_eq!(end(&writes, id), Some("refused"));
    let (mut writes, id) = answered(Ok(Made { is_deferred: true, ..made() }));
    assert_eq!(end(&writes, id), Some("deferred"));
    assert!(!sees(&mut writes, OLD, -60_000, 400_000), "however long the conversation takes");
    assert!(sees(&mut writes, NEW, 500_000, 500_100));
    assert_eq!(end(&writes, id), Some("confirmed"));
}

#[test]
fn what_nobody_sees_in_time_is_unconfirmed_until_it_is_seen() {
    let (mut writes, id) = answered(Ok(made()));
    assert!(!sees(&mut writes, OLD, -60_000, 100 + CONFIRM_MS - 1));
    assert!(sees(&mut writes, OLD, -60_000, 100 + CONFIRM_MS));
    assert_eq!(end(&writes, id), Some("unconfirmed"));
    assert!(writes.get(id).unwrap().undo_left_ms(at(20_000)).is_some(), "it was answered, so it is there");
    assert!(sees(&mut writes, NEW, 40, 20_000));
    assert_eq!(end(&writes, id), Some("confirmed"));
}

#[test]
fn silence_is_not_a_no() {
    for no in [No::default(), No { status: 504, code: "write.unknown".to_owned(), ..No::default() }] {
        let (mut writes, id) = answered(Err(no));
        assert_eq!(end(&writes, id), Some("unconfirmed"));
        assert_eq!(writes.get(id).unwrap().undo_left_ms(at(200)), None, "of unknown version");
        assert!(!sees(&mut writes, NEW, -60_000, 300), "it stood so before");
        assert!(sees(&mut writes, NEW, 50, 400));
        assert_eq!(end(&writes, id), Some("confirmed"));
    }
}

#[test]
fn something_newer_that_is_something_else_supersedes() {
    let (mut writes, id) = answered(Ok(made()));
    assert!(sees(&mut writes, "meeting", 90, 200));
    assert_eq!(end(&writes, id), Some("superseded"));
    assert_eq!(writes.get(id).unwrap().undo_left_ms(at(200)), None);

    let (mut writes, id) = answered(Ok(made()));
    assert!(sees(&mut writes, OLD, -60_000, 100 + CONFIRM_MS));
    assert!(sees(&mut writes, "meeting", 90, 20_000), "what is newer comes late");
    assert_eq!(end(&writes, id), Some("superseded"));
    assert_eq!(writes.get(id).unwrap().undo_left_ms(at(20_100)), None);
}

#[test]
fn a_change_can_be_taken_back_for_a_quarter_of_an_hour_while_it_stands() {
    let (mut writes, id) = answered(Ok(made()));
    assert_eq!(writes.get(id).unwrap().undo_left_ms(at(150)), None, "it is under way");
    sees(&mut writes, NEW, 40, 300);
    let write = writes.get(id).unwrap();
    assert_eq!(write.undo_left_ms(at(300)), Some(UNDO_MS - 300));
    assert_eq!(write.undo_left_ms(at(UNDO_MS)), None);
    let back = write.undoing().unwrap();
    assert_eq!(back.body(), json!({ "presenceDefinition": { "id": OLD }, "message": "" }));
    assert!(sees(&mut writes, "meeting", 5_000, 6_000), "somebody changed it meanwhile");
    assert_eq!(writes.get(id).unwrap().undo_left_ms(at(6_000)), None);
    assert_eq!(end(&writes, id), Some("confirmed"), "that it was made stays true");
}

#[test]
fn what_is_for_later_is_asked_for_as_such() {
    let wish = Wish {
        definition: NEW.to_owned(),
        when_free: true,
        message: Some("m".to_owned()),
        ..Wish::default()
    };
    assert_eq!(wish.body(), json!({ "futurePresenceDefinition": { "id": NEW }, "message": "m" }));
    let wish = Wish { when_free: false, message: None, ..wish };
    assert_eq!(wish.body(), json!({ "presenceDefinition": { "id": NEW } }), "the message stays");
}

#[test]
fn a_routing_status_is_told_from_a_presence() {
    let mut writes = Writes::default();
    let wish = Wish { facet: Facet::RoutingStatus, definition: "IDLE".to_owned(), ..Wish::default() };
    assert_eq!(wish.body(), json!({ "status": "IDLE" }));
    let id = writes.begin((user(), "Anna".into()), wish, None, None, at(0));
    writes.answered(id, Ok(made()), at(100));
    let stands = |word: &'static str, since: i64| {
        move |_: &UserId, facet: &Facet| {
            (*facet == Facet::RoutingStatus).then(|| (word.to_owned(), at(since)))
        }
    };
    assert!(!writes.look(at(150), stands("NOT_RESPONDING", -5_000)));
    assert!(writes.look(at(200), stands("IDLE", 40)));
    assert_eq!(end(&writes, id), Some("confirmed"));
    assert_eq!(writes.get(id).unwrap().undo_left_ms(at(300)), None, "nobody is made not to respond");
}

#[test]
fn a_skill_is_confirmed_by_what_is_read_after_the_answer() {
    let mut writes = Writes::default();
    let change = SkillChange { skill: "s".to_owned(), to: Some(To::Switch(false)), minutes: 0 };
    let level = Level { proficiency: Some(3.0), state: None };
    let off = level.with(To::Switch(false)).as_text();
    let wish = Wish { facet: Facet::Skill(change.clone()), definition: off.clone(), ..Wish::default() };
    let before = Standing { definition: level.as_text(), level: level.clone(), ..Standing::default() };
    let id = writes.begin((user(), "Anna".into()), wish, Some(before), None, at(0));
    writes.answered(id, Ok(Made { modified: Some(at(100)), ..made() }), at(100));
    assert!(!sees(&mut writes, &level.as_text(), -60_000, 150), "read before the change");
    assert!(!sees(&mut writes, &level.as_text(), 900, 1_000), "too soon to say that somebody was faster");
    assert!(sees(&mut writes, &off, 2_000, 2_100));
    assert_eq!(end(&writes, id), Some("confirmed"));
    let back = writes.get(id).unwrap().undoing().unwrap();
    assert_eq!(back.definition, level.as_text());
    let on = SkillChange { to: Some(To::Switch(true)), ..change };
    assert_eq!(back.facet, Facet::Skill(on));
    assert!(sees(&mut writes, &level.as_text(), 9_000, 9_100), "somebody switched it on again");
    assert_eq!(writes.get(id).unwrap().undo_left_ms(at(9_200)), None);
}
