//! `POST /api/v2/analytics/users/details/query`: the presences and routing statuses that users had,
//! one by one.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use protocol::{PresenceDefinitionId, Timestamp, UserId};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{
    Order, Paging, UserDimension, candidates,
    filter::Filter,
    interval::{DAY_MS, Interval},
};
use crate::{
    refusal::Refusal,
    rest::TypedBody,
    shared::Shared,
    world::{AgentIx, RoutingStatus, World},
};

/// Days that a query may ask for, without and with a filter.
/// Source: developer center, analytics, "User details query".
const DAYS_MAX: i64 = 7;
const DAYS_MAX_FILTERED: i64 = 31;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::rest) struct Question {
    interval: String,
    #[serde(default)]
    user_filters: Vec<Filter<UserDimension>>,
    #[serde(default)]
    presence_filters: Vec<Filter<PresenceDimension>>,
    #[serde(default)]
    routing_status_filters: Vec<Filter<RoutingStatusDimension>>,
    #[serde(default)]
    order: Order,
    presence_aggregations: Option<Vec<IgnoredAny>>,
    routing_status_aggregations: Option<Vec<IgnoredAny>>,
    paging: Option<Paging>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PresenceDimension {
    OrganizationPresenceId,
    SystemPresence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum RoutingStatusDimension {
    RoutingStatus,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_details: Vec<UserDetail<'a>>,
    total_hits: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserDetail<'a> {
    user_id: &'a UserId,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    primary_presence: Vec<PresenceRecord<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routing_status: Vec<RoutingStatusRecord>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PresenceRecord<'a> {
    start_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    system_presence: &'static str,
    organization_presence_id: &'a PresenceDefinitionId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoutingStatusRecord {
    start_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    routing_status: &'static str,
}

/// `POST /api/v2/analytics/users/details/query`
pub(in crate::rest) async fn post_query(
    State(shared): State<Arc<Shared>>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    let interval = Interval::read(&question.interval)?;
    let paging = question.paging.unwrap_or(Paging::DEFAULT).check()?;
    question.check(interval)?;
    let state = shared.enter();
    let world = &state.world;
    // Of what is still to come nothing can be known.
    let interval = Interval { end: interval.end.min(world.now), ..interval };
    let users: Vec<AgentIx> = match question.user_filters.first() {
        Some(filter) => candidates(world, filter, |UserDimension::UserId| true),
        None => (0..world.agents.len()).map(AgentIx).collect(),
    };
    let hits: Vec<Hit> = users.into_iter().flat_map(|user| question.hits(world, user, interval)).collect();
    let first = paging.of(&hits).iter().filter(|hit| hit.first);
    let user_details = first.map(|hit| question.detail(world, hit.user, interval)).collect();
    Ok(Json(Answer { user_details, total_hits: hits.len() }).into_response())
}

/// What a user did on one day. Genesys keeps it by days and pages through these, then shows each
/// user once: pages can be short, and there are more hits than users.
struct Hit {
    user: AgentIx,
    first: bool,
}

impl Question {
    fn check(&self, interval: Interval) -> Result<(), Refusal> {
        self.user_filters.iter().try_for_each(Filter::check)?;
        self.presence_filters.iter().try_for_each(Filter::check)?;
        self.routing_status_filters.iter().try_for_each(Filter::check)?;
        let aggregations = self.presence_aggregations.iter().chain(&self.routing_status_aggregations);
        if aggregations.flatten().next().is_some() {
            return Err(Refusal::invalid_value(
                "presenceAggregations, routingStatusAggregations: not imitated, leave them out",
            ));
        }
        let filtered = !self.user_filters.is_empty()
            || !self.presence_filters.is_empty()
            || !self.routing_status_filters.is_empty();
        let days = if filtered { DAYS_MAX_FILTERED } else { DAYS_MAX };
        if interval.length_ms() > days * DAY_MS {
            return Err(Refusal::bad_request(format!(
                "interval: expected at most {DAYS_MAX} days, or {DAYS_MAX_FILTERED} with a filter"
            )));
        }
        Ok(())
    }

    /// The days of an interval on which a user is a hit.
    fn hits(&self, world: &World, user: AgentIx, interval: Interval) -> Vec<Hit> {
        let mut hits = Vec::new();
        for day in interval.days() {
            if self.is_hit(world, user, day) {
                hits.push(Hit { user, first: hits.is_empty() });
            }
        }
        hits
    }

    /// Whether the user passes and has a record of every kind that is filtered.
    fn is_hit(&self, world: &World, user: AgentIx, interval: Interval) -> bool {
        let passes = self.user_filters.iter().all(|filter| {
            filter.lets_through(|UserDimension::UserId, value| {
                value.is_none_or(|value| value == world.agents[user.0].id.as_str())
            })
        });
        let presence = || self.presences(world, user, interval).next().is_some();
        let routing = || self.routing(world, user, interval).next().is_some();
        passes
            && match (self.presence_filters.is_empty(), self.routing_status_filters.is_empty()) {
                (true, true) => presence() || routing(),
                (false, true) => presence(),
                (true, false) => routing(),
                (false, false) => presence() && routing(),
            }
    }

    fn detail<'a>(&self, world: &'a World, user: AgentIx, interval: Interval) -> UserDetail<'a> {
        let mut primary_presence: Vec<_> = self.presences(world, user, interval).collect();
        let mut routing_status: Vec<_> = self.routing(world, user, interval).collect();
        if self.order == Order::Desc {
            primary_presence.reverse();
            routing_status.reverse();
        }
        UserDetail { user_id: &world.agents[user.0].id, primary_presence, routing_status }
    }

    fn presences<'a>(
        &self,
        world: &'a World,
        user: AgentIx,
        interval: Interval,
    ) -> impl Iterator<Item = PresenceRecord<'a>> {
        world
            .histories
            .presences_in(user, interval.start, interval.end)
            .map(|stretch| (stretch, &world.definitions[stretch.is.0]))
            .filter(|(_, definition)| {
                self.presence_filters.iter().all(|filter| {
                    filter.lets_through(|dimension, value| {
                        value.is_none_or(|value| match dimension {
                            PresenceDimension::OrganizationPresenceId => value == definition.id.as_str(),
                            PresenceDimension::SystemPresence => {
                                value.eq_ignore_ascii_case(definition.system.shouted())
                            }
                        })
                    })
                })
            })
            .map(|(stretch, definition)| PresenceRecord {
                start_time: stretch.start,
                end_time: stretch.end,
                system_presence: definition.system.shouted(),
                organization_presence_id: &definition.id,
            })
    }

    fn routing(
        &self,
        world: &World,
        user: AgentIx,
        interval: Interval,
    ) -> impl Iterator<Item = RoutingStatusRecord> {
        let passes = |status: RoutingStatus| {
            self.routing_status_filters.iter().all(|filter| {
                filter.lets_through(|RoutingStatusDimension::RoutingStatus, value| {
                    value.is_none_or(|value| value.eq_ignore_ascii_case(status.as_str()))
                })
            })
        };
        world
            .histories
            .routing_in(user, interval.start, interval.end)
            .filter(move |stretch| passes(stretch.is))
            .map(|stretch| RoutingStatusRecord {
                start_time: stretch.start,
                end_time: stretch.end,
                routing_status: stretch.is.as_str(),
            })
    }
}
