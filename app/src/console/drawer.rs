//! One agent: who, what state and since when, what stands behind it, and what can be done.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::{UserId, event::conversation_summary::SummaryMedia, presence::RoutingStatus};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use super::{
    change::Change,
    desk::{Desk, Fresh, READ_AGAIN},
    list::Roster,
    members::{self, Joined},
    notes::Ended,
    parts, rows,
    shell::Here,
    skills::Skills,
};
use crate::{
    net,
    store::{AgentPlace, Detail},
    view::{
        bind,
        part::{fixed, text_in},
        ticker::Ticker,
    },
    words::{self, Say, Word, say},
};

/// What the parts of an open drawer share.
#[derive(Clone, Copy)]
pub struct Opened {
    /// Of whom.
    pub user: StoredValue<UserId>,
    /// The name.
    pub name: StoredValue<Arc<str>>,
    /// As the board has it.
    pub detail: Memo<Option<Detail>>,
    /// As Genesys Cloud has it, with its version; `None` while it is read anew.
    pub fresh: RwSignal<Option<Fresh>>,
    /// Why it could not be read.
    pub fault: RwSignal<String>,
    /// Counts the questions.
    asked: StoredValue<u32>,
}

#[component]
pub fn Drawer() -> impl IntoView {
    let here = bind::context::<Here>();
    let roster = bind::context::<Roster>();
    window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" && here.open.with_untracked(Option::is_some) && !event.default_prevented()
        {
            close(here);
        }
    });
    // Another agent is another drawer: nothing of the one before is kept.
    bind::items(move || {
        let place = here.open.get().and_then(|id| roster.place(&id));
        let drawer =
            |place: Arc<AgentPlace>| bind::Item::new(place.id.to_string(), move || view! { <Agent place/> });
        place.into_iter().map(drawer).collect()
    })
}

fn close(here: Here) {
    here.open.set(None);
    rows::focus();
}

#[component]
fn Agent(place: Arc<AgentPlace>) -> impl IntoView {
    let (here, desk) = (bind::context::<Here>(), bind::context::<Desk>());
    let id = place.id.clone();
    let drawn = id.to_string();
    let name = place.face.with_untracked(|face| face.name.clone());
    let team = place.face.with_untracked(|face| face.team.as_deref().unwrap_or_default().to_owned());
    let of = id.clone();
    let detail = Memo::new(move |_| {
        desk.beat.track();
        desk.detail(&of)
    });
    let opened = Opened {
        user: StoredValue::new(id.clone()),
        name: StoredValue::new(name.clone()),
        detail,
        fresh: RwSignal::new(None),
        fault: RwSignal::new(String::new()),
        asked: StoredValue::new(0),
    };
    provide_context(opened);
    // What stands is read anew whenever the board says that it is another one.
    let presence = Memo::new(move |_| {
        detail.with(|detail| detail.as_ref()?.presence.as_ref().map(|(id, _, since)| (id.clone(), *since)))
    });
    bind::effect(move || {
        // To track it would not do: a memo that nobody reads is never computed, and so never changes.
        let _ = presence.get();
        read_fresh(desk, opened);
    });
    let face = place.face.clone();
    let (stale, state) = (place.face.clone(), place.face.clone());
    view! {
        <aside
            class="drawer"
            aria-label=say(Say::AgentDrawer)
            data-drawer-of=drawn
            data-stale=bind::truth(move || stale.with(|face| face.stale))
            data-state=bind::text(move || state.with(|face| face.state.as_data()))
        >
            <div class="drawer-head">
                <div>
                    <h2 use:fixed="tabindex=-1" dir="auto" use:take_keyboard>{name.to_string()}</h2>
                    <p class="drawer-team" dir="auto">{team}</p>
                </div>
                <button class="quiet" use:fixed="type=button" data-tool="close" aria-label=words::text(Word::Close) on:click=move |_| close(here)>
                    <i class="cross" aria-hidden="true"></i>
                </button>
            </div>
            <p class="drawer-state">
                <i class="glyph" aria-hidden="true"></i>
                <b>{bind::text(move || face.with(|face| face.label.to_string()))}</b>
                <span class="drawer-time" use:runs=place></span>
            </p>
            <Facts/>
            <Ended user=id/>
            <Change/>
            <Skills/>
            <Queues/>
        </aside>
    }
}

/// Asks Genesys Cloud what stands, so that a change can say what it was made upon.
pub fn read_fresh(desk: Desk, opened: Opened) {
    let user = opened.user.get_value();
    opened.fresh.set(None);
    opened.asked.update_value(|asked| *asked += 1);
    let asked = opened.asked.get_value();
    // The drawer may be closed by then, and its signals with it; and an answer that was overtaken tells nothing.
    let is_asked = move || opened.asked.try_get_value() == Some(asked);
    net::spawn(async move {
        let answer = desk.fresh(&user).await;
        if !is_asked() {
            return;
        }
        match answer {
            Ok(fresh) => {
                opened.fault.set(String::new());
                opened.fresh.set(Some(fresh));
            }
            Err(no) => {
                opened.fault.set(no.said());
                let again = move || {
                    if is_asked() {
                        read_fresh(desk, opened);
                    }
                };
                set_timeout(again, READ_AGAIN);
            }
        }
    });
}

