//! The only place where an error becomes a status and an ErrorBody. Causes go to the log.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use protocol::ErrorBody;
use rules::{Code, Refusal};

use crate::{config::Role, idempotency};

/// Everything that can go wrong for a caller.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Problem {
    /// No or unknown credentials.
    #[error(
        "authentication is required: open the wall with its key, /wall/{{id}}?key=..., or send a bearer token from POST /oauth/token"
    )]
    NotAuthenticated,
    /// Wrong client credentials at the token endpoint.
    #[error("the client id or secret is not known here")]
    WrongClient,
    /// A key that opens nothing here.
    #[error("the key is not known here: look it up under [[key]] in the configuration of Rollcall")]
    WrongKey,
    /// Too many of them from one address.
    #[error("too many wrong keys came from this address; it is heard again in {0} s")]
    TooManyWrongKeys(u32),
    /// A token request that is not client_credentials.
    #[error(
        "expected grant_type=client_credentials with the client's id and secret by Basic authentication or in the form"
    )]
    BadGrant,
    /// The caller may not do this.
    #[error("this needs the role {}, which the caller does not have", .0.name())]
    MissingRole(Role),
    /// A request from a page that is not ours.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A name in the Host header that is not ours.
    #[error("this host name is not served here: set public_url in the configuration to the address in use")]
    WrongHost,
    /// Nothing is there.
    #[error("{0}")]
    NotFound(String),
    /// Something is there, which this method does nothing with.
    #[error("{0}")]
    WrongMethod(String),
    /// The request cannot be understood.
    #[error("{0}")]
    BadRequest(String),
    /// More ids than Genesys takes.
    #[error("at most {0} ids a call")]
    TooManyIds(usize),
    /// A topic that cannot be had: not permitted upstream, or no topic of ours at all.
    #[error("{message}")]
    TopicRefused {
        /// In words.
        message: String,
        /// The permissions that the upstream client lacks.
        missing_permissions: Vec<String>,
    },
    /// Over 1,000.
    #[error("a channel holds at most {} topics", protocol::topic::TOPICS_PER_CHANNEL)]
    TooManyTopics,
    /// The proxy holds as many channels as it may.
    #[error("too many channels are open; close some or come back later")]
    TooManyChannels,
    /// The body is over the limit.
    #[error("the body is larger than {} bytes", crate::BODY_MAX_BYTES)]
    TooLarge,
    /// The board is not complete yet.
    #[error("the first complete read from Genesys Cloud is not done yet: {0}")]
    NotReady(String),
    /// Upstream did not answer as it should.
    #[error("Genesys Cloud did not answer: {0}")]
    Upstream(String),
    /// As many screens as can be served at once are on their way in.
    #[error("many screens come at the same time; this one is let in within a few seconds")]
    Busy,
    /// A rule says no to a write.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Upstream says no to a write, in its own words.
    #[error("Genesys Cloud refuses: {message}")]
    UpstreamRefused {
        /// Its status.
        status: u16,
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
    /// More writes than may be.
    #[error("{words}; the next one in {retry_after_ms} ms")]
    WritesTooFast {
        /// Which limit.
        code: &'static str,
        /// In words.
        words: &'static str,
        /// When there is room again.
        retry_after_ms: i64,
    },
    /// An Idempotency-Key whose first request is not answered yet.
    #[error("the request with this Idempotency-Key is under way; ask again in a moment")]
    KeyUnderWay,
    /// An Idempotency-Key that came with something else before.
    #[error(
        "this Idempotency-Key came with another request before; each request has a key of its own, and asks again with the same"
    )]
    KeyOfAnother,
    /// Upstream failed several times in a row.
    #[error(
        "Genesys Cloud failed several times in a row; nothing was sent, and writes are tried again in {retry_after_ms} ms"
    )]
    WritesStopped {
        /// When one is let through again.
        retry_after_ms: i64,
    },
    /// What was written down cannot be read.
    #[error("the audit log cannot be read: {0}")]
    Unreadable(String),
    /// Upstream took no notice of what was to be set for later.
    #[error("Genesys Cloud did not take the presence for later; ask again when the agent is free")]
    NotDeferred,
    /// Others write the same agent, and it takes long.
    #[error("other writes of this agent are under way; try again in a moment")]
    AgentLocked,
    /// A write that cannot be recorded is not made.
    #[error("nothing was changed, since it could not be recorded: {0}")]
    NotRecorded(String),
    /// Nobody knows whether a write took effect.
    #[error("nobody knows whether it took effect; look at the agent before it is tried again: {0}")]
    Unsettled(String),
    /// The proxy is stopping.
    #[error("the proxy is stopping; come back in a moment")]
    Stopping,
}

