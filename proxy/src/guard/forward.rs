//! The call upstream: tried again where that can do no harm, and settled by a read where nobody knows.

use std::time::Duration;

use protocol::{
    Clock, Timestamp, UserId,
    entity::{Page, UserSkill},
};
use reqwest::Method;
use serde_json::Value;
use tokio::time::sleep;

use super::{Stands, read};
use crate::{
    audit::Action,
    random,
    upstream::{Answer, Clients, Purpose, UpstreamError},
};

/// A server's error is tried again so many times.
const RETRIES: u32 = 3;
/// The first wait is up to this long, and twice as long each time.
const FIRST_WAIT_MS: u32 = 250;

/// What became of it.
pub(super) struct Sent {
    /// What stands now.
    pub(super) answer: Result<Stands, Failed>,
    /// When the first call began.
    pub(super) at: Timestamp,
    /// From the first call to the last answer.
    pub(super) took_ms: i64,
    /// Calls after the first.
    pub(super) retries: u32,
    /// Upstream's name for the last call that it answered.
    pub(super) correlation_id: Option<String>,
}

/// No answer, or a no.
pub(super) struct Failed {
    pub(super) error: UpstreamError,
    /// Whether it took effect all the same; `None` when nobody knows.
    pub(super) took_effect: Option<bool>,
}

/// A call that writes, as records have it.
#[derive(Clone, Copy)]
pub(super) struct Write<'a> {
    pub(super) action: Action,
    pub(super) user: &'a UserId,
    pub(super) body: &'a Value,
}

impl Write<'_> {
    /// Makes it. To set the same twice is to set it once, so that a server's error is tried again.
    pub(super) async fn send(self, clients: &Clients, clock: &dyn Clock) -> Sent {
        let began = clock.now();
        let (mut tries, mut correlation_id) = (0, None);
        let answer = loop {
            let call = self.call(clients).await;
            correlation_id = call.correlation_id.or(correlation_id);
            let error = match call.ended {
                Ok(stands) => break Ok(stands),
                Err(error) => error,
            };
            let is_of_server = matches!(error, UpstreamError::Refused { status: 500..=599, .. });
            if is_of_server && tries < RETRIES {
                sleep(Duration::from_millis(u64::from(random::between(0, FIRST_WAIT_MS << tries)))).await;
                tries += 1;
                continue;
            }
            break self.settle(clients, error).await;
        };
        Sent { answer, at: began, took_ms: clock.now().ms_since(began), retries: tries, correlation_id }
    }

    async fn call(self, clients: &Clients) -> Answer<Stands> {
        let Self { action, user, body } = self;
        let of_user = format!("/api/v2/users/{user}");
        match action {
            Action::Presence => {
                let path = format!("{of_user}/presences/purecloud");
                clients.change(Method::PATCH, &path, body).await.map(Stands::Presence)
            }
            Action::RoutingStatus => {
                let path = format!("{of_user}/routingstatus");
                clients.change(Method::PUT, &path, body).await.map(Stands::RoutingStatus)
            }
            Action::Skill => {
                let path = format!("{of_user}/routingskills/{}", body["id"].as_str().unwrap_or_default());
                clients.change(Method::PUT, &path, body).await.map(|skill| Stands::Skill(Some(skill)))
            }
            Action::Skills | Action::AllSkills => {
                let method = if action == Action::AllSkills { Method::PUT } else { Method::PATCH };
                let path = format!("{of_user}/routingskills/bulk");
                let Answer { ended, correlation_id } =
                    clients.change::<Page<UserSkill>>(method, &path, body).await;
                let ended = match ended {
                    Ok(page) if page.is_last(1) => Ok(page.entities),
                    Ok(_) => read::skills(clients, Purpose::Write, user).await,
                    Err(error) => Err(error),
                };
                Answer { ended: ended.map(Stands::Skills), correlation_id }
            }
        }
    }

    /// A no is a no. Where no answer came, or a server's error, what stands tells whether it took effect; that it does not
    /// stand tells nothing, since it may still be on its way.
    async fn settle(self, clients: &Clients, error: UpstreamError) -> Result<Stands, Failed> {
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
        match self.stands(clients).await {
            Ok(stands) if stands.is_so(self.action, self.body) => Ok(stands),
            Ok(_) | Err(_) => Err(Failed { error, took_effect: None }),
        }
    }

    /// What stands of what it changes.
    async fn stands(self, clients: &Clients) -> Result<Stands, UpstreamError> {
        let Self { action, user, body } = self;
        let (purpose, of_user) = (Purpose::Write, format!("/api/v2/users/{user}"));
        match action {
            Action::Presence => {
                clients.get(purpose, &format!("{of_user}/presences/purecloud")).await.map(Stands::Presence)
            }
            Action::RoutingStatus => {
                clients.get(purpose, &format!("{of_user}/routingstatus")).await.map(Stands::RoutingStatus)
            }
            Action::Skill => {
                let skills = read::skills(clients, purpose, user).await?;
                Ok(Stands::Skill(skills.into_iter().find(|skill| body["id"] == skill.id.as_str())))
            }
            Action::Skills | Action::AllSkills => {
                read::skills(clients, purpose, user).await.map(Stands::Skills)
            }
        }
    }

    /// What stands, once upstream answers; `None` when there is nobody any more.
    pub(super) async fn stands_at_last(self, clients: &Clients) -> Option<Stands> {
        loop {
            match self.stands(clients).await {
                Ok(stands) => return Some(stands),
                Err(UpstreamError::Refused { status: 400..=499, .. }) => return None,
                Err(_) => sleep(ASKED_AGAIN).await,
            }
        }
    }
}

/// Asked again after so long, when upstream does not answer.
const ASKED_AGAIN: Duration = Duration::from_secs(5);
