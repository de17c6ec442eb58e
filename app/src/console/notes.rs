//! How changes ended, for all to see and hear: notes at the foot of the page, and in the drawer of whom they are about.

use leptos::prelude::*;
use protocol::UserId;

use super::{
    desk::Desk,
    said,
    shell::Here,
    writes::{End, Write},
};
use crate::{
    format,
    view::{bind, part::fixed},
    words::{self, Say, Word, fill_in, say},
};

/// So long a note stands that asks nothing of anybody. It can be undone in the drawer for longer.
const STANDS_MS: i64 = 20_000;

/// Notes at a time: the newest.
const NOTES_MAX: usize = 3;

#[component]
pub fn Notes() -> impl IntoView {
    let desk = bind::context::<Desk>();
    let dismissed = RwSignal::new(Vec::<u32>::new());
    let notes = move || {
        desk.beat.track();
        let now = desk.now();
        desk.writes.with(|writes| {
            let stands = |write: &&Write| {
                let is_fresh = write.ended_at.is_none_or(|at| now.ms_since(at) < STANDS_MS);
                // What went wrong waits until somebody has read it.
                let waits =
                    matches!(write.end, Some(End::Refused(_) | End::Unconfirmed(_) | End::Superseded));
                (is_fresh || waits) && dismissed.with(|gone| !gone.contains(&write.id))
            };
            writes
                .all()
                .iter()
                .rev()
                .filter(stands)
                .take(NOTES_MAX)
                .map(|write| write.id)
                .collect::<Vec<u32>>()
        })
    };
    let shown = Memo::new(move |_| notes());
    let items = move || {
        let note = |id: u32| {
            bind::Item::new(id.to_string(), move || view! { <li><Note id dismissed=Some(dismissed)/></li> })
        };
        shown.get().into_iter().map(note).collect()
    };
    let (calm, urgent) = (
        bind::text(move || {
            desk.spoken.with(|(words, is_urgent)| if *is_urgent { String::new() } else { words.clone() })
        }),
        bind::text(move || {
            desk.spoken.with(|(words, is_urgent)| if *is_urgent { words.clone() } else { String::new() })
        }),
    );
    view! {
        <section class="notes" aria-label=say(Say::Changes)>
            <ul>{bind::items(items)}</ul>
            <p class="spoken" use:fixed="role=status aria-live=polite" data-spoken="calm">{calm}</p>
            <p class="spoken" use:fixed="role=alert" data-spoken="urgent">{urgent}</p>
        </section>
    }
}

/// How the newest change of an agent stands, as long as it can be taken back or went wrong.
#[component]
pub fn Ended(user: UserId) -> impl IntoView {
    let desk = bind::context::<Desk>();
    let id = Memo::new(move |_| {
        desk.beat.track();
        let now = desk.now();
        desk.writes.with(|writes| {
            let write = writes.of(&user)?;
            let is_fresh = write.ended_at.is_none_or(|at| now.ms_since(at) < STANDS_MS);
            (is_fresh || write.undo_left_ms(now).is_some()).then_some(write.id)
        })
    });
    bind::some_part(move || id.get().map(|id| view! { <Note id dismissed=None/> }))
}

#[component]
fn Note(id: u32, dismissed: Option<RwSignal<Vec<u32>>>) -> impl IntoView {
    let (desk, here) = (bind::context::<Desk>(), bind::context::<Here>());
    let write = Memo::new(move |_| desk.writes.with(|writes| writes.get(id).cloned()));
    let words =
        bind::text(move || write.with(|write| write.as_ref().map(said::how_it_ended).unwrap_or_default()));
    let more = bind::some_part(move || {
        let more = write.with(|write| write.as_ref().map(said::more).unwrap_or_default());
        (!more.is_empty()).then(|| view! { <p class="note-more">{more}</p> })
    });
    let accepted = bind::some_part(move || {
        let accepted = write.with(|write| match write.as_ref()?.end.as_ref()? {
            End::Refused(no) if !no.accepted.is_empty() => Some(no.accepted.join(", ")),
            End::Refused(_)
            | End::Confirmed
            | End::NoChange
            | End::Deferred
            | End::Superseded
            | End::Unconfirmed(_) => None,
        })?;
        Some(view! { <p class="note-more">{fill_in(Say::Accepted, &[("list", &accepted)])}</p> })
    });
    let code = bind::some_part(move || {
        let code = write.with(|write| match write.as_ref()?.end.as_ref()? {
            End::Refused(no) => Some(no.code.clone()),
            End::Confirmed | End::NoChange | End::Deferred | End::Superseded | End::Unconfirmed(_) => None,
        })?;
        (!code.is_empty()).then(|| view! { <code class="note-code">{code}</code> })
    });
    let left = move || {
        desk.beat.track();
        write.with(|write| write.as_ref()?.undo_left_ms(desk.now()))
    };
    let can_undo = Memo::new(move |_| left().is_some());
    let undo = bind::some_part(move || {
        can_undo.get().then(|| {
            let left = bind::text(move || {
                let time = format::duration(left().unwrap_or_default() / 1_000);
                fill_in(Say::UndoLeft, &[("time", &time)])
            });
            view! {
                <button class="note-undo" use:fixed="type=button" data-tool="undo" on:click=move |_| desk.undo(id)>{say(Say::Undo)}</button>
                <span class="note-left">{left}</span>
            }
        })
    });
    let end = bind::text(move || {
        let end = write
            .with(|write| write.as_ref().map(|write| write.end.as_ref().map_or("pending", End::as_data)));
        end.unwrap_or_default().to_owned()
    });
    let close = dismissed.map(|dismissed| {
        view! {
            <button
                class="quiet"
                use:fixed="type=button"
                aria-label=words::text(Word::Close)
                on:click=move |_| dismissed.update(|gone| gone.push(id))
            >
                <i class="cross" aria-hidden="true"></i>
            </button>
        }
    });
    let is_over = bind::flag(move || write.with(|write| write.as_ref().is_some_and(|write| write.is_over)));
    let opens = dismissed.is_some();
    view! {
        <div class="note" data-end=end data-over=is_over data-write=id.to_string()>
            <i class="note-sign" aria-hidden="true"></i>
            <div class="note-words">
                <p on:click=move |_| {
                    if opens {
                        here.open.set(write.with_untracked(|write| write.as_ref().map(|write| write.user.clone())));
                    }
                }>{words}</p>
                {more}
                {accepted}
                {code}
            </div>
            {undo}
            {bind::maybe_part(close)}
        </div>
    }
}
