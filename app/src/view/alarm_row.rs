//! One alarm in words: how bad, with whom or what, which figure against which limit, since when.

use board::AgentState;
use leptos::{prelude::*, tachys::reactive_graph::SharedReactiveFunction};
use protocol::{
    QueueId, Timestamp,
    event::rollcall::{Alarm, Level},
    wall::Metric,
};
use web_sys::Element;

use super::memo::Memo;
use super::{bind, part::text_in, queue_tile::level_in_words, ticker::Ticker, tiles::figure};
use crate::{
    store::{AgentFace, Signals},
    words::{self, Word},
};

/// What a row shows. Equal rows repaint nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The alarm's name.
    pub id: String,
    /// How bad it is.
    pub level: Level,
    /// The queue's or agent's name.
    pub subject: String,
    /// The figure's or state's name.
    pub what: String,
    /// The figure.
    pub value: Option<String>,
    /// The queue whose longest wait it is: a figure that runs by itself, as on the queue's tile.
    pub runs: Option<QueueId>,
    /// What it passed, for a figure.
    pub limit: Option<String>,
    /// Since when it is so.
    pub since: Timestamp,
    /// When somebody took note of it.
    pub acknowledged: Option<Timestamp>,
}

impl Row {
    /// The row of an alarm, with the names as they are on the wall.
    #[must_use]
    pub fn of(alarm: &Alarm, signals: &Signals) -> Self {
        let (what, value, limit) = match alarm.metric {
            Some(metric) => (
                words::text(figure::name(metric)).to_owned(),
                alarm.value.map(|value| figure::in_words(metric, Some(value))),
                Some(figure::in_words(metric, Some(alarm.limit))),
            ),
            None => (state_of(alarm, signals), None, None),
        };
        Self {
            id: alarm.id.clone(),
            level: alarm.level,
            subject: subject_of(alarm, signals),
            what,
            value,
            runs: alarm.queue.clone().filter(|_| alarm.metric == Some(Metric::LongestWait)),
            limit,
            since: alarm.since,
            acknowledged: alarm.acknowledged,
        }
    }

    /// The level's word.
    #[must_use]
    pub fn level_word(&self) -> &'static str {
        level_in_words(self.level)
    }

    /// The figure as it is written, unless it runs.
    #[must_use]
    pub fn figure(&self) -> String {
        self.value.clone().filter(|_| self.runs.is_none()).unwrap_or_default()
    }

    /// The alarm as one sentence, for those who hear it.
    #[must_use]
    pub fn spoken(&self) -> String {
        let what = match &self.value {
            Some(value) => words::filled(Word::AlarmFigure, &[("metric", &self.what), ("value", value)]),
            None => self.what.clone(),
        };
        let parts = [("level", self.level_word()), ("subject", &self.subject), ("what", &what)];
        words::filled(Word::AlarmBegan, &parts)
    }
}

/// One row of all. One that goes keeps its words while it goes.
#[must_use]
pub fn one(rows: Memo<Vec<Row>>, id: String) -> Memo<Option<Row>> {
    Memo::after(move |before: Option<&Option<Row>>| {
        let now = rows.with(|rows| rows.iter().find(|row| row.id == id).cloned());
        now.or_else(|| before.cloned().flatten())
    })
}

/// A part of a row, for a view.
pub fn of(row: Memo<Option<Row>>, take: fn(&Row) -> String) -> SharedReactiveFunction<String> {
    bind::text(move || row.with(|row| row.as_ref().map(take).unwrap_or_default()))
}

/// Since when a queue's longest one waits. It is on the queue's tile as well, and the two must not differ.
#[must_use]
pub fn longest_since(signals: &Signals, queue: Option<QueueId>) -> Signal<Option<Timestamp>> {
    let queues = signals.queues.clone();
    Signal::derive(move || {
        let id = queue.as_ref()?;
        let place = queues.with(|queues| queues.iter().find(|place| place.id == *id).cloned())?;
        place.face.with(|face| face.longest_since)
    })
}

/// Lets a duration run in an element.
#[expect(clippy::needless_pass_by_value, reason = "a directive owns its element")]
pub fn run_since(element: Element, since: Signal<Option<Timestamp>>) {
    let running = bind::context::<Ticker>().add(text_in(&element), "", None);
    bind::effect(move || running.set_since(since.get()));
}

fn subject_of(alarm: &Alarm, signals: &Signals) -> String {
    let name = if let Some(id) = &alarm.queue {
        signals.queues.with(|queues| {
            let place = queues.iter().find(|place| place.id == *id);
            place.map(|place| place.face.with(|face| face.name.to_string()))
        })
    } else if alarm.user.is_some() {
        agent(alarm, signals, |face| face.name.to_string())
    } else {
        Some(words::text(Word::AllQueues).to_owned())
    };
    // A wall that does not show the subject still says what kind it is.
    let kind = if alarm.queue.is_some() { Word::Queue } else { Word::Agent };
    name.unwrap_or_else(|| words::text(kind).to_owned())
}

/// The state as it is called on the agent's card, else as Rollcall calls it.
fn state_of(alarm: &Alarm, signals: &Signals) -> String {
    let word = alarm.id.split(['.', '~']).next().unwrap_or_default();
    let label = agent(alarm, signals, |face| face.state.is(word).then(|| face.label.to_string())).flatten();
    label.unwrap_or_else(|| words::of_state(&AgentState::from_data(word)).to_owned())
}

/// Something of the agent whom an alarm is about. It follows the card: a new name, or a word of another language, is in both at once.
fn agent<T>(alarm: &Alarm, signals: &Signals, of: impl Fn(&AgentFace) -> T) -> Option<T> {
    let id = alarm.user.as_ref()?;
    signals.agents.with(|agents| {
        let place = agents.iter().find(|place| place.id == *id)?;
        Some(place.face.with(of))
    })
}
