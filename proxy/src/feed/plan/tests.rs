use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};
use protocol::{Timestamp, WallId};

use super::*;
use crate::feed::interest::{Interest, Interests, LINGER_MS};

fn user(n: usize) -> Subject {
    Subject::User(UserId::new(&format!("u{n}")))
}

#[test]
fn channels_fill_up_one_after_the_other_and_keep_their_subjects() {
    let mut plan = Plan::default();
    for n in 0..TOPICS_PER_CHANNEL {
        assert_eq!(plan.add(user(n), Capacity::of_channels(2)), Some(0));
    }
    assert_eq!(plan.add(user(5_000), Capacity::of_channels(2)), Some(1));
    assert_eq!(plan.shards(), 2);
    plan.remove(&user(3));
    assert_eq!(plan.add(user(5_001), Capacity::of_channels(2)), Some(0));
    assert_eq!(plan.place(&user(5_000)), Some(1));
    for n in 6_000..6_999 {
        assert!(plan.add(user(n), Capacity::of_channels(2)).is_some());
    }
    assert_eq!(plan.add(user(9_999), Capacity::of_channels(2)), None);
}

#[test]
fn channels_are_given_up_from_the_end_when_nothing_is_left_for_them_and_come_back() {
    let all = |people: &[usize]| people.iter().map(|n| (Priority::User(Interest::Rest), user(*n))).collect();
    let (plan, _) = Plan::default().settle(all(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), SMALL);
    assert_eq!(plan.shards(), 3);
    let (plan, _) = plan.settle(all(&[0, 8, 9]), SMALL);
    assert_eq!(plan.shards(), 3, "the last carries two, and nobody moves");
    let (plan, _) = plan.settle(all(&[0]), SMALL);
    assert_eq!(plan.shards(), 1, "the one between has nothing either");
    let (plan, _) = plan.settle(all(&[]), SMALL);
    assert_eq!(plan.shards(), 1, "one is always heard");
    let (plan, _) = plan.settle(all(&[0, 1, 2, 3, 4]), SMALL);
    assert_eq!((plan.shards(), plan.place(&user(4))), (2, Some(1)));
}

/// Small channels, so that they are full soon.
const SMALL: Capacity = Capacity { channels: 3, topics: 4 };

const PRIORITIES: [Priority; 5] = [
    Priority::AlwaysOn,
    Priority::Queue(Interest::Rest),
    Priority::User(Interest::Watched),
    Priority::User(Interest::Configured),
    Priority::User(Interest::Rest),
];

/// An organisation: who there is, and how much each matters.
fn organisations() -> impl Strategy<Value = BTreeMap<usize, Priority>> {
    vec((0..24_usize, prop::sample::select(PRIORITIES.to_vec())), 0..24)
        .prop_map(|people| people.into_iter().collect())
}

fn wishes(organisation: &BTreeMap<usize, Priority>) -> Vec<(Priority, Subject)> {
    organisation.iter().map(|(n, priority)| (*priority, user(*n))).collect()
}

