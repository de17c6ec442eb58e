//! Facts without a vendor date: conversations of a user, figures of a queue. Events come in order, may
//! be repeated; they are stamped with their arrival, reads with the beginning of the request.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use protocol::{
    Timestamp,
    event::{conversation_summary::SummaryMedia, observations::Metric},
    fact::{Fact, Part, Value},
    merge::{Asked, FRESH_EVENT_MS, Origin, Verdict},
};

use crate::{
    config,
    rig::{Rig, START_MS, figure_event, figures_read, summary, summary_event, user_read, voice_slot},
};

/// The counts of a case: two media of one user, two figures of one queue.
const COUNTS: usize = 4;
const MEDIA: [SummaryMedia; 2] = [SummaryMedia::Call, SummaryMedia::Chat];
const METRICS: [Metric; 2] = [Metric::Waiting, Metric::Interacting];

fn event(which: usize, count: u32) -> Fact {
    match which.checked_sub(MEDIA.len()) {
        None => summary_event(0, MEDIA[which], count),
        Some(figure) => figure_event(&METRICS[figure], f64::from(count), START_MS),
    }
}

/// Everything that one complete read says of the counts, absent ones as zero.
fn read(rig: &Rig, counts: &[u32; COUNTS], began_ms: i64) -> Vec<Fact> {
    let [call, chat, waiting, interacting] = *counts;
    let listed = [(MEDIA[0], call), (MEDIA[1], chat)].into_iter().filter(|(_, count)| *count > 0);
    let mut facts = user_read(0, &BTreeMap::new(), Some(summary(&listed.collect::<Vec<_>>())));
    let [first, second] = METRICS;
    let mut figures = figures_read(&[(first, waiting), (second, interacting)], began_ms);
    rig.absent_as_zero(&voice_slot(), &mut figures);
    facts.extend(figures);
    facts
}

/// Which of the counts a fact is, if any: reads of users list all media.
fn which(fact: &Fact) -> Option<usize> {
    match &fact.part {
        Part::Media(media) => MEDIA.iter().position(|known| known == media),
        Part::Figure { metric, .. } => {
            METRICS.iter().position(|known| known == metric).map(|at| at + MEDIA.len())
        }
        Part::Whole => None,
    }
}

fn count(value: &Value) -> u32 {
    if let Value::Conversations(counts) = value {
        return counts.contact_center.active;
    }
    let Value::Count(count) = value else { panic!("not a count: {value:?}") };
    *count
}

fn standing(rig: &Rig, which: usize) -> u32 {
    let Fact { slot, part, .. } = event(which, 1);
    rig.standing(&slot, &part).map_or(0, |(value, _)| count(&value))
}

#[derive(Clone, Debug)]
enum Step {
    Event { which: usize, count: u32 },
    Repeat { which: usize },
    Read { counts: [u32; COUNTS], took_ms: i64, after_gap: bool },
    Wait { ms: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let took = prop_oneof![0..300_i64, 0..25_000_i64];
    prop_oneof![
        3 => (0..COUNTS, 0..3_u32).prop_map(|(which, count)| Step::Event { which, count }),
        1 => (0..COUNTS).prop_map(|which| Step::Repeat { which }),
        4 => (prop::array::uniform4(0..3_u32), took, prop::bool::weighted(0.2))
            .prop_map(|(counts, took_ms, after_gap)| Step::Read { counts, took_ms, after_gap }),
        3 => prop_oneof![0..100_i64, 0..6_000_i64, 8_000..12_000_i64].prop_map(|ms| Step::Wait { ms }),
    ]
}

/// What DESIGN says of one undated fact. A fact that was never heard of stands at zero since ever.
#[derive(Clone, Copy, Debug)]
struct Model {
    count: u32,
    /// Arrival of the event or beginning of the read that set it.
    stamp: i64,
    /// When it last was accepted or pushed again.
    settled: i64,
    /// Arrival of the last event, while what it said stands.
    pushed: Option<i64>,
    /// A first read that contradicts: what it said and when it began.
    first_read: Option<(u32, i64)>,
}

impl Model {
    const UNHEARD: Self =
        Self { count: 0, stamp: i64::MIN, settled: i64::MIN, pushed: None, first_read: None };

    fn hear(&mut self, count: u32, now: i64) {
        let stamp = if count == self.count && self.stamp > i64::MIN { self.stamp } else { now };
        *self = Self { count, stamp, settled: now, pushed: Some(now), first_read: None };
    }

