//! Reads of the truth audit: one of them changes nothing, a second one that says so too does.

use proptest::prelude::*;
use protocol::{
    event::observations::Metric,
    fact::Fact,
    merge::{FRESH_EVENT_MS, Verdict},
};

use crate::{
    config,
    rig::{Facet, Rig, START_MS, dated_event, figure_event},
};

/// A fact of three kinds: a figure without a date, a presence by its date, a presence dated before what stands.
fn fact(kind: u8, value: u8) -> Fact {
    match kind {
        0 => figure_event(&Metric::Waiting, f64::from(value), START_MS),
        1 => dated_event(0, Facet::Presence, value, START_MS - 5_000 + i64::from(value)),
        _ => dated_event(0, Facet::Presence, value, START_MS - 5_000 - i64::from(value)),
    }
}

proptest! {
    #![proptest_config(config(512))]

    /// What is on its way as an event is no drift, however late the event is, as long as it comes before the second read.
    #[test]
    fn two_audits_put_right_what_no_event_told(
        kind in 0..3_u8, heard in any::<bool>(), age in 0..60_000_i64,
        comes in proptest::option::of(0..FRESH_EVENT_MS), later in 0..60_000_i64,
    ) {
        let (stands, truth) = (fact(kind, 1), fact(kind, 2));
        // What nobody ever told of and is not zero.
        prop_assume!(heard || kind == 0);
        let mut rig = Rig::default();
        if heard {
            rig.hear(&stands, START_MS);
        }
        let first = START_MS + age;
        prop_assert_eq!(rig.audit(&truth, first, first + 200), Verdict::NeedsSecondRead);
        let newer = kind != 2;
        if let Some(comes) = comes.filter(|_| newer) {
            rig.hear(&truth, first + 200 + comes);
        }
        let second = first + FRESH_EVENT_MS + 2_000 + later;
        let verdict = rig.audit(&truth, second, second + 200);
        if comes.is_some() && newer {
            prop_assert_eq!(verdict, Verdict::Unchanged);
        } else {
            prop_assert!(matches!(verdict, Verdict::Accepted(_)), "{:?}", verdict);
        }
    }

    /// When the second read says a third thing, what stands is as wrong: it is put right too, but never by what is older.
    #[test]
    fn a_third_value_puts_right_too_once_any_event_would_have_come(
        kind in 0..3_u8, age in 0..60_000_i64, between in 1..30_000_i64,
    ) {
        let mut rig = Rig::default();
        rig.hear(&fact(kind, 1), START_MS);
        let first = START_MS + age;
        prop_assert_eq!(rig.audit(&fact(kind, 2), first, first), Verdict::NeedsSecondRead);
        let second = first + between;
        let verdict = rig.audit(&fact(kind, 3), second, second);
        let counts = between >= FRESH_EVENT_MS && kind != 2;
        prop_assert_eq!(matches!(verdict, Verdict::Accepted(_)), counts, "{:?}", verdict);
        prop_assert!(counts || verdict == Verdict::NeedsSecondRead);
    }
}
