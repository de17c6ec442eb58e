//! `/oauth/authorize`: a person signs in by choosing who to be, and is sent back to the client with
//! a code or a token.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Form, State, rejection::FormRejection},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION},
    },
    response::{IntoResponse, Response},
};

use super::{
    page::{self, Choice},
    token_endpoint::{Denied, holder_of_person, may_mint, mint},
};
use crate::{
    config::{Client, Grant},
    rest::Query,
    shared::{Shared, State as Inside},
    world::{AgentIx, World},
};

/// Letters of a code challenge: a SHA-256 in base64.
/// Source: RFC 7636, section 4.2.
const CHALLENGE_LENGTH: usize = 43;

/// Where the client wants its person back. Only once this is trusted may anything be sent there.
struct Back<'a> {
    client: &'a Client,
    redirect_uri: &'a str,
    state: Option<&'a str>,
    /// The implicit grant answers in the fragment, the other in the query.
    in_fragment: bool,
}

/// What the client asks for.
struct Wish<'a> {
    back: Back<'a>,
    challenge: Option<&'a str>,
    login_hint: Option<&'a str>,
}

/// `GET /oauth/authorize`: the page on which to choose.
pub(crate) async fn get_authorize(State(shared): State<Arc<Shared>>, query: Query) -> Response {
    let state = shared.enter();
    match wish(&shared, &state, &query) {
        Ok(wish) => page_of(&state.world, &query, &wish, None),
        Err(answer) => *answer,
    }
}

/// `POST /oauth/authorize`: what was chosen. The client's wish is still in the query.
pub(crate) async fn post_authorize(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    query: Query,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return page::error("The form cannot be read.") };
    let mut state = shared.enter();
    let wish = match wish(&shared, &state, &query) {
        Ok(wish) => wish,
        Err(answer) => return *answer,
    };
    if form.get("answer").is_some_and(|answer| answer == "deny") {
        return wish.back.refuse("access_denied", "the person did not sign in");
    }
    let typed = form.get("other").map(|other| other.trim()).filter(|other| !other.is_empty());
    let Some(chosen) = typed.or(form.get("user").map(String::as_str)) else {
        return page_of(&state.world, &query, &wish, Some("Choose a person, or enter an e-mail address."));
    };
    let Some(agent) = person(&state.world, chosen) else {
        return page_of(&state.world, &query, &wish, Some("Nobody has this e-mail address or user id."));
    };
    let user = state.world.agents[agent.0].id.clone();
    let inside = &mut *state;
    let Back { client, redirect_uri, in_fragment, .. } = wish.back;
    if in_fragment {
        if let Err(Denied(_, error, description)) = may_mint(&shared, inside, client) {
            return wish.back.refuse(error, &description);
        }
        let Some(holder) = holder_of_person(inside, client, Grant::Token, &user) else {
            return wish.back.refuse("server_error", "the person has left the organisation");
        };
        let granted = mint(&shared, inside, client, holder, None);
        inside.audit_new_token(&granted.token, peer.ip());
        let seconds = granted.seconds.to_string();
        let pairs = [("access_token", &*granted.token), ("token_type", "bearer"), ("expires_in", &seconds)];
        return wish.back.send(&pairs);
    }
    let now = inside.world.now;
    let code =
        inside.pledges.give_code(&client.id, redirect_uri, &user, wish.challenge, now, &mut inside.secrets);
    wish.back.send(&[("code", &code)])
}

