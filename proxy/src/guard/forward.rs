//! The call upstream: tried again where that can do no harm, and settled by a read where nobody knows.

use std::time::Duration;

use protocol::{Clock, UserId, entity::UserPresence};
use reqwest::Method;
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    random,
    upstream::{Clients, Purpose, UpstreamError},
};

/// A server's error is tried again so many times.
const RETRIES: u32 = 3;
/// The first wait is up to this long, and twice as long each time.
const FIRST_WAIT_MS: u32 = 250;

/// What became of it.
pub(super) struct Sent {
    /// What stands now.
    pub(super) answer: Result<UserPresence, Failed>,
    /// From the first call to the last answer.
    pub(super) took_ms: i64,
}

/// No answer, or a no.
pub(super) struct Failed {
    pub(super) error: UpstreamError,
    /// Whether it took effect all the same; `None` when nobody knows.
    pub(super) took_effect: Option<bool>,
}

/// Sets a presence. To set the same twice is to set it once, so that a server's error is tried again.
pub(super) async fn presence(clients: &Clients, clock: &dyn Clock, user: &UserId, body: &Value) -> Sent {
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    let began = clock.now();
    let mut tries = 0;
    let answer = loop {
        let error = match clients.send(Purpose::Write, Method::PATCH, &path, body).await {
            Ok(presence) => break Ok(presence),
            Err(error) => error,
        };
        let is_of_server = matches!(error, UpstreamError::Refused { status: 500..=599, .. });
        if is_of_server && tries < RETRIES {
            sleep(Duration::from_millis(u64::from(random::between(0, FIRST_WAIT_MS << tries)))).await;
            tries += 1;
            continue;
        }
        break settle(clients, user, body, error).await;
    };
    Sent { answer, took_ms: clock.now().ms_since(began) }
}

/// A no is a no. Where no answer came, or a server's error, what stands tells whether it took effect; that it does not stand
/// tells nothing, since it may still be on its way.
async fn settle(
    clients: &Clients,
    user: &UserId,
    body: &Value,
    error: UpstreamError,
) -> Result<UserPresence, Failed> {
    match &error {
        UpstreamError::Refused { status: 400..=499, .. }
        | UpstreamError::RateLimited { .. }
        | UpstreamError::WrongCredentials { .. } => {
            return Err(Failed { error, took_effect: Some(false) });
        }
        UpstreamError::Refused { .. }
        | UpstreamError::Unreachable { .. }
        | UpstreamError::Unexpected { .. } => {}
    }
    match stands(clients, user).await {
        Ok(stands) if is_so(&stands, body) => Ok(stands),
        Ok(_) | Err(_) => Err(Failed { error, took_effect: None }),
    }
}

async fn stands(clients: &Clients, user: &UserId) -> Result<UserPresence, UpstreamError> {
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    clients.get(Purpose::Write, &path).await
}

/// Asked again after so long, when upstream does not answer.
const ASKED_AGAIN: Duration = Duration::from_secs(5);

/// What stands, once upstream answers; `None` when there is nobody any more.
pub(super) async fn stands_at_last(clients: &Clients, user: &UserId) -> Option<UserPresence> {
    loop {
        match stands(clients, user).await {
            Ok(stands) => return Some(stands),
            Err(UpstreamError::Refused { status: 400..=499, .. }) => return None,
            Err(_) => sleep(ASKED_AGAIN).await,
        }
    }
}

/// Whether what stands is what was sent.
pub(super) fn is_so(stands: &UserPresence, sent: &Value) -> bool {
    let definition = stands.presence_definition.as_ref().map(|definition| definition.id.as_str());
    let has_definition = sent["presenceDefinition"]["id"].as_str().is_none_or(|id| definition == Some(id));
    let has_message =
        sent["message"].as_str().is_none_or(|message| stands.message.as_deref() == Some(message));
    // What is to come once the agent is free is not seen in what stands.
    sent["futurePresenceDefinition"].is_null() && has_definition && has_message
}
