//! Setting a presence. A button chooses, another one sends; nothing that is shown of the agent changes by either.

use leptos::prelude::*;
use protocol::presence::RoutingStatus;

use super::{
    desk::Desk,
    drawer::{Opened, read_fresh},
    presences::State,
    shell::Here,
    writes::{Facet, Standing, Wish},
};
use crate::{
    store::Detail,
    view::{bind, part::fixed},
    words::{self, Say, Word, fill_in, say},
};

/// Letters of a message. Source: Genesys Cloud's limit, which the proxy checks.
const MESSAGE_MAX: &str = "255";

/// What is chosen and not sent yet.
#[derive(Clone, Copy)]
struct Draft {
    state: RwSignal<Option<State>>,
    reason: RwSignal<Option<String>>,
    message: RwSignal<String>,
    later: RwSignal<bool>,
}

impl Draft {
    fn new() -> Self {
        Self {
            state: RwSignal::new(None),
            reason: RwSignal::new(None),
            message: RwSignal::new(String::new()),
            later: RwSignal::new(false),
        }
    }

    fn choose(self, state: Option<State>, is_busy: bool) {
        self.state.set(state);
        self.reason.set(None);
        self.message.set(String::new());
        self.later.set(is_busy);
    }

    fn lacks_reason(self) -> bool {
        let needs = self.state.with(|state| state.as_ref().is_some_and(|state| state.needs_reason));
        needs && self.reason.with(Option::is_none) && self.message.with(|text| text.trim().is_empty())
    }

    /// What is to be sent, upon what stands.
    fn wish(self, standing: &Standing) -> Option<Wish> {
        let state = self.state.get_untracked()?;
        let reason = self.reason.get_untracked();
        let reason = reason.and_then(|id| state.reasons.iter().find(|reason| reason.id == id).cloned());
        let label = reason.as_ref().map_or_else(|| state.name(), |reason| reason.label.clone());
        let message = self.message.get_untracked().trim().to_owned();
        Some(Wish {
            facet: Facet::Presence,
            definition: reason.map_or(state.id, |reason| reason.id),
            label,
            // The words that went with another state do not go with this one.
            message: (message != standing.message).then_some(message),
            when_free: self.later.get_untracked(),
        })
    }
}

/// Sends a wish, upon what the drawer shows.
fn send(desk: Desk, opened: Opened, wish: impl FnOnce(&Standing) -> Option<Wish>) -> bool {
    let Some(fresh) = opened.fresh.get_untracked() else { return false };
    let Some(wish) = wish(&fresh.standing) else { return false };
    let who = (opened.user.get_value(), opened.name.get_value());
    desk.change(who, wish, Some(fresh.standing), fresh.etag);
    true
}

#[component]
pub fn Change() -> impl IntoView {
    let (desk, opened, here) = (bind::context::<Desk>(), bind::context::<Opened>(), bind::context::<Here>());
    let draft = Draft::new();
    let is_busy = move || opened.detail.with(|detail| detail.as_ref().is_some_and(Detail::is_busy));
    // The palette may have chosen already.
    bind::effect(move || {
        let wish = here.begin_with.get();
        let state =
            desk.states.with(|states| states.iter().find(|state| Some(&state.id) == wish.as_ref()).cloned());
        if state.is_some() {
            draft.choose(state, untrack(is_busy));
            here.begin_with.set(None);
        }
    });
    // A change that was refused upon an old picture is made upon a new one.
    let ended = Memo::new(move |_| {
        let user = opened.user.get_value();
        desk.writes.with(|writes| writes.of(&user).map(|write| (write.id, write.end.is_some())))
    });
    bind::effect(move || {
        if ended.get().is_some_and(|(_, ended)| ended) {
            read_fresh(desk, opened);
        }
    });
    let form = bind::part(move || {
        if draft.state.with(Option::is_none) {
            return ().into_any();
        }
        view! { <Form draft/> }.into_any()
    });
    let part = bind::part(move || {
        if !desk.may_write.get() {
            return view! { <p class="faint">{say(Say::MayNotWrite)}</p> }.into_any();
        }
        view! {
            <section class="drawer-part" data-part="change">
                <div class="part-head">
                    <h3>{say(Say::SetPresence)}</h3>
                    <Reset/>
                    <OnQueue/>
                </div>
                <States draft/>
            </section>
        }
        .into_any()
    });
    view! {
        {part}
        {form}
    }
}

/// On and off queue, the change that is made most: one button.
#[component]
fn OnQueue() -> impl IntoView {
    let (desk, opened) = (bind::context::<Desk>(), bind::context::<Opened>());
    let is_on = move || opened.detail.with(|detail| detail.as_ref().is_some_and(|detail| detail.is_on_queue));
    let words = bind::text(move || say(if is_on() { Say::TakeOffQueue } else { Say::PutOnQueue }).to_owned());
    let waits = move || is_waiting(desk, opened);
    view! {
        <button
            class="small"
            use:fixed="type=button"
            data-tool="on-queue"
            prop:disabled=waits
            on:click=move |_| {
                let wanted = if untrack(is_on) { "available" } else { "on-queue" };
                send(desk, opened, |_| {
                    let state = desk.states.with_untracked(|all| all.iter().find(|state| state.as_data() == wanted).cloned())?;
                    Some(Wish { label: state.name(), definition: state.id, ..Wish::default() })
                });
            }
        >
            {words}
        </button>
    }
}

