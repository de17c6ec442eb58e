//! One queue: who waits, for how long, and what its members do.

use std::{cell::Cell, rc::Rc, sync::Arc};

use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, Text};

use super::{
    highlight::Highlights,
    js,
    part::{field, set, set_level, text, text_in, yes_no},
    ticker::{Running, Ticker},
};
use crate::{
    store::{QueueFace, QueuePlace, Staff},
    words::{self, Word},
};

/// Bar and legend show the members in the same order, each with the colour and glyph of the agents' state.
const MARKUP: &str = concat!(
    r#"<h2 class="tile-name"><span data-field="name"></span><span class="tile-flag" data-field="flag"></span></h2>"#,
    r#"<dl class="tile-figures">"#,
    r#"<div class="tile-waiting"><dd data-field="waiting"></dd><dt>{tile-waiting}</dt></div>"#,
    r#"<div><dd data-field="longest-wait"></dd><dt>{tile-longest}</dt></div>"#,
    r#"<div class="tile-interacting"><dd data-field="interacting"></dd><dt>{tile-in-progress}</dt></div>"#,
    r#"</dl>"#,
    r#"<div class="staff" aria-hidden="true"><i data-state="interacting"></i><i data-state="on-queue"></i><i data-state="communicating"></i><i data-state="not-responding"></i><i data-state="offline"></i></div>"#,
    r#"<ul class="legend">"#,
    r#"<li data-state="interacting" title="{state-interacting}"><i class="glyph" aria-hidden="true"></i><b data-field="on-queue-interacting"></b><span class="spoken">{state-interacting}</span></li>"#,
    r#"<li data-state="on-queue" title="{staff-idle}"><i class="glyph" aria-hidden="true"></i><b data-field="on-queue-idle"></b><span class="spoken">{staff-idle}</span></li>"#,
    r#"<li data-state="communicating" title="{state-communicating}"><i class="glyph" aria-hidden="true"></i><b data-field="on-queue-communicating"></b><span class="spoken">{state-communicating}</span></li>"#,
    r#"<li data-state="not-responding" title="{state-not-responding}"><i class="glyph" aria-hidden="true"></i><b data-field="on-queue-not-responding"></b><span class="spoken">{state-not-responding}</span></li>"#,
    r#"<li data-state="offline" title="{staff-off-queue}"><i class="glyph" aria-hidden="true"></i><b data-field="off-queue"></b><span class="spoken">{staff-off-queue}</span></li>"#,
    r#"</ul>"#,
);

/// The words in it.
const WORDS: &[Word] = &[
    Word::TileWaiting,
    Word::TileLongest,
    Word::TileInProgress,
    Word::StateInteracting,
    Word::StaffIdle,
    Word::StateCommunicating,
    Word::StateNotResponding,
    Word::StaffOffQueue,
];

/// The tile of a queue.
#[component]
pub fn QueueTile(place: Arc<QueuePlace>) -> impl IntoView {
    let id = place.id.to_string();
    view! { <li class="tile" data-queue-id=id inner_html=words::in_markup(MARKUP, WORDS) use:keep_painted=place></li> }
}

fn keep_painted(tile: Element, place: Arc<QueuePlace>) {
    let longest = field(&tile, "longest-wait");
    let target_s = Rc::new(Cell::new(None));
    let running = expect_context::<Ticker>().add(
        text_in(&longest),
        "0:00",
        Some(Box::new(on_second(tile.clone(), longest.clone(), target_s.clone()))),
    );
    js::set_number(&longest, "data-seconds", 0);
    let parts = StoredValue::new_local(Parts {
        name: text(&tile, "name"),
        flag: text(&tile, "flag"),
        waiting: text(&tile, "waiting"),
        interacting: text(&tile, "interacting"),
        staff: StaffParts::of(&tile),
        running,
        target_s,
        tile,
        highlights: expect_context(),
        shown: None,
    });
    ImmediateEffect::new_mut_scoped(move || {
        place.face.with(|face| parts.update_value(|parts| parts.paint(face)));
    });
}

