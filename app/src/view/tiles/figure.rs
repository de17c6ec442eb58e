//! Tiles of one figure: as a number against its target, on a scale, over time.

use leptos::prelude::*;
use protocol::wall::{Metric, Tile, TileKind, Unit};
use web_sys::Element;

use super::super::part::fixed;
use super::super::{list, part::set, queue_tile::NOTHING, spark};
use crate::view::bind;
use crate::view::memo::Memo;
use crate::{
    format,
    store::Signals,
    words::{self, Word},
};

/// What a figure is called.
#[must_use]
pub fn name(metric: Metric) -> Word {
    match metric {
        Metric::Waiting => Word::MetricWaiting,
        Metric::LongestWait => Word::MetricLongestWait,
        Metric::Interacting => Word::MetricInteracting,
        Metric::ServiceLevel => Word::MetricServiceLevel,
        Metric::ServiceLevelToday => Word::MetricServiceLevelToday,
        Metric::Offered => Word::MetricOffered,
        Metric::Answered => Word::MetricAnswered,
        Metric::Abandoned => Word::MetricAbandoned,
        Metric::AbandonRate => Word::MetricAbandonRate,
        Metric::HandleTime => Word::MetricHandleTime,
        Metric::AnswerTime => Word::MetricAnswerTime,
        Metric::OnQueue => Word::MetricOnQueue,
        Metric::Idle => Word::MetricIdle,
        Metric::NotResponding => Word::MetricNotResponding,
    }
}

/// A figure in words, in its unit.
#[must_use]
pub fn in_words(metric: Metric, value: Option<f64>) -> String {
    let Some(value) = value.map(|value| board::metrics::rounded(metric, value)) else {
        return NOTHING.to_owned();
    };
    match metric.unit() {
        Unit::Count => words::number(value),
        Unit::Percent => words::percent(value),
        Unit::Seconds => format::duration(value as i64),
    }
}

/// Whether a figure keeps its target.
fn keeps(metric: Metric, value: Option<f64>, target: Option<f64>) -> Option<bool> {
    let (value, target) = value.zip(target)?;
    Some(if metric.falls() { value >= target } else { value <= target })
}

fn kept_word(kept: Option<bool>) -> Option<&'static str> {
    Some(match kept {
        Some(true) => "true",
        Some(false) => "false",
        None => "none",
    })
}

/// Of which queue a figure is, and what is to be reached.
pub fn whose(tile: &Tile) -> Option<AnyView> {
    if !matches!(tile.kind, TileKind::Kpi | TileKind::Gauge | TileKind::Series) {
        return None;
    }
    let words = tile.queue.clone().unwrap_or_else(|| words::text(Word::AllQueues).to_owned());
    Some(view! { <p class="box-whose" use:fixed="dir=auto">{words}</p> }.into_any())
}

fn target_words(metric: Metric, target: Option<f64>) -> Option<String> {
    target.map(|target| words::filled(Word::Target, &[("value", &in_words(metric, Some(target)))]))
}

/// One number against its target.
pub fn kpi(signals: &Signals, tile: &Tile) -> AnyView {
    let (metric, target) = (tile.metric.unwrap_or_default(), tile.target);
    let value = signals.gauges.of(metric, tile.queue.as_deref());
    let kept = value.clone();
    view! {
        <p class="kpi" data-metric=metric.as_str() data-kept=bind::maybe(move || kept_word(keeps(metric, kept.get(), target)))>
            <b data-field="value">{bind::text(move || in_words(metric, value.get()))}</b>
        </p>
        <p class="box-target">{target_words(metric, target)}</p>
    }
    .into_any()
}

/// Where a scale ends that nobody set.
fn scale_end(metric: Metric, tile: &Tile) -> f64 {
    let plain = match metric.unit() {
        Unit::Percent => 100.0,
        Unit::Seconds => 600.0,
        Unit::Count => 20.0,
    };
    tile.max.unwrap_or_else(|| {
        tile.target.map_or(plain, |target| if plain > target { plain } else { target * 2.0 })
    })
}

/// Half a circle has a length of so many units.
const ARC: f64 = 1000.0;

/// One number on a scale.
pub fn gauge(signals: &Signals, tile: &Tile) -> AnyView {
    let (metric, target) = (tile.metric.unwrap_or_default(), tile.target);
    let end = scale_end(metric, tile).max(f64::MIN_POSITIVE);
    let value = signals.gauges.of(metric, tile.queue.as_deref());
    let (kept, arc, spoken) = (value.clone(), value.clone(), value.clone());
    let share = move |value: f64| (value / end).clamp(0.0, 1.0) * ARC;
    // The page turns it: sine and cosine of our own would be 7 KB of the program.
    let mark = target.map(|target| format!("rotate({} 50 50)", (share(target) / ARC * 180.0).round() as u32));
    view! {
        <div class="gauge" data-metric=metric.as_str() data-kept=bind::maybe(move || kept_word(keeps(metric, kept.get(), target)))>
            <svg viewBox="0 0 100 54" use:fixed="role=img" aria-label=bind::text(move || in_words(metric, spoken.get()))>
                <path class="gauge-scale" pathLength="1000" d="M8 50A42 42 0 0 1 92 50"/>
                <path
                    class="gauge-value"
                    pathLength="1000"
                    d="M8 50A42 42 0 0 1 92 50"
                    stroke-dasharray=bind::text(move || format!("{} 2000", share(arc.get().unwrap_or(0.0)) as u32))
                />
                {bind::maybe_part(mark.map(|turned| view! { <path class="gauge-target" d="M16 50L2 50" transform=turned/> }))}
            </svg>
            <b data-field="value">{bind::text(move || in_words(metric, value.get()))}</b>
        </div>
        <p class="box-target">{target_words(metric, target)}</p>
    }
    .into_any()
}

/// One figure over the last hour. How many waited is what is kept.
pub fn series(signals: &Signals, tile: &Tile) -> AnyView {
    let (metric, queue) = (tile.metric.unwrap_or_default(), tile.queue.clone());
    let value = signals.gauges.of(metric, queue.as_deref());
    let all = signals.queues.clone();
    let paths = Memo::new(move || {
        let one = |text: &str| all.with(|all| list::queue(all, text));
        let samples = match &queue {
            _ if metric != Metric::Waiting => None,
            Some(queue) => one(queue).and_then(|place| place.face.with(|face| face.samples.clone())),
            None => all.with(|all| spark::sum(all)),
        };
        samples.map(|samples| spark::paths(&samples))
    });
    let keep = move |picture: Element, which: bool| {
        bind::effect(move || {
            let paths = paths.get().unwrap_or_default();
            set(&picture, "d", if which { &paths.area } else { &paths.line });
        });
    };
    let title = words::filled(Word::SeriesOf, &[("metric", words::text(name(metric)))]);
    view! {
        <div class="series">
            <b data-field="value">{bind::text(move || in_words(metric, value.get()))}</b>
            <svg class="spark" use:fixed="role=img" aria-label=title preserveAspectRatio="none" viewBox="0 0 120 32">
                <path class="spark-area" use:keep=true/>
                <path class="spark-line" use:keep=false/>
            </svg>
        </div>
        <p class="box-target">
            {bind::text(move || {
                words::text(if paths.with(Option::is_some) { Word::LastHour } else { Word::NoData }).to_owned()
            })}
        </p>
    }
    .into_any()
}