fn take_keyboard(element: Element) {
    request_animation_frame(move || {
        if let Some(element) = element.dyn_ref::<HtmlElement>() {
            // What cannot take it leaves it where it is.
            let _ = element.focus();
        }
    });
}

#[expect(clippy::needless_pass_by_value, reason = "a directive owns its element")]
fn runs(element: Element, place: Arc<AgentPlace>) {
    let running = bind::context::<Ticker>().add(text_in(&element), "", None);
    bind::effect(move || running.set_since(place.face.with(|face| face.since)));
}

/// What stands behind the state.
#[component]
fn Facts() -> impl IntoView {
    let Opened { detail, fresh, fault, .. } = bind::context::<Opened>();
    let presence = bind::text(move || {
        detail.with(|detail| {
            let label = detail.as_ref().and_then(|detail| Some(detail.presence.as_ref()?.1.clone()));
            label.unwrap_or_default()
        })
    });
    let message = bind::some_part(move || {
        let message = fresh.with(|fresh| fresh.as_ref().map(|fresh| fresh.standing.message.clone()))?;
        (!message.is_empty()).then(|| view! { <span class="drawer-message" dir="auto">{message}</span> })
    });
    let routing = bind::text(move || {
        detail.with(|detail| {
            let routing = detail.as_ref().and_then(|detail| detail.routing.clone());
            routing.map_or_else(String::new, |(status, _)| routing_name(&status))
        })
    });
    let conversations = bind::text(move || {
        detail.with(|detail| {
            let all = detail.iter().flat_map(|detail| &detail.conversations);
            let words: Vec<String> =
                all.map(|(media, active, acw)| conversation(*media, *active, *acw)).collect();
            if words.is_empty() { say(Say::NoConversations).to_owned() } else { words.join(" · ") }
        })
    });
    let fault = parts::fault(move || fault.get());
    view! {
        <dl class="facts">
            <dt>{say(Say::Presence)}</dt>
            <dd data-fact="presence">{presence} {message}</dd>
            <dt>{say(Say::Routing)}</dt>
            <dd data-fact="routing">{routing}</dd>
            <dt>{say(Say::Conversations)}</dt>
            <dd data-fact="conversations">{conversations}</dd>
        </dl>
        {fault}
    }
}

/// A routing status in words.
#[must_use]
pub fn routing_name(status: &RoutingStatus) -> String {
    words::text(match status {
        RoutingStatus::OffQueue => Word::StaffOffQueue,
        RoutingStatus::Idle => Word::StaffIdle,
        RoutingStatus::Interacting => Word::StateInteracting,
        RoutingStatus::NotResponding => Word::StateNotResponding,
        RoutingStatus::Communicating => Word::StateCommunicating,
        RoutingStatus::Other(raw) => return raw.to_string(),
    })
    .to_owned()
}

fn conversation(media: SummaryMedia, active: u32, acw: u32) -> String {
    let name = say(match media {
        SummaryMedia::Call => Say::MediaCall,
        SummaryMedia::Callback => Say::MediaCallback,
        SummaryMedia::Email => Say::MediaEmail,
        SummaryMedia::Message => Say::MediaMessage,
        SummaryMedia::Chat => Say::MediaChat,
        SummaryMedia::SocialExpression => Say::MediaSocial,
        SummaryMedia::Video => Say::MediaVideo,
    });
    let mut text = format!("{name} {}", words::number(f64::from(active)));
    if acw > 0 {
        text.push_str(&format!(
            ", {} {}",
            words::text(Word::StateAfterCallWork),
            words::number(f64::from(acw))
        ));
    }
    text
}

fn read_queues(opened: Opened, joined: RwSignal<Option<Result<Vec<Joined>, String>>>) {
    let Some(user) = opened.user.try_get_value() else { return };
    net::spawn(async move {
        let answer = members::of_agent(&user).await;
        let again = answer.is_err();
        // A drawer that was closed meanwhile takes nothing.
        let is_open = joined.try_set(Some(answer.map_err(|no| no.said()))).is_none();
        if again && is_open {
            set_timeout(move || read_queues(opened, joined), READ_AGAIN);
        }
    });
}

/// The queues that the agent has joined.
#[component]
fn Queues() -> impl IntoView {
    let opened = bind::context::<Opened>();
    let joined: RwSignal<Option<Result<Vec<Joined>, String>>> = RwSignal::new(None);
    read_queues(opened, joined);
    let list = bind::part(move || match joined.get() {
        None => ().into_any(),
        Some(Err(words)) => view! { <p class="console-fault">{words}</p> }.into_any(),
        Some(Ok(queues)) if queues.is_empty() => {
            view! { <p class="faint">{say(Say::NoQueues)}</p> }.into_any()
        }
        Some(Ok(queues)) => {
            let entries =
                bind::all(queues.into_iter().map(|queue| view! { <li dir="auto">{queue.name}</li> }));
            view! { <ul class="tags">{entries}</ul> }.into_any()
        }
    });
    view! {
        <section class="drawer-part" data-part="queues">
            <h3>{words::text(Word::Queues)}</h3>
            {list}
        </section>
    }
}
