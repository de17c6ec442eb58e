//! One queue: who waits and for how long, how well it keeps its promise, the last hour, what its members do, today.

use std::{cell::Cell, rc::Rc, sync::Arc};

use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use protocol::event::rollcall::{Level, RollcallSamples};
use web_sys::{Element, Text};

use super::{
    bind,
    highlight::Highlights,
    js,
    part::{field, set, set_level, style, text, text_in, write_once, yes_no},
    spark,
    staff::{self, StaffParts},
    ticker::{Running, Ticker},
};
use crate::{
    format,
    store::{QueueFace, QueuePlace},
    words::{self, Word},
};

/// Glyphs and colours are drawn by the style sheet, from `data-state` and `data-level`. What small sizes have no room
/// for it leaves out.
fn markup() -> String {
    let word = words::text;
    [
        r#"<h2 class="tile-name"><span data-field="name" dir="auto"></span><span class="tile-flag" data-field="flag"></span></h2>"#,
        r#"<dl class="tile-figures"><div class="tile-waiting"><dt>"#,
        word(Word::TileWaiting),
        r#"</dt><dd data-field="waiting"></dd></div><div class="tile-longest"><dt>"#,
        word(Word::TileLongest),
        r#"</dt><dd data-field="longest-wait"></dd></div><div class="tile-service"><dt data-field="promise"></dt><dd data-field="service-level"></dd></div></dl>"#,
        r#"<svg class="spark" role="img" preserveAspectRatio="none" viewBox="0 0 120 32"><path class="spark-area"/><path class="spark-line"/></svg>"#,
        staff::MARKUP_BAR,
        &staff::legend(),
        r#"<dl class="tile-today"><div><dt>"#,
        word(Word::MetricAnswered),
        r#"</dt><dd data-field="answered"></dd></div><div><dt>"#,
        word(Word::MetricAbandoned),
        r#"</dt><dd data-field="abandoned"></dd></div><div><dt>"#,
        word(Word::MetricHandleTime),
        r#"</dt><dd data-field="handle-time"></dd></div><div><dt>"#,
        word(Word::MetricServiceLevelToday),
        r#"</dt><dd data-field="service-level-today"></dd></div></dl>"#,
        r#"<p class="tile-note" data-field="note"></p>"#,
    ]
    .concat()
}

/// The tile of a queue.
#[component]
pub fn QueueTile(place: Arc<QueuePlace>) -> impl IntoView {
    let id = place.id.to_string();
    view! { <li class="tile" data-queue-id=id inner_html=markup() use:keep_painted=place></li> }
}

