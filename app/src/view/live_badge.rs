//! Whether what is shown is true now, in words.

use leptos::prelude::*;
use protocol::Timestamp;

use super::header::local_time;
use crate::link::Liveness;

/// The badge. Its words are announced by screen readers; the latency, which changes all the time, is not.
#[component]
pub fn LiveBadge(live: ArcRwSignal<Liveness>) -> impl IntoView {
    let (data, words, latency) = (live.clone(), live.clone(), live);
    view! {
        <div class="live" role="status" data-live=move || data.with(Liveness::as_data)>
            <i class="live-dot" aria-hidden="true"></i>
            <span class="live-words">{move || words.with(in_words)}</span>
            <span class="live-latency" aria-hidden="true">{move || latency.with(latency_in_words)}</span>
        </div>
    }
}

fn in_words(live: &Liveness) -> String {
    match live {
        Liveness::Connecting { .. } => "Connecting".to_owned(),
        Liveness::Live { .. } => "Live".to_owned(),
        Liveness::Stale { since } => stale_since(*since),
        Liveness::Reconnecting { since } => format!("{} · reconnecting", stale_since(*since)),
        Liveness::Refused { words, since: None } => format!("Refused: {words}"),
        Liveness::Refused { words, since: Some(since) } => {
            format!("{} · refused: {words}", stale_since(*since))
        }
    }
}

fn stale_since(since: Timestamp) -> String {
    format!("Stale since {}", local_time(since, true))
}

fn latency_in_words(live: &Liveness) -> Option<String> {
    match live {
        Liveness::Live { latency_ms } => latency_ms.map(|ms| format!(" · {ms} ms")),
        Liveness::Connecting { .. }
        | Liveness::Stale { .. }
        | Liveness::Reconnecting { .. }
        | Liveness::Refused { .. } => None,
    }
}
