//! What the log tells of writes in figures: how many, how they ended, how long they took. Pure.

use std::collections::{BTreeMap, HashMap};

use protocol::activity::{Activity, Attempt, Class};

use super::{Kind, Outcome, Record};

/// The last writes are told one by one, so many of them.
const RECENT: usize = 100;

/// Codes of refusals for which somebody else's write was the cause.
const CONFLICTS: [&str; 2] = ["version.mismatch", "agent.locked"];

/// Upper bounds of the latency's classes, in milliseconds; one more class holds what is above.
const CLASSES_MS: [i64; 10] = [25, 50, 100, 200, 300, 500, 1_000, 2_000, 5_000, 10_000];

/// Figures of records of `span_ms`, in any order. A write counts where its end is.
#[must_use]
pub fn of(records: &[Record], span_ms: i64) -> Activity {
    let mut seen: HashMap<&str, (Option<i64>, bool)> = HashMap::new();
    for record in records.iter().filter(|record| record.kind == Kind::Seen) {
        seen.insert(&record.id, (record.seen_ms, record.conflicts > 0));
    }
    let mut ended: Vec<&Record> =
        records.iter().filter(|record| matches!(record.kind, Kind::Closed | Kind::Refused)).collect();
    ended.sort_by_key(|record| std::cmp::Reverse(record.at));
    let seen_ms = |record: &Record| seen.get(record.id.as_str()).and_then(|(ms, _)| *ms);
    let overwrote = |record: &Record| seen.get(record.id.as_str()).is_some_and(|(_, overwrote)| *overwrote);

    let mut latencies: Vec<i64> = ended.iter().filter_map(|record| record.answered_ms).collect();
    latencies.sort_unstable();
    let mut until_seen: Vec<i64> = ended.iter().filter_map(|record| seen_ms(record)).collect();
    until_seen.sort_unstable();
    let mut refusals_by_code: BTreeMap<String, u64> = BTreeMap::new();
    let (mut well, mut conflicts, mut refusals) = (0_u64, 0_u64, 0_u64);
    for record in &ended {
        let is_conflict = record.code.as_deref().is_some_and(|code| CONFLICTS.contains(&code));
        conflicts += u64::from(is_conflict || record.conflicts > 0 || overwrote(record));
        match record.outcome {
            Some(Outcome::Accepted | Outcome::NoChange | Outcome::Deferred | Outcome::Superseded) => {
                well += 1;
            }
            Some(Outcome::Refused) => {
                refusals += 1;
                *refusals_by_code.entry(record.code.clone().unwrap_or_default()).or_default() += 1;
            }
            Some(Outcome::Unknown) | None => {}
        }
    }
    let attempts = ended.len() as u64;
    let share = |count: u64| (attempts > 0).then(|| count as f64 / attempts as f64);
    Activity {
        average_latency_ms: (!latencies.is_empty())
            .then(|| latencies.iter().sum::<i64>() as f64 / latencies.len() as f64),
        p50_ms: percentile(&latencies, 50),
        p95_ms: percentile(&latencies, 95),
        p99_ms: percentile(&latencies, 99),
        seen_p50_ms: percentile(&until_seen, 50),
        seen_p95_ms: percentile(&until_seen, 95),
        latency: classes(&latencies),
        attempts,
        success_rate: share(well),
        conflict_rate: share(conflicts),
        refusals,
        refusals_by_code,
        throughput_per_second: if span_ms > 0 { attempts as f64 * 1_000.0 / span_ms as f64 } else { 0.0 },
        recent: ended
            .iter()
            .take(RECENT)
            .map(|record| Attempt {
                id: record.id.clone(),
                at: record.at,
                user_id: record.user_id.to_string(),
                action: record.action.name().to_owned(),
                actor: record.actor.said().to_owned(),
                outcome: record.outcome.unwrap_or(Outcome::Unknown).name().to_owned(),
                code: record.code.clone(),
                latency_ms: record.answered_ms,
                seen_ms: seen_ms(record),
            })
            .collect(),
    }
}

/// The smallest of sorted figures that at least so many of a hundred do not exceed.
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

fn classes(sorted: &[i64]) -> Vec<Class> {
    let mut classes = Vec::with_capacity(CLASSES_MS.len() + 1);
    let mut counted = 0;
    for most_ms in CLASSES_MS {
        let within = sorted.partition_point(|ms| *ms <= most_ms);
        classes.push(Class { most_ms: Some(most_ms), count: (within - counted) as u64 });
        counted = within;
    }
    classes.push(Class { most_ms: None, count: (sorted.len() - counted) as u64 });
    classes
}

#[cfg(test)]
mod tests {
    use protocol::Timestamp;

    use super::*;
    use crate::audit::{Action, Actor};

    fn record(n: i64, kind: Kind) -> Record {
        let actor = Actor { kind: "machine".to_owned(), name: "m".to_owned() };
        let at = Timestamp::from_ms(n * 1_000);
        Record::new(format!("w{n}"), kind, at, actor, "u".into(), Action::Presence)
    }

    fn closed(n: i64, outcome: Outcome, answered_ms: i64) -> Record {
        let outcome = Some(outcome);
        Record { outcome, answered_ms: Some(answered_ms), ..record(n, Kind::Closed) }
    }

    fn refused(n: i64, code: &str) -> Record {
        let code = Some(code.to_owned());
        Record { outcome: Some(Outcome::Refused), code, ..record(n, Kind::Refused) }
    }

    #[test]
    fn nothing_gives_no_figures_and_divides_by_nothing() {
        let nothing = of(&[], 0);
        assert_eq!((nothing.attempts, nothing.p50_ms, nothing.success_rate), (0, None, None));
        assert_eq!((nothing.average_latency_ms, nothing.throughput_per_second), (None, 0.0));
    }

    #[test]
    fn figures_are_of_ends_alone_and_percentiles_of_what_was_answered() {
        let mut records: Vec<Record> = (1..=98).map(|n| closed(n, Outcome::Accepted, n)).collect();
        records.push(record(98, Kind::Opened));
        records.push(refused(99, "agent.busy"));
        records.push(refused(100, "version.mismatch"));
        records.push(Record { seen_ms: Some(40), conflicts: 1, ..record(98, Kind::Seen) });
        let all = of(&records, 200_000);
        assert_eq!((all.attempts, all.refusals), (100, 2));
        assert_eq!((all.p50_ms, all.p95_ms, all.p99_ms), (Some(49), Some(94), Some(98)));
        assert_eq!(all.average_latency_ms, Some(49.5));
        assert_eq!((all.success_rate, all.conflict_rate), (Some(0.98), Some(0.02)));
        assert_eq!(
            all.refusals_by_code,
            BTreeMap::from([("agent.busy".into(), 1), ("version.mismatch".into(), 1)])
        );
        assert_eq!(all.throughput_per_second, 0.5);
        assert_eq!((all.seen_p50_ms, all.seen_p95_ms), (Some(40), Some(40)));
        let counts: Vec<u64> = all.latency.iter().map(|class| class.count).collect();
        assert_eq!(counts, [25, 25, 48, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(all.recent.len(), 100);
        assert_eq!((all.recent[0].id.as_str(), all.recent[2].seen_ms), ("w100", Some(40)));
    }
}
