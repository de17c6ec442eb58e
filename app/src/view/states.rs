//! How many agents are in which state. Where a person looks on, a state chooses whom the wall shows.

use leptos::prelude::*;

use super::part::{fixed, follow};
use super::{bind, toolbar::Finder};
use crate::{
    store::Signals,
    words::{self, Word},
};

/// One entry a state.
#[component]
pub fn States(signals: Signals, chooses: bool) -> impl IntoView {
    let finder = use_context::<Finder>().filter(|_| chooses);
    let entries = bind::part(move || {
        let states = signals.states.get();
        let entry = |state: crate::store::StateTally| {
            let data = state.state.to_string();
            let inner = view! {
                <i class="glyph" aria-hidden="true"></i>
                <b>{words::number(f64::from(state.agents))}</b>
                <span>{state.label.to_string()}</span>
            };
            match finder {
                Some(finder) => {
                    let (own, wanted) = (state.state.clone(), state.state);
                    let pressed = bind::truth(move || finder.only.with(|only| only.as_ref() == Some(&own)));
                    let choose = move |_| {
                        finder.only.update(|only| {
                            *only = if only.as_ref() == Some(&wanted) { None } else { Some(wanted.clone()) };
                        });
                    };
                    view! {
                        <li data-state=data><button use:fixed="type=button" use:follow=("aria-pressed", pressed) on:click=choose>{inner}</button></li>
                    }
                    .into_any()
                }
                None => view! { <li data-state=data>{inner}</li> }.into_any(),
            }
        };
        bind::all(states.into_iter().map(entry))
    });
    view! { <ul class="states" use:fixed=if chooses { "" } else { "tabindex=0" } aria-label=words::text(Word::AgentsByState)>{entries}</ul> }
}