/// A conversation that waits longer than the queue's own target is late already.
fn on_second(tile: Element, longest: Element, target_s: Rc<Cell<Option<i64>>>) -> impl Fn(i64) {
    let was_late = Cell::new(None);
    move |seconds| {
        js::set_number(&longest, "data-seconds", seconds);
        let late = target_s.get().is_some_and(|target| seconds > target);
        if was_late.replace(Some(late)) != Some(late) {
            js::set(&tile, "data-late", yes_no(late));
        }
    }
}

struct Parts {
    tile: Element,
    name: Text,
    flag: Text,
    waiting: Text,
    interacting: Text,
    staff: StaffParts,
    running: Running,
    target_s: Rc<Cell<Option<i64>>>,
    highlights: Highlights,
    shown: Option<QueueFace>,
}

impl Parts {
    fn paint(&mut self, face: &QueueFace) {
        let shown = self.shown.replace(face.clone());
        let shown = shown.as_ref();
        if shown.map(|shown| &shown.name) != Some(&face.name) {
            self.name.set_data(&face.name);
            // What does not fit is cut off.
            set(&self.tile, "title", &face.name);
        }
        if shown.map(|shown| shown.target_s) != Some(face.target_s) {
            self.target_s.set(face.target_s);
            let flag = face
                .target_s
                .map(|seconds| words::filled(Word::OverTarget, &[("seconds", &seconds.to_string())]));
            self.flag.set_data(&flag.unwrap_or_default());
        }
        if shown.map(|shown| shown.waiting) != Some(face.waiting) {
            self.waiting.set_data(&words::number(face.waiting.into()));
            if shown.is_some() && !face.stale {
                self.highlights.begin(&self.tile);
            }
        }
        if shown.map(|shown| shown.interacting) != Some(face.interacting) {
            self.interacting.set_data(&words::number(face.interacting.into()));
        }
        if shown.map(|shown| shown.longest_since) != Some(face.longest_since) {
            self.running.set_since(face.longest_since);
        }
        self.staff.paint(shown.map(|shown| shown.staff), face.staff);
        if shown.map(|shown| shown.level) != Some(face.level) {
            set_level(&self.tile, face.level);
        }
        if shown.map(|shown| shown.stale) != Some(face.stale) {
            js::set(&self.tile, "data-stale", yes_no(face.stale));
        }
    }
}

/// The parts of bar and legend, in the order of the markup.
struct StaffParts([StaffPart; 5]);

struct StaffPart {
    bar: HtmlElement,
    entry: Element,
    text: Text,
}

impl StaffParts {
    fn of(tile: &Element) -> Self {
        Self(
            [
                "on-queue-interacting",
                "on-queue-idle",
                "on-queue-communicating",
                "on-queue-not-responding",
                "off-queue",
            ]
            .map(|name| {
                let number = field(tile, name);
                let entry = number.parent_element().expect("a number stands in its entry");
                let state = entry.get_attribute("data-state").unwrap_or_default();
                let bar = tile.query_selector(&format!(".staff > [data-state={state}]")).ok().flatten();
                let bar = bar.expect("the bar has a part for each entry").unchecked_into();
                StaffPart { bar, entry, text: text_in(&number) }
            }),
        )
    }

    fn paint(&self, shown: Option<Staff>, staff: Staff) {
        if shown == Some(staff) {
            return;
        }
        let counts =
            [staff.interacting, staff.idle, staff.communicating, staff.not_responding, staff.off_queue];
        for (part, count) in self.0.iter().zip(counts) {
            let count_text = count.to_string();
            part.text.set_data(&count_text);
            js::set(&part.entry, "data-none", yes_no(count == 0));
            // Through the object model: the page's policy forbids style attributes. The property is valid.
            let _ = part.bar.style().set_property("flex-grow", &count_text);
        }
    }
}
