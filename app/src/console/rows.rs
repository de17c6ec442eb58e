//! The rows of the list. Only those that can be seen are on the page, however many agents there are; the rest is empty room of
//! the same height.

use std::sync::Arc;

use leptos::{ev::KeyboardEvent, html, prelude::*, reactive::effect::ImmediateEffect};
use protocol::UserId;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use super::{
    desk::Desk,
    list::{Roster, mark},
    shell::Here,
};
use crate::{
    store::{AgentFace, AgentPlace},
    view::{
        bind, js,
        part::{self, field, fixed, set, set_level, style, text, text_in, yes_no},
        ticker::{Running, Ticker},
    },
    words::{self, Say, Word, say},
};

/// The height of a row in rem, as the style sheet has it: on a phone a row has two lines.
const ROW_REM: f64 = 2.75;
const PHONE_ROW_REM: f64 = 3.5;
const PHONE_PX: f64 = 640.0;

/// Rows beyond what can be seen, above and below, so that nothing flickers.
const BEYOND: usize = 6;

/// A row's cells. The sign is drawn by the style sheet, from the row's `data-state`.
const MARKUP: &str = concat!(
    r#"<span class="row-name" role="rowheader" data-field="name" dir="auto"></span>"#,
    r#"<span class="row-state" role="gridcell"><i class="glyph" aria-hidden="true"></i><span data-field="label"></span></span>"#,
    r#"<span class="row-time" role="gridcell" data-field="time-in-state"></span>"#,
    r#"<span class="row-team" role="gridcell" data-field="team" dir="auto"></span>"#,
    r#"<span class="row-mark" role="gridcell" data-field="mark"></span>"#,
);

/// Which rows are on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Window {
    first: usize,
    count: usize,
}

#[component]
pub fn Rows() -> impl IntoView {
    let (roster, here) = (bind::context::<Roster>(), bind::context::<Here>());
    let grid = NodeRef::<html::Div>::new();
    let window_of = RwSignal::new(Window { first: 0, count: 40 });
    let cursor = RwSignal::new(None::<UserId>);
    let measure = move || {
        let Some(grid) = grid.get_untracked() else { return };
        let row = row_px();
        let first = (f64::from(grid.scroll_top()) / row) as usize;
        let count = (f64::from(grid.client_height()) / row) as usize + 1;
        let now = Window { first: first.saturating_sub(BEYOND), count: count + 2 * BEYOND };
        if window_of.get_untracked() != now {
            window_of.set(now);
        }
    };
    window_event_listener_untyped("resize", move |_| measure());
    bind::effect(move || {
        grid.track();
        request_animation_frame(measure);
    });

    let rows = move || {
        let Window { first, count } = window_of.get();
        roster.shown.with(|shown| {
            let seen = shown.iter().enumerate().skip(first).take(count);
            let row = |(at, place): (usize, &Arc<AgentPlace>)| {
                let place = place.clone();
                bind::Item::new(format!("{at} {}", place.id), move || view! { <Row at place cursor/> })
            };
            seen.map(row).collect()
        })
    };
    let room = move |element: Element, before: bool| {
        bind::effect(move || {
            let Window { first, count } = window_of.get();
            let all = roster.shown.with(Vec::len);
            let rows = if before { first.min(all) } else { all.saturating_sub(first + count) };
            style(&element, "height", &part::pixels(rows as f64 * row_px()));
        });
    };
    let above = move |element: Element| room(element, true);
    let below = move |element: Element| room(element, false);
    let empty = bind::some_part(move || {
        let is_empty = roster.shown.with(Vec::is_empty) && roster.len() > 0;
        is_empty.then(|| view! { <p class="console-empty">{words::text(Word::NoMatch)}</p> })
    });
    let total = bind::text(move || (roster.shown.with(Vec::len) + 1).to_string());
    let active = move || cursor.with(|cursor| cursor.as_ref().map(row_id));
    view! {
        <div
            class="grid"
            node_ref=grid
            use:fixed="role=grid tabindex=0 aria-readonly=true"
            data-list="agents"
            aria-label=words::text(Word::Agents)
            aria-rowcount=total
            aria-activedescendant=active
            on:scroll=move |_| measure()
            on:keydown=move |event| steer(&event, roster, here, cursor, grid)
        >
            <div class="row row-head" use:fixed="role=row aria-rowindex=1">
                <span use:fixed="role=columnheader">{words::text(Word::Agent)}</span>
                <span use:fixed="role=columnheader">{words::text(Word::State)}</span>
                <span use:fixed="role=columnheader" class="row-time">{say(Say::For)}</span>
                <span use:fixed="role=columnheader" class="row-team">{words::text(Word::Team)}</span>
                <span use:fixed="role=columnheader" class="row-mark">{say(Say::Change)}</span>
            </div>
            <div use:above use:fixed="role=presentation"></div>
            {bind::items(rows)}
            <div use:below use:fixed="role=presentation"></div>
            {empty}
        </div>
    }
}

