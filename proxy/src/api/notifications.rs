//! `/api/v2/notifications/…`: virtual channels, spoken as Genesys speaks.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::StatusCode,
};
use protocol::{
    Channel, ChannelId, ChannelTopic,
    channel::{Entities, TopicRequest},
};
use serde_json::{Value, json};

use super::{Params, json};
use crate::{
    App,
    gate::MayListen,
    problem::Problem,
    relay::{Command, NotSubscribed, SubscribeMode},
};

/// A new channel. The body is ignored; official clients send `null`.
pub async fn create(caller: MayListen, State(app): State<Arc<App>>) -> Result<Json<Channel>, Problem> {
    let owner = caller.0.owner();
    let channel =
        app.hub.ask(|reply| Command::OpenChannel { owner, reply }).await.ok_or(Problem::Stopping)?;
    channel.map(Json).ok_or(Problem::TooManyChannels)
}

/// The caller's channels.
pub async fn list(
    caller: MayListen,
    State(app): State<Arc<App>>,
) -> Result<Json<Entities<Channel>>, Problem> {
    let owner = caller.0.owner();
    let entities =
        app.hub.ask(|reply| Command::ListChannels { owner, reply }).await.ok_or(Problem::Stopping)?;
    Ok(Json(Entities { entities }))
}

/// Whether a channel is still the caller's.
pub async fn head(
    caller: MayListen,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    subscriptions_of(&app, &caller, &id).await.map(|_| StatusCode::OK)
}

/// A channel's topics.
pub async fn subscriptions(
    caller: MayListen,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Entities<ChannelTopic>>, Problem> {
    Ok(Json(Entities { entities: subscriptions_of(&app, &caller, &id).await? }))
}

/// Adds topics.
pub async fn add(
    caller: MayListen,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Json<Entities<ChannelTopic>>, Problem> {
    change(&app, &caller, &id, query.as_deref(), body, SubscribeMode::Add).await
}

/// Replaces the whole list.
pub async fn replace(
    caller: MayListen,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Json<Entities<ChannelTopic>>, Problem> {
    change(&app, &caller, &id, query.as_deref(), body, SubscribeMode::Replace).await
}

/// Removes all topics.
pub async fn remove(
    caller: MayListen,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    subscribe(&app, &caller, &id, Vec::new(), SubscribeMode::Replace, false).await.map(|_| StatusCode::OK)
}

/// What can be listened to here.
pub async fn available(_: MayListen) -> Json<Value> {
    let topics = [
        ("v2.users.{id}.presence", "A user's presence"),
        ("v2.users.{id}.routingStatus", "A user's routing status"),
        ("v2.users.{id}.conversationsummary", "A user's conversations by medium"),
        ("v2.analytics.queues.{id}.observations", "A queue's figures of the moment"),
    ];
    let entities: Vec<Value> = topics
        .iter()
        .map(|(id, description)| json!({ "id": id, "description": description, "transports": ["Websocket"] }))
        .collect();
    Json(json!({ "entities": entities }))
}

async fn subscriptions_of(app: &App, caller: &MayListen, id: &str) -> Result<Vec<ChannelTopic>, Problem> {
    let (channel, owner) = (ChannelId::new(id), caller.0.owner());
    let found = app.hub.ask(|reply| Command::Subscriptions { channel, owner, reply }).await;
    found.ok_or(Problem::Stopping)?.ok_or_else(not_found)
}

async fn change(
    app: &App,
    caller: &MayListen,
    id: &str,
    query: Option<&str>,
    body: Body,
    mode: SubscribeMode,
) -> Result<Json<Entities<ChannelTopic>>, Problem> {
    let asked: Vec<TopicRequest> =
        json(body, r#"a list of topics, such as [{"id":"v2.users.{id}.presence"}]"#)
            .await?
            .ok_or_else(|| Problem::BadRequest("the body must be a list of topics".to_owned()))?;
    let strict = !Params::parse(query).has("ignoreErrors", "true");
    let topics = asked.into_iter().map(|topic| topic.id).collect();
    let entities = subscribe(app, caller, id, topics, mode, strict).await?;
    Ok(Json(Entities { entities }))
}

async fn subscribe(
    app: &App,
    caller: &MayListen,
    id: &str,
    topics: Vec<String>,
    mode: SubscribeMode,
    strict: bool,
) -> Result<Vec<ChannelTopic>, Problem> {
    let (channel, owner) = (ChannelId::new(id), caller.0.owner());
    let answer =
        app.hub.ask(|reply| Command::Subscribe { channel, owner, topics, mode, strict, reply }).await;
    answer.ok_or(Problem::Stopping)?.ok_or_else(not_found)?.map_err(|no| match no {
        NotSubscribed::TooManyTopics => Problem::TooManyTopics,
        NotSubscribed::Refused(topic) => Problem::TopicRefused {
            message: format!("{}: {}", topic.id, topic.rejection_reason.unwrap_or_default()),
            missing_permissions: topic.missing_permissions,
        },
    })
}

fn not_found() -> Problem {
    Problem::NotFound("there is no such channel of this caller".to_owned())
}
