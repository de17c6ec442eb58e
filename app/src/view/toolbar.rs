//! What a person at a desk uses to find somebody: search, states, grouping, order, cards or table. Not on a screen that
//! nobody touches.

use std::sync::Arc;

use leptos::{ev, prelude::*};
use protocol::wall::{Group, Sort, View, WallDefinition};
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlInputElement, HtmlSelectElement};

use super::memo::Memo;
use super::part::{fixed, follow};
use super::{bind, part, states::States};
use crate::{
    format::lower,
    store::Signals,
    words::{self, Word},
};

/// What is looked for, and what the viewer changed about how agents stand.
#[derive(Clone, Copy, Debug)]
pub struct Finder {
    /// In lower case.
    pub search: RwSignal<String>,
    /// Only agents in this state.
    pub only: RwSignal<Option<Arc<str>>>,
    /// Instead of the wall's own.
    pub group: RwSignal<Option<Group>>,
    /// Instead of the wall's own.
    pub sort: RwSignal<Option<Sort>>,
    /// Instead of the wall's own.
    pub view: RwSignal<Option<View>>,
    /// Whether the tools are seen.
    pub open: RwSignal<bool>,
}

impl Finder {
    /// Nothing is looked for.
    #[must_use]
    pub fn new() -> Self {
        Self {
            search: RwSignal::default(),
            only: RwSignal::default(),
            group: RwSignal::default(),
            sort: RwSignal::default(),
            view: RwSignal::default(),
            open: RwSignal::default(),
        }
    }

    /// The wall as the viewer wants it.
    #[must_use]
    pub fn over(self, wall: WallDefinition) -> WallDefinition {
        WallDefinition {
            group: self.group.get().unwrap_or(wall.group),
            sort: self.sort.get().unwrap_or(wall.sort),
            view: self.view.get().unwrap_or(wall.view),
            ..wall
        }
    }

    /// Closes the tools and forgets what was looked for.
    pub fn clear(self) {
        self.search.set(String::new());
        self.only.set(None);
        self.open.set(false);
    }
}

/// The tools.
#[component]
pub fn Toolbar(signals: Signals, shown: Memo<WallDefinition>) -> impl IntoView {
    let finder = bind::context::<Finder>();
    let seek = move |event: ev::Event| {
        if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) {
            finder.search.set(lower(input.value().trim()));
        }
    };
    let leave = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            finder.clear();
        }
    };
    let groups = [(Group::None, Word::ByNothing), (Group::Team, Word::ByTeam), (Group::State, Word::ByState)];
    let sorts = [
        (Sort::Urgency, Word::ByUrgency),
        (Sort::Name, Word::ByName),
        (Sort::State, Word::ByState),
        (Sort::Time, Word::ByTime),
    ];
    let views = [(View::Cards, Word::ViewCards), (View::Table, Word::ViewTable)];
    view! {
        <div class="tools" use:fixed="role=search" on:keydown=leave>
            <input
                class="tools-search"
                use:fixed="type=search"
                placeholder=words::text(Word::SearchAgents)
                aria-label=words::text(Word::SearchAgents)
                on:input=seek
                autofocus
            />
            {choice(Word::GroupBy, &groups.map(|(one, word)| (one.as_str(), word)), |wall| wall.group.as_str(), shown, Box::new(move |word| finder.group.set(Group::parse(word))))}
            {choice(Word::SortBy, &sorts.map(|(one, word)| (one.as_str(), word)), |wall| wall.sort.as_str(), shown, Box::new(move |word| finder.sort.set(Sort::parse(word))))}
            {choice(Word::Settings, &views.map(|(one, word)| (one.as_str(), word)), |wall| wall.view.as_str(), shown, Box::new(move |word| finder.view.set(View::parse(word))))}
            <States signals chooses=true/>
        </div>
    }
}

/// One of a few words, with a name.
fn choice(
    name: Word,
    words: &[(&'static str, Word)],
    chosen: fn(&WallDefinition) -> &'static str,
    shown: Memo<WallDefinition>,
    choose: Box<dyn Fn(&str)>,
) -> AnyView {
    let options = words.iter().map(|(word, name)| {
            let word = *word;
            view! { <option value=word use:follow=("selected", bind::flag(move || shown.with(chosen) == word))>{words::text(*name)}</option> }
        });
    let options = bind::all(options);
    let change = move |event: ev::Event| {
        if let Some(select) = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok()) {
            choose(&select.value());
        }
    };
    view! { <label class="tools-choice"><span>{words::text(name)}</span><select on:change=change>{options}</select></label> }
        .into_any()
}

/// Opens the tools with a key, as many pages do, for as long as the wall is shown.
pub fn open_by_key(finder: Finder) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let types = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let types = types.is_some_and(|element| part::takes_text(&element));
        if event.key() == "/" && !types && !event.ctrl_key() && !event.meta_key() {
            event.prevent_default();
            finder.open.set(true);
        }
    });
    on_cleanup(move || listener.remove());
}