fn keep_painted(tile: Element, place: Arc<QueuePlace>) {
    let longest = field(&tile, "longest-wait");
    let target_s = Rc::new(Cell::new(None));
    let running = bind::context::<Ticker>().add(
        text_in(&longest),
        "0:00",
        Some(Box::new(on_second(tile.clone(), longest.clone(), target_s.clone()))),
    );
    js::set_number(&longest, "data-seconds", 0);
    let of = |name: &str| text(&tile, name);
    let find = |selector: &str| tile.query_selector(selector).ok().flatten().expect("the markup has it");
    let parts = StoredValue::new_local(Parts {
        name: of("name"),
        flag: of("flag"),
        waiting: of("waiting"),
        promise: of("promise"),
        service: of("service-level"),
        period: find(".tile-service"),
        service_today: of("service-level-today"),
        answered: of("answered"),
        abandoned: of("abandoned"),
        handle: of("handle-time"),
        note: of("note"),
        spark: find(".spark"),
        area: find(".spark-area"),
        line: find(".spark-line"),
        staff: StaffParts::of(&tile),
        running,
        target_s,
        tile,
        highlights: bind::context(),
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
    promise: Text,
    service: Text,
    period: Element,
    service_today: Text,
    answered: Text,
    abandoned: Text,
    handle: Text,
    note: Text,
    spark: Element,
    area: Element,
    line: Element,
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
        }
        if shown.map(|shown| shown.waiting) != Some(face.waiting) {
            self.waiting.set_data(&words::number(f64::from(face.waiting)));
            if shown.is_some() && !face.stale {
                self.highlights.begin(&self.tile);
            }
        }
        if shown.map(|shown| shown.longest_since) != Some(face.longest_since) {
            self.running.set_since(face.longest_since);
        }
        self.staff.paint(shown.map(|shown| shown.staff), face.staff);
        self.paint_figures(shown, face);
        if shown.map(|shown| &shown.samples) != Some(&face.samples) {
            self.draw(face.samples.as_deref());
        }
        if shown.map(|shown| shown.level) != Some(face.level) {
            set_level(&self.tile, face.level);
            self.flag.set_data(face.level.map_or("", level_in_words));
            style(&self.tile, "order", urgency(face.level));
        }
        if shown.map(|shown| shown.stale) != Some(face.stale) {
            js::set(&self.tile, "data-stale", yes_no(face.stale));
        }
    }

    fn paint_figures(&self, shown: Option<&QueueFace>, face: &QueueFace) {
        let of = |face: &QueueFace| (face.promised, face.figures, face.missing.clone());
        if shown.map(of) == Some(of(face)) {
            return;
        }
        let figures = face.figures.as_ref();
        write_once(&self.promise, &promise_in_words(face.promised));
        write_once(&self.service, &percent(figures.and_then(|sums| sums.service_level)));
        write_once(&self.service_today, &percent(figures.and_then(|sums| sums.service_level_today)));
        write_once(&self.answered, &number(figures.and_then(|sums| sums.answered)));
        write_once(&self.abandoned, &number(figures.and_then(|sums| sums.abandoned)));
        write_once(&self.handle, &duration(figures.and_then(|sums| sums.handle_s)));
        // Which interval the service level is of.
        let time = |at| words::clock_time(at, false, None);
        let since = figures.map(|sums| {
            let since = words::filled(Word::Since, &[("time", &time(sums.since))]);
            format!("{}, {since}", words::text(Word::CurrentInterval))
        });
        set(&self.period, "title", since.as_deref().unwrap_or_default());
        let missing = face.missing.as_deref();
        let note = missing
            .map(|missing| words::filled(Word::MissingPermission, &[("permission", missing)]))
            .or_else(|| {
                let old = figures?.old?;
                let figures = words::text(Word::MetricServiceLevel);
                Some(format!("{figures} {}", words::filled(Word::AsOf, &[("time", &time(old))])))
            });
        write_once(&self.note, note.as_deref().unwrap_or_default());
        let kind = if missing.is_some() {
            "missing"
        } else if note.is_some() {
            "old"
        } else {
            "none"
        };
        js::set(&self.tile, "data-note", kind);
    }

    fn draw(&self, samples: Option<&RollcallSamples>) {
        let paths = samples.map(spark::paths).unwrap_or_default();
        set(&self.line, "d", &paths.line);
        set(&self.area, "d", &paths.area);
        set(&self.spark, "aria-label", &in_words(samples));
    }
}

/// What stands where there is no number.
pub const NOTHING: &str = "–";

/// What a picture of the last hour says.
fn in_words(samples: Option<&RollcallSamples>) -> String {
    let title = words::filled(Word::SeriesOf, &[("metric", words::text(Word::MetricWaiting))]);
    let known = || samples.into_iter().flat_map(|samples| samples.waiting.iter().flatten().copied());
    let Some((highest, last)) = known().max().zip(known().last()) else {
        return format!("{title}: {}", words::text(Word::NoData));
    };
    let number = |value: u32| words::number(f64::from(value));
    let now = words::filled(Word::NowValue, &[("value", &number(last))]);
    format!("{title}: {now}, {}", words::filled(Word::HighestValue, &[("value", &number(highest))]))
}

/// A share in per cent, or a dash.
#[must_use]
pub fn percent(percent: Option<u32>) -> String {
    percent.map_or_else(|| NOTHING.to_owned(), |percent| words::percent(f64::from(percent)))
}

/// A number, or a dash.
#[must_use]
pub fn number(number: Option<u32>) -> String {
    number.map_or_else(|| NOTHING.to_owned(), |number| words::number(f64::from(number)))
}

/// A duration in seconds, or a dash.
#[must_use]
pub fn duration(seconds: Option<u32>) -> String {
    seconds.map_or_else(|| NOTHING.to_owned(), |seconds| format::duration(i64::from(seconds)))
}

/// As supervisors write it: eighty per cent within twenty seconds.
fn promise_in_words(promised: Option<(u32, i64)>) -> String {
    match promised {
        Some((percent, seconds)) => {
            let (percent, seconds) = (words::number(f64::from(percent)), words::number(seconds as f64));
            words::filled(Word::TileServiceLevel, &[("percent", &percent), ("seconds", &seconds)])
        }
        None => words::text(Word::MetricServiceLevel).to_owned(),
    }
}

/// The word beside the colour and the glyph.
#[must_use]
pub fn level_in_words(level: Level) -> &'static str {
    words::text(match level {
        Level::Warn => Word::Warning,
        Level::Critical => Word::Critical,
    })
}

/// What is wrong comes first.
fn urgency(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Critical) => "1",
        Some(Level::Warn) => "2",
        None => "3",
    }
}
