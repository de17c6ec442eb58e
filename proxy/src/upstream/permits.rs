//! Whether an OAuth client may change agents, found out without changing any: the calls of writes, about a user whom there
//! cannot be.

use reqwest::Method;
use serde_json::{Value, json};
use tracing::{debug, warn};

use super::{Clients, Purpose, Rest, UpstreamError, permissions_in};

/// Nobody has this id.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// The permissions for changes that a client lacks, by the API's description where a refusal does not say.
///
/// # Errors
/// When upstream does not answer, or with anything but that there is no such user.
pub async fn lacking(rest: &Rest) -> Result<Vec<String>, UpstreamError> {
    let user = format!("/api/v2/users/{NOBODY}");
    let asked = [
        (
            "presence:userPresence:edit",
            Method::PATCH,
            format!("{user}/presences/purecloud"),
            json!({ "message": "" }),
        ),
        (
            "routing:queueMember:manage",
            Method::PUT,
            format!("{user}/routingstatus"),
            json!({ "status": "IDLE" }),
        ),
        ("routing:skill:assign", Method::PATCH, format!("{user}/routingskills/bulk"), json!([])),
    ];
    let mut lacking = Vec::new();
    for (permission, method, path, body) in asked {
        let answer: Result<Value, _> = rest.send(Purpose::Probe, method, &path, &body).await;
        let Err(error) = answer else { continue };
        match permissions_in(&error) {
            Some(named) if named.is_empty() => lacking.push(permission.to_owned()),
            Some(named) => lacking.extend(named),
            // There is nobody to be changed, and nothing to change: it was looked at, so it is permitted.
            None if matches!(error, UpstreamError::Refused { status: 400 | 404, .. }) => {}
            None => return Err(error),
        }
    }
    Ok(lacking)
}

/// Says at the start which permissions for changes the clients lack, since otherwise it is first heard when somebody is
/// refused.
pub async fn say_lacking(clients: Clients) {
    for (client, rest) in clients.all().enumerate() {
        match lacking(rest).await {
            Ok(lacking) if lacking.is_empty() => {}
            Ok(lacking) => warn!(
                client,
                why = lacking.join(", "),
                "the OAuth client may not change agents; `rollcall doctor` says how to mend it"
            ),
            Err(error) => debug!(client, %error, "whether the OAuth client may change agents is not known"),
        }
    }
}
