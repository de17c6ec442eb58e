//! What every request passes before its route: a known host, a name for its answer, a caller.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::{FromRequestParts, RawPathParams, Request, State},
    http::{
        HeaderMap, HeaderValue, Method,
        header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, SET_COOKIE, UPGRADE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use protocol::WallId;
use tokio::time::timeout;
use tracing::Instrument as _;

use crate::{
    App, BODY_MAX_BYTES, api,
    caller::{Action, Caller, permit},
    config::Origin,
    metrics::Outcome,
    pass::SESSION_LIFE_MS,
    problem::Problem,
    random, traces,
    wrong_keys::{Peer, address_of},
};

/// Unsafe requests of pages carry this header: a form or a link of another site cannot.
pub const PAGE_HEADER: &str = "x-rollcall";

/// Where `trunk serve` shows the page while the app is developed; accepted in debug builds only.
const TRUNK_PORT: u16 = 8090;

/// A body has to arrive within this time, so that nobody holds a connection by sending slowly.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// What somebody unknown may send: a token request is a short form.
const STRANGER_BODY_BYTES: usize = 8_192;

tokio::task_local! {
    static CORRELATION_ID: String;
}

/// The correlation id of the request in hand.
#[must_use]
pub fn correlation_id() -> Option<String> {
    CORRELATION_ID.try_with(Clone::clone).ok()
}

/// The same work with the correlation id of the request in hand, for a task of its own.
pub fn with_same_id<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let id = correlation_id();
    async move {
        match id {
            Some(id) => CORRELATION_ID.scope(id, work).await,
            None => work.await,
        }
    }
}

/// Names under which this proxy is reached.
#[derive(Clone, Debug)]
pub struct Hosts {
    authorities: Vec<String>,
    origins: Vec<String>,
    cookie: String,
    secure: bool,
    /// Whether a TLS proxy on this machine stands before it.
    has_tls_proxy: bool,
}

impl Hosts {
    /// From the configuration and the address that was really bound. Loopback names are equal.
    #[must_use]
    pub fn new(public_url: Option<&Origin>, bound: SocketAddr) -> Self {
        let port = bound.port();
        let mut authorities: Vec<String> =
            ["127.0.0.1", "localhost", "[::1]"].iter().map(|name| format!("{name}:{port}")).collect();
        authorities.push(bound.to_string());
        if port == 80 {
            // Browsers leave out the scheme's own port.
            authorities.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
        }
        let mut origins: Vec<String> = authorities.iter().map(|a| format!("http://{a}")).collect();
        if cfg!(debug_assertions) {
            origins
                .extend(["127.0.0.1", "localhost"].iter().map(|name| format!("http://{name}:{TRUNK_PORT}")));
        }
        if let Some(url) = public_url {
            authorities.push(url.authority().to_owned());
            origins.push(url.as_str().to_owned());
        }
        let secure = public_url.is_some_and(Origin::is_secure);
        // Without a secure context browsers drop `__Host-` cookies; and cookies ignore ports.
        let cookie = if secure { "__Host-rollcall".to_owned() } else { format!("rollcall-{port}") };
        Self { authorities, origins, cookie, secure, has_tls_proxy: public_url.is_some() }
    }

    /// Where a request comes from.
    #[must_use]
    pub fn address_of(&self, peer: Option<Peer>, headers: &HeaderMap) -> IpAddr {
        address_of(peer, headers, self.has_tls_proxy)
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|h| h.to_str().ok());
        host.is_some_and(|host| self.authorities.iter().any(|a| a.eq_ignore_ascii_case(host)))
    }

    /// Whether a page of this origin is ours; requests without one are not from a page.
    #[must_use]
    pub fn accepts_origin(&self, headers: &HeaderMap) -> Option<bool> {
        let origin = headers.get(ORIGIN)?;
        Some(origin.to_str().is_ok_and(|o| self.origins.iter().any(|known| known.eq_ignore_ascii_case(o))))
    }

    /// The session's cookie.
    pub fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        headers.get_all(COOKIE).iter().filter_map(|h| h.to_str().ok()).flat_map(|h| h.split(';')).find_map(
            |pair| {
                let (name, value) = pair.trim().split_once('=')?;
                (name == self.cookie).then_some(value)
            },
        )
    }

    fn set_cookie(&self, value: &str) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        HeaderValue::from_str(&format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}", self.cookie))
            .ok()
    }

    /// A screen's cookie, which stays when the browser is started again: nobody is there to give it the key.
    #[must_use]
    pub fn set_screen_cookie(&self, pass: &str) -> Option<HeaderValue> {
        let cookie = self.set_cookie(pass)?;
        let max_age_s = SESSION_LIFE_MS / 1_000;
        HeaderValue::from_str(&format!("{}; Max-Age={max_age_s}", cookie.to_str().ok()?)).ok()
    }
}