/// Makes who did not respond idle again.
#[component]
fn Reset() -> impl IntoView {
    let (desk, opened) = (bind::context::<Desk>(), bind::context::<Opened>());
    let is_stuck = Memo::new(move |_| {
        opened.detail.with(|detail| {
            let routing = detail.as_ref().and_then(|detail| detail.routing.as_ref());
            routing.is_some_and(|(status, _)| *status == RoutingStatus::NotResponding)
        })
    });
    bind::some_part(move || {
        is_stuck.get().then(|| {
            view! {
                <button
                    class="small"
                    use:fixed="type=button"
                    data-tool="reset"
                    prop:disabled=move || is_waiting(desk, opened)
                    on:click=move |_| {
                        let wish = Wish {
                            facet: Facet::RoutingStatus,
                            definition: RoutingStatus::Idle.as_str().to_owned(),
                            label: words::text(Word::StaffIdle).to_owned(),
                            ..Wish::default()
                        };
                        desk.change((opened.user.get_value(), opened.name.get_value()), wish, None, None);
                    }
                >
                    {say(Say::ResetRouting)}
                </button>
            }
        })
    })
}

/// Nothing is sent while one change is under way, or while what stands is not known.
fn is_waiting(desk: Desk, opened: Opened) -> bool {
    let user = opened.user.get_value();
    opened.fresh.with(Option::is_none)
        || desk.states.with(Vec::is_empty)
        || desk.writes.with(|writes| writes.is_pending(&user))
}

#[component]
fn States(draft: Draft) -> impl IntoView {
    let (desk, opened) = (bind::context::<Desk>(), bind::context::<Opened>());
    let current =
        move || opened.detail.with(|detail| detail.as_ref()?.presence.as_ref().map(|(id, ..)| id.clone()));
    let buttons = bind::part(move || {
        bind::all(desk.states.get().into_iter().map(|state| {
            let (of, chosen, data, name) = (state.id.clone(), state.clone(), state.as_data(), state.name());
            let ids: Vec<String> =
                std::iter::once(state.id.clone()).chain(state.reasons.iter().map(|reason| reason.id.clone())).collect();
            let is_current =
                bind::maybe(move || current().is_some_and(|id| ids.contains(&id)).then_some("true"));
            let is_pressed = bind::truth(move || {
                draft.state.with(|state| state.as_ref().is_some_and(|state| state.id == of))
            });
            view! {
                <button
                    class="state-button"
                    use:fixed="type=button"
                    data-state=data
                    aria-pressed=is_pressed
                    aria-current=is_current
                    on:click=move |_| {
                        let is_busy = opened.detail.with_untracked(|detail| detail.as_ref().is_some_and(Detail::is_busy));
                        draft.choose(Some(chosen.clone()), is_busy);
                    }
                >
                    <i class="glyph" aria-hidden="true"></i>
                    {name}
                </button>
            }
        }))
    });
    view! { <div class="state-buttons" use:fixed="role=group" aria-label=say(Say::SetPresence)>{buttons}</div> }
}

#[component]
fn Form(draft: Draft) -> impl IntoView {
    let (desk, opened) = (bind::context::<Desk>(), bind::context::<Opened>());
    let state = draft.state.get_untracked().unwrap_or_default();
    let name = state.name();
    let reasons = (!state.reasons.is_empty()).then(|| {
        let buttons = bind::all(state.reasons.iter().cloned().map(|reason| {
            let (of, chosen) = (reason.id.clone(), reason.id);
            let is_pressed = bind::truth(move || draft.reason.with(|reason| reason.as_ref() == Some(&of)));
            view! {
                <button
                    class="chip"
                    use:fixed="type=button"
                    aria-pressed=is_pressed
                    on:click=move |_| draft.reason.update(|reason| {
                        let again = reason.as_ref() == Some(&chosen);
                        *reason = (!again).then(|| chosen.clone());
                    })
                >
                    {reason.label}
                </button>
            }
        }));
        view! { <div class="reasons" use:fixed="role=group" aria-label=say(Say::Reason)>{buttons}</div> }
    });
    let hint = bind::some_part(move || {
        draft.lacks_reason().then(|| view! { <p class="hint" id="reason-hint">{say(Say::ReasonNeeded)}</p> })
    });
    let later = bind::some_part(move || {
        let is_busy = opened.detail.with(|detail| detail.as_ref().is_some_and(Detail::is_busy));
        is_busy.then(|| {
            view! {
                <label class="check">
                    <input
                        type="checkbox"
                        data-tool="later"
                        prop:checked=move || draft.later.get()
                        on:change=move |event| draft.later.set(event_target_checked(&event))
                    />
                    {say(Say::AfterConversation)}
                </label>
            }
        })
    });
    view! {
        <form
            class="change-form"
            on:submit=move |event| {
                event.prevent_default();
                let is_idle = !untrack(|| is_waiting(desk, opened)) && !untrack(|| draft.lacks_reason());
                if is_idle && send(desk, opened, |standing| draft.wish(standing)) {
                    draft.choose(None, false);
                }
            }
        >
            {bind::maybe_part(reasons)}
            <label class="field">
                <span>{say(Say::Message)}</span>
                <input
                    use:fixed="type=text autocomplete=off"
                    maxlength=MESSAGE_MAX
                    data-tool="message"
                    dir="auto"
                    prop:value=move || draft.message.get()
                    on:input=move |event| draft.message.set(event_target_value(&event))
                />
            </label>
            {later}
            {hint}
            <div class="form-end">
                <button class="plain" use:fixed="type=button" data-tool="cancel" on:click=move |_| draft.choose(None, false)>
                    {say(Say::Cancel)}
                </button>
                <button
                    class="primary"
                    use:fixed="type=submit"
                    data-tool="send"
                    prop:disabled=move || is_waiting(desk, opened) || draft.lacks_reason()
                >
                    {fill_in(Say::SetTo, &[("state", &name)])}
                </button>
            </div>
        </form>
    }
}
