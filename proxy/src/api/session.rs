//! A key becomes a session: `/wall/{id}?key=...` sets the screen's cookie and sends the browser on to the address
//! without the key.
//!
//! So no page is ever loaded with the key in its address: neither script nor history nor a bookmark made later has it.
//! A page that posts its own key would be in the history with it, and would have to be trusted to be rid of it.

use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use protocol::WallId;
use tracing::{info, warn};

use crate::{
    App,
    caller::{self, Action},
    config::ScreenKey,
    pass::Kind,
    problem::Problem,
    wrong_keys::Peer,
};

/// The parameter that carries a key.
const KEY: &str = "key";

/// Lets a screen in when the address carries a key; `None` when it carries none.
pub fn let_in(
    app: &App,
    uri: &Uri,
    wall: Option<&WallId>,
    peer: Option<Peer>,
    headers: &HeaderMap,
) -> Option<Response> {
    let secret = key_in(uri)?;
    Some(exchange(app, uri, &secret, wall, peer, headers).unwrap_or_else(|problem| refuse(app, &problem)))
}

/// The key that an address carries.
pub fn key_in(uri: &Uri) -> Option<String> {
    let query = uri.query()?.as_bytes();
    form_urlencoded::parse(query).find(|(name, _)| name == KEY).map(|(_, value)| value.into_owned())
}

/// The key with this secret, for this wall.
///
/// # Errors
/// When there is none, when it opens other walls, and when the address was wrong too often.
pub fn key_for<'a>(
    app: &'a App,
    secret: &str,
    wall: Option<&WallId>,
    peer: Option<Peer>,
    headers: &HeaderMap,
) -> Result<&'a ScreenKey, Problem> {
    let (address, now) = (app.hosts.address_of(peer, headers), app.steady.now());
    if let Some(seconds) = app.wrong_keys.waits_s(address, now) {
        return Err(Problem::TooManyWrongKeys(seconds));
    }
    let Some(key) = app.callers.keys().find(secret) else {
        app.wrong_keys.count(address, now);
        warn!(%address, "a key that is not known was refused");
        return Err(Problem::WrongKey);
    };
    if let Some(wall) = wall {
        let opens = caller::opened_by(key, &app.book().walls);
        caller::permit_screen(&opens, Action::Wall(wall))?;
    }
    Ok(key)
}

fn exchange(
    app: &App,
    uri: &Uri,
    secret: &str,
    wall: Option<&WallId>,
    peer: Option<Peer>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let key = key_for(app, secret, wall, peer, headers)?;
    // A screen that comes back with its key stays the same screen.
    let before = app.hosts.session(headers);
    let before = before.and_then(|cookie| app.callers.keys().read(Kind::Session, cookie, app.steady.now()));
    let id = before.filter(|pass| pass.key.name == key.name).map(|pass| pass.id);
    let pass = app.callers.keys().issue(Kind::Session, key, id.as_deref(), app.steady.now());
    info!(key = %key.name, wall = wall.map(WallId::as_str), "a screen was let in by its key");
    let mut response = StatusCode::SEE_OTHER.into_response();
    let kept = |header: Option<HeaderValue>| {
        header.ok_or_else(|| Problem::BadRequest("the address cannot be repeated without its key".to_owned()))
    };
    let location = kept(HeaderValue::try_from(without_key(uri)).ok())?;
    let cookie = kept(app.hosts.set_screen_cookie(&pass))?;
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    headers.insert(SET_COOKIE, cookie);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// Says no as a page.
fn refuse(app: &App, problem: &Problem) -> Response {
    let (status, words) = (problem.status(), problem.to_string());
    let mut response = app.assets.refused_page(status, "This key opens nothing here", &words);
    if let Some(seconds) = problem.retry_after_s() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The same address, everything else as it was written.
fn without_key(uri: &Uri) -> String {
    let is_key = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| name == KEY);
    let kept: Vec<&str> =
        uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !is_key(pair)).collect();
    if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_leaves_the_address_and_all_else_stays() {
        for (uri, key, rest) in [
            ("/wall/floor?key=a%2Bb&theme=light", Some("a+b"), "/wall/floor?theme=light"),
            ("/wall/b%C3%BCro?lang=de&k%65y=x&scale=2&key=y", Some("x"), "/wall/b%C3%BCro?lang=de&scale=2"),
            ("/?key=", Some(""), "/"),
            ("/wall/floor?monkey=1", None, "/wall/floor?monkey=1"),
        ] {
            let uri: Uri = uri.parse().unwrap();
            assert_eq!(key_in(&uri).as_deref(), key, "{uri}");
            assert_eq!(without_key(&uri), rest, "{uri}");
        }
    }
}
