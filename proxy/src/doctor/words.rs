//! What failures mean for a wall, and how to mend them. Pure.

use protocol::Topic;

use super::report::{Check, Verdict};
use crate::upstream::{UpstreamError, permissions_in};

/// What a read is for.
pub(super) struct Need {
    pub(super) check: Check,
    /// The permission that it needs, where the refusal does not say; source: the API's description.
    pub(super) permission: &'static str,
    /// What walls lack without it.
    pub(super) lost: &'static str,
    /// How bad that is.
    pub(super) without: Verdict,
}

impl Need {
    /// A read without which walls are no good.
    const fn of(check: Check, permission: &'static str, lost: &'static str) -> Self {
        Self { check, permission, lost, without: Verdict::Fault }
    }
}

pub(super) const USERS: Need = Need::of(Check::Users, "directory:user:view", "no wall will open");
pub(super) const STATES: Need = Need { lost: "agents will be shown as stale", ..USERS };
pub(super) const PRESENCES: Need =
    Need::of(Check::Presences, "presence:presenceDefinition:view", "no wall will open");
pub(super) const QUEUES: Need = Need::of(Check::Queues, "routing:queue:view", "no wall will open");
pub(super) const OBSERVATIONS: Need = Need::of(
    Check::Observations,
    "analytics:queueObservation:view",
    "no wall will open, since who waits in queues is not known",
);
pub(super) const FIGURES: Need = Need {
    without: Verdict::Warning,
    ..Need::of(
        Check::Figures,
        "analytics:conversationAggregate:view",
        "service levels and counts of the day will be dashes",
    )
};

/// A topic by a name for people, and what walls lack without it.
pub(super) fn of_topic(topic: &Topic) -> (&'static str, &'static str) {
    match topic {
        Topic::UserPresence(_) => ("users' presence", "agents will be shown as stale"),
        Topic::UserRoutingStatus(_) => ("users' routing status", "agents will be shown as stale"),
        Topic::UserConversationSummary(_) => (
            "users' conversation summary",
            "agents will be shown as stale, and nobody's after-call work is known",
        ),
        Topic::UserActivity(_) => ("users' activity", "agents will be shown as stale"),
        Topic::QueueObservations(_) => ("queues' observations", "queues will be shown as stale"),
        Topic::QueueActivity(_) => ("queues' activity", "queues will be shown as stale"),
        // Ours; Genesys Cloud is never asked for them.
        Topic::RollcallUser(_)
        | Topic::RollcallQueue(_)
        | Topic::RollcallPresences
        | Topic::RollcallWall(_)
        | Topic::RollcallFigures(_)
        | Topic::RollcallSamples(_)
        | Topic::RollcallTally(_)
        | Topic::RollcallAlarms(_)
        | Topic::RollcallStates(_)
        | Topic::RollcallShard(_) => ("Rollcall's own topics", "nothing"),
    }
}

/// How a permission is given.
pub(super) fn grant(client: &str, permissions: &[String]) -> String {
    let what = match permissions {
        [] => "the permissions of this topic".to_owned(),
        [one] => format!("the permission {one}"),
        many => format!("one of the permissions {}", many.join(", ")),
    };
    format!(
        "give a role of the OAuth client {client} {what}, in all divisions that walls show (Admin, Roles / \
         Permissions); it takes up to five minutes to apply"
    )
}

/// What a failed call means and how to mend it.
pub(super) fn of_error(error: &UpstreamError, client: &str, need: Option<&Need>) -> (String, String) {
    if let (Some(need), Some(named)) = (need, permissions_in(error)) {
        let permissions = if named.is_empty() { vec![need.permission.to_owned()] } else { named };
        let says = format!("not permitted ({} is missing): {}", permissions.join(", "), need.lost);
        return (says, grant(client, &permissions));
    }
    let mend = match error {
        UpstreamError::WrongCredentials { .. } => {
            "copy id and secret anew from the OAuth client (Admin, Integrations, OAuth), see that its grant is client \
             credentials and that it is active, and that the region is the organisation's"
                .to_owned()
        }
        UpstreamError::Unreachable { host, reason } => unreachable(host, reason),
        UpstreamError::RateLimited { .. } => {
            "try again after that time; if it comes back, another program uses up the calls: make an OAuth client for \
             Rollcall alone"
                .to_owned()
        }
        UpstreamError::Refused { status, .. } if *status >= 500 => {
            "try again in a few minutes; if it stays, see Genesys Cloud's status page".to_owned()
        }
        UpstreamError::Refused { .. } | UpstreamError::Unexpected { .. } => {
            "see that region or base_url name the API of Genesys Cloud, and that nothing in between answers in its place"
                .to_owned()
        }
    };
    (error.to_string(), mend)
}

