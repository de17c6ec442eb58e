//! Writes in figures, of everybody or of one agent: how many, how they ended, how long they took. The page keeps itself up to date.

mod figures;

use leptos::prelude::*;
use protocol::{
    Timestamp,
    activity::{Activity as Figures, Attempt},
};
use web_sys::Element;

use super::{
    ask::{self, No},
    audit::outcome_words,
    desk::Desk,
    list::Roster,
    parts,
};
use crate::{
    net,
    view::{
        bind,
        part::{fixed, style},
    },
    words::{self, Say, Word, fill_in, say},
};
use figures::Bar;

/// Hours that can be looked at; the proxy looks back a day at most.
const HOURS: [u32; 3] = [1, 8, 24];

/// How old the figures may be.
const AGE_MAX_MS: i64 = 5_000;

/// What the page depends on.
#[derive(Clone, Copy)]
struct Shown {
    desk: Desk,
    user: RwSignal<String>,
    hours: RwSignal<u32>,
    figures: RwSignal<Option<Figures>>,
    fault: RwSignal<String>,
    asked_at: StoredValue<Timestamp>,
    /// Counts the questions: an answer to an older one is dropped.
    asked: StoredValue<u32>,
}

impl Shown {
    fn load(self) {
        self.asked_at.set_value(self.desk.now());
        self.asked.update_value(|asked| *asked += 1);
        let asked = self.asked.get_value();
        let mut address = format!("/rollcall/activity?minutes={}", self.hours.get_untracked() * 60);
        let user = self.user.get_untracked();
        if !user.is_empty() {
            address.push_str(&format!("&userId={}", ask::escaped(&user)));
        }
        net::spawn(async move {
            let answer = ask::get(&address).await.and_then(|answer| answer.read::<Figures>());
            // The page may be left by now.
            if self.asked.try_get_value() != Some(asked) {
                return;
            }
            self.fault.set(answer.as_ref().err().map(No::said).unwrap_or_default());
            if let Ok(figures) = answer {
                self.figures.set(Some(figures));
            }
        });
    }

    fn read<T>(self, read: impl FnOnce(&Figures) -> T) -> Option<T> {
        self.figures.with(|figures| figures.as_ref().map(read))
    }
}

#[component]
pub fn Activity() -> impl IntoView {
    let desk = bind::context::<Desk>();
    let shown = Shown {
        desk,
        user: RwSignal::default(),
        hours: RwSignal::new(HOURS[0]),
        figures: RwSignal::default(),
        fault: RwSignal::default(),
        asked_at: StoredValue::default(),
        asked: StoredValue::new(0),
    };
    bind::effect(move || {
        shown.user.track();
        shown.hours.track();
        shown.load();
    });
    bind::effect(move || {
        desk.beat.track();
        if desk.now().ms_since(shown.asked_at.get_value()) >= AGE_MAX_MS {
            shown.load();
        }
    });
    let fault = parts::fault(move || shown.fault.get());
    let is_there = Memo::new(move |_| shown.figures.with(Option::is_some));
    let page = bind::some_part(move || {
        is_there.get().then(|| {
            view! {
                <Numbers shown/>
                <Histogram shown/>
                <Refusals shown/>
                <Recent shown/>
            }
        })
    });
    view! {
        <main class="console-main" id="activity">
            <div class="console-tools">
                <h1>{say(Say::Activity)}</h1>
                <Of shown/>
            </div>
            {fault}
            <div class="activity" use:fixed="tabindex=0 role=region" aria-label=say(Say::Activity)>{page}</div>
        </main>
    }
}

/// Of whom, and of how long.
#[component]
fn Of(shown: Shown) -> impl IntoView {
    let people = bind::context::<Roster>().options();
    let hours = bind::all(HOURS.map(|hours| {
        let words = fill_in(Say::LastHours, &[("n", &words::number(f64::from(hours)))]);
        view! { <option value=hours.to_string()>{words}</option> }
    }));
    let people = view! {
        <option value="">{say(Say::Everybody)}</option>
        {people}
    };
    let of = move |user| shown.user.set(user);
    let within = move |hours: String| shown.hours.set(hours.parse().unwrap_or(HOURS[0]));
    view! {
        {parts::choice("activity-agent", words::text(Word::Agent), people, of)}
        {parts::choice("activity-hours", say(Say::Span), hours, within)}
    }
}

fn milliseconds(ms: f64) -> String {
    words::filled(Word::Milliseconds, &[("ms", &words::number(ms.round()))])
}

