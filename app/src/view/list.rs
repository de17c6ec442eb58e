//! Which of the store's places a part of a wall shows, and in what order.

use std::sync::Arc;

use leptos::prelude::WithUntracked as _;

use crate::{
    format::lower,
    order::sorted,
    store::{AgentPlace, QueuePlace},
};

/// Places in their order; equal when they are the same places.
#[derive(Debug)]
pub struct Listed<P>(pub Vec<Arc<P>>);

impl<P> Clone for Listed<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P> PartialEq for Listed<P> {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(a, b)| Arc::ptr_eq(a, b))
    }
}

/// The queues that are wanted, by name or id, in the order in which they are wanted; all when none is named.
#[must_use]
pub fn queues(all: &[Arc<QueuePlace>], wanted: &[String]) -> Listed<QueuePlace> {
    if wanted.is_empty() {
        return Listed(all.to_vec());
    }
    let find = |text: &String| all.iter().find(|place| is(place, text)).cloned();
    let mut found: Vec<Arc<QueuePlace>> = Vec::with_capacity(wanted.len());
    for place in wanted.iter().filter_map(find) {
        if !found.iter().any(|known| Arc::ptr_eq(known, &place)) {
            found.push(place);
        }
    }
    Listed(found)
}

/// One queue, by name or id.
#[must_use]
pub fn queue(all: &[Arc<QueuePlace>], wanted: &str) -> Option<Arc<QueuePlace>> {
    all.iter().find(|place| is(place, wanted)).cloned()
}

fn is(place: &QueuePlace, wanted: &str) -> bool {
    let wanted = wanted.trim();
    place.id.as_str().eq_ignore_ascii_case(wanted)
        || place.face.with_untracked(|face| lower(&face.name) == lower(wanted))
}

/// Agents of these teams, or all; of them whose name or team holds what is searched for, which is given in lower case.
#[must_use]
pub fn agents(all: &[Arc<AgentPlace>], teams: &[String], search: &str) -> Listed<AgentPlace> {
    if teams.is_empty() && search.is_empty() {
        return Listed(all.to_vec());
    }
    let wanted = |place: &&Arc<AgentPlace>| {
        place.face.with_untracked(|face| {
            let team = lower(face.team.as_deref().unwrap_or_default());
            let of_team = teams.is_empty() || teams.iter().any(|wanted| lower(wanted.trim()) == team);
            of_team && (search.is_empty() || lower(&face.name).contains(search) || team.contains(search))
        })
    };
    Listed(all.iter().filter(wanted).cloned().collect())
}

/// The teams of these agents, sorted.
#[must_use]
pub fn teams(agents: &Listed<AgentPlace>) -> Arc<[Arc<str>]> {
    let mut teams: Vec<Arc<str>> = Vec::new();
    for place in &agents.0 {
        place.face.with_untracked(|face| {
            if let Some(team) = &face.team
                && !teams.contains(team)
            {
                teams.push(team.clone());
            }
        });
    }
    sorted(&teams, |a, b| lower(a).cmp(&lower(b))).into()
}
