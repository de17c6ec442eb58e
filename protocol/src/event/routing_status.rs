//! `v2.users.{id}.routingStatus`.

use serde::Serialize;

use crate::{id::UserId, members::members, presence::RoutingStatus, time::Timestamp};

/// A user's routing status changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingStatusEvent {
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
    /// The status and its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing_status: Option<UserRoutingStatus>,
}

members! {
    RoutingStatusEvent from RoutingStatusEvent::default(), { id: "id", routing_status: "routingStatus" }
}

/// A routing status with its beginning; REST users carry the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRoutingStatus {
    /// The user, in REST's answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RoutingStatus>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
}

members! {
    UserRoutingStatus from UserRoutingStatus::default(), { user_id: "userId", status: "status", start_time: "startTime" }
}