fn row_px() -> f64 {
    let width = window().inner_width().ok().and_then(|width| width.as_f64());
    let rem = if width.is_some_and(|width| width < PHONE_PX) { PHONE_ROW_REM } else { ROW_REM };
    rem * part::root_size()
}

fn row_id(user: &UserId) -> String {
    format!("agent-{user}")
}

/// Arrows go through the list, Enter opens who stands there.
fn steer(
    event: &KeyboardEvent,
    roster: Roster,
    here: Here,
    cursor: RwSignal<Option<UserId>>,
    grid: NodeRef<html::Div>,
) {
    let shown = roster.shown.get_untracked();
    let at =
        cursor.with_untracked(|cursor| shown.iter().position(|place| Some(&place.id) == cursor.as_ref()));
    let last = shown.len().saturating_sub(1);
    let row = row_px();
    let page = grid.get_untracked().map_or(10, |grid| (f64::from(grid.client_height()) / row) as usize);
    let to = match event.key().as_str() {
        "ArrowDown" => at.map_or(0, |at| (at + 1).min(last)),
        "ArrowUp" => at.map_or(last, |at| at.saturating_sub(1)),
        "PageDown" => (at.unwrap_or(0) + page).min(last),
        "PageUp" => at.unwrap_or(0).saturating_sub(page),
        "Home" => 0,
        "End" => last,
        "Enter" | " " => {
            if let Some(place) = at.and_then(|at| shown.get(at)) {
                event.prevent_default();
                here.open.set(Some(place.id.clone()));
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    let Some(place) = shown.get(to) else { return };
    if let Some(grid) = grid.get_untracked() {
        // The row may not be on the page yet, so that its place is computed; the head covers the first line.
        let (top, height) = (to as f64 * row, f64::from(grid.client_height()));
        let seen = f64::from(grid.scroll_top());
        if top < seen {
            grid.set_scroll_top(top as i32);
        } else if top + 2.0 * row > seen + height {
            grid.set_scroll_top((top + 2.0 * row - height) as i32);
        }
    }
    cursor.set(Some(place.id.clone()));
}

#[component]
fn Row(at: usize, place: Arc<AgentPlace>, cursor: RwSignal<Option<UserId>>) -> impl IntoView {
    let here = bind::context::<Here>();
    let (id, opened, marked, chosen) =
        (place.id.clone(), place.id.clone(), place.id.clone(), place.id.clone());
    view! {
        <div
            class="row"
            id=row_id(&place.id)
            use:fixed="role=row"
            data-user-id=id.to_string()
            aria-rowindex=(at + 2).to_string()
            aria-selected=bind::truth(move || here.open.with(|open| open.as_ref() == Some(&opened)))
            data-cursor=bind::flag(move || cursor.with(|cursor| cursor.as_ref() == Some(&marked)))
            inner_html=MARKUP
            use:keep_painted=place
            on:click=move |_| {
                cursor.set(Some(chosen.clone()));
                here.open.set(Some(chosen.clone()));
            }
        ></div>
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a directive owns its element")]
fn keep_painted(row: Element, place: Arc<AgentPlace>) {
    let desk = bind::context::<Desk>();
    let time = field(&row, "time-in-state");
    let running = bind::context::<Ticker>().add(text_in(&time), "", None);
    let parts = StoredValue::new_local(Parts {
        name: text(&row, "name"),
        label: text(&row, "label"),
        team: text(&row, "team"),
        running,
        row: row.clone(),
    });
    let (mark_field, mark_text) = (field(&row, "mark"), text(&row, "mark"));
    let user = place.id.clone();
    bind::effect(move || {
        let (end, words) = mark(desk, &user).unwrap_or_default();
        part::write_once(&mark_text, &words);
        js::set(&mark_field, "data-end", end);
    });
    ImmediateEffect::new_mut_scoped(move || {
        place.face.with(|face| parts.update_value(|parts| parts.paint(face)));
    });
}

struct Parts {
    row: Element,
    name: web_sys::Text,
    label: web_sys::Text,
    team: web_sys::Text,
    running: Running,
}

impl Parts {
    fn paint(&mut self, face: &AgentFace) {
        part::write_once(&self.name, &face.name);
        part::write_once(&self.label, &face.label);
        part::write_once(&self.team, face.team.as_deref().unwrap_or_default());
        self.running.set_since(face.since);
        js::set(&self.row, "data-state", &face.state.as_data());
        js::set(&self.row, "data-stale", yes_no(face.stale));
        set_level(&self.row, face.level);
        set(&self.row, "title", &face.name);
    }
}

/// Gives the keyboard to the list.
pub fn focus() {
    let list = document().query_selector("[data-list=agents]").ok().flatten();
    if let Some(list) = list.and_then(|list| list.dyn_into::<HtmlElement>().ok()) {
        // What cannot take it leaves it where it is.
        let _ = list.focus();
    }
}