/// Takes a body in before anything is answered. A connection whose request was answered while its body was
/// on the way would be closed behind the answer, and the client's next request on it fail.
async fn take_in(request: Request, limit: usize) -> Result<Request, Problem> {
    if request.body().size_hint().exact() == Some(0) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let whole = timeout(BODY_TIMEOUT, to_bytes(body, limit)).await;
    let whole = whole.map_err(|_| Problem::BadRequest("the body did not arrive in time".to_owned()))?;
    Ok(Request::from_parts(parts, Body::from(whole.map_err(|_| Problem::TooLarge)?)))
}

/// The middleware around all routes.
pub async fn gate(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = random::uuid();
    let began = app.steady.now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // Channel ids are capabilities; log and traces get routes with ids taken out.
    let route = crate::upstream::rest::route_of(&path);
    let span = tracing::info_span!(
        target: traces::TARGET,
        "request",
        otel.kind = "server",
        otel.name = format!("{method} {route}"),
        http.request.method = %method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        correlation_id = id,
    );
    let mut response = CORRELATION_ID
        .scope(id.clone(), async {
            let known = match app.hosts.knows(request.headers()) {
                true => identify(&app, request.method(), request.headers(), &path),
                false => Err(Problem::WrongHost),
            };
            let limit = if matches!(known, Ok((Some(_), _))) { BODY_MAX_BYTES } else { STRANGER_BODY_BYTES };
            let taken_in = take_in(request, limit).await;
            let ((caller, cookie), mut request) = match known.and_then(|known| Ok((known, taken_in?))) {
                Ok(both) => both,
                Err(problem) => return problem.into_response(),
            };
            if let Some(caller) = caller {
                let peer = request.extensions().get::<Peer>().copied();
                let address = Some(app.hosts.address_of(peer, request.headers()));
                request.extensions_mut().insert(Caller { address, ..caller });
            }
            let mut response = next.run(request).await;
            // A route that let a screen in has set its own.
            if let Some(cookie) = cookie.filter(|_| !response.headers().contains_key(SET_COOKIE)) {
                response.headers_mut().insert(SET_COOKIE, cookie);
            }
            response
        })
        .instrument(span.clone())
        .await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("inin-correlation-id", id);
    }
    let outcome = match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    app.metrics.requests.get_or_create(&Outcome { outcome }).inc();
    let duration_ms = app.steady.now().ms_since(began);
    tracing::debug!(%method, route, status = status.as_u16(), duration_ms, correlation_id = id, "request");
    response
}

/// Who is asking; a page on this machine is given a session by itself.
fn identify(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    path: &str,
) -> Result<(Option<Caller>, Option<HeaderValue>), Problem> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        let text = header.to_str().unwrap_or_default();
        // The token endpoint takes Basic; everything else a bearer token.
        if text.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")) {
            return Ok((None, None));
        }
        let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let caller = token.and_then(|(_, token)| {
            let token = token.trim();
            app.callers.of_token(token).or_else(|| app.callers.of_framed(token, &app.book().walls))
        });
        return caller.map(|caller| (Some(caller), None)).ok_or(Problem::NotAuthenticated);
    }
    // A page in a frame of another site brings a token or is about to ask for one: no cookie is set there.
    if path == api::embed::TOKEN_PATH {
        return Ok((None, None));
    }
    if let Some(cookie) = app.hosts.session(headers) {
        if let Some((screen, renewed)) = app.callers.of_screen(cookie, &app.book().walls) {
            return Ok((Some(screen), renewed.and_then(|pass| app.hosts.set_screen_cookie(&pass))));
        }
        if let Some(caller) = app.callers.of_session(cookie) {
            return Ok((Some(caller), None));
        }
    }
    // Files are the same for all and may be kept by caches: they carry no session.
    let needs_caller = ["/", "/walls", "/console"].contains(&path)
        || ["/wall/", "/console/", "/rollcall/", "/api/"].iter().any(|p| path.starts_with(p));
    if app.local_sessions && needs_caller && may_be_page(method, headers) {
        let (cookie, caller) = app.callers.new_session();
        return Ok((Some(caller), app.hosts.set_cookie(&cookie)));
    }
    Ok((None, None))
}

