//! Who changed what: the audit log, narrowed, page by page, with what each write changed, and as a file.

mod file;
mod records;

use leptos::prelude::*;
use protocol::{UserId, presence::RoutingStatus};

use super::{
    ask::{self, No},
    desk::Desk,
    drawer::routing_name,
    list::Roster,
    parts,
    presences::{self, State},
    skill::To,
    skills,
};
use crate::{
    net,
    view::{bind, part::fixed},
    words::{self, Say, Word, fill_in, say},
};
use records::{Page, Record, Sought, differences, joined};

/// Records a page: a write is two of them.
const PAGE_SIZE: u32 = 50;

/// The outcomes in the order of the log's documentation, with their words.
const OUTCOMES: [(&str, Say); 6] = [
    ("accepted", Say::OutcomeAccepted),
    ("noChange", Say::OutcomeNoChange),
    ("deferred", Say::OutcomeDeferred),
    ("superseded", Say::OutcomeSuperseded),
    ("refused", Say::OutcomeRefused),
    ("unknown", Say::OutcomeUnknown),
];

/// What a page of the log depends on.
#[derive(Clone, Copy)]
struct Log {
    sought: RwSignal<Sought>,
    number: RwSignal<u64>,
    page: RwSignal<Page>,
    fault: RwSignal<String>,
    /// Counts the questions: an answer to an older one is dropped.
    asked: StoredValue<u32>,
}

impl Log {
    fn load(self) {
        self.asked.update_value(|asked| *asked += 1);
        let asked = self.asked.get_value();
        let (sought, number) = (self.sought.get_untracked(), self.number.get_untracked());
        net::spawn(async move {
            let answer = read(&sought, number, PAGE_SIZE).await;
            // The page may be left by now.
            if self.asked.try_get_value() != Some(asked) {
                return;
            }
            match answer {
                Ok(page) => {
                    self.fault.set(String::new());
                    self.page.set(page);
                }
                Err(no) => {
                    self.fault.set(no.said());
                }
            }
        });
    }
}

/// A page of the log.
async fn read(sought: &Sought, number: u64, size: u32) -> Result<Page, No> {
    ask::get(&format!("/rollcall/audit?{}", sought.query(number, size, ask::escaped))).await?.read()
}

/// How a write ended, in a word.
#[must_use]
pub fn outcome_words(outcome: &str) -> Option<&'static str> {
    OUTCOMES.iter().find(|(word, _)| *word == outcome).map(|(_, words)| say(*words))
}

#[component]
pub fn Audit() -> impl IntoView {
    let roster = bind::context::<Roster>();
    let log = Log {
        sought: RwSignal::default(),
        number: RwSignal::new(1),
        page: RwSignal::default(),
        fault: RwSignal::default(),
        asked: StoredValue::new(0),
    };
    bind::effect(move || {
        log.sought.track();
        log.number.track();
        log.load();
    });
    let fault = parts::fault(move || log.fault.get());
    let desk = bind::context::<Desk>();
    // A line that is opened stays so while it says the same.
    let rows = move || {
        let (names, states) = (roster.names(), desk.states.get());
        let line = |record: Record| {
            let name = names.get(&record.user_id).cloned().unwrap_or_else(|| record.user_id.clone());
            let key = format!("{} {} {:?} {name} {}", record.id, record.kind, record.seen_ms, states.len());
            let states = states.clone();
            bind::Item::new(key, move || line(&record, name, &states))
        };
        log.page.with(|page| joined(page.entities.clone())).into_iter().map(line).collect()
    };
    let none = bind::some_part(move || {
        let is_empty = log.page.with(|page| page.entities.is_empty());
        is_empty.then(|| view! { <p class="console-empty">{say(Say::NoRecords)}</p> })
    });
    let total = bind::text(move || {
        fill_in(Say::RecordsFound, &[("n", &words::number(log.page.with(|page| page.total) as f64))])
    });
    view! {
        <main class="console-main" id="audit">
            <div class="console-tools">
                <h1>{say(Say::Audit)}</h1>
                <span class="console-count" use:fixed="role=status">{total}</span>
                <button class="small" use:fixed="type=button" data-tool="reload" on:click=move |_| log.load()>{say(Say::Reload)}</button>
                <button class="small" use:fixed="type=button" data-tool="csv" on:click=move |_| export(log, roster, true)>"CSV"</button>
                <button class="small" use:fixed="type=button" data-tool="jsonl" on:click=move |_| export(log, roster, false)>"JSON"</button>
            </div>
            <Filters log/>
            {fault}
            <div class="log" use:fixed="tabindex=0 role=region" aria-label=say(Say::Audit)>{bind::items(rows)} {none}</div>
            <Pages log/>
        </main>
    }
}

