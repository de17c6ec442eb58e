//! One agent: name, readable state in words, colour and glyph, and for how long. As a card or as a row: the style sheet
//! decides.

use std::sync::Arc;

use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use web_sys::{Element, Text};

use super::{
    bind,
    highlight::Highlights,
    js,
    long::is_long,
    part::{field, fixed, set, set_level, style, text, text_in, yes_no},
    ticker::{Running, Ticker},
};
use crate::{
    arrange::{Arrangement, Standing},
    store::{AgentFace, AgentPlace},
};

/// The glyph is drawn by the style sheet, from the card's `data-state`.
const MARKUP: &str = concat!(
    r#"<div class="card-box"><span class="card-name" data-field="name" dir="auto"></span>"#,
    r#"<span class="card-label"><i class="glyph" aria-hidden="true"></i><span data-field="label"></span></span>"#,
    r#"<span class="card-time" data-field="time-in-state"></span>"#,
    r#"<span class="card-team" data-field="team" dir="auto"></span></div>"#,
);

/// The same as cells of a table.
const ROW: &str = concat!(
    r#"<div class="card-box"><span class="card-name" data-field="name" dir="auto" role="rowheader"></span>"#,
    r#"<span class="card-label" role="cell"><i class="glyph" aria-hidden="true"></i><span data-field="label"></span></span>"#,
    r#"<span class="card-time" data-field="time-in-state" role="cell"></span>"#,
    r#"<span class="card-team" data-field="team" dir="auto" role="cell"></span></div>"#,
);

/// The card of an agent.
#[component]
pub fn AgentCard(place: Arc<AgentPlace>, row: bool) -> impl IntoView {
    let id = place.id.to_string();
    if row {
        view! { <div class="card" use:fixed="role=row" data-user-id=id inner_html=ROW use:keep_painted=place></div> }
            .into_any()
    } else {
        view! { <li class="card" data-user-id=id inner_html=MARKUP use:keep_painted=place></li> }.into_any()
    }
}

fn keep_painted(card: Element, place: Arc<AgentPlace>) {
    let time = field(&card, "time-in-state");
    let running = bind::context::<Ticker>().add(text_in(&time), "", None);
    running.rest_out_of_view(&card);
    let arrangement = bind::context::<ArcRwSignal<Arrangement>>();
    let parts = StoredValue::new_local(Parts {
        name: text(&card, "name"),
        label: text(&card, "label"),
        team: text(&card, "team"),
        running,
        time,
        card,
        highlights: bind::context(),
        shown: None,
        order: None,
        hidden: false,
        long: false,
    });
    ImmediateEffect::new_mut_scoped(move || {
        place.face.with(|face| {
            arrangement.with(|arrangement| parts.update_value(|parts| parts.paint(face, arrangement)));
        });
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
    order: Option<i32>,
    hidden: bool,
    long: bool,
}

impl Parts {
    fn paint(&mut self, face: &AgentFace, arrangement: &Arrangement) {
        self.arrange(face, arrangement);
        if self.shown.as_ref() == Some(face) {
            return;
        }
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
        if shown.is_none_or(|shown| {
            shown.label != face.label || shown.name != face.name || shown.team != face.team
        }) {
            self.show_length(face);
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

    /// Tells the style sheet of texts that it may have to cut off.
    fn show_length(&mut self, face: &AgentFace) {
        let long = is_long(&face.name, &face.label, face.team.as_deref().unwrap_or_default());
        if std::mem::replace(&mut self.long, long) != long {
            // The name of the attribute is valid.
            let _ = self.card.toggle_attribute_with_force("data-long", long);
        }
    }

    /// Puts the card where it belongs. Those around it are not touched.
    fn arrange(&mut self, face: &AgentFace, arrangement: &Arrangement) {
        let order = arrangement.order(Standing {
            state: &face.state,
            since: face.since,
            level: face.level,
            team: face.team.as_deref(),
        });
        if self.order.replace(order) != Some(order) {
            style(&self.card, "order", &order.to_string());
        }
        let hidden = arrangement.only.as_ref().is_some_and(|only| !face.state.is(only));
        if std::mem::replace(&mut self.hidden, hidden) != hidden {
            // The name of the attribute is valid.
            let _ = self.card.toggle_attribute_with_force("hidden", hidden);
        }
    }
}