proptest! {
    /// Whatever an organisation becomes, step by step.
    #[test]
    fn plans_hold_what_matters_most_and_move_nobody(steps in vec(organisations(), 1..12)) {
        let (mut plan, mut last, mut newest) = (Plan::default(), None, None);
        for organisation in steps {
            let (next, left_out) = plan.settle(wishes(&organisation), SMALL);
            prop_assert!(next.shards() <= SMALL.channels, "never more channels");
            for shard in 0..next.shards() {
                prop_assert!(next.subjects(shard).count() <= SMALL.topics, "never over capacity");
            }
            let covered: BTreeSet<Subject> = next.all().cloned().collect();
            let all: BTreeSet<Subject> = organisation.keys().map(|n| user(*n)).collect();
            prop_assert!(
                next.shards() <= 1 || next.subjects(next.shards() - 1).count() > 0,
                "no channel at the end is empty"
            );
            let union: BTreeSet<Subject> = covered.union(&left_out).cloned().collect();
            prop_assert_eq!(&union, &all, "everybody is covered or named");
            prop_assert!(covered.is_disjoint(&left_out));
            prop_assert_eq!(covered.len(), all.len().min(SMALL.room()), "no room is wasted");
            let matters = |subject: &Subject| organisation.iter().find(|(n, _)| user(**n) == *subject).map(|(_, p)| *p);
            let least = covered.iter().filter_map(matters).max();
            let most = left_out.iter().filter_map(matters).min();
            if let (Some(least), Some(most)) = (least, most) {
                prop_assert!(least <= most, "nobody is covered in the place of one that matters more");
            }
            let before: Planned = (0..plan.shards()).flat_map(|shard| plan.planned(shard)).collect();
            for (subject, joined) in (0..next.shards()).flat_map(|shard| next.planned(shard)) {
                match before.get(&subject) {
                    Some(stayed) => prop_assert_eq!(*stayed, joined, "who stays has not joined anew"),
                    None => prop_assert!(last.is_none_or(|last| joined > last), "nobody had this number before"),
                }
                newest = newest.max(Some(joined));
            }
            last = newest;
            for subject in &covered {
                let place = next.place(subject);
                prop_assert!(place.is_some_and(|at| next.subjects(at).any(|one| one == subject)));
                prop_assert!(plan.place(subject).is_none() || plan.place(subject) == place, "nobody moves");
            }
            for subject in plan.all().filter(|subject| left_out.contains(subject)) {
                let own = matters(subject);
                let takers = covered.iter().filter(|taker| plan.place(taker).is_none());
                prop_assert!(takers.filter_map(matters).all(|other| Some(other) <= own), "gives way to those that matter more");
                prop_assert!(
                    covered.iter().filter_map(matters).filter(|other| Some(*other) > own).count() == 0,
                );
            }
            prop_assert_eq!(next.settle(wishes(&organisation), SMALL).0, next.clone(), "settled is settled");
            plan = next;
        }
    }
}

/// Eight users of each of two walls, of which twelve fit, beside those of no wall.
fn of_walls(interests: &Interests) -> Vec<(Priority, Subject)> {
    let interest = |n: usize| match n {
        0..=7 if interests.has_wall(&WallId::new("a")) => Interest::Watched,
        8..=15 if interests.has_wall(&WallId::new("b")) => Interest::Watched,
        0..=15 => Interest::Configured,
        _ => Interest::Rest,
    };
    // Those of no wall are first by name, so that they are covered at first only where others do not matter more.
    (0..30).rev().map(|n| (Priority::User(interest(n)), user(n))).collect()
}

#[test]
fn a_screen_that_rotates_changes_the_plan_once_for_each_wall() {
    let (mut interests, mut plan, mut changes) = (Interests::default(), Plan::default(), 0);
    plan = plan.settle(of_walls(&interests), SMALL).0;
    let mut now = Timestamp::from_ms(0);
    for turn in 0..200 {
        interests.see_wall(&WallId::new(["a", "b"][turn % 2]), now);
        interests.forget(now);
        let next = plan.settle(of_walls(&interests), SMALL).0;
        changes += usize::from(next != plan);
        plan = next;
        now = now.plus_ms(30_000);
    }
    assert!(changes <= 2, "{changes}");
    assert!((0..8).all(|n| plan.place(&user(n)).is_some()), "who was there first stays");
}

#[test]
fn who_is_looked_at_no_longer_gives_way_after_the_linger_alone() {
    let (mut interests, plan) = (Interests::default(), Plan::default());
    let at = Timestamp::from_ms;
    assert!(interests.see_wall(&WallId::new("a"), at(0)));
    let (plan, _) = plan.settle(of_walls(&interests), SMALL);
    assert!(interests.see_wall(&WallId::new("b"), at(1)) && !interests.see_wall(&WallId::new("b"), at(2)));
    let (plan, left_out) = plan.settle(of_walls(&interests), SMALL);
    assert_eq!(left_out.iter().filter(|one| (8..16).any(|n| user(n) == **one)).count(), 4);
    assert!(!interests.forget(at(LINGER_MS - 1)));
    assert!(interests.forget(at(LINGER_MS)), "the first is over");
    let (plan, _) = plan.settle(of_walls(&interests), SMALL);
    assert!((8..16).all(|n| plan.place(&user(n)).is_some()));
}
