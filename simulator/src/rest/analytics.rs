//! Analytics about users: what they do, did, and how many of them do it.
//!
//! | file | holds |
//! | --- | --- |
//! | [`filter`], [`interval`] | what the bodies of all these queries share |
//! | [`activity`] | `routing/`, `teams/` and `users/activity/query` |
//! | [`agents_status`] | `agents/status/query`, `/counts`, and one agent's status |
//! | [`user_aggregates`], [`user_details`] | the past of users, from the world's history |
//! | [`user_observations`] | `users/observations/query` |

pub(super) mod activity;
pub(super) mod agents_status;
pub(super) mod filter;
mod interval;
pub(super) mod user_aggregates;
pub(super) mod user_details;
pub(super) mod user_observations;

use std::collections::{BTreeMap, BTreeSet};

use protocol::{PresenceDefinitionId, Timestamp};
use serde::Deserialize;

use self::filter::Filter;
use crate::{
    refusal::Refusal,
    world::{AgentIx, World, calendar::Zone},
};

/// Page sizes in bodies. Source: conversation details, where more is said to be refused.
const PAGE_MAX: usize = 100;

/// The order of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Asc,
    Desc,
    /// Any, so that of `asc` will do.
    Unordered,
}

/// What queries about single users filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum UserDimension {
    UserId,
}

/// The users whom a filter lets through, in the order of founding.
fn users_of(world: &World, filter: Option<&Filter<UserDimension>>) -> Vec<AgentIx> {
    let Some(filter) = filter else { return world.people().collect() };
    let passes = |agent: &AgentIx| {
        filter.lets_through(|UserDimension::UserId, value| {
            value.is_none_or(|value| value == world.agents[agent.0].id.as_str())
        })
    };
    candidates(world, filter, |UserDimension::UserId| true).into_iter().filter(passes).collect()
}

/// Those who could pass a filter: when it names users, these alone, so that a question about a few
/// does not cost as much as one about all.
fn candidates<D>(world: &World, filter: &Filter<D>, is_user_id: impl Fn(&D) -> bool) -> Vec<AgentIx> {
    match filter.only_values(&is_user_id) {
        Some(ids) => {
            let named: BTreeSet<AgentIx> = ids.into_iter().filter_map(|id| world.user(id)).collect();
            named.into_iter().collect()
        }
        None => world.people().collect(),
    }
}

/// Which definitions stand for which system presence, as several answers say it.
pub(super) fn system_to_organization(world: &World) -> BTreeMap<&'static str, Vec<&PresenceDefinitionId>> {
    let mut mappings: BTreeMap<&'static str, Vec<&PresenceDefinitionId>> = BTreeMap::new();
    for definition in &world.definitions {
        mappings.entry(definition.system.shouted()).or_default().push(&definition.id);
    }
    mappings
}

/// Keeps the oldest half and the newest half of what is more than `most`; says whether it was cut.
/// Source: the description of `truncated`.
pub(super) fn cut_to_ends<T>(list: &mut Vec<T>, most: usize, date: impl Fn(&T) -> Timestamp) -> bool {
    list.sort_by_key(&date);
    let cut = list.len() > most;
    if cut {
        let newest = list.len() - (most - most / 2);
        list.drain(most / 2..newest);
    }
    cut
}

/// Refuses a time zone that there is not.
pub(super) fn check_time_zone(name: Option<&str>) -> Result<(), Refusal> {
    if name.is_none_or(|name| name == "Z" || Zone::named(name).is_some()) {
        return Ok(());
    }
    Err(Refusal::invalid_value("timeZone: expected an IANA name, such as Europe/Berlin"))
}

/// A page that a body asks for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paging {
    page_size: usize,
    page_number: usize,
}

impl Paging {
    const DEFAULT: Self = Self { page_size: 25, page_number: 1 };

    fn check(self) -> Result<Self, Refusal> {
        if (1..=PAGE_MAX).contains(&self.page_size) && self.page_number >= 1 {
            Ok(self)
        } else {
            Err(Refusal::invalid_value(format!(
                "paging: expected a pageSize from 1 to {PAGE_MAX} and a pageNumber of at least 1"
            )))
        }
    }

    fn of<T>(self, all: &[T]) -> &[T] {
        let start = (self.page_number - 1).saturating_mul(self.page_size).min(all.len());
        &all[start..all.len().min(start + self.page_size)]
    }
}
