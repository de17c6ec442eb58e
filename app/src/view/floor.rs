//! The agents of a wall, as cards or in a table: grouped, sorted, filtered, as large as lets all of them be seen.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::wall::{Group, Kind, View, WallDefinition};
use web_sys::Element;

use super::{
    agent_card::AgentCard,
    bind::{self, Item},
    fit::{self, CARDS, ROWS, Size},
    list::{self, Listed},
    memo::Memo,
    pager::{Pages, turn},
    part::{fixed, rem, style},
    room::{Room, observe},
    toolbar::Finder,
};
use crate::{
    arrange::Arrangement,
    store::{AgentPlace, Signals, StateTally},
    words::{self, Counted, Word},
};

/// The agents.
#[component]
pub fn Floor(signals: Signals, shown: Memo<WallDefinition>, view: View) -> impl IntoView {
    let room = RwSignal::new(Room::default());
    let finder = bind::context::<Finder>();
    let arrangement = bind::context::<ArcRwSignal<Arrangement>>();
    let all = signals.agents.clone();
    let agents = Memo::new(move || {
        finder.search.with(|search| shown.with(|wall| all.with(|all| list::agents(all, &wall.teams, search))))
    });
    // What cards are arranged by, told to all of them at once.
    bind::effect(move || {
        let (group, sort) = shown.with(|wall| (wall.group, wall.sort));
        let teams = if group == Group::Team { agents.with(list::teams) } else { Arc::new([]) };
        let only = finder.only.get();
        arrangement.update(|told| *told = Arrangement { group, sort, teams, only, origin: told.origin });
    });
    let is_table = view == View::Table;
    let sizes = if is_table { ROWS } else { CARDS };
    let size = Memo::new(move || {
        let count = agents.with(|agents| agents.0.len());
        let room = room.get();
        fit::choose(
            sizes,
            count,
            if is_table { f64::MAX } else { room.width },
            room.height - head_height(is_table),
        )
    });
    let height = Memo::new(move || {
        let (size, count) = (size.get(), agents.with(|agents| agents.0.len()));
        if is_table { size.height } else { fit::stretched(size, count, room.get().width, room.get().height) }
    });
    let row = Signal::derive(move || (height.get() + size.get().gap, size.get().gap));
    // Among tiles there may be several with pages, and the header could not tell of which it speaks.
    let leads = shown.with_untracked(|wall| wall.kind != Kind::Tiles);
    let pages = Pages { every_s: Signal::derive(move || shown.with(|wall| wall.rotate)), row, leads };
    let headings = headings(signals, shown, agents);
    let none = bind::some_part(move || {
        let none = agents.with(|agents| agents.0.is_empty()) && !finder.search.with(String::is_empty);
        none.then(|| view! { <p class="floor-none" use:fixed="role=status">{words::text(Word::NoMatch)}</p> })
    });
    let heads = bind::items(move || {
        let item = |heading: Heading| Item::new(heading.key(), move || group_head(&heading, is_table));
        headings.get().into_iter().map(item).collect()
    });
    let cards = bind::items(move || {
        let item = |place: Arc<AgentPlace>| {
            Item::new(place.id.to_string(), move || view! { <AgentCard place row=is_table/> })
        };
        agents.get().0.into_iter().map(item).collect()
    });
    let inner = view! {
        {bind::when(is_table, || view! { <div class="floor-head" use:fixed="role=row" inner_html=table_head()></div> })}
        {heads}
        {cards}
    };
    let label = words::text(Word::Agents);
    let of_size = move || Some(size.get().name);
    let list = if is_table {
        view! { <div class="floor" aria-label=label use:fixed="role=table" data-view="table" data-size=bind::maybe(of_size) use:keep_size=(size, height)>{inner}</div> }.into_any()
    } else {
        view! { <ul class="floor" aria-label=label data-view="cards" data-size=bind::maybe(of_size) use:keep_size=(size, height)>{inner}</ul> }.into_any()
    };
    view! {
        <div class="floor-room" use:observe=room>
            {none}
            <div class="floor-scroll" use:fixed="tabindex=0 role=group" aria-label=label use:turn=pages>
                {list}
            </div>
        </div>
    }
}

