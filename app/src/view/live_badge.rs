//! Whether what is shown is true now, in words.

use leptos::prelude::*;
use protocol::Timestamp;

use super::bind;
use super::part::fixed;
use crate::{
    link::Liveness,
    words::{self, Word},
};

/// The badge. Its words are announced by screen readers; the latency, which changes all the time, is not.
#[component]
pub fn LiveBadge(live: ArcRwSignal<Liveness>) -> impl IntoView {
    let (data, words, latency) = (live.clone(), live.clone(), live);
    view! {
        <div class="live" use:fixed="role=status" data-live=bind::maybe(move || Some(data.with(Liveness::as_data)))>
            <i class="live-dot" aria-hidden="true"></i>
            <span class="live-words">{bind::text(move || words.with(in_words))}</span>
            <span class="live-latency" aria-hidden="true">{bind::text(move || latency.with(latency_in_words))}</span>
        </div>
    }
}

fn in_words(live: &Liveness) -> String {
    match live {
        Liveness::Connecting { .. } => words::text(Word::Connecting).to_owned(),
        Liveness::Live { .. } => words::text(Word::Live).to_owned(),
        Liveness::Stale { since } => since_when(Word::StaleSince, *since, ""),
        Liveness::Reconnecting { since } => since_when(Word::StaleReconnecting, *since, ""),
        Liveness::Refused { words: reason, since: None } => {
            words::filled(Word::Refused, &[("reason", why_refused(reason))])
        }
        Liveness::Refused { words: reason, since: Some(since) } => {
            since_when(Word::StaleRefused, *since, why_refused(reason))
        }
    }
}

/// The proxy's reason, or that it gave none.
#[must_use]
pub fn why_refused(reason: &str) -> &str {
    if reason.is_empty() { words::text(Word::RefusedWall) } else { reason }
}

fn since_when(word: Word, since: Timestamp, reason: &str) -> String {
    words::filled(word, &[("time", &words::clock_time(since, true, None)), ("reason", reason)])
}

fn latency_in_words(live: &Liveness) -> String {
    match live {
        Liveness::Live { latency_ms: Some(ms) } => {
            format!(" · {}", words::filled(Word::Milliseconds, &[("ms", &words::number(f64::from(*ms)))]))
        }
        Liveness::Live { latency_ms: None }
        | Liveness::Connecting { .. }
        | Liveness::Stale { .. }
        | Liveness::Reconnecting { .. }
        | Liveness::Refused { .. } => String::new(),
    }
}
