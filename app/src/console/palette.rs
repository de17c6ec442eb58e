//! The palette: whatever the console can do, by a few letters. Ctrl K opens it anywhere.

mod entries;

use leptos::{ev::KeyboardEvent, html, prelude::*};

use super::{desk::Desk, list::Roster, place, roster::Filter, shell::Here, theme};
use crate::{
    format,
    view::{bind, modal, part::fixed},
    words::{Say, say},
};
use entries::{Does, Entry};

/// The palette of the page.
#[derive(Clone, Copy)]
pub struct PaletteState {
    is_open: RwSignal<bool>,
}

impl PaletteState {
    /// A closed one.
    #[must_use]
    pub fn new() -> Self {
        Self { is_open: RwSignal::new(false) }
    }

    /// Opens it.
    pub fn open(self) {
        self.is_open.set(true);
    }

    /// Opens and closes it by Ctrl K, for as long as the page lives.
    pub fn listen(self) {
        window_event_listener(leptos::ev::keydown, move |event| {
            if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
                event.prevent_default();
                self.is_open.update(|is_open| *is_open = !*is_open);
            }
        });
    }
}

#[component]
pub fn Palette() -> impl IntoView {
    let PaletteState { is_open } = bind::context::<PaletteState>();
    let dialog = NodeRef::<html::Dialog>::new();
    // A dialog of the browser's own keeps the keyboard and gives it back where it was.
    bind::effect(move || {
        let Some(element) = dialog.get() else { return };
        if is_open.get() { modal::show(&element) } else { modal::close(&element) }
    });
    let inside = bind::some_part(move || is_open.get().then(|| view! { <Inside is_open/> }));
    view! {
        <dialog
            class="palette"
            node_ref=dialog
            aria-label=say(Say::Palette)
            on:close=move |_| is_open.set(false)
            on:click=move |event| {
                // Beside what is in it.
                if event.target() == event.current_target() {
                    is_open.set(false);
                }
            }
        >
            {inside}
        </dialog>
    }
}

#[component]
fn Inside(is_open: RwSignal<bool>) -> impl IntoView {
    let (desk, here, roster) = (bind::context::<Desk>(), bind::context::<Here>(), bind::context::<Roster>());
    let (typed, at) = (RwSignal::new(String::new()), RwSignal::new(0_usize));
    let found = Memo::new(move |_| {
        let words = Filter::words_of(&typed.get(), format::lower);
        let (may_write, states) = (desk.may_write.get(), desk.states.get());
        let people = roster.everybody();
        let people = people.iter().map(|place| (place.id.clone(), place.face.get_untracked()));
        entries::find(&words, people, if may_write { &states } else { &[] }, format::lower)
    });
    let run = move |entry: &Entry| {
        is_open.set(false);
        match &entry.does {
            Does::Go(to) => place::go(here.place, *to),
            Does::Walls => {
                // A page that cannot leave stays.
                let _ = window().location().set_href("/walls");
            }
            Does::Look(theme) => theme::choose(*theme),
            Does::Open(user) => here.open.set(Some(user.clone())),
            Does::Set(user, state) => {
                here.open.set(Some(user.clone()));
                here.begin_with.set(Some(state.clone()));
            }
        }
    };
    let steer = move |event: KeyboardEvent| {
        let last = found.with_untracked(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => at.update(|at| *at = if *at >= last { 0 } else { *at + 1 }),
            "ArrowUp" => at.update(|at| *at = at.checked_sub(1).unwrap_or(last)),
            "Enter" => {
                let entry = found.with_untracked(|found| found.get(at.get_untracked()).cloned());
                if let Some(entry) = entry {
                    run(&entry);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let list = bind::part(move || {
        let found = found.get();
        if found.is_empty() {
            return view! { <li class="palette-none" use:fixed="role=option aria-disabled=true aria-selected=false">{say(Say::NothingFound)}</li> }
                .into_any();
        }
        bind::all(found.into_iter().enumerate().map(|(number, entry)| {
            let chosen = entry.clone();
            view! {
                <li
                    use:fixed="role=option"
                    id=format!("palette-{number}")
                    data-state=entry.state.clone()
                    aria-selected=bind::truth(move || at.get() == number)
                    on:click=move |_| run(&chosen)
                >
                    <i class="glyph" aria-hidden="true"></i>
                    <span dir="auto">{entry.words}</span>
                    <small>{entry.kind}</small>
                </li>
            }
        }))
    });
    let input = NodeRef::<html::Input>::new();
    bind::effect(move || {
        if let Some(input) = input.get() {
            // What cannot take the keyboard leaves it where it is.
            let _ = input.focus();
        }
    });
    view! {
        <input
            node_ref=input
            use:fixed="type=text role=combobox autocomplete=off spellcheck=false aria-expanded=true aria-controls=palette-list aria-autocomplete=list"
            data-tool="palette-input"
            aria-label=say(Say::FindAnything)
            placeholder=say(Say::FindAnything)
            aria-activedescendant=bind::text(move || format!("palette-{}", at.get()))
            on:input=move |event| {
                typed.set(event_target_value(&event));
                at.set(0);
            }
            on:keydown=steer
        />
        <ul id="palette-list" use:fixed="role=listbox" aria-label=say(Say::Palette)>{list}</ul>
    }
}
