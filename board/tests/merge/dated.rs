//! Facts with a vendor date: presence and routing status.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};
use protocol::{
    Slot, Timestamp,
    fact::{Fact, Part},
    merge::{Asked, Origin, Verdict},
};

use crate::{
    config,
    rig::{Facet, Rig, START_MS, dated_event, user_read},
};

const USERS: usize = 3;

type Key = (usize, Facet);

/// Everything that happened upstream, in order; each change has a date of its own.
#[derive(Clone, Debug)]
struct History(Vec<Happened>);

#[derive(Clone, Copy, Debug)]
struct Happened {
    key: Key,
    value: u8,
    date_ms: i64,
}

impl Happened {
    fn event(&self) -> Fact {
        let ((user, facet), value) = (self.key, self.value);
        dated_event(user, facet, value, self.date_ms)
    }
}

impl History {
    fn strategy() -> impl Strategy<Value = Self> {
        vec((0..USERS, any::<bool>(), 0..6_u8), 0..20).prop_map(|later| {
            // Everyone has been something from the start.
            let first = (0..USERS).flat_map(|user| [(user, true, 0), (user, false, 0)]);
            let changes = first.chain(later).enumerate().map(|(nth, (user, presence, value))| Happened {
                key: (user, if presence { Facet::Presence } else { Facet::RoutingStatus }),
                value,
                date_ms: START_MS - 1_000_000 + 700 * nth as i64,
            });
            Self(changes.collect())
        })
    }

    /// What was true after the first `count` changes, but not before everyone was something.
    fn truth_after(&self, count: usize) -> BTreeMap<Key, (u8, i64)> {
        let known = &self.0[..count.clamp(2 * USERS, self.0.len())];
        known.iter().map(|change| (change.key, (change.value, change.date_ms))).collect()
    }

    fn truth(&self) -> BTreeMap<Key, (u8, i64)> {
        self.truth_after(self.0.len())
    }
}

/// A read of one user by REST.
fn read_of(user: usize, truth: &BTreeMap<Key, (u8, i64)>) -> Vec<Fact> {
    let facets = truth.iter().filter(|((of, _), _)| *of == user).map(|((_, facet), what)| (*facet, *what));
    user_read(user, &facets.collect(), None)
}

/// The rig after nothing but one complete read.
fn fresh_snapshot(truth: &BTreeMap<Key, (u8, i64)>) -> Rig {
    let mut rig = Rig::default();
    for fact in (0..USERS).flat_map(|user| read_of(user, truth)) {
        assert!(matches!(rig.read(&fact, START_MS, true, START_MS), Verdict::Accepted(_)));
    }
    rig
}

/// Events in any order, each at least once unless it is left out, some more often.
fn deliveries(count: usize) -> impl Strategy<Value = Vec<usize>> {
    vec(0..count, 0..2 * count)
        .prop_map(move |again| (0..count).chain(again).collect::<Vec<_>>())
        .prop_shuffle()
}

fn history_and_deliveries() -> impl Strategy<Value = (History, Vec<usize>)> {
    History::strategy().prop_flat_map(|history| {
        let count = history.0.len();
        (Just(history), deliveries(count))
    })
}

/// The newest date of each fact by what was let in so far: the whole reference model.
#[derive(Default)]
struct Newest(BTreeMap<Slot, Timestamp>);

impl Newest {
    fn note(&mut self, fact: &Fact) -> Timestamp {
        let date = fact.date.expect("dated");
        let newest = self.0.entry(fact.slot.clone()).or_insert(date);
        *newest = date.max(*newest);
        *newest
    }
}

