//! Agents by what they handled today. Shown only where somebody asked for it.

use leptos::prelude::*;

use super::part::fixed;
use super::{
    bind,
    queues::HELD_WIDTH,
    room::{Room, observe},
};
use crate::{
    format,
    store::{Leader, Signals},
    words::{self, Word},
};

/// How high the head of the table and a row are, in rem.
const HEAD: f64 = 2.75;
const ROW: f64 = 3.2;

/// The table; most handled first, who handled equally many stands by name.
#[component]
pub fn Leaderboard(signals: Signals) -> impl IntoView {
    let Signals { gauges, leaders, .. } = signals;
    gauges.want_leaders();
    let room = RwSignal::new(Room::default());
    // On a screen that nobody touches the rest would never be seen.
    let fit = move || match room.get() {
        Room { width, .. } if width <= HELD_WIDTH => usize::MAX,
        Room { height, .. } => ((height - HEAD) / ROW).max(1.0) as usize,
    };
    let known = leaders.clone();
    let none = bind::some_part(move || {
        let words = words::text(Word::NoData);
        known.with(Vec::is_empty).then(|| view! { <p class="wall-words">{words}</p> })
    });
    let rows = bind::part(move || bind::all(leaders.get().iter().take(fit()).map(row)));
    let heads = [Word::Rank, Word::Agent, Word::Team, Word::HandledToday, Word::MetricHandleTime];
    let heads = heads.map(|word| view! { <th use:fixed="scope=col">{words::text(word)}</th> });
    view! {
        <div class="table-room" use:fixed="tabindex=0 role=group" aria-label=words::text(Word::KindLeaderboard) use:observe=room>
            <table class="table leaders">
                <thead><tr>{bind::all(heads)}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {none}
        </div>
    }
}

fn row(leader: &Leader) -> AnyView {
    let mean = format::duration(leader.mean_s);
    view! {
        <tr data-user-id=leader.id.to_string() data-rank=leader.rank.to_string()>
            <td>{words::number(f64::from(leader.rank))}</td>
            <th use:fixed="scope=row dir=auto">{leader.name.to_string()}</th>
            <td use:fixed="dir=auto">{leader.team.as_deref().unwrap_or_default().to_owned()}</td>
            <td>{words::number(f64::from(leader.handled))}</td>
            <td>{mean}</td>
        </tr>
    }
    .into_any()
}