fn export(log: Log, roster: Roster, is_csv: bool) {
    net::spawn(async move {
        if let Err(no) = file::save(&log.sought.get_untracked(), &untrack(|| roster.names()), is_csv).await {
            log.fault.set(no.said());
        }
    });
}

#[component]
fn Filters(log: Log) -> impl IntoView {
    let roster = bind::context::<Roster>();
    let narrow = move |change: &dyn Fn(&mut Sought)| {
        log.number.set(1);
        log.sought.update(|sought| change(sought));
    };
    let people = roster.options();
    let outcomes =
        bind::all(OUTCOMES.map(|(word, words)| view! { <option value=word>{say(words)}</option> }));
    let date = move |event| records_date(&event_target_value(&event));
    view! {
        <form class="log-filters" aria-label=words::text(Word::Filter) on:submit=move |event| event.prevent_default()>
            <label class="field">
                <span>{words::text(Word::Agent)}</span>
                <select data-tool="audit-agent" on:change=move |event| {
                    let id = event_target_value(&event);
                    narrow(&|sought| sought.user = (!id.is_empty()).then(|| UserId::new(&id)));
                }>
                    <option value="">{say(Say::Everybody)}</option>
                    {people}
                </select>
            </label>
            <label class="field">
                <span>{say(Say::Outcome)}</span>
                <select data-tool="audit-outcome" on:change=move |event| {
                    let outcome = event_target_value(&event);
                    narrow(&|sought| sought.outcome.clone_from(&outcome));
                }>
                    <option value="">{say(Say::Any)}</option>
                    {outcomes}
                </select>
            </label>
            <label class="field">
                <span>{say(Say::Actor)}</span>
                <input use:fixed="type=text autocomplete=off" data-tool="audit-actor" on:change=move |event| {
                    let actor = event_target_value(&event);
                    narrow(&|sought| actor.trim().clone_into(&mut sought.actor));
                }/>
            </label>
            <label class="field">
                <span>{say(Say::Tag)}</span>
                <input use:fixed="type=text autocomplete=off" data-tool="audit-tag" on:change=move |event| {
                    let tag = event_target_value(&event);
                    narrow(&|sought| tag.trim().clone_into(&mut sought.tag));
                }/>
            </label>
            <label class="field">
                <span>{say(Say::From)}</span>
                <input type="datetime-local" data-tool="audit-from" on:change=move |event| {
                    let from = date(event);
                    narrow(&|sought| sought.from.clone_from(&from));
                }/>
            </label>
            <label class="field">
                <span>{say(Say::To)}</span>
                <input type="datetime-local" data-tool="audit-to" on:change=move |event| {
                    let to = date(event);
                    narrow(&|sought| sought.to.clone_from(&to));
                }/>
            </label>
        </form>
    }
}

/// What a person writes is of the place where the page is; the proxy is asked in UTC.
fn records_date(text: &str) -> String {
    let date = js_sys::Date::new(&text.into());
    if text.is_empty() || date.get_time().is_nan() {
        String::new()
    } else {
        String::from(date.to_iso_string())
    }
}

#[component]
fn Pages(log: Log) -> impl IntoView {
    let count = move || log.page.with(|page| page.page_count.max(1));
    let words = bind::text(move || {
        let (page, pages) = (words::number(log.number.get() as f64), words::number(count() as f64));
        words::filled(Word::PageOf, &[("page", &page), ("pages", &pages)])
    });
    view! {
        <div class="log-pages">
            <button
                class="small"
                use:fixed="type=button"
                data-tool="newer"
                prop:disabled=move || log.number.get() <= 1
                on:click=move |_| log.number.update(|number| *number -= 1)
            >
                {say(Say::Newer)}
            </button>
            <span>{words}</span>
            <button
                class="small"
                use:fixed="type=button"
                data-tool="older"
                prop:disabled=move || { log.number.get() >= count() }
                on:click=move |_| log.number.update(|number| *number += 1)
            >
                {say(Say::Older)}
            </button>
        </div>
    }
}