#[component]
fn Numbers(shown: Shown) -> impl IntoView {
    let number = |name: &'static str, label: String, read: fn(&Figures) -> Option<String>| {
        let value = bind::text(move || shown.read(read).flatten().unwrap_or_else(|| "–".to_owned()));
        view! {
            <div class="number" data-figure=name>
                <dt>{label}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let of = |words: Say, part: &str| format!("{} · {part}", say(words));
    let counts = [
        number("attempts", say(Say::Attempts).to_owned(), |f| Some(words::number(f.attempts as f64))),
        number("success", say(Say::EndedWell).to_owned(), |f| percent(f.success_rate)),
        number("refusals", say(Say::RefusedCount).to_owned(), |f| Some(words::number(f.refusals as f64))),
        number("conflicts", say(Say::MetOthers).to_owned(), |f| percent(f.conflict_rate)),
        number("throughput", say(Say::PerMinute).to_owned(), |f| {
            Some(words::number((f.throughput_per_second * 600.0).round() / 10.0))
        }),
    ];
    let times = [
        number("average", of(Say::UntilAnswer, say(Say::Average)), |f| {
            f.average_latency_ms.map(milliseconds)
        }),
        number("p50", of(Say::UntilAnswer, "p50"), |f| f.p50_ms.map(|ms| milliseconds(ms as f64))),
        number("p95", of(Say::UntilAnswer, "p95"), |f| f.p95_ms.map(|ms| milliseconds(ms as f64))),
        number("p99", of(Say::UntilAnswer, "p99"), |f| f.p99_ms.map(|ms| milliseconds(ms as f64))),
        number("seen-p50", of(Say::UntilPush, "p50"), |f| f.seen_p50_ms.map(|ms| milliseconds(ms as f64))),
        number("seen-p95", of(Say::UntilPush, "p95"), |f| f.seen_p95_ms.map(|ms| milliseconds(ms as f64))),
    ];
    view! {
        <dl class="numbers">{bind::all(counts)}</dl>
        <dl class="numbers">{bind::all(times)}</dl>
    }
}

fn percent(share: Option<f64>) -> Option<String> {
    share.map(|share| words::percent(share * 100.0))
}

/// How many writes took how long. Each bar says in words what it shows.
#[component]
fn Histogram(shown: Shown) -> impl IntoView {
    let bars = Memo::new(move |_| shown.read(figures::bars).unwrap_or_default());
    let drawn = bind::part(move || bind::all(bars.get().iter().map(bar)));
    view! {
        <section class="panel" data-part="histogram">
            <h2>{say(Say::TimeToAnswer)}</h2>
            <ol class="histogram" aria-label=say(Say::TimeToAnswer)>{drawn}</ol>
            <p class="faint axis">{say(Say::Axis)}</p>
        </section>
    }
}

fn bar(bar: &Bar) -> AnyView {
    let bound = match bar.most_ms {
        Some(most) => format!("≤ {}", words::number(most as f64)),
        None => format!("> {}", words::number(bar.over_ms as f64)),
    };
    let percent = bar.percent;
    let tall = move |element: Element| style(&element, "--part", &format!("{percent:.1}%"));
    view! {
        <li data-count=bar.count.to_string() use:tall>
            <b>{words::number(bar.count as f64)}</b>
            <span class="bar-room" aria-hidden="true"><i></i></span>
            <span class="bar-bound">{bound}</span>
        </li>
    }
    .into_any()
}

#[component]
fn Refusals(shown: Shown) -> impl IntoView {
    let codes =
        Memo::new(move |_| shown.read(|figures| figures.refusals_by_code.clone()).unwrap_or_default());
    bind::some_part(move || {
        let codes = codes.get();
        (!codes.is_empty()).then(|| {
            let rows = bind::all(codes.into_iter().map(|(code, count)| {
                view! { <li><code>{code}</code> <b>{words::number(count as f64)}</b></li> }
            }));
            view! {
                <section class="panel" data-part="refusals">
                    <h2>{say(Say::RefusalsByCode)}</h2>
                    <ul class="codes">{rows}</ul>
                </section>
            }
        })
    })
}

#[component]
fn Recent(shown: Shown) -> impl IntoView {
    let roster = bind::context::<Roster>();
    let recent = Memo::new(move |_| shown.read(|figures| figures.recent.clone()).unwrap_or_default());
    let rows = move || {
        let names = roster.names();
        let row = |attempt: Attempt| {
            let name = names.get(&attempt.user_id).cloned().unwrap_or_else(|| attempt.user_id.clone());
            // What events tell of a write comes after its end.
            let key = format!("{} {:?} {name}", attempt.id, attempt.seen_ms);
            bind::Item::new(key, move || line(attempt, name))
        };
        recent.get().into_iter().map(row).collect()
    };
    let none = bind::some_part(move || {
        recent.with(Vec::is_empty).then(|| view! { <p class="console-empty">{say(Say::NoActivity)}</p> })
    });
    let titles = [
        say(Say::When),
        words::text(Word::Agent),
        say(Say::Change),
        say(Say::Outcome),
        say(Say::Actor),
        say(Say::UntilAnswer),
        say(Say::UntilPush),
    ];
    let head = bind::all(titles.map(|title| view! { <th use:fixed="scope=col">{title}</th> }));
    view! {
        <section class="panel" data-part="recent">
            <h2>{say(Say::LastWrites)}</h2>
            <div class="attempts-room" use:fixed="tabindex=0 role=region" aria-label=say(Say::LastWrites)>
                <table class="attempts">
                    <thead><tr>{head}</tr></thead>
                    <tbody>{bind::items(rows)}</tbody>
                </table>
            </div>
            {none}
        </section>
    }
}

fn line(attempt: Attempt, name: String) -> impl IntoView {
    let what = say(match attempt.action.as_str() {
        "presence" => Say::Presence,
        "routingStatus" => Say::Routing,
        _ => Say::Skills,
    });
    let outcome = outcome_words(&attempt.outcome).unwrap_or_default();
    let code = attempt.code.map(|code| view! { <code class="note-code">{code}</code> });
    let time = |ms: Option<i64>| ms.map_or_else(|| "–".to_owned(), |ms| milliseconds(ms as f64));
    view! {
        <tr data-attempt=attempt.id data-outcome=attempt.outcome>
            <td><time>{words::day_and_time(attempt.at)}</time></td>
            <td dir="auto"><b>{name}</b></td>
            <td>{what}</td>
            <td><span class="outcome">{outcome}</span> {bind::maybe_part(code)}</td>
            <td dir="auto">{attempt.actor}</td>
            <td>{time(attempt.latency_ms)}</td>
            <td>{time(attempt.seen_ms)}</td>
        </tr>
    }
}