proptest! {
    #![proptest_config(config(256))]

    /// Any order and any repetition without loss ends, without repair, in the board of a fresh snapshot.
    #[test]
    fn any_order_and_repetition_of_events_ends_in_the_board_of_a_fresh_snapshot(
        (history, order) in history_and_deliveries(), pauses in vec(0..30_000_i64, 80),
    ) {
        let (mut rig, mut newest, mut now) = (Rig::default(), Newest::default(), START_MS);
        for (nth, pause) in order.iter().zip(pauses.iter().cycle()) {
            now += pause;
            let fact = history.0[*nth].event();
            let before = rig.standing(&fact.slot, &Part::Whole).map(|(_, date)| date);
            let verdict = rig.hear(&fact, now);

            let expected = match before {
                Some(before) if fact.date < Some(before) => Verdict::Refused,
                Some(before) if fact.date == Some(before) => Verdict::Unchanged,
                _ => Verdict::Accepted(fact.date.unwrap()),
            };
            prop_assert_eq!(verdict, expected);
            let standing = rig.standing(&fact.slot, &Part::Whole).map(|(_, date)| date);
            prop_assert_eq!(standing, Some(newest.note(&fact)), "an older date stands over a newer one");
        }
        prop_assert!(rig.board == fresh_snapshot(&history.truth()).board);
    }

    /// Reads at arbitrary points, stale or fresh, never put an older date over a newer one; the one
    /// exception is a repair that two reads agreed on while nothing else was accepted.
    #[test]
    fn no_older_date_stands_over_a_newer_one_whatever_is_read_in_between(
        history in History::strategy(),
        steps in vec(
            (0..1_000_usize, prop::option::weighted(0.5, (0..USERS, 0..40_000_i64, any::<bool>())), 0..15_000_i64),
            1..60,
        ),
    ) {
        let mut rig = Rig::default();
        let mut log: Vec<Entry> = Vec::new();
        let mut now = START_MS;
        for (nth, read, pause) in steps {
            now += pause;
            let nth = nth % history.0.len();
            let (facts, origin) = match read {
                None => (vec![history.0[nth].event()], Origin::Event),
                Some((user, took, after_gap)) => {
                    let began = Timestamp::from_ms(now - took);
                    let asked = if after_gap { Asked::AfterGap } else { Asked::InDoubt };
                    (read_of(user, &history.truth_after(nth + 1)), Origin::Read { began, asked })
                }
            };
            for fact in facts {
                let before = rig.standing(&fact.slot, &Part::Whole);
                let verdict = rig.take(&fact, origin, now);
                let (value, date) = rig.standing(&fact.slot, &Part::Whole).expect("something stands");
                let entry = Entry { fact, origin, verdict, at: Timestamp::from_ms(now) };

                if let Some((before, newest)) = before {
                    prop_assert!(date >= newest || entry.is_confirmed_by(&log), "{:?} stood over {newest}", entry);
                    if entry.fact.date > Some(newest) {
                        prop_assert_eq!(verdict, Verdict::Accepted(date), "newer wins, pushed or read");
                    }
                    if !matches!(verdict, Verdict::Accepted(_)) {
                        prop_assert_eq!((&value, date), (&before, newest), "what is not accepted changes nothing");
                    }
                }
                if matches!(verdict, Verdict::Accepted(_)) {
                    prop_assert_eq!((&value, Some(date)), (&entry.fact.value, entry.fact.date));
                }
                log.push(entry);
            }
        }
    }

    /// After loss a full re-read brings the board to the truth and changes only what was lost, also where
    /// the vendor started again with older dates.
    #[test]
    fn a_repair_after_loss_changes_only_what_was_lost(
        (history, order) in history_and_deliveries(),
        lost in vec(prop::bool::weighted(0.3), 26),
        rewound in vec(prop::bool::weighted(0.2), 2 * USERS),
        gap_ms in 0..20_000_i64,
    ) {
        let (mut rig, mut now) = (Rig::default(), START_MS);
        for nth in order.iter().filter(|nth| !lost[**nth]) {
            now += 10;
            rig.hear(&history.0[*nth].event(), now);
        }

        let mut truth = history.truth();
        let mut changed: BTreeSet<Slot> = BTreeSet::new();
        for ((key, what), rewound) in truth.iter_mut().zip(rewound) {
            let last = history.0.iter().rposition(|change| change.key == *key).expect("everyone was something");
            let heard = (0..=last).rev().any(|nth| history.0[nth].key == *key && !lost[nth]);
            if rewound && heard {
                // Not heard of, and dated before everything that was.
                *what = (what.0 + 1, START_MS - 2_000_000);
            }
            if lost[last] || (rewound && heard) {
                let (user, facet) = *key;
                changed.insert(dated_event(user, facet, what.0, what.1).slot);
            }
        }

        // Read everything; once more what a second read decides.
        now += gap_ms;
        let mut accepted = Vec::new();
        let mut repair = |rig: &mut Rig, began: i64, facts: Vec<Fact>, after_gap: bool| {
            let mut unsure = Vec::new();
            for fact in facts {
                match rig.read(&fact, began, after_gap, began + 200) {
                    Verdict::Accepted(_) => accepted.push(fact.slot),
                    Verdict::NeedsSecondRead => unsure.push(fact),
                    Verdict::Unchanged => {}
                    Verdict::Refused => panic!("nothing was heard since the read began: {fact:?}"),
                }
            }
            unsure
        };
        let all = (0..USERS).flat_map(|user| read_of(user, &truth)).collect();
        let unsure = repair(&mut rig, now + 1, all, true);
        let unsure = repair(&mut rig, now + 1_000, unsure, false);
        prop_assert!(unsure.is_empty(), "a second agreeing read decides: {:?}", unsure);

        prop_assert!(rig.board == fresh_snapshot(&truth).board);
        prop_assert_eq!(accepted.len(), changed.len());
        prop_assert_eq!(accepted.into_iter().collect::<BTreeSet<_>>(), changed);
    }

    /// A confirmed repair replaces a newer date after two agreeing reads, unless the fact accepted
    /// anything since the first of them began.
    #[test]
    fn an_older_date_replaces_a_newer_one_only_when_two_reads_agree(
        by_event in any::<bool>(), after_gap in any::<bool>(), between in between(),
        waits in (1..30_000_i64, 1..30_000_i64, 1..30_000_i64),
    ) {
        let (newer, older) = (START_MS - 1_000, START_MS - 5_000);
        let presence = |value: u8, date_ms: i64| dated_event(0, Facet::Presence, value, date_ms);
        let (held, repair) = (presence(1, newer), presence(2, older));
        let (mut rig, mut now) = (Rig::default(), START_MS);
        if by_event {
            rig.hear(&held, now);
        } else {
            rig.read(&held, now, true, now);
        }

        now += waits.0;
        prop_assert_eq!(rig.read(&repair, now, after_gap, now), Verdict::NeedsSecondRead);
        now += waits.1;
        let confirmed = match between {
            Between::Nothing => true,
            // Refused as it arrives: that says nothing for what stands.
            Between::AnOlderEvent => { rig.hear(&presence(5, older - 9), now); true }
            // What stands was pushed once more, replaced, or read.
            Between::TheEventAgain => { rig.hear(&held, now); false }
            Between::ANewerEvent => { rig.hear(&presence(3, newer + 10), now); false }
            Between::AReadOfWhatStands => { rig.read(&held, now, false, now); false }
            // Two reads that differ agree on nothing.
            Between::AReadOfAThird => { rig.read(&presence(4, older + 7), now, false, now); false }
        };
        now += waits.2;
        let second = rig.read(&repair, now, after_gap, now);
        if confirmed {
            prop_assert_eq!(second, Verdict::Accepted(Timestamp::from_ms(older)));
            // From here on the older clock is the one that counts.
            prop_assert!(matches!(rig.hear(&presence(4, older + 1), now), Verdict::Accepted(_)));
        } else {
            prop_assert!(!matches!(second, Verdict::Accepted(_)), "{:?}", second);
        }
    }
}