/// A record in a line, which opens to what it changed.
fn line(record: &Record, name: String, states: &[State]) -> AnyView {
    let outcome = match (outcome_words(&record.outcome), record.kind.as_str()) {
        (Some(words), _) => words,
        (None, "observed") => say(Say::MadeElsewhere),
        (None, _) => say(Say::UnderWay),
    };
    let wish = wish(record, states);
    let differences: Vec<_> = differences(record);
    let named = |value: String| presences::name_of(states, &value).unwrap_or(value);
    let changed = (!differences.is_empty()).then(|| {
        let rows = bind::all(differences.into_iter().map(|one| {
            view! {
                <tr>
                    <th use:fixed="scope=row">{one.member}</th>
                    <td><del>{named(one.before)}</del></td>
                    <td><ins>{named(one.after)}</ins></td>
                </tr>
            }
        }));
        view! {
            <table class="diff">
                <thead>
                    <tr>
                        <th use:fixed="scope=col">{say(Say::Member)}</th>
                        <th use:fixed="scope=col">{say(Say::Before)}</th>
                        <th use:fixed="scope=col">{say(Say::After)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    let why = (!record.words.is_empty())
        .then(|| view! { <p>{record.words.clone()} " " <code>{record.code.clone()}</code></p> });
    let times = [(Say::AnsweredAfter, record.answered_ms), (Say::SeenAfter, record.seen_ms)];
    let took = bind::all(times.into_iter().filter_map(|(words, ms)| {
        let ms = words::filled(Word::Milliseconds, &[("ms", &words::number(ms? as f64))]);
        Some(view! { <p class="faint">{fill_in(words, &[("time", &ms)])}</p> })
    }));
    // By the names that the log has for them.
    let named = [
        ("complianceTag ", &record.compliance_tag),
        ("correlationId ", &record.correlation_id),
        ("upstreamCorrelationId ", &record.upstream_correlation_id),
    ];
    let trace =
        bind::all(named.into_iter().filter(|(_, value)| !value.is_empty()).map(
            |(name, value)| view! { <p class="faint">{name} <code dir="auto">{value.clone()}</code></p> },
        ));
    view! {
        <details class="log-line" data-record=record.id.clone() data-outcome=record.outcome.clone()>
            <summary>
                <time>{words::day_and_time(record.at)}</time>
                <b dir="auto">{name}</b>
                <span>{wish}</span>
                <span class="outcome">{outcome}</span>
                <span class="faint" dir="auto">{format!("{} {}", record.actor.kind, record.actor.name)}</span>
            </summary>
            <div class="log-more">{bind::maybe_part(changed)} {bind::maybe_part(why)} {took} {trace}</div>
        </details>
    }
    .into_any()
}

/// What was asked for, in the words of the organisation where they are known.
fn wish(record: &Record, states: &[State]) -> String {
    let named = ["presenceDefinition", "futurePresenceDefinition"].iter().find_map(|member| {
        let definition = &record.asked[*member];
        definition["id"]
            .as_str()
            .or_else(|| definition["systemPresence"].as_str())
            .or_else(|| definition.as_str())
    });
    let named = named.map(|id| presences::name_of(states, id).unwrap_or_else(|| id.to_owned()));
    named.unwrap_or_else(|| match record.action.as_str() {
        "routingStatus" => record.asked["status"].as_str().map_or_else(
            || say(Say::Routing).to_owned(),
            |status| routing_name(&RoutingStatus::parse(status)),
        ),
        "skill" => skill(record),
        "skills" | "allSkills" => say(Say::Skills).to_owned(),
        // A message alone.
        _ => say(Say::Presence).to_owned(),
    })
}

/// What was asked for of a skill, whose name is known by what stood and what stands.
fn skill(record: &Record) -> String {
    let names = [&record.after, &record.before].map(|stands| stands["name"].as_str());
    let Some(name) = names.into_iter().flatten().next() else { return say(Say::Skills).to_owned() };
    let asked = &record.asked;
    let switch = asked["state"].as_str().map(|state| To::Switch(state == "active"));
    let to = switch.or_else(|| asked["proficiency"].as_f64().map(To::Proficiency));
    let minutes = asked["minutes"].as_u64().and_then(|minutes| u32::try_from(minutes).ok());
    match to {
        Some(to) => skills::for_minutes(skills::label(name, to), minutes.unwrap_or_default()),
        None => fill_in(Say::SkillAsBefore, &[("skill", name)]),
    }
}
