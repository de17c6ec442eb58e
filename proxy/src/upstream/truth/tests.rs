use std::collections::BTreeMap;

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
fn a_round_reads_every_page_and_then_rests_and_queues_are_read_every_minute() {
    let (mut audit, mut now) = (Audit::new(START), START);
    let (mut rounds, mut of_queues, mut page) = (Vec::new(), Vec::new(), 0);
    while rounds.len() < 3 {
        let next = step(&mut audit, &mut now);
        if next == Step::Queues(queues()) {
            of_queues.push(now);
            assert!(!audit.answered(&next, compared(true, &[]), now), "users were not compared");
            continue;
        }
        page += 1;
        assert_eq!(next, Step::Users(page));
        if page == 1 {
            rounds.push(now);
        }
        let is_over = page == 40;
        assert_eq!(audit.answered(&next, compared(!is_over, &[]), now), is_over);
        page %= 40;
    }
    // Forty pages, and four times all queues between them.
    for pair in rounds.windows(2) {
        assert!((40 * CALL_EVERY_MS..46 * CALL_EVERY_MS).contains(&pair[1].ms_since(pair[0])), "{rounds:?}");
    }
    for pair in of_queues.windows(2) {
        let rest = QUEUES_EVERY_MS..=QUEUES_EVERY_MS + CALL_EVERY_MS;
        assert!(rest.contains(&pair[1].ms_since(pair[0])), "{of_queues:?}");
    }
}

#[test]
fn a_small_round_rests_and_queues_go_on() {
    let (mut audit, mut now) = (Audit::new(START), START);
    let mut steps = Vec::new();
    while now.ms_since(START) < BEGINS_AFTER_MS + 2 * ROUND_MIN_MS {
        let next = step(&mut audit, &mut now);
        steps.push((now.ms_since(START) / 1_000, next == Step::Users(1)));
        audit.answered(&next, compared(false, &[]), now);
    }
    let (queues, users) = (false, true);
    let expected =
        [(60, queues), (66, users), (120, queues), (180, queues), (186, users), (240, queues), (300, queues)];
    assert_eq!(steps, expected);
}

#[test]
fn queues_that_cannot_be_read_hold_up_no_user_and_no_round_without_them_counts() {
    let (mut audit, mut now) = (Audit::new(START), START);
    let (mut users, mut tried) = (0, 0);
    // One was in doubt when it began.
    let first = step(&mut audit, &mut now);
    audit.answered(&first, compared(true, &["q"]), now);
    let mut counted = 0;
    for _ in 0..50 {
        match step(&mut audit, &mut now) {
            queues @ (Step::Queues(_) | Step::Again(_)) => {
                tried += 1;
                audit.failed(queues, None, now);
            }
            page @ Step::Users(_) => {
                users += 1;
                counted += usize::from(audit.answered(&page, compared(false, &[]), now));
            }
        }
    }
    assert!(users > 10 && tried > 10, "{users} pages, and {tried} times the queues");
    assert_eq!(counted, 1, "in the others queues were not compared");
    let next = step(&mut audit, &mut now);
    audit.answered(&Step::Queues(queues()), compared(true, &[]), now);
    assert!(audit.answered(&Step::Users(1), compared(false, &[]), now), "{next:?}");
}

#[test]
fn many_queues_take_half_of_the_calls() {
    for queues in [3, 600, 3_000] {
        let many: Vec<QueueId> = (0..queues).map(|n| QueueId::new(&n.to_string())).collect();
        let (mut audit, mut now) = (Audit::new(START), START);
        let (mut of_queues, mut of_users) = (0, 0);
        while now.ms_since(START) < 2 * 3_600_000 {
            now = audit.next_at().max(now);
            let next = audit.next(now, || many.clone()).expect("it is due");
            match &next {
                Step::Queues(queues) => of_queues += queues.len().div_ceil(QUEUES_A_QUERY),
                Step::Users(_) => of_users += 1,
                Step::Again(_) => panic!("nothing is in doubt"),
            }
            audit.answered(&next, compared(true, &[]), now);
        }
        let a_minute = (of_queues + of_users) as f64 / 120.0;
        assert!(a_minute < 10.2, "{queues} queues: {a_minute} calls a minute");
        assert!(of_queues <= of_users + 15, "{queues} queues: {of_queues} calls, and {of_users} for users");
        assert!(of_queues >= 110, "{queues} queues: {of_queues} calls in two hours");
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
            queues @ Step::Queues(_) => {
                audit.answered(&queues, compared(true, &[]), now);
            }
        }
    }
    assert_eq!(again, i32::from(SECOND_READS_MAX) - 1, "then it is left to the next round");
}

#[test]
fn calls_keep_apart_whatever_is_answered_and_nothing_that_failed_is_left_out() {
    for seed in 0..200 {
        let (mut audit, mut now, mut chance) = (Audit::new(START), START, Chance::new(seed));
        let (mut last, mut failed): (Option<Timestamp>, Option<Step>) = (None, None);
        let (mut page, mut tried) = (1, BTreeMap::new());
        for _ in 0..300 {
            let next = step(&mut audit, &mut now);
            let apart = if failed.is_some() { RETRY_MS } else { CALL_EVERY_MS };
            assert!(last.is_none_or(|last| now.ms_since(last) >= apart), "seed {seed}");
            last = Some(now);
            if let Step::Users(next) = next {
                assert_eq!(next, page, "seed {seed}");
            }
            if let Step::Again(subjects) = &next {
                subjects.iter().for_each(|subject| *tried.entry(subject.clone()).or_insert(0) += 1);
            }
            if let Some(Step::Again(before)) = failed.take() {
                for subject in before {
                    let comes = matches!(&next, Step::Again(now) if now.contains(&subject));
                    assert!(comes || tried[&subject] >= SECOND_READS_MAX - 1, "seed {seed}: {subject:?}");
                }
            }
            if chance.within(0, 3) == 0 {
                audit.failed(next.clone(), Some(chance.within(0, 5_000)), now);
                failed = Some(next);
            } else {
                let some = usize::try_from(chance.within(0, 2)).expect("not below zero");
                let differs = match &next {
                    Step::Again(subjects) => subjects.iter().take(some).cloned().collect(),
                    Step::Queues(_) | Step::Users(_) => {
                        let user = |n| Subject::User(protocol::UserId::new(&format!("{}-{n}", now.as_ms())));
                        (0..some).map(user).collect()
                    }
                };
                let more = chance.within(0, 2) > 0;
                audit.answered(&next, Compared { more, differs }, now);
                if let Step::Users(_) = next {
                    page = if more { page + 1 } else { 1 };
                }
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
