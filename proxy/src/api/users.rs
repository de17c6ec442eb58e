//! `GET /api/v2/users`, `GET /api/v2/users/{id}`, `GET /api/v2/users/{id}/presences/purecloud`,
//! `GET /api/v2/users/{id}/routingstatus`, from the board; `GET /api/v2/users/{id}/queues`, those joined, shared.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::{
        HeaderMap, HeaderValue,
        header::{CACHE_CONTROL, ETAG},
    },
    response::{IntoResponse, Response},
};
use board::Agent;
use protocol::{
    UserId,
    entity::{Named, Page, User, UserPresence},
    event::{
        conversation_summary::ConversationSummary, presence::PresenceDefinitionRef,
        routing_status::UserRoutingStatus,
    },
};

use super::{Params, list_uri, page};
use crate::{
    App,
    caller::{Action, permit},
    feed::book::Book,
    gate::MayRead,
    problem::Problem,
    upstream::Purpose,
};

/// Users a page. Source: the Terraform provider reads with 500.
const PAGE_SIZE_MAX: u32 = 500;

/// Ids a call, as Genesys limits them (`max.user.ids`).
const IDS_MAX: usize = 100;

/// The users, or those of the ids asked for.
pub async fn list(
    _: MayRead,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<User>>, Problem> {
    let params = Params::parse(query.as_deref());
    let paging = params.paging(PAGE_SIZE_MAX)?;
    let ids = params.list("id");
    if ids.len() > IDS_MAX {
        return Err(Problem::TooManyIds(IDS_MAX));
    }
    let book = app.complete_book()?;
    let users: Vec<UserId> = if ids.is_empty() {
        book.users.clone()
    } else {
        ids.iter().map(|id| UserId::new(id)).filter(|id| is_shown(&book, id)).collect()
    };
    Ok(Json(page(&users, paging, &list_uri("/api/v2/users", query.as_deref()), |id| {
        user(&book, id, &params)
    })))
}

/// One user.
pub async fn get(
    _: MayRead,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<User>, Problem> {
    let book = app.complete_book()?;
    let id = known(&book, &id)?;
    Ok(Json(user(&book, &id, &Params::parse(query.as_deref()))))
}

/// One user's presence, from the board. Who may change it and asks for no kept answer (`Cache-Control: no-cache`) is given it
/// as it is upstream at this moment, with the entity tag that `If-Match` compares.
pub async fn get_presence(
    caller: MayRead,
    State(app): State<Arc<App>>,
    Path((id, source)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !source.eq_ignore_ascii_case("purecloud") {
        return Err(Problem::NotFound(format!("there is no presence source {source}; use purecloud")));
    }
    let id = known(&*app.complete_book()?, &id)?;
    if asks_for_fresh(&headers) && permit(&caller.0, Action::Write).is_ok() {
        let (presence, etag) = app.guard.presence(&id).await?;
        let mut response = Json(presence).into_response();
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            response.headers_mut().insert(ETAG, etag);
        }
        return Ok(response);
    }
    let presence = app.complete_book()?.board.agent(&id).and_then(presence);
    let presence =
        presence.ok_or_else(|| Problem::NotFound(format!("the presence of user {id} is not known yet")))?;
    Ok(Json(presence).into_response())
}

fn asks_for_fresh(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case("no-cache"))
}

/// Queues a page. Source: SDK documentation of the call.
const QUEUES_PAGE_SIZE_MAX: u32 = 100;

/// The queues that a user has joined; read upstream once for all who ask within a minute. Of those that it has not joined nothing is
/// known.
pub async fn queues(
    _: MayRead,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Named>>, Problem> {
    let params = Params::parse(query.as_deref());
    let paging = params.paging(QUEUES_PAGE_SIZE_MAX)?;
    if params.list("joined").first().is_some_and(|joined| joined != "true") {
        return Err(Problem::BadRequest("joined: only true, the queues that the user has joined".to_owned()));
    }
    let id = known(&*app.complete_book()?, &id)?;
    let all = app.joined.of(&app.clients, Purpose::Directory, &id).await.map_err(|error| {
        if error.is_gone() {
            Problem::NotFound(format!("there is no user {id}"))
        } else {
            Problem::Upstream(error.to_string())
        }
    })?;
    let uri = list_uri(&format!("/api/v2/users/{id}/queues"), query.as_deref());
    Ok(Json(page(&all, paging, &uri, Named::clone)))
}

/// One user's routing status.
pub async fn get_routing_status(
    _: MayRead,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<UserRoutingStatus>, Problem> {
    let book = app.complete_book()?;
    let id = known(&book, &id)?;
    let status = book.board.agent(&id).and_then(routing_status);
    status
        .map(Json)
        .ok_or_else(|| Problem::NotFound(format!("the routing status of user {id} is not known yet")))
}

fn is_shown(book: &Book, id: &UserId) -> bool {
    book.board.agent(id).is_some_and(|agent| agent.name.is_some())
}

fn known(book: &Book, id: &str) -> Result<UserId, Problem> {
    let id = UserId::new(id);
    if is_shown(book, &id) { Ok(id) } else { Err(Problem::NotFound(format!("there is no user {id}"))) }
}

fn user(book: &Book, id: &UserId, params: &Params) -> User {
    let agent = book.board.agent(id);
    let expanded = |what: &str| agent.filter(|_| params.has("expand", what));
    User {
        id: id.clone(),
        name: agent.and_then(|a| a.name.clone()).unwrap_or_default(),
        state: Some("active".to_owned()),
        team: expanded("team").and_then(|a| Some(Named { id: String::new(), name: Some(a.team.clone()?) })),
        presence: expanded("presence").and_then(presence),
        routing_status: expanded("routingStatus").and_then(routing_status),
        conversation_summary: expanded("conversationSummary").map(|a| {
            let mut summary =
                ConversationSummary { user_id: Some(id.clone()), ..ConversationSummary::default() };
            for (media, counts) in &a.conversations {
                summary.set(*media, *counts);
            }
            summary
        }),
        self_uri: Some(format!("/api/v2/users/{id}")),
    }
}

fn routing_status(agent: &Agent) -> Option<UserRoutingStatus> {
    let (status, since) = agent.routing_status.clone()?;
    let user_id = Some(agent.id.clone());
    Some(UserRoutingStatus { user_id, status: Some(status), start_time: Some(since) })
}

fn presence(agent: &Agent) -> Option<UserPresence> {
    let (presence, since) = agent.presence.as_ref()?;
    Some(UserPresence {
        source: Some("PURECLOUD".to_owned()),
        presence_definition: Some(PresenceDefinitionRef {
            id: presence.definition.clone(),
            system_presence: presence.system.clone(),
        }),
        // The board does not keep it.
        future_presence_definition: None,
        message: Some(presence.message.to_string()),
        modified_date: Some(*since),
        self_uri: Some(format!("/api/v2/users/{}/presences", agent.id)),
    })
}
