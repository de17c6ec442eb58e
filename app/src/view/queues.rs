//! The queues of a wall as tiles: as large as lets all of them be seen, those with something wrong first.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::wall::WallDefinition;
use web_sys::Element;

use super::{
    bind::{self, Item},
    fit::{self, Size, TILES},
    list,
    memo::Memo,
    pager::{Pages, turn},
    part::{rem, style},
    queue_tile::QueueTile,
    room::{Room, observe},
};
use crate::{
    store::{QueuePlace, Signals},
    words::{self, Word},
};

/// How much of a wall the tiles take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// What they need, at most this many per cent of the wall's height.
    Percent(u32),
    /// All there is.
    All,
    /// All there is, for the first queue alone.
    One,
}

/// A wall no wider than this, in rem, is held in a hand: the style sheet lets it be as long as it needs.
pub const HELD_WIDTH: f64 = 40.0;

/// The tiles.
#[component]
pub fn Queues(
    signals: Signals,
    shown: Memo<WallDefinition>,
    share: Share,
    wall: RwSignal<Room>,
) -> impl IntoView {
    let own = RwSignal::new(Room::default());
    let queues = Memo::new(move || {
        let mut queues = shown.with(|wall| signals.queues.with(|all| list::queues(all, &wall.queues)));
        if share == Share::One {
            queues.0.truncate(1);
        }
        queues
    });
    let layout = Memo::new(move || {
        let count = queues.with(|queues| queues.0.len());
        let wall = wall.get();
        let is_held = wall.width > 0.0 && wall.width <= HELD_WIDTH;
        if is_held && share == Share::One {
            return (&fit::ONE[0], 1);
        }
        let height = match share {
            _ if is_held => f64::MAX,
            Share::All | Share::One => own.get().height,
            Share::Percent(percent) => wall.height * f64::from(percent) / 100.0,
        };
        let width = own.get().width;
        let sizes = if share == Share::One { fit::ONE } else { TILES };
        let size = fit::choose(sizes, count, width, height);
        (size, fit::even_columns(size, count, width))
    });
    let size = Signal::derive(move || layout.get().0);
    let count = Memo::new(move || queues.with(|queues| queues.0.len()));
    let fills = matches!(share, Share::All | Share::One);
    let row = Signal::derive(move || (size.get().height + size.get().gap, size.get().gap));
    let pages = Pages { every_s: Signal::derive(move || shown.with(|wall| wall.rotate)), row, leads: fills };
    let tiles = bind::items(move || {
        let item =
            |place: Arc<QueuePlace>| Item::new(place.id.to_string(), move || view! { <QueueTile place/> });
        queues.get().0.into_iter().map(item).collect()
    });
    view! {
        <div class="queues-room" data-fills=fills.to_string() use:observe=own>
            <div class="queues-scroll" use:turn=pages>
                <ul
                    class="queues"
                    aria-label=words::text(Word::Queues)
                    data-size=bind::maybe(move || Some(size.get().name))
                    use:keep_columns=(layout, count)
                >
                    {tiles}
                </ul>
            </div>
        </div>
    }
}

fn keep_columns(list: Element, (layout, count): (Memo<(&'static Size, usize)>, Memo<usize>)) {
    bind::effect(move || {
        let (size, columns) = layout.get();
        style(&list, "--columns", &columns.to_string());
        style(&list, "--rows", &count.get().div_ceil(columns).to_string());
        style(&list, "--tile-height", &rem(size.height));
        style(&list, "--tile-gap", &rem(size.gap));
    });
}
