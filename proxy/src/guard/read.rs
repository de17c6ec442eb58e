//! What is read for a write, fresh and under the agent's lock.

use protocol::{
    SkillId, UserId,
    entity::{Page, User, UserSkill},
};
use rules::{Code, Refusal, skills::BULK_MAX};

use crate::{
    problem::Problem,
    upstream::{Clients, Purpose, UpstreamError},
};

/// Skills a page: what the vendor's lists of members give at most, so that no list is known to refuse it.
const PAGE_SIZE: u32 = 100;
/// Nobody has more skills than are on so many pages.
const PAGES_MAX: u32 = 20;

/// A user with what is expanded.
pub(super) async fn user(clients: &Clients, id: &UserId, expand: &str) -> Result<User, Problem> {
    if !is_id(id.as_str()) {
        return Err(no_user(id));
    }
    let path = format!("/api/v2/users/{id}{expand}");
    clients.get(Purpose::Write, &path).await.map_err(|error| no_user_or(id, &error))
}

/// A user with presence, routing status and conversations, whatever expansions come: they are best effort, and what is not known is
/// not to be taken for nothing. What is left out is asked for by itself. Of conversations there is no call; the routing status tells of
/// them, too.
pub(super) async fn whole_user(clients: &Clients, id: &UserId) -> Result<User, Problem> {
    let mut user = user(clients, id, "?expand=presence,routingStatus,conversationSummary").await?;
    let failed = |error: UpstreamError| of_upstream(&error);
    if user.presence.is_none() {
        let path = format!("/api/v2/users/{id}/presences/purecloud");
        user.presence = Some(clients.get(Purpose::Write, &path).await.map_err(failed)?);
    }
    if user.routing_status.is_none() {
        let path = format!("/api/v2/users/{id}/routingstatus");
        user.routing_status = Some(clients.get(Purpose::Write, &path).await.map_err(failed)?);
    }
    Ok(user)
}

/// An id is part of a path upstream: what could be more than one part of it is nobody's id.
pub(super) fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// All skills that a user has.
pub(super) async fn skills(
    clients: &Clients,
    purpose: Purpose,
    id: &UserId,
) -> Result<Vec<UserSkill>, UpstreamError> {
    let mut skills = Vec::new();
    for number in 1..=PAGES_MAX {
        let path = format!("/api/v2/users/{id}/routingskills?pageSize={PAGE_SIZE}&pageNumber={number}");
        let page: Page<UserSkill> = clients.get(purpose, &path).await?;
        let is_last = page.is_last(number);
        skills.extend(page.entities);
        if is_last {
            break;
        }
    }
    Ok(skills)
}

/// Those of some skills that the organisation has.
pub(super) async fn known_skills(clients: &Clients, asked: &[&SkillId]) -> Result<Vec<SkillId>, Problem> {
    let mut known = Vec::new();
    if asked.is_empty() {
        return Ok(known);
    }
    // What is no id is no skill; that it is not among the known says so.
    let ids: Vec<String> =
        asked.iter().filter(|id| is_id(id.as_str())).map(|id| format!("id={id}")).collect();
    for some in ids.chunks(BULK_MAX) {
        let path = format!("/api/v2/routing/skills?pageSize={PAGE_SIZE}&{}", some.join("&"));
        let page: Page<UserSkill> =
            clients.get(Purpose::Write, &path).await.map_err(|error| of_upstream(&error))?;
        known.extend(page.entities.into_iter().map(|skill| skill.id));
    }
    Ok(known)
}

/// That there is no such user.
pub(super) fn no_user(id: &UserId) -> Problem {
    let id: String = id.as_str().chars().take(80).collect();
    Refusal::new(Code::UserUnknown, format!("there is no user {id} in Genesys Cloud")).into()
}

/// That there is no such user, or why nobody knows.
pub(super) fn no_user_or(id: &UserId, error: &UpstreamError) -> Problem {
    if error.is_gone() { no_user(id) } else { of_upstream(error) }
}

/// Upstream's no, in its own words.
pub(super) fn of_upstream(error: &UpstreamError) -> Problem {
    if let UpstreamError::Refused { status: status @ 400..=499, code, message, .. } = error {
        return Problem::UpstreamRefused { status: *status, code: code.clone(), message: message.clone() };
    }
    Problem::Upstream(error.to_string())
}