    fn read(&mut self, count: u32, began: i64, after_gap: bool, now: i64) -> Expected {
        if count == self.count {
            self.first_read = None;
            return Expected::Stays;
        }
        if self.pushed.is_some_and(|arrival| arrival > began) {
            return Expected::Stays;
        }
        let fresh = self.pushed.is_some_and(|arrival| began - arrival < FRESH_EVENT_MS);
        let agreed =
            self.first_read.is_some_and(|(first, first_began)| first == count && began > first_began);
        let untouched = self.first_read.is_some_and(|(_, first_began)| self.settled <= first_began);
        if agreed && !untouched {
            self.first_read = None;
            return Expected::Stays;
        }
        if agreed || (began >= self.stamp && (after_gap || !fresh)) {
            *self = Self { count, stamp: began, settled: now, pushed: None, first_read: None };
            return Expected::Wins;
        }
        self.first_read = Some((count, began));
        Expected::AsksAgain
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Stays,
    Wins,
    AsksAgain,
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn counts_follow_the_events_and_reads_only_as_far_as_they_may(steps in vec(step(), 1..50)) {
        let (mut rig, mut model, mut now) = (Rig::default(), [Model::UNHEARD; COUNTS], START_MS);
        for step in steps {
            match step {
                Step::Wait { ms } => now += ms,
                Step::Event { which, count } => {
                    model[which].hear(count, now);
                    rig.hear(&event(which, count), now);
                }
                Step::Repeat { which } => {
                    // A repetition says once more what the last event said, if that still stands.
                    let Some(_) = model[which].pushed else { continue };
                    let count = model[which].count;
                    model[which].hear(count, now);
                    prop_assert_eq!(rig.hear(&event(which, count), now), Verdict::Unchanged);
                }
                Step::Read { counts, took_ms, after_gap } => {
                    let began = now - took_ms;
                    for fact in read(&rig, &counts, began) {
                        let Some(which) = which(&fact) else { continue };
                        let expected = model[which].read(count(&fact.value), began, after_gap, now);
                        let verdict = rig.read(&fact, began, after_gap, now);
                        let got = match verdict {
                            Verdict::Accepted(date) => {
                                prop_assert_eq!(date, Timestamp::from_ms(began), "a read is stamped with its beginning");
                                Expected::Wins
                            }
                            Verdict::Unchanged | Verdict::Refused => Expected::Stays,
                            Verdict::NeedsSecondRead => Expected::AsksAgain,
                        };
                        prop_assert_eq!(got, expected, "{:?}", model[which]);
                    }
                }
            }
            for (which, model) in model.iter().enumerate() {
                prop_assert_eq!(standing(&rig, which), model.count);
            }
        }
    }

    /// However often and in whatever order reads are answered, one that began before an event never
    /// takes the event's place, not even a zero that was never anything else.
    #[test]
    fn a_read_begun_before_an_event_never_overrides_it(
        which in 0..COUNTS, before in prop::option::of(1..3_u32), pushed in 0..3_u32,
        reads in vec((0..3_u32, -30_000..40_000_i64, 0..5_000_i64, any::<bool>()), 1..8),
    ) {
        let mut rig = Rig::default();
        if let Some(before) = before {
            rig.hear(&event(which, before), START_MS - 60_000);
        }
        rig.hear(&event(which, pushed), START_MS);
        let mut reads = reads;
        reads.sort_by_key(|(_, began, took, _)| began + took);
        let mut by_later_read = false;
        for (said, began, took, after_gap) in reads {
            let mut counts = [0; COUNTS];
            counts[which] = said;
            let (began, now) = (START_MS + began, START_MS.max(START_MS + began + took));
            let facts = read(&rig, &counts, began);
            let fact = facts.iter().find(|fact| self::which(fact) == Some(which));
            let Some(fact) = fact else { continue };
            let verdict = rig.read(fact, began, after_gap, now);
            let accepted = matches!(verdict, Verdict::Accepted(_));
            prop_assert!(!accepted || began >= START_MS, "{:?} by a read from before the event", verdict);
            by_later_read |= accepted;
            prop_assert!(by_later_read || standing(&rig, which) == pushed);
        }
    }

    /// A read that contradicts an event younger than ten seconds counts when a second read agrees, an
    /// older event is corrected at once, and so is any after a gap.
    #[test]
    fn a_fresh_event_is_corrected_by_the_second_of_two_agreeing_reads(
        which in 0..COUNTS, age in prop_oneof![0..FRESH_EVENT_MS, FRESH_EVENT_MS..40_000, Just(FRESH_EVENT_MS - 1)],
        after_gap in prop::bool::weighted(0.2), then in 1..30_000_i64, between in 0..4_u8,
    ) {
        let (said, now) = (2, START_MS + age);
        let mut rig = Rig::default();
        rig.hear(&event(which, 1), START_MS);
        let first = rig.read(&event(which, said), now, after_gap, now + 1);
        if after_gap || age >= FRESH_EVENT_MS {
            prop_assert!(matches!(first, Verdict::Accepted(_)), "{:?}", first);
            return Ok(());
        }
        prop_assert_eq!(first, Verdict::NeedsSecondRead);
        prop_assert_eq!(standing(&rig, which), 1);

        let second_began = now + 1 + then;
        let accepted_since = match between {
            0 => { rig.hear(&event(which, 1), now + 1); true }
            1 => { rig.hear(&event(which, 0), now + 1); true }
            2 => { rig.read(&event(which, 1), now + 1, false, now + 1); false }
            _ => false,
        };
        let second = rig.read(&event(which, said), second_began, false, second_began + 1);
        let pushed_at = if accepted_since { now + 1 } else { START_MS };
        let no_longer_fresh = second_began - pushed_at >= FRESH_EVENT_MS;
        let confirmed = between > 2;
        prop_assert_eq!(matches!(second, Verdict::Accepted(_)), confirmed || no_longer_fresh, "{:?}", second);
    }

    /// After events were lost one complete read brings the board to the truth; what was not lost stays.
    #[test]
    fn a_read_after_a_gap_changes_only_counts_whose_events_were_lost(
        happened in vec((0..COUNTS, 0..3_u32, prop::bool::weighted(0.3), 1..3_usize), 0..30), gap_ms in 0..20_000_i64,
    ) {
        let (mut rig, mut truth, mut hit, mut now) = (Rig::default(), [0; COUNTS], [false; COUNTS], START_MS);
        for (which, count, lost, times) in happened {
            now += 100;
            truth[which] = count;
            hit[which] |= lost;
            for _ in 0..if lost { 0 } else { times } {
                rig.hear(&event(which, count), now);
            }
        }
        now += gap_ms + 1;
        for fact in read(&rig, &truth, now) {
            let verdict = rig.read(&fact, now, true, now + 300);
            let changed = matches!(verdict, Verdict::Accepted(_));
            prop_assert!(changed || verdict == Verdict::Unchanged, "a read after a gap counts at once: {:?}", verdict);
            prop_assert!(!changed || which(&fact).is_some_and(|which| hit[which]), "{:?} was not lost", fact);
        }
        for (which, count) in truth.into_iter().enumerate() {
            prop_assert_eq!(standing(&rig, which), count);
        }
    }
}

/// "Absent means zero in reads, unchanged in events": what a read does not list becomes zero, in the
/// ledger and on the board.
#[test]
fn a_figure_that_a_read_leaves_out_becomes_zero() {
    let mut rig = Rig::default();
    rig.hear(&figure_event(&Metric::Waiting, 3.0, START_MS), START_MS);
    rig.hear(&figure_event(&Metric::LongestWaiting, 61_500.0, START_MS), START_MS);
    rig.hear(&figure_event(&Metric::Interacting, 2.0, START_MS), START_MS);
    let began = START_MS + FRESH_EVENT_MS;
    let mut facts = figures_read(&[(Metric::Interacting, 2)], began);
    assert_eq!(facts.len(), 1);
    rig.absent_as_zero(&voice_slot(), &mut facts);
    assert_eq!(facts.len(), 3);
    let verdicts: Vec<_> = facts.iter().map(|fact| rig.read(fact, began, false, began + 100)).collect();
    let changed = Verdict::Accepted(Timestamp::from_ms(began));
    assert_eq!(verdicts, [Verdict::Unchanged, changed, changed]);
    let queue = rig.board.queue(&crate::rig::queue()).unwrap();
    assert_eq!((queue.waiting(), queue.interacting()), (0, 2));
    assert_eq!(queue.longest_wait_ms(Timestamp::from_ms(began)), 0);
}

/// A running wait is read off twice with some jitter, which is no contradiction.
#[test]
fn a_longest_wait_agrees_within_two_seconds() {
    let mut rig = Rig::default();
    rig.hear(&figure_event(&Metric::LongestWaiting, 60_000.0, START_MS), START_MS);
    let read = |rig: &mut Rig, wait_ms: u32, began: i64| {
        let [fact] = figures_read(&[(Metric::LongestWaiting, wait_ms)], began).try_into().unwrap();
        rig.read(&fact, began, false, began)
    };
    assert_eq!(read(&mut rig, 67_000, START_MS + 5_000), Verdict::Unchanged);
    assert_eq!(read(&mut rig, 63_000, START_MS + 5_000), Verdict::Unchanged);
    assert_eq!(read(&mut rig, 67_001, START_MS + 5_000), Verdict::NeedsSecondRead);
    assert!(matches!(read(&mut rig, 69_500, START_MS + 7_000), Verdict::Accepted(_)));
}

/// A screen that heard neither that somebody left nor that they came back still shows what stood: nothing that is told of them from then
/// on goes without saying.
#[test]
fn whatever_is_told_of_who_came_back_is_news() {
    let began = Timestamp::from_ms(START_MS + 1_000);
    let asked = [Asked::AfterGap, Asked::InDoubt, Asked::ForAudit];
    let reads = asked.map(|asked| Origin::Read { began, asked });
    for origin in reads.into_iter().chain([Origin::Event]) {
        for which in 0..COUNTS {
            for count in [0, 3] {
                let mut rig = Rig::default();
                rig.hear(&event(which, 3), START_MS);
                let slot = event(which, 3).slot;
                rig.ledger.withdraw(&slot);
                assert_eq!(rig.ledger.parts(&slot).count(), 0, "nothing stands");
                assert_eq!(rig.ledger.told(&slot).count(), 1, "a screen may know of it");
                let verdict = rig.take(&event(which, count), origin, START_MS + 2_000);
                assert!(matches!(verdict, Verdict::Accepted(_)), "{count} by {origin:?}: {verdict:?}");
                assert_eq!(rig.ledger.parts(&slot).count(), 1);
            }
        }
    }
}