#[test]
fn one_read_answered_twice_is_not_two_reads() {
    let mut rig = Rig::default();
    rig.hear(&dated_event(0, Facet::Presence, 1, START_MS - 1_000), START_MS);
    let repair = dated_event(0, Facet::Presence, 2, START_MS - 5_000);
    for now in [START_MS + 10, START_MS + 20] {
        assert_eq!(rig.read(&repair, START_MS + 5, false, now), Verdict::NeedsSecondRead);
    }
}

/// At equal dates an event is taken, a read only when confirmed.
#[test]
fn at_equal_dates_another_value_is_taken_from_an_event_at_once_and_from_a_read_when_confirmed() {
    let at_same_date = |value| dated_event(0, Facet::RoutingStatus, value, START_MS);
    let mut rig = Rig::default();
    rig.hear(&at_same_date(1), START_MS);
    assert!(matches!(rig.hear(&at_same_date(2), START_MS + 1), Verdict::Accepted(_)));
    assert_eq!(rig.hear(&at_same_date(2), START_MS + 2), Verdict::Unchanged);
    for began in [START_MS + 60_000, START_MS + 60_001] {
        let verdict = rig.read(&at_same_date(3), began, false, began);
        assert_eq!(matches!(verdict, Verdict::Accepted(_)), began == START_MS + 60_001, "{verdict:?}");
    }
}

/// What was said of a fact, by whom, and what became of it.
#[derive(Debug)]
struct Entry {
    fact: Fact,
    origin: Origin,
    verdict: Verdict,
    at: Timestamp,
}

impl Entry {
    /// Whether this is the second of two reads that agree, with nothing accepted since the first began.
    fn is_confirmed_by(&self, log: &[Self]) -> bool {
        let Origin::Read { began, .. } = self.origin else { return false };
        let of_this = || log.iter().filter(|entry| entry.fact.slot == self.fact.slot);
        of_this().any(|first| {
            let Origin::Read { began: first_began, .. } = first.origin else { return false };
            let accepted_since =
                |entry: &&Self| matches!(entry.verdict, Verdict::Accepted(_)) && entry.at > first_began;
            first.fact == self.fact
                && first.verdict == Verdict::NeedsSecondRead
                && first_began < began
                && !of_this().any(|entry| accepted_since(&entry))
        })
    }
}

#[derive(Clone, Copy, Debug)]
enum Between {
    Nothing,
    TheEventAgain,
    ANewerEvent,
    AReadOfWhatStands,
    AReadOfAThird,
    AnOlderEvent,
}

fn between() -> impl Strategy<Value = Between> {
    prop::sample::select(vec![
        Between::Nothing,
        Between::TheEventAgain,
        Between::ANewerEvent,
        Between::AReadOfWhatStands,
        Between::AReadOfAThird,
        Between::AnOlderEvent,
    ])
}
