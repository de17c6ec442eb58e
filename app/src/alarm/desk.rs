//! Where somebody takes note of an alarm. Nothing is shown as done before the proxy says so to all screens.

use leptos::prelude::*;
use protocol::WallId;

use crate::net::{
    self,
    http::{self, Failure},
};

/// Takes notes for one wall.
#[derive(Clone)]
pub struct Desk {
    wall: WallId,
    may: ArcRwSignal<bool>,
    /// The alarms whose notes are on their way.
    pending: ArcRwSignal<Vec<String>>,
    /// Why the last one was not taken; `None` in it when there was no answer.
    refused: ArcRwSignal<Option<Option<String>>>,
}

impl Desk {
    /// A desk; `may` says whether the session may use it.
    pub fn new(wall: WallId, may: ArcRwSignal<bool>) -> Self {
        Self { wall, may, pending: ArcRwSignal::default(), refused: ArcRwSignal::default() }
    }

    /// Whether the session may take note of alarms.
    pub fn is_open(&self) -> bool {
        self.may.get()
    }

    /// Whether a note is on its way.
    pub fn is_pending(&self, alarm: &str) -> bool {
        self.pending.with(|pending| pending.iter().any(|one| one == alarm))
    }

    /// Why the last note was not taken, until another is.
    pub fn refused(&self) -> Option<Option<String>> {
        self.refused.get()
    }

    /// Takes note.
    pub fn acknowledge(&self, alarm: String) {
        if self.is_pending_untracked(&alarm) {
            return;
        }
        self.pending.update(|pending| pending.push(alarm.clone()));
        let Self { wall, pending, refused, .. } = self.clone();
        net::spawn(async move {
            let answer = http::acknowledge(&wall, &alarm).await;
            pending.update(|pending| pending.retain(|one| *one != alarm));
            refused.set(match answer {
                Ok(()) => None,
                Err(Failure::Refused { words, .. }) => Some(Some(words)),
                Err(Failure::Unreachable) => Some(None),
            });
        });
    }

    fn is_pending_untracked(&self, alarm: &str) -> bool {
        self.pending.with_untracked(|pending| pending.iter().any(|one| one == alarm))
    }
}
