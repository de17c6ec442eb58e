//! The tiles of a wall that lists its own.

pub mod figure;
mod plain;

use leptos::prelude::*;
use protocol::wall::{Tile, TileKind, View, WallDefinition};
use web_sys::Element;

use super::{
    bind,
    floor::Floor,
    list,
    memo::Memo,
    part::{fixed, style},
    queue_table::QueueTable,
    queues::{Queues, Share},
    room::Room,
    states::States,
};
use crate::{
    store::Signals,
    words::{self, Word},
};

/// As many columns as a wall has that does not say.
const COLUMNS: u32 = 4;

/// The tiles.
#[component]
pub fn Tiles(signals: Signals, shown: Memo<WallDefinition>) -> impl IntoView {
    let tiles = Memo::new(move || shown.with(|wall| (wall.tiles.clone(), wall.columns)));
    let place = move |grid: Element, ()| {
        bind::effect(move || {
            let columns = tiles.with(|(_, columns)| if *columns == 0 { COLUMNS } else { *columns });
            style(&grid, "--columns", &columns.to_string());
        });
    };
    let all = bind::part(move || {
        let (tiles, columns) = tiles.get();
        let most = if columns == 0 { COLUMNS } else { columns };
        bind::all(tiles.into_iter().map(|tile| one(&signals, shown, tile, most)))
    });
    view! { <div class="tiles" use:place=()>{all}</div> }
}

fn one(signals: &Signals, shown: Memo<WallDefinition>, tile: Tile, columns: u32) -> AnyView {
    let (width, height) = (tile.width.unwrap_or(1).clamp(1, columns), tile.height.unwrap_or(1).max(1));
    let place = move |element: Element, ()| {
        style(&element, "grid-column", &format!("span {width}"));
        style(&element, "grid-row", &format!("span {height}"));
    };
    let kind = tile.kind;
    let title = tile.title.clone().or_else(|| default_title(&tile));
    view! {
        <div class="box" data-type=kind.as_str() use:place=()>
            <div class="box-head">
                {bind::maybe_part(title.map(|title| view! { <h2 class="box-title" use:fixed="dir=auto">{title}</h2> }))}
                {figure::whose(&tile)}
            </div>
            {content(signals, shown, tile)}
        </div>
    }
    .into_any()
}

fn content(signals: &Signals, shown: Memo<WallDefinition>, tile: Tile) -> AnyView {
    let signals = signals.clone();
    match tile.kind {
        TileKind::Queue => one_queue(signals, shown, tile.queue),
        TileKind::QueueTable => view! { <QueueTable signals shown/> }.into_any(),
        TileKind::AgentGrid => view! { <Floor signals shown view=View::Cards/> }.into_any(),
        TileKind::AgentTable => view! { <Floor signals shown view=View::Table/> }.into_any(),
        TileKind::States => view! { <States signals chooses=false/> }.into_any(),
        TileKind::Kpi => figure::kpi(&signals, &tile),
        TileKind::Gauge => figure::gauge(&signals, &tile),
        TileKind::Series => figure::series(&signals, &tile),
        TileKind::Alarms => plain::alarms(signals),
        TileKind::Clock => plain::clock(tile.zone),
        TileKind::Text => plain::text(tile.text),
        TileKind::Image => plain::image(tile),
        TileKind::Page => plain::page(tile),
    }
}

/// A tile of a queue is as large as its place.
fn one_queue(signals: Signals, shown: Memo<WallDefinition>, queue: Option<String>) -> AnyView {
    let wanted = queue.clone().unwrap_or_default();
    let all = signals.queues.clone();
    let is_there =
        Memo::new(move || all.with(|all| wanted.is_empty() || list::queue(all, &wanted).is_some()));
    let own = Memo::new(move || {
        shown.with(|wall| WallDefinition {
            queues: queue.clone().map_or_else(|| wall.queues.clone(), |queue| vec![queue]),
            ..wall.clone()
        })
    });
    let name = move || own.with(|wall| wall.queues.first().cloned().unwrap_or_default());
    let room = RwSignal::new(Room::default());
    bind::part(move || {
        if is_there.get() {
            view! { <Queues signals=signals.clone() shown=own share=Share::One wall=room/> }.into_any()
        } else {
            let words = words::filled(Word::UnknownQueue, &[("name", &name())]);
            view! { <p class="box-note">{words}</p> }.into_any()
        }
    })
    .into_any()
}

/// What a tile is called that has no title of its own, where it needs one.
fn default_title(tile: &Tile) -> Option<String> {
    let word = match tile.kind {
        TileKind::Kpi | TileKind::Gauge | TileKind::Series => figure::name(tile.metric.unwrap_or_default()),
        TileKind::QueueTable => Word::Queues,
        TileKind::AgentGrid | TileKind::AgentTable => Word::Agents,
        TileKind::States => Word::AgentsByState,
        TileKind::Alarms => Word::Alarms,
        TileKind::Queue | TileKind::Clock | TileKind::Text | TileKind::Image | TileKind::Page => return None,
    };
    Some(words::text(word).to_owned())
}