/// The heading of a group. It stands before its cards by its order, as they do.
#[derive(Clone, Debug, PartialEq)]
struct Heading {
    state: Option<Arc<str>>,
    words: Arc<str>,
    agents: usize,
    order: i32,
}

impl Heading {
    fn key(&self) -> String {
        format!("{} {} {}", self.order, self.agents, self.words)
    }
}

fn headings(
    signals: Signals,
    shown: Memo<WallDefinition>,
    agents: Memo<Listed<AgentPlace>>,
) -> Memo<Vec<Heading>> {
    let arrangement = bind::context::<ArcRwSignal<Arrangement>>();
    Memo::new(move || match shown.with(|wall| wall.group) {
        Group::None => Vec::new(),
        Group::State => signals.states.with(|states| states.iter().map(of_state).collect()),
        Group::Team => arrangement.with(|arrangement| {
            let teams = arrangement.teams.iter().map(Some).chain([None]);
            let headings = teams.map(|team| Heading {
                state: None,
                words: team.cloned().unwrap_or_else(|| words::text(Word::NoTeam).into()),
                agents: agents.with(|agents| count(agents, team.map(|team| &**team))),
                order: arrangement.team_heading(team.map(|team| &**team)),
            });
            headings.filter(|heading| heading.agents > 0).collect()
        }),
    })
}

fn of_state(state: &StateTally) -> Heading {
    Heading {
        state: Some(state.state.clone()),
        words: state.label.clone(),
        agents: state.agents as usize,
        order: state.order,
    }
}

fn count(agents: &Listed<AgentPlace>, team: Option<&str>) -> usize {
    let is_of = |place: &&Arc<AgentPlace>| place.face.with_untracked(|face| face.team.as_deref() == team);
    agents.0.iter().filter(is_of).count()
}

fn group_head(heading: &Heading, is_row: bool) -> AnyView {
    let counted = words::counted(Counted::Agents, heading.agents);
    let order = heading.order.to_string();
    let place = move |head: Element, ()| style(&head, "order", &order);
    let state = heading.state.as_deref().map(str::to_owned);
    let inner = view! {
        {bind::when(heading.state.is_some(), || view! { <i class="glyph" aria-hidden="true"></i> })}
        <b use:fixed="dir=auto">{heading.words.to_string()}</b>
        <span>{counted}</span>
    };
    if is_row {
        view! { <div class="floor-group" use:fixed="role=row" data-state=state use:place=()><div use:fixed="role=rowheader">{inner}</div></div> }.into_any()
    } else {
        view! { <li class="floor-group" data-state=state use:place=()>{inner}</li> }.into_any()
    }
}

/// The head of the table, in the order of a row's cells.
fn table_head() -> String {
    let head = |class: &str, word: Word| {
        format!(r#"<span class="{class}" role="columnheader">{}</span>"#, words::text(word))
    };
    [
        head("card-name", Word::Agent),
        head("card-label", Word::State),
        head("card-time", Word::TimeInState),
        head("card-team", Word::Team),
    ]
    .concat()
}

/// The head of a table takes room that its rows do not have.
fn head_height(is_table: bool) -> f64 {
    const HEAD: f64 = 2.5;
    if is_table { HEAD } else { 0.0 }
}

fn keep_size(list: Element, (size, height): (Memo<&'static Size>, Memo<f64>)) {
    bind::effect(move || {
        let size = size.get();
        style(&list, "--card-min", &rem(size.width));
        style(&list, "--card-height", &rem(height.get()));
        style(&list, "--card-gap", &rem(size.gap));
    });
}