/// Reads what the client asks for; the error is the answer that says what is wrong, on a page as
/// long as the address to go back to is not trusted.
fn wish<'a>(shared: &'a Shared, state: &Inside, query: &'a Query) -> Result<Wish<'a>, Box<Response>> {
    let on_page = |text: &str| Box::new(page::error(text));
    let client_id = query.text("client_id").ok_or_else(|| on_page("client_id is missing."))?;
    let client = shared.config.clients.iter().find(|client| client.id == client_id);
    let client = client.ok_or_else(|| on_page("client_id: there is no such client."))?;
    let redirect_uri = query.text("redirect_uri").ok_or_else(|| on_page("redirect_uri is missing."))?;
    if !client.may_send_to(redirect_uri) {
        return Err(on_page(if client.redirect_uris.is_empty() {
            "redirect_uri: this client may send people back to addresses of this machine only \
             (localhost, 127.0.0.1, [::1])."
        } else {
            "redirect_uri: this client may not send people back there; expected one of those that are \
             configured, letter by letter."
        }));
    }
    let response_type = query.text("response_type");
    let in_fragment = response_type == Some("token");
    let back = Back { client, redirect_uri, state: query.text("state"), in_fragment };
    let refuse = |error: &str, description: &str| Err(Box::new(back.refuse(error, description)));
    let grant = match response_type {
        Some("code") => Grant::Code,
        Some("token") => Grant::Token,
        None => return refuse("invalid_request", "response_type is missing"),
        Some(_) => return refuse("unsupported_response_type", "response_type: expected code or token"),
    };
    if !client.grants.contains(&grant) {
        return refuse("unauthorized_client", "the client is not given this grant");
    }
    let challenge = query.text("code_challenge");
    match (challenge, query.text("code_challenge_method")) {
        (None, None) => {}
        (Some(challenge), Some("S256")) if is_challenge(challenge) => {}
        (Some(_), Some("S256")) => {
            return refuse("invalid_request", "code_challenge: expected a SHA-256 in base64url, 43 letters");
        }
        (None, Some(_)) => return refuse("invalid_request", "code_challenge is missing"),
        (Some(_), _) => return refuse("invalid_request", "code_challenge_method: expected S256"),
    }
    if query.text("org").is_some() != query.text("provider").is_some() {
        return refuse("invalid_request", "org and provider: expected both or neither");
    }
    if query.text("target").is_some_and(|target| target != state.world.organisation.id) {
        return refuse("invalid_request", "target: expected the id of the organisation");
    }
    if query.text("prompt").is_some_and(|prompt| prompt != "login") {
        return refuse("invalid_request", "prompt: expected login");
    }
    Ok(Wish { back, challenge, login_hint: query.text("login_hint") })
}

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

impl Back<'_> {
    fn refuse(&self, error: &str, description: &str) -> Response {
        self.send(&[("error", error), ("error_description", description)])
    }

    /// Sends the person back to the client with these values.
    fn send(&self, pairs: &[(&str, &str)]) -> Response {
        let mut values = form_urlencoded::Serializer::new(String::new());
        values.extend_pairs(pairs);
        values.extend_pairs(self.state.map(|state| ("state", state)));
        let mark = match (self.in_fragment, self.redirect_uri.contains('?')) {
            (true, _) => '#',
            (false, true) => '&',
            (false, false) => '?',
        };
        let to = format!("{}{mark}{}", self.redirect_uri, values.finish());
        let Ok(to) = HeaderValue::try_from(to) else {
            return page::error("redirect_uri: expected an address without blanks.");
        };
        let headers = [(LOCATION, to), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (StatusCode::FOUND, headers).into_response()
    }
}

fn page_of(world: &World, query: &Query, wish: &Wish, complaint: Option<&str>) -> Response {
    // The hint is an e-mail address, with or without the organisation's name behind a colon.
    let hinted = wish.login_hint.and_then(|hint| person(world, hint.split(':').next().unwrap_or(hint)));
    let choice = Choice {
        world,
        client: &wish.back.client.id,
        redirect_uri: wish.back.redirect_uri,
        hinted,
        complaint,
        action: &query.address(),
    };
    choice.page()
}

/// The person of this user id or e-mail address, who works here.
fn person(world: &World, text: &str) -> Option<AgentIx> {
    let by_email = || world.agents.iter().position(|who| who.email.eq_ignore_ascii_case(text)).map(AgentIx);
    world.user(text).or_else(by_email).filter(|agent| world.agents[agent.0].is_active())
}
