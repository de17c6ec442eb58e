//! One agent: name, readable state in words, colour and glyph, and for how long.

use std::sync::Arc;

use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use web_sys::{Element, Text};

use super::{
    highlight::Highlights,
    js,
    part::{field, set, set_level, text, text_in, yes_no},
    ticker::{Running, Ticker},
};
use crate::store::{AgentFace, AgentPlace};

/// The glyph is drawn by the style sheet, from the card's `data-state`.
const MARKUP: &str = concat!(
    r#"<span class="card-name" data-field="name"></span>"#,
    r#"<span class="card-label"><i class="glyph" aria-hidden="true"></i><span data-field="label"></span></span>"#,
    r#"<span class="card-time" data-field="time-in-state"></span>"#,
    r#"<span class="card-team" data-field="team"></span>"#,
);

/// The card of an agent.
#[component]
pub fn AgentCard(place: Arc<AgentPlace>) -> impl IntoView {
    let id = place.id.to_string();
    view! { <li class="card" data-user-id=id inner_html=MARKUP use:keep_painted=place></li> }
}

fn keep_painted(card: Element, place: Arc<AgentPlace>) {
    let time = field(&card, "time-in-state");
    let running = expect_context::<Ticker>().add(text_in(&time), "", None);
    running.rest_out_of_view(&card);
    let parts = StoredValue::new_local(Parts {
        name: text(&card, "name"),
        label: text(&card, "label"),
        team: text(&card, "team"),
        running,
        time,
        card,
        highlights: expect_context(),
        shown: None,
    });
    ImmediateEffect::new_mut_scoped(move || {
        place.face.with(|face| parts.update_value(|parts| parts.paint(face)));
    });
}

struct Parts {
    card: Element,
    name: Text,
    label: Text,
    team: Text,
    time: Element,
    running: Running,
    highlights: Highlights,
    shown: Option<AgentFace>,
}

impl Parts {
    fn paint(&mut self, face: &AgentFace) {
        let shown = self.shown.replace(face.clone());
        let shown = shown.as_ref();
        if shown.map(|shown| &shown.name) != Some(&face.name) {
            self.name.set_data(&face.name);
            // What does not fit is cut off.
            set(&self.card, "title", &face.name);
        }
        if shown.map(|shown| &shown.team) != Some(&face.team) {
            self.team.set_data(face.team.as_deref().unwrap_or_default());
        }
        if shown.map(|shown| &shown.state) != Some(&face.state) {
            js::set(&self.card, "data-state", &face.state.as_data());
            if shown.is_some() && !face.stale {
                self.highlights.begin(&self.card);
            }
        }
        if shown.map(|shown| &shown.label) != Some(&face.label) {
            js::write(&self.label, &face.label);
        }
        if shown.map(|shown| shown.since) != Some(face.since) {
            match face.since {
                Some(since) => js::set_number(&self.time, "data-since-ms", since.as_ms()),
                // The name of the attribute is valid.
                None => drop(self.time.remove_attribute("data-since-ms")),
            }
            self.running.set_since(face.since);
        }
        if shown.map(|shown| shown.level) != Some(face.level) {
            set_level(&self.card, face.level);
        }
        if shown.map(|shown| shown.stale) != Some(face.stale) {
            js::set(&self.card, "data-stale", yes_no(face.stale));
        }
    }
}
