//! A wall of any kind: its header, what it shows, what is wrong.

use leptos::prelude::*;
use protocol::wall::{Kind, Names, Theme, TileKind, View, WallDefinition};

use super::part::fixed;
use super::{
    alarm_ticker::{AlarmTicker, Voice},
    bind,
    floor::Floor,
    header::Header,
    leaderboard::Leaderboard,
    list,
    live_badge::why_refused,
    look,
    memo::Memo,
    queue_table::QueueTable,
    queues::{Queues, Share},
    room::{Room, observe},
    states::States,
    tiles::Tiles,
    toolbar::{Finder, Toolbar, open_by_key},
};
use crate::{
    arrange::Arrangement,
    embed,
    link::Liveness,
    options::Options,
    store::Signals,
    words::{self, Word},
};

/// Queues leave at least the rest of a floor to the agents.
const QUEUES_PERCENT: u32 = 42;

/// The wall.
#[component]
pub fn Wall(#[prop(into)] id: String, signals: Signals, live: ArcRwSignal<Liveness>) -> impl IntoView {
    let options = bind::context::<Options>();
    let (is_kiosk, is_picture) = (options.kiosk, options.picture);
    let finder = Finder::new();
    provide_context(finder);
    provide_context(ArcRwSignal::new(Arrangement { origin: look::page_time(), ..Arrangement::default() }));
    if !is_kiosk {
        open_by_key(finder);
    }
    let definition = signals.wall.clone();
    let shown = Memo::new(move || finder.over(options.over(&definition.get().unwrap_or_default())));
    if !is_picture {
        look::keep(shown);
    }
    let gauges = signals.gauges.clone();
    bind::effect(move || shown.with(|wall| gauges.set_wall(&wall.queues, &wall.teams)));

    let room = RwSignal::new(Room::default());
    let (stale, kind) = (live.clone(), Memo::new(move || shown.with(|wall| wall.kind)));
    let body = {
        let signals = signals.clone();
        let layout = Memo::new(move || shown.with(|wall| (wall.kind, wall.view, wall.names)));
        bind::part(move || body(layout.get(), &signals, shown, room))
    };
    let tools = {
        let signals = signals.clone();
        bind::some_part(move || finder.open.get().then(|| view! { <Toolbar signals=signals.clone() shown/> }))
    };
    // A wall of own tiles has the list among them, if anywhere.
    let has_line = Memo::new(move || {
        shown.with(|wall| {
            wall.kind != Kind::Tiles || !wall.tiles.iter().any(|tile| tile.kind == TileKind::Alarms)
        })
    });
    let line = {
        let signals = signals.clone();
        // Nobody hears or takes note of anything in a picture.
        bind::some_part(move || {
            (has_line.get() && !is_picture).then(|| view! { <AlarmTicker signals=signals.clone()/> })
        })
    };
    view! {
        <main
            class="wall"
            data-wall-id=id
            data-kind=bind::maybe(move || Some(kind.get().as_str()))
            data-kiosk=is_kiosk.to_string()
            data-theme=bind::maybe(move || (is_picture && shown.with(|wall| wall.theme != Theme::Auto)).then(|| shown.with(|wall| wall.theme.as_str())))
            data-palette=bind::maybe(move || is_picture.then(|| shown.with(|wall| wall.palette.as_str())))
            data-stale=bind::truth(move || stale.with(|live| live.stale_since().is_some()))
            use:observe=room
        >
            <Header signals=signals.clone() shown live=live.clone()/>
            <Notes shown/>
            {tools}
            {bind::when(!is_picture, || view! { <Voice signals=signals.clone()/> })}
            <Words signals live shown/>
            <div class="wall-body">{body}</div>
            {line}
        </main>
    }
}

/// What a wall of this kind shows.
fn body(
    (kind, view, names): (Kind, View, Names),
    signals: &Signals,
    shown: Memo<WallDefinition>,
    room: RwSignal<Room>,
) -> AnyView {
    let signals = signals.clone();
    let counted = names == Names::Counts;
    match (kind, view) {
        (Kind::Queues, View::Table) => view! { <QueueTable signals shown/> }.into_any(),
        (Kind::Queues, View::Cards) => {
            view! { <Queues signals shown share=Share::All wall=room/> }.into_any()
        }
        (Kind::Focus, _) => view! { <Queues signals shown share=Share::One wall=room/> }.into_any(),
        (Kind::Agents, _) => view! {
            <States signals=signals.clone() chooses=false/>
            {bind::when(!counted, || view! { <Floor signals shown view/> })}
        }
        .into_any(),
        (Kind::Leaderboard, _) => view! { <Leaderboard signals/> }.into_any(),
        (Kind::Tiles, _) => view! { <Tiles signals shown/> }.into_any(),
        // Its walls are shown in its place, as soon as the first of them is there.
        (Kind::Playlist, _) => ().into_any(),
        (Kind::Floor, _) if counted => view! {
            <States signals=signals.clone() chooses=false/>
            <Queues signals shown share=Share::All wall=room/>
        }
        .into_any(),
        (Kind::Floor, _) => view! {
            <Queues signals=signals.clone() shown share=Share::Percent(QUEUES_PERCENT) wall=room/>
            <Floor signals shown view/>
        }
        .into_any(),
    }
}

/// What the server and the address have to say about the wall.
#[component]
fn Notes(shown: Memo<WallDefinition>) -> impl IntoView {
    let bad = bind::context::<Options>().bad;
    bind::some_part(move || {
        let bad = bad
            .iter()
            .map(|bad| words::filled(Word::BadOption, &[("option", &bad.option), ("allowed", &bad.allowed)]));
        // What is wrong with a file, nobody in a portal can mend; what is wrong with its address, whoever wrote that can.
        let of_file = shown.with(|wall| if embed::is_framed() { Vec::new() } else { wall.notes.clone() });
        let notes: Vec<String> = of_file.into_iter().chain(bad).collect();
        (!notes.is_empty()).then(|| {
            let lines = notes.into_iter().map(|note| view! { <li use:fixed="dir=auto">{note}</li> });
            view! { <ul class="notes" aria-label=words::text(Word::Notes)>{bind::all(lines)}</ul> }
        })
    })
}

/// What is said in the place of a picture.
#[component]
fn Words(signals: Signals, live: ArcRwSignal<Liveness>, shown: Memo<WallDefinition>) -> impl IntoView {
    bind::some_part(move || {
        let is_playlist = |wall: &WallDefinition| wall.kind == Kind::Playlist;
        let words = if signals.wall.with(|wall| wall.as_ref().is_some_and(|wall| !is_playlist(wall))) {
            // Of all there is, the wall or its address may want nothing.
            let empty = shown.with(|wall| {
                (wall.names != Names::Counts || signals.states.with(Vec::is_empty))
                    && signals.agents.with(|all| list::agents(all, &wall.teams, "").0.is_empty())
                    && signals.queues.with(|all| list::queues(all, &wall.queues).0.is_empty())
            });
            empty.then(|| words::text(Word::EmptyWall).to_owned())
        } else {
            Some(live.with(|live| match live {
                Liveness::Refused { words: reason, .. } => why_refused(reason).to_owned(),
                Liveness::Connecting { words: Some(words) } => words.clone(),
                Liveness::Connecting { words: None }
                | Liveness::Live { .. }
                | Liveness::Stale { .. }
                | Liveness::Reconnecting { .. } => words::text(Word::FirstPicture).to_owned(),
            }))
        };
        words.map(|words| view! { <p class="wall-words">{words}</p> })
    })
}
