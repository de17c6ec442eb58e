//! Published shifts of agents who are about to be changed: workforce management is asked once a day for each.

use std::{collections::HashMap, sync::Mutex};

use protocol::{Timestamp, UserId};
use reqwest::Method;
use rules::shift::{Schedule, Shift};
use serde::Deserialize;
use serde_json::json;

use super::{Clients, Purpose, UpstreamError};

const HOUR_MS: i64 = 3_600_000;

/// What was read is good for a day.
const KEPT_MS: i64 = 24 * HOUR_MS;

/// What could not be read is asked for again after this: writes should not wait for it one by one.
const UNREAD_KEPT_MS: i64 = 60_000;

/// A shift that began so long ago may still last.
const BACK_MS: i64 = 36 * HOUR_MS;

/// For as long as an answer is kept, and for the next shift after it.
const AHEAD_MS: i64 = 48 * HOUR_MS;

/// Agents whose shifts are kept; those of the past are forgotten first.
const KEPT_MAX: usize = 50_000;

/// What is known of an agent's working time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The agent's shifts.
    pub schedule: Schedule,
    /// The time zone of the agent's business unit.
    pub zone: Option<String>,
}

/// Shifts that were read.
pub struct Schedules {
    clients: Clients,
    kept: Mutex<HashMap<UserId, (Timestamp, Known)>>,
}

/// `GET .../agents/{agentId}/managementunit`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UnitOfAgent {
    management_unit: Option<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

/// `POST .../agentschedules/search`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    status: Option<String>,
    result: Option<Published>,
    download_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Published {
    #[serde(default)]
    agent_schedules: Vec<OfAgent>,
    business_unit_time_zone: Option<String>,
}

#[derive(Deserialize)]
struct OfAgent {
    user: Id,
    #[serde(default)]
    shifts: Vec<FoundShift>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FoundShift {
    start_date: Timestamp,
    length_minutes: u32,
}

impl Schedules {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(clients: Clients) -> Self {
        Self { clients, kept: Mutex::default() }
    }

    /// An agent's working time around `now`. Whoever asks holds the agent's lock, so that nobody asks twice.
    pub async fn of(&self, user: &UserId, now: Timestamp) -> Known {
        if let Some((_, known)) = self.kept().get(user).filter(|(until, _)| now < *until) {
            return known.clone();
        }
        let (known, kept_ms) = match self.read(user, now).await {
            Ok(known) => (known, KEPT_MS),
            Err(error) => {
                (Known { schedule: Schedule::Unread(error.to_string()), zone: None }, UNREAD_KEPT_MS)
            }
        };
        let mut kept = self.kept();
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, (until, _)| now < *until);
        }
        if kept.len() < KEPT_MAX {
            kept.insert(user.clone(), (now.plus_ms(kept_ms), known.clone()));
        }
        known
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<UserId, (Timestamp, Known)>> {
        self.kept.lock().expect("nobody panics while holding the shifts")
    }

    async fn read(&self, user: &UserId, now: Timestamp) -> Result<Known, UpstreamError> {
        let nothing = Known { schedule: Schedule::Nothing, zone: None };
        let path = format!("/api/v2/workforcemanagement/agents/{user}/managementunit");
        let unit = match self.clients.get::<UnitOfAgent>(Purpose::Write, &path).await {
            Ok(UnitOfAgent { management_unit: Some(unit) }) => unit.id,
            Ok(UnitOfAgent { management_unit: None }) => return Ok(nothing),
            Err(error) if error.is_gone() => return Ok(nothing),
            Err(error) => return Err(error),
        };
        let path = format!("/api/v2/workforcemanagement/managementunits/{unit}/agentschedules/search");
        let body = json!({
            "startDate": now.plus_ms(-BACK_MS),
            "endDate": now.plus_ms(AHEAD_MS),
            "userIds": [user],
        });
        let found: Found = self.clients.send(Purpose::Write, Method::POST, &path, &body).await?;
        let published = match (found.result, found.download_url) {
            (Some(published), _) => published,
            (None, Some(url)) => self.clients.download(&url).await?,
            (None, None) => {
                return Err(UpstreamError::Unexpected {
                    route: "agentschedules/search".to_owned(),
                    reason: format!(
                        "the search for one agent's shifts was not answered at once ({})",
                        found.status.as_deref().unwrap_or("no status")
                    ),
                });
            }
        };
        Ok(Known::of(user, published))
    }
}

impl Known {
    fn of(user: &UserId, published: Published) -> Self {
        let own = published
            .agent_schedules
            .into_iter()
            .find(|of_agent| of_agent.user.id.eq_ignore_ascii_case(user.as_str()));
        let shift = |shift: &FoundShift| Shift { start: shift.start_date, minutes: shift.length_minutes };
        let schedule =
            own.map_or(Schedule::Nothing, |own| Schedule::Published(own.shifts.iter().map(shift).collect()));
        Self { schedule, zone: published.business_unit_time_zone }
    }
}
