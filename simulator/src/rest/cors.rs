//! What lets a page of another address call from a browser, as it can with Genesys: a person's sign-in
//! by PKCE ends with such calls. The control face stays closed to pages.

use axum::{
    extract::Request,
    http::{
        HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const EXPOSED: &str = "inin-correlation-id, inin-ratelimit-count, inin-ratelimit-allowed, inin-ratelimit-reset, \
                       retry-after";
/// How long a browser may remember the answer to its question.
const MAX_AGE_SECONDS: &str = "600";

/// The passage of calls that may come from pages.
pub(super) async fn pass(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/api/") && path != "/oauth/token" {
        return next.run(request).await;
    }
    // A browser asks before it calls: no token, no body, and whatever the route.
    let asks =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let wanted = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = if asks { StatusCode::OK.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if asks {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE_SECONDS));
        if let Some(wanted) = wanted {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
    } else {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    response
}
