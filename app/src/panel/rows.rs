//! What the panel says, row by row, as text for the browser to read.

use super::told::Told;
use crate::{
    format::duration,
    link::{Liveness, Page},
    words::{self, Word},
};

/// A clock of this machine that is further off than this is worth mending.
const OFFSET_BAD_MS: f64 = 2_000.0;

/// What is longer is told in minutes and seconds.
const LONG_MS: f64 = 60_000.0;

/// Between what belongs together.
const APART: &str = " · ";

/// What does not change while it is open: title, the way out, and the place of the rows.
#[must_use]
pub fn frame([title, close]: [&str; 2]) -> String {
    format!(
        "<h2 id=status>{title}</h2><button type=button class=header-tool data-tool=close autofocus aria-label=\"{close}\"></button><div></div>"
    )
}

/// All rows: of this page, of the proxy, and of what is upstream.
#[must_use]
pub fn all(page: &Page, told: &Told) -> String {
    let mut rows = Rows(String::with_capacity(4_096));
    rows.begin(words::text(Word::ThisScreen));
    of_page(&mut rows, page, told);
    rows.begin("Rollcall");
    of_proxy(&mut rows, page, told);
    rows.begin("Genesys Cloud");
    of_upstream(&mut rows, told);
    rows.0
}

struct Rows(String);

impl Rows {
    fn begin(&mut self, title: &str) {
        // The browser closes what is open.
        self.0 += &format!("</dl></section><section><h3>{title}</h3><dl>");
    }

    /// A row; `is_bad` when somebody should look at it. No value is anybody's own words, but that is no reason to trust it. What is
    /// not known has none.
    fn row(&mut self, label: Word, value: &str, is_bad: bool) {
        if value.is_empty() {
            return;
        }
        let (key, label, value) = (label.key(), words::text(label), value.replace('<', "&lt;"));
        self.0 += &format!("<div data-row={key} data-bad={is_bad}><dt>{label}</dt><dd>{value}</dd></div>");
    }

    fn number(&mut self, label: Word, number: Option<f64>) {
        if let Some(number) = number {
            self.row(label, &words::number(number), false);
        }
    }

    fn milliseconds(&mut self, label: Word, ms: Option<f64>, is_bad: bool) {
        let Some(ms) = ms else { return };
        let text = if ms.abs() < LONG_MS {
            words::filled(Word::Milliseconds, &[("ms", &words::number(ms.round()))])
        } else {
            // The mark keeps the sign before the number where lines run to the left.
            [if ms < 0.0 { "\u{200e}-" } else { "" }, &duration(ms.abs() as i64 / 1_000)].concat()
        };
        self.row(label, &text, is_bad);
    }

    /// So many, and how many are left where that is known.
    fn left(&mut self, label: Word, used: &str, left: Option<f64>, is_bad: bool) {
        let mut text = used.to_owned();
        if let Some(left) = left {
            text += APART;
            text += &words::filled(Word::Left, &[("n", &words::number(left))]);
        }
        self.row(label, &text, is_bad);
    }
}

fn of_page(rows: &mut Rows, page: &Page, told: &Told) {
    let is_live = matches!(page.live, Liveness::Live { .. });
    let mut state = words::text(match page.live {
        Liveness::Live { .. } => Word::Live,
        Liveness::Connecting { .. } => Word::Connecting,
        Liveness::Stale { .. } | Liveness::Reconnecting { .. } | Liveness::Refused { .. } => Word::Stale,
    })
    .to_owned();
    if let Some(since) = page.live.stale_since().or(page.connected_at) {
        let time = words::clock_time(since, true, None);
        state += &format!(" {}", words::filled(Word::Since, &[("time", &time)]));
    }
    rows.row(Word::Connection, &state, !is_live);
    rows.number(Word::Reconnects, Some(f64::from(page.reconnects)));
    // Only what was measured is told: without an event there is nothing to tell.
    let ours = page.latency_ms.map(f64::from);
    rows.milliseconds(Word::DelayOurs, ours, false);
    let whole = ours.zip(told.number("upstreamDelayMs")).map(|(ours, before)| ours + before);
    rows.milliseconds(Word::DelayVendors, whole, false);
    let ahead_ms = page.clock_ahead_ms;
    rows.milliseconds(Word::ClockOffset, Some(ahead_ms), ahead_ms.abs() > OFFSET_BAD_MS);
}

fn of_proxy(rows: &mut Rows, page: &Page, told: &Told) {
    if told.is_silent {
        rows.row(Word::Connection, words::text(Word::ServerSilent), true);
    }
    rows.row(Word::Version, &told.text("version"), false);
    rows.row(Word::App, page.build.get(..8).unwrap_or(&page.build), false);
    if let Some(up_s) = told.number("upS") {
        rows.row(Word::Running, &duration(up_s as i64), false);
    }
    rows.number(Word::Screens, told.number("screens"));
    // Nothing compares, nothing is told.
    rows.row(Word::Drift, &told.text("shown.drift"), false);
}

fn of_upstream(rows: &mut Rows, told: &Told) {
    rows.row(Word::Region, &told.text("upstream"), false);
    rows.row(Word::Trouble, &told.text("trouble"), true);
    if let Some(((live, used), topics)) =
        told.number("live").zip(told.number("channels.used")).zip(told.number("topics.used"))
    {
        let text =
            words::filled(Word::LiveOf, &[("live", &words::number(live)), ("n", &words::number(used))]);
        rows.left(Word::Channels, &text, told.number("channels.left"), live < used);
        rows.left(Word::Topics, &words::number(topics), told.number("topics.left"), false);
    }
    for (label, name) in [(Word::LeftOut, "leftOut"), (Word::RefusedTopics, "refused")] {
        if let Some(many) = told.number(name).filter(|many| *many > 0.0) {
            rows.row(label, &words::number(many), true);
        }
    }
    rows.row(Word::LostChannels, &told.text("shown.lost"), false);
    let mut client = 0;
    while let Some(used) = told.number(&format!("clients.{client}.used")) {
        let of = |name: &str| told.number(&format!("clients.{client}.{name}"));
        rows.left(Word::Calls, &words::number(used), of("left"), of("pausedS") > Some(0.0));
        client += 1;
    }
}
