//! The only place where something becomes an error answer: status, ErrorBody, correlation id.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use protocol::{ErrorBody, error_body::ErrorLimit};

/// A refused call. It travels in the response's extensions until [`render`] knows the call's
/// context id.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    body: Box<ErrorBody>,
    retry_after_s: Option<i64>,
}

impl Refusal {
    /// A refusal with status, code and a message that says what would be accepted.
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { body: Box::new(ErrorBody::new(status.as_u16(), code, message)), retry_after_s: None }
    }

    /// 400 for something malformed.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", message)
    }

    /// 400 for a value that the field does not allow.
    pub(crate) fn invalid_value(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid.value", message)
    }

    /// 404 for something that is not there.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not.found", format!("{what} was not found"))
    }

    /// 401 without a token.
    pub(crate) fn authentication_required() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "authentication.required",
            "No authentication bearer token specified in authorization header.",
        )
    }

    /// 401 with a token that is not valid, or no longer.
    pub(crate) fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", "Invalid login credentials.")
    }

    /// 500, 502, 503 or 504 while a fault lasts.
    pub(crate) fn server_error(status: u16) -> Self {
        let (status, code) = match status {
            500 => (StatusCode::INTERNAL_SERVER_ERROR, "internal.server.error"),
            502 => (StatusCode::BAD_GATEWAY, "bad.gateway"),
            504 => (StatusCode::GATEWAY_TIMEOUT, "request.timeout"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "service.unavailable"),
        };
        Self::new(status, code, "The simulated service is unavailable (fault server_error).")
    }

    /// 429 that does not say until when.
    pub(crate) fn too_many_requests_without_end() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests", "Rate limit exceeded the maximum.")
    }

    /// 429 until the minute is over.
    pub(crate) fn too_many_requests(allowed: u32, retry_after_s: i64) -> Self {
        let message =
            format!("Rate limit exceeded the maximum. Retry the request in [{retry_after_s}] seconds");
        let mut refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests.retry.after", message);
        refusal.body.limit = Some(ErrorLimit {
            key: "client.credentials.token.rate.per.minute".to_owned(),
            namespace: "platform.api".to_owned(),
            value: i64::from(allowed),
        });
        refusal.retry_after_s = Some(retry_after_s);
        refusal
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is said to people.
    pub(crate) fn message(&self) -> &str {
        &self.body.message
    }

    /// The same refusal with its parameter named, for programs that write the message themselves.
    pub(crate) fn with_parameter(mut self, message: &str, name: &str, value: String) -> Self {
        self.body.message_with_params = Some(message.to_owned());
        self.body.message_params.insert(name.to_owned(), value);
        self
    }

    /// The same refusal under the name of another limit.
    pub(crate) fn of_limit(mut self, key: &str) -> Self {
        if let Some(limit) = &mut self.body.limit {
            key.clone_into(&mut limit.key);
        }
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives a refused call its body; leaves every other response as it is.
pub(crate) fn render(mut response: Response, context_id: &str) -> Response {
    let Some(mut refusal) = response.extensions_mut().remove::<Refusal>() else { return response };
    refusal.body.context_id = Some(context_id.to_owned());
    let mut response = (response.status(), Json(*refusal.body)).into_response();
    if let Some(retry_after_s) = refusal.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
    }
    response
}
