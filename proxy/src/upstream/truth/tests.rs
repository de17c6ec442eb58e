use protocol::chance::Chance;

use super::*;

const START: Timestamp = Timestamp::from_ms(1_000_000_000);

fn queues() -> Vec<QueueId> {
    vec![QueueId::new("q")]
}

fn users(names: &[&str]) -> Vec<Subject> {
    names.iter().map(|name| Subject::User(protocol::UserId::new(name))).collect()
}

/// The next step, and when it comes.
fn step(audit: &mut Audit, now: &mut Timestamp) -> Step {
    assert!(audit.next(audit.next_at().plus_ms(-1), queues).is_none(), "not before its time");
    *now = audit.next_at().max(*now);
    audit.next(*now, queues).expect("it is due")
}

fn compared(more: bool, differs: &[&str]) -> Compared {
    Compared { more, differs: users(differs) }
}

#[test]
fn a_round_reads_all_queues_and_every_page_and_then_rests() {
    let (mut audit, mut now) = (Audit::new(START), START);
    for round in 0..3 {
        let began = audit.next_at();
        assert_eq!(step(&mut audit, &mut now), Step::Queues(queues()));
        assert!(!audit.answered(&Step::Queues(queues()), compared(true, &[]), now));
        for page in 1..=4 {
            assert_eq!(step(&mut audit, &mut now), Step::Users(page), "round {round}");
            assert_eq!(audit.answered(&Step::Users(page), compared(page < 4, &[]), now), page == 4);
        }
        assert_eq!(audit.next_at(), began.plus_ms(ROUND_MIN_MS));
    }
}

#[test]
fn what_differs_is_read_again_once_every_event_has_come_and_not_for_ever() {
    let (mut audit, mut now) = (Audit::new(START), START);
    let first = step(&mut audit, &mut now);
    audit.answered(&first, compared(true, &["a", "b"]), now);
    let doubted = now;
    let (mut again, mut pages) = (0, 0);
    while pages < 60 {
        match step(&mut audit, &mut now) {
            Step::Again(subjects) => {
                again += 1;
                assert_eq!(subjects, users(&["a", "b"]));
                assert!(now.ms_since(doubted) >= i64::from(again) * SECOND_READ_AFTER_MS);
                audit.answered(&Step::Again(subjects), compared(false, &["a", "b"]), now);
            }
            Step::Users(page) => {
                pages += 1;
                audit.answered(&Step::Users(page), compared(true, &[]), now);
            }
            Step::Queues(_) => panic!("the round is not over"),
        }
    }
    assert_eq!(again, i32::from(SECOND_READS_MAX) - 1, "then it is left to the next round");
}

#[test]
fn calls_keep_apart_whatever_is_answered_and_nothing_that_failed_is_left_out() {
    for seed in 0..200 {
        let (mut audit, mut now, mut chance) = (Audit::new(START), START, Chance::new(seed));
        let (mut last, mut failed): (Option<Timestamp>, Option<Step>) = (None, None);
        for _ in 0..300 {
            let next = step(&mut audit, &mut now);
            let apart = if failed.is_some() { RETRY_MS } else { CALL_EVERY_MS };
            assert!(last.is_none_or(|last| now.ms_since(last) >= apart), "seed {seed}");
            last = Some(now);
            match (failed.take(), &next) {
                (Some(Step::Again(before)), Step::Again(now)) => {
                    assert!(before.iter().all(|s| now.contains(s)), "seed {seed}");
                }
                (Some(Step::Users(_) | Step::Queues(_)), Step::Again(_)) | (None, _) => {}
                (Some(before), next) => assert_eq!(&before, next, "seed {seed}"),
            }
            if chance.within(0, 3) == 0 {
                audit.failed(next.clone(), Some(chance.within(0, 5_000)), now);
                failed = Some(next);
            } else {
                let names: Vec<String> = (0..chance.within(0, 2)).map(|n| format!("{seed}-{n}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                audit.answered(&next, compared(chance.within(0, 2) > 0, &names), now);
            }
        }
    }
}

#[test]
fn doubts_have_a_bound() {
    let (mut audit, mut now) = (Audit::new(START), START);
    for page in 0..400 {
        let next = step(&mut audit, &mut now);
        let names: Vec<String> = (0..500).map(|n| format!("{page}-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        audit.answered(&next, compared(true, &names), now);
        assert!(audit.doubts.len() <= DOUBTS_MAX);
    }
}