/// Screens that are asked to come later are spread over up to so long. The server's figure is no more than the width:
/// a client takes any moment within it.
const SPREAD_LEAST_MS: u32 = 1_000;
const SPREAD_MOST_MS: u32 = 4_000;

impl Problem {
    fn status_and_code(&self) -> (StatusCode, &str) {
        match self {
            Self::NotAuthenticated => (StatusCode::UNAUTHORIZED, "authentication.required"),
            Self::WrongClient => (StatusCode::UNAUTHORIZED, "bad.credentials"),
            Self::WrongKey => (StatusCode::FORBIDDEN, "bad.key"),
            Self::TooManyWrongKeys(_) => (StatusCode::TOO_MANY_REQUESTS, "too.many.wrong.keys"),
            Self::BadGrant => (StatusCode::BAD_REQUEST, "invalid.grant"),
            Self::TopicRefused { missing_permissions, .. } if missing_permissions.is_empty() => {
                (StatusCode::BAD_REQUEST, "notification.invalid.topic")
            }
            Self::MissingRole(_) | Self::TopicRefused { .. } => {
                (StatusCode::FORBIDDEN, "missing.permissions")
            }
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "not.authorized"),
            Self::WrongHost => (StatusCode::MISDIRECTED_REQUEST, "wrong.host"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not.found"),
            Self::WrongMethod(_) => (StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed"),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad.request"),
            Self::TooManyIds(_) => (StatusCode::BAD_REQUEST, "max.user.ids"),
            Self::TooManyTopics => {
                (StatusCode::BAD_REQUEST, "notification.subscription.too.many.subscriptions")
            }
            Self::TooManyChannels => (StatusCode::TOO_MANY_REQUESTS, "too.many.channels"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "request.entity.too.large"),
            Self::NotReady(_) => (StatusCode::SERVICE_UNAVAILABLE, "not.ready"),
            Self::Upstream(_) => (StatusCode::BAD_GATEWAY, "upstream.unavailable"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "too.many.screens"),
            Self::Refused(refusal) => (status_of(refusal.code), refusal.code.as_str()),
            Self::UpstreamRefused { status, code, .. } => {
                (StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY), code)
            }
            Self::WritesTooFast { code, .. } => (StatusCode::TOO_MANY_REQUESTS, code),
            Self::AgentLocked => (StatusCode::CONFLICT, "agent.locked"),
            Self::NotDeferred => (StatusCode::CONFLICT, "presence.not.deferred"),
            Self::NotRecorded(_) | Self::Unreadable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "audit.unavailable")
            }
            Self::KeyUnderWay => (StatusCode::CONFLICT, "idempotency.running"),
            Self::KeyOfAnother => (StatusCode::UNPROCESSABLE_ENTITY, "idempotency.mismatch"),
            Self::WritesStopped { .. } => (StatusCode::SERVICE_UNAVAILABLE, "writes.stopped"),
            Self::Unsettled(_) => (StatusCode::GATEWAY_TIMEOUT, "write.unknown"),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "service.unavailable"),
        }
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status_and_code().0
    }

    /// Milliseconds after which to try again, where they are known or chosen.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<i64> {
        self.exact_ms().or_else(|| self.spread_ms().map(i64::from))
    }

    /// Whether it is a no that stays: what was not even tried, and what nobody knows, may be asked for again.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        idempotency::is_decided(self.status()) && self.retry_after_s().is_none()
    }

    /// Seconds after which to try again, where waiting helps.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::NotReady(_) | Self::Stopping | Self::AgentLocked | Self::KeyUnderWay => Some(1),
            Self::WritesTooFast { retry_after_ms, .. } | Self::WritesStopped { retry_after_ms } => {
                Some(u32::try_from(retry_after_ms.unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX))
            }
            Self::Busy => Some(SPREAD_MOST_MS.div_ceil(1_000)),
            Self::Upstream(_) | Self::NotRecorded(_) | Self::Unreadable(_) => Some(5),
            Self::TooManyChannels => Some(60),
            Self::TooManyWrongKeys(seconds) => Some(*seconds),
            Self::NotAuthenticated
            | Self::WrongClient
            | Self::WrongKey
            | Self::BadGrant
            | Self::MissingRole(_)
            | Self::Forbidden(_)
            | Self::WrongHost
            | Self::NotFound(_)
            | Self::WrongMethod(_)
            | Self::BadRequest(_)
            | Self::TooManyIds(_)
            | Self::KeyOfAnother
            | Self::TopicRefused { .. }
            | Self::TooManyTopics
            | Self::TooLarge
            | Self::Refused(_)
            | Self::NotDeferred
            | Self::UpstreamRefused { .. }
            | Self::Unsettled(_) => None,
        }
    }

    /// Within how many milliseconds to try again, at a moment of the client's own choice: for those of whom many are
    /// told the same at the same time.
    #[must_use]
    pub fn spread_ms(&self) -> Option<u32> {
        matches!(self, Self::Busy | Self::Stopping)
            .then(|| crate::random::between(SPREAD_LEAST_MS, SPREAD_MOST_MS))
    }

    /// The body, without the correlation id.
    #[must_use]
    pub fn body(&self) -> ErrorBody {
        let (status, code) = self.status_and_code();
        let mut body = ErrorBody::new(status.as_u16(), code, self.to_string());
        if let Self::TopicRefused { missing_permissions, .. } = self
            && !missing_permissions.is_empty()
        {
            body.message_params.insert("permissions".to_owned(), missing_permissions.join(","));
        }
        if let Self::Refused(refusal) = self
            && !refusal.accepted.is_empty()
        {
            body.message_params.insert("accepted".to_owned(), refusal.accepted.join(", "));
        }
        body
    }

    /// After exactly how many milliseconds there is room again, where that is known.
    #[must_use]
    pub fn exact_ms(&self) -> Option<i64> {
        if let Self::WritesTooFast { retry_after_ms, .. } | Self::WritesStopped { retry_after_ms } = self {
            return Some(*retry_after_ms);
        }
        None
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// A refusal's status: what the request says is 400, what the agent or the hour is 409.
fn status_of(code: Code) -> StatusCode {
    match code {
        Code::UserUnknown | Code::SkillNotHeld => StatusCode::NOT_FOUND,
        Code::PresenceUnknown
        | Code::PresenceAmbiguous
        | Code::PresenceDeactivated
        | Code::PresenceContradiction
        | Code::WrapUpNotSettable
        | Code::WrapUpSeconds
        | Code::ReasonMissing
        | Code::MessageTooLong
        | Code::RoutingStatusNotSettable
        | Code::SkillUnknown
        | Code::SkillProficiency
        | Code::SkillState
        | Code::SkillTwice
        | Code::TooManySkills
        | Code::TimeZoneUnknown => StatusCode::BAD_REQUEST,
        Code::UserInactive
        | Code::AgentBusy
        | Code::OutsideShift
        | Code::NoSchedule
        | Code::OutsideHours
        | Code::NoQueues
        | Code::RoutingStatusTransition
        | Code::StaffingFloor => StatusCode::CONFLICT,
        Code::VersionMismatch => StatusCode::PRECONDITION_FAILED,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        let mut body = self.body();
        body.context_id = crate::gate::correlation_id();
        tracing::debug!(status = status.as_u16(), code, "request refused");
        // The token endpoint's errors have a shape of their own (RFC 6749, 5.2).
        let of_oauth = if let Self::WrongClient = self {
            Some("invalid_client")
        } else if let Self::BadGrant = self {
            Some("unsupported_grant_type")
        } else {
            None
        };
        let mut response = if let Some(error) = of_oauth {
            let words = &body.message;
            let body =
                serde_json::json!({ "error": error, "description": words, "error_description": words });
            (status, Json(body)).into_response()
        } else {
            let mut body = serde_json::to_value(body).expect("an error is plain data");
            if let Some(later) = self.retry_after_ms() {
                body["retryAfterMs"] = later.into();
            }
            (status, Json(body)).into_response()
        };
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