/// Whether a page can have asked this. What changes something and what opens a socket comes from a page with its origin; without
/// one it is a program that has forgotten its token.
fn may_be_page(method: &Method, headers: &HeaderMap) -> bool {
    let looks = !is_unsafe(method) && !headers.contains_key(UPGRADE);
    looks || headers.contains_key(ORIGIN)
}

fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned().ok_or(Problem::NotAuthenticated)?;
        let from_page = caller.has_cookie();
        if from_page && is_unsafe(&parts.method) {
            if app.hosts.accepts_origin(&parts.headers) == Some(false) {
                return Err(Problem::Forbidden("the request comes from a page of another site"));
            }
            if !parts.headers.contains_key(PAGE_HEADER) {
                return Err(Problem::Forbidden(
                    "requests of pages that change something need the header x-rollcall",
                ));
            }
        }
        Ok(caller)
    }
}

/// A caller who may see which walls there are; where the route names a wall, who may look at that one.
pub struct MayWall(pub Caller);
/// A caller who may read.
pub struct MayRead(pub Caller);
/// A caller who may listen.
pub struct MayListen(pub Caller);
/// A caller who may acknowledge alarms.
pub struct MayAcknowledge(pub Caller);
/// A caller who may read who changed what.
pub struct MayAudit(pub Caller);
/// A caller who may change agents.
pub struct MayWrite(pub Caller);
/// A caller who may see how the proxy is.
pub struct MayStatus(pub Caller);

macro_rules! may {
    ($name:ident, $action:expr) => {
        impl FromRequestParts<Arc<App>> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
                let caller = Caller::from_request_parts(parts, app).await?;
                permit(&caller, $action)?;
                Ok(Self(caller))
            }
        }
    };
}

impl FromRequestParts<Arc<App>> for MayWall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let named = RawPathParams::from_request_parts(parts, app).await;
        let named = named.map_err(|_| Problem::BadRequest("the address is not UTF-8".to_owned()))?;
        match named.iter().find(|(name, _)| *name == "id").map(|(_, id)| WallId::new(id)) {
            Some(wall) => permit(&caller, Action::Wall(&wall))?,
            None => permit(&caller, Action::Walls)?,
        }
        Ok(Self(caller))
    }
}

may!(MayRead, Action::Read);
may!(MayListen, Action::Listen);
may!(MayAcknowledge, Action::Acknowledge);
may!(MayStatus, Action::Status);
may!(MayWrite, Action::Write);
may!(MayAudit, Action::Audit);

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &str) -> HeaderMap {
        HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())])
    }

    #[test]
    fn only_our_own_names_are_served() {
        let hosts = Hosts::new(None, "127.0.0.2:8080".parse().unwrap());
        for (host, known) in [
            ("127.0.0.1:8080", true),
            ("LOCALHOST:8080", true),
            ("[::1]:8080", true),
            ("127.0.0.2:8080", true),
            ("127.0.0.1:9090", false),
            ("rebound.example.com:8080", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(hosts.knows(&headers(host)), known, "{host}");
        }
        assert!(!hosts.knows(&HeaderMap::new()));
        let hosts = Hosts::new(None, "127.0.0.1:80".parse().unwrap());
        assert!(hosts.knows(&headers("127.0.0.1")) && hosts.knows(&headers("localhost")));
    }
}