fn unreachable(host: &str, reason: &str) -> String {
    let reason = reason.to_ascii_lowercase();
    if is_of_tls(&reason) {
        return certificate(host);
    }
    if reason.contains("corrupt") {
        return format!(
            "what answers at {host} does not speak TLS: see that the address is right, and that no web proxy answers in \
             its place"
        );
    }
    if reason.contains("dns") || reason.contains("lookup") || reason.contains("name") {
        return format!("see that the region is right and that this machine's DNS knows {host}");
    }
    // An address with a port of its own says it already.
    let names_port = host.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok());
    let port = if names_port { "" } else { " (port 443)" };
    format!(
        "let this machine make connections to {host}{port}; behind a web proxy set HTTPS_PROXY, and \
         see that the region or base_url is right"
    )
}

fn is_of_tls(reason: &str) -> bool {
    ["certificate", "tls", "issuer", "handshake"].iter().any(|word| reason.contains(word))
}

fn certificate(host: &str) -> String {
    format!(
        "something in between opens the encryption: have {host} let through unopened, or add its certificate authority \
         to those that this system trusts; an old system may lack current ones"
    )
}

/// How to mend that a socket did not open.
pub(super) fn of_socket(reason: &str) -> String {
    if is_of_tls(&reason.to_ascii_lowercase()) {
        return certificate("streaming.{domain} of the region");
    }
    "have firewall and web proxy let WebSockets through to streaming.{domain} of the region, port 443; sockets go there \
     straight, not by HTTPS_PROXY"
        .to_owned()
}

/// What a clock that is off by so much means, asked for in a call that took so long; `None` when it is not worth a word.
pub(super) fn of_offset(offset_ms: i64, round_trip_ms: i64) -> Option<(String, String)> {
    /// Less is what networks and reading take.
    const WORTH_SAYING_MS: i64 = 2_000;
    // Of a slow answer nobody knows which way was slow.
    if offset_ms.abs() <= WORTH_SAYING_MS.max(round_trip_ms) {
        return None;
    }
    let direction = if offset_ms > 0 { "behind" } else { "ahead of" };
    let says = format!(
        "this machine's clock is {} s {direction} Genesys Cloud's; walls go by Genesys Cloud's, but the log does not, \
         and encryption fails when it is far off",
        (offset_ms.abs() + 500) / 1_000
    );
    Some((says, "let the system set its clock by NTP (timedatectl set-ntp true)".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_worth_a_word_above_two_seconds() {
        assert_eq!(of_offset(2_000, 100), None);
        assert_eq!(of_offset(-3_000, 6_000), None, "the answer was slow, not the clock wrong");
        assert!(of_offset(2_001, 100).is_some_and(|(says, _)| says.contains("2 s behind")));
        assert!(of_offset(-90_400, 6_000).is_some_and(|(says, _)| says.contains("90 s ahead of")));
    }

    #[test]
    fn who_cannot_be_reached_for_which_reason_is_mended_differently() {
        let mend = |reason: &str| {
            let (host, reason) = ("https://api.example".to_owned(), reason.to_owned());
            of_error(&UpstreamError::Unreachable { host, reason }, "c", None).1
        };
        assert!(mend("invalid peer certificate: UnknownIssuer").contains("opens the encryption"));
        assert!(mend("received corrupt message of type InvalidContentType").contains("does not speak TLS"));
        assert!(mend("failed to lookup address information").contains("DNS"));
        assert!(mend("connection refused").contains("port 443"));
        let (host, reason) = ("http://127.0.0.1:8081".to_owned(), "connection refused".to_owned());
        let (_, mend) = of_error(&UpstreamError::Unreachable { host, reason }, "c", None);
        assert!(mend.contains("127.0.0.1:8081;") && !mend.contains("443"), "{mend}");
    }

    #[test]
    fn a_refusal_names_what_is_missing_and_who_lacks_it() {
        let refused = |message: &str| UpstreamError::Refused {
            method: "POST".to_owned(),
            route: "api/v2/x".to_owned(),
            status: 403,
            code: "missing.permissions".to_owned(),
            message: message.to_owned(),
        };
        let (says, mend) = of_error(&refused("you need a:b:view"), "wall", Some(&FIGURES));
        assert!(says.contains("a:b:view is missing") && says.contains("dashes"), "{says}");
        assert!(mend.contains("client wall the permission a:b:view"), "{mend}");
        let (says, _) = of_error(&refused("no"), "wall", Some(&QUEUES));
        assert!(says.contains("routing:queue:view"), "{says}");
    }
}
