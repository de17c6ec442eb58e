//! The calls of REST on channels and subscriptions.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::HOST},
    routing::{get, head},
};
use protocol::{
    Channel, ChannelTopic,
    channel::{Entities, TopicRequest},
    topic::TOPICS_PER_CHANNEL,
};

use super::{
    available_topics::get_available_topics,
    denial::deny,
    hub::{Held, TooManyTopics},
    permit::permit,
    subscription::{Entry, decide},
};
use crate::{
    oauth::Caller,
    refusal::Refusal,
    rest::{AnyBody, Query, TypedBody},
    shared::{Shared, State as Inside},
};

/// The routes under `/api/v2/notifications`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/notifications/availabletopics", get(get_available_topics))
        .route("/api/v2/notifications/channels", get(get_channels).post(post_channel))
        .route("/api/v2/notifications/channels/{channelId}", head(head_channel))
        .route(
            "/api/v2/notifications/channels/{channelId}/subscriptions",
            get(get_subscriptions)
                .post(post_subscriptions)
                .put(put_subscriptions)
                .delete(delete_subscriptions),
        )
}

type Shareds = State<Arc<Shared>>;

/// What the body says does not matter: SDKs send `null`, others nothing.
async fn post_channel(
    State(shared): Shareds,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    AnyBody: AnyBody,
) -> Json<Channel> {
    let host = host_of(&headers, &shared);
    let mut state = shared.enter();
    let inside = &mut *state;
    let now = inside.world.now;
    let key = inside.hub.create(&caller, now, &mut inside.secrets);
    inside.tokens.opened_channel(&caller);
    let id = inside.hub.get(key).map(|held| described(held, &host));
    Json(id.expect("a channel that was just created is there"))
}

async fn get_channels(
    State(shared): Shareds,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    query: Query,
) -> Result<Json<Entities<Channel>>, Refusal> {
    let by_client = match query.text("includechannels") {
        None | Some("token") => false,
        Some("oauthclient") => true,
        Some(_) => return Err(Refusal::invalid_value("includechannels: expected token or oauthclient")),
    };
    let host = host_of(&headers, &shared);
    let state = shared.enter();
    let entities = state
        .hub
        .all()
        .filter(|(_, held)| held.is_of(&caller) && (by_client || held.token == caller.token))
        .map(|(_, held)| {
            let mut channel = described(held, &host);
            if held.token != caller.token {
                // Channels of other tokens are shown without a usable id.
                channel.id = "".into();
                channel.connect_uri = String::new();
            }
            channel
        })
        .collect();
    Ok(Json(Entities { entities }))
}

async fn head_channel(
    State(shared): Shareds,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    find(&shared.enter(), &caller, &id)?;
    Ok(StatusCode::OK)
}

async fn get_subscriptions(
    State(shared): Shareds,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Entities<ChannelTopic>>, Refusal> {
    let state = shared.enter();
    let key = find(&state, &caller, &id)?;
    let entries = state.hub.get(key).map(|held| held.entries.as_slice()).unwrap_or_default();
    Ok(Json(Entities {
        entities: entries.iter().map(|entry| ChannelTopic::permitted(&entry.text)).collect(),
    }))
}

async fn post_subscriptions(
    State(shared): Shareds,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    query: Query,
    TypedBody(topics): TypedBody<Vec<TopicRequest>>,
) -> Result<Json<Entities<ChannelTopic>>, Refusal> {
    subscribe(&shared, &caller, &id, &query, &topics, Keep::Earlier)
}

async fn put_subscriptions(
    State(shared): Shareds,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    query: Query,
    TypedBody(topics): TypedBody<Vec<TopicRequest>>,
) -> Result<Json<Entities<ChannelTopic>>, Refusal> {
    subscribe(&shared, &caller, &id, &query, &topics, Keep::Nothing)
}

async fn delete_subscriptions(
    State(shared): Shareds,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let mut state = shared.enter();
    let key = find(&state, &caller, &id)?;
    let now = state.world.now;
    state.hub.subscribe(key, Vec::new(), now).map_err(too_many)?;
    Ok(StatusCode::OK)
}

/// What of the earlier subscription remains.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Earlier,
    Nothing,
}

fn subscribe(
    shared: &Shared,
    caller: &Caller,
    id: &str,
    query: &Query,
    topics: &[TopicRequest],
    keep: Keep,
) -> Result<Json<Entities<ChannelTopic>>, Refusal> {
    let ignore_errors = query.flag("ignoreErrors")?.unwrap_or(false);
    let mut state = shared.enter();
    let key = find(&state, caller, id)?;
    if topics.len() > TOPICS_PER_CHANNEL {
        return Err(too_many(TooManyTopics));
    }
    let mut entries: Vec<Entry> = match (keep, state.hub.get(key)) {
        (Keep::Earlier, Some(held)) => held.entries.clone(),
        (Keep::Nothing, _) | (Keep::Earlier, None) => Vec::new(),
    };
    let mut known: std::collections::BTreeSet<String> =
        entries.iter().map(|entry| entry.text.clone()).collect();
    let mut answers = Vec::with_capacity(topics.len());
    for topic in topics {
        let decision = decide(&topic.id).about(
            &state.world,
            shared.config.answers.unknown_subject_is_refused,
            &topic.id,
        );
        if let Some(fault) = decision.fault.clone().filter(|_| !ignore_errors) {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "notification.invalid.topic", fault));
        }
        let (decision, forbidden) = permit(&shared.config.answers, caller, &topic.id, decision);
        if let Some(forbidden) = forbidden.filter(|_| !ignore_errors) {
            return Err(forbidden);
        }
        let now = state.world.now;
        let (decision, denied) = deny(&topic.id, decision, &mut state.faults, now);
        if let Some(denied) = denied.filter(|_| !ignore_errors) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "not.authorized", denied));
        }
        answers.extend(decision.answers);
        entries.extend(decision.entry.filter(|entry| known.insert(entry.text.clone())));
    }
    let now = state.world.now;
    state.hub.subscribe(key, entries, now).map_err(too_many)?;
    Ok(Json(Entities { entities: answers }))
}

/// The channel, if it is one of the caller's.
fn find(state: &Inside, caller: &Caller, id: &str) -> Result<u64, Refusal> {
    let key = state.hub.find(id).filter(|key| state.hub.get(*key).is_some_and(|held| held.is_of(caller)));
    key.ok_or_else(|| Refusal::not_found("the channel"))
}

fn described(held: &Held, host: &str) -> Channel {
    Channel {
        id: held.id.clone(),
        connect_uri: format!("ws://{host}/channels/{}", held.id),
        expires: Some(held.expires),
    }
}

/// The address by which the client knows this simulator.
fn host_of(headers: &HeaderMap, shared: &Shared) -> String {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok()).filter(|host| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]_".contains(&b))
    });
    named.map_or_else(|| shared.address.to_string(), str::to_owned)
}

fn too_many(_: TooManyTopics) -> Refusal {
    let message = format!("a channel holds at most {TOPICS_PER_CHANNEL} topics");
    Refusal::new(StatusCode::BAD_REQUEST, "notification.subscription.too.many.subscriptions", message)
}
