//! What is called in a lap, in this order, beside what [`crate::caller`] calls by itself: every route that
//! reads, plain, with all expands, and with ids that do not exist; every route without a token; every write
//! with a body that is none. So a new route that reads needs no line, and a new write needs one.
//!
//! In paths and bodies `{name}` is a sample: an id that was found or that an earlier call of the lap kept.
//! A line whose route does not exist yet is passed over.

/// One call.
pub struct Call {
    pub method: &'static str,
    pub path: &'static str,
    pub body: Option<&'static str>,
    pub status: u16,
    /// The sample that is taken from the answer, and where it stands there.
    pub keeps: Option<(&'static str, &'static str)>,
}

impl Call {
    const fn keeps(mut self, sample: &'static str, pointer: &'static str) -> Self {
        self.keeps = Some((sample, pointer));
        self
    }

    const fn is(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

const fn read(method: &'static str, path: &'static str) -> Call {
    Call { method, path, body: None, status: 200, keeps: None }
}

const fn write(method: &'static str, path: &'static str, body: &'static str) -> Call {
    Call { method, path, body: Some(body), status: 200, keeps: None }
}

/// All lines.
pub const CALLS: &[Call] = &[
    // Tokens and people.
    read("HEAD", "/api/v2/tokens/me"),
    read("GET", "/api/v2/users?pageSize=7&pageNumber=2&expand=presence,routingStatus"),
    read("GET", "/api/v2/users?id={userId}&id={otherUserId}&state=any&sortOrder=descending"),
    read("GET", "/api/v2/users?pageSize=0").is(400),
    // Presence and routing status.
    read("GET", "/api/v2/presence/definitions?deactivated=any&localeCode=de"),
    read("GET", "/api/v2/presence/definitions?deactivated=perhaps").is(400),
    write(
        "PATCH",
        "/api/v2/users/{userId}/presences/PURECLOUD",
        r#"{"presenceDefinition": {"id": "{definitionId}"}, "message": "back at 2"}"#,
    ),
    write(
        "PATCH",
        "/api/v2/users/{userId}/presences/purecloud",
        r#"{"presenceDefinition": {"id": "{unknownId}"}}"#,
    )
    .is(400),
    write("PATCH", "/api/v2/users/{unknownId}/presences/purecloud", r#"{"message": "nobody"}"#).is(404),
    write("PUT", "/api/v2/users/{notRespondingUserId}/routingstatus", r#"{"status": "IDLE"}"#),
    write("PUT", "/api/v2/users/{userId}/routingstatus", r#"{"status": "ASLEEP"}"#).is(400),
    // Skills and languages.
    read("GET", "/api/v2/routing/skills?pageSize=3").keeps("skillId", "/entities/0/id"),
    read("GET", "/api/v2/routing/languages").keeps("languageId", "/entities/0/id"),
    write("POST", "/api/v2/users/{userId}/routingskills", r#"{"id": "{skillId}", "proficiency": 3}"#),
    write(
        "PUT",
        "/api/v2/users/{userId}/routingskills/{skillId}",
        r#"{"id": "{skillId}", "proficiency": 4.5, "state": "inactive"}"#,
    ),
    write("PATCH", "/api/v2/users/{userId}/routingskills/bulk", r#"[{"id": "{skillId}", "proficiency": 2}]"#),
    write("PUT", "/api/v2/users/{userId}/routingskills/bulk", r#"[{"id": "{skillId}", "proficiency": 1}]"#),
    write("POST", "/api/v2/users/{userId}/routingskills", r#"{"id": "{skillId}", "proficiency": 9}"#).is(400),
    read("DELETE", "/api/v2/users/{userId}/routingskills/{skillId}"),
    write("POST", "/api/v2/users/{userId}/routinglanguages", r#"{"id": "{languageId}", "proficiency": 3}"#),
    write(
        "PATCH",
        "/api/v2/users/{userId}/routinglanguages/{languageId}",
        r#"{"id": "{languageId}", "proficiency": 4}"#,
    ),
    write(
        "PATCH",
        "/api/v2/users/{userId}/routinglanguages/bulk",
        r#"[{"id": "{languageId}", "proficiency": 2}]"#,
    ),
    read("DELETE", "/api/v2/users/{userId}/routinglanguages/{languageId}"),
    // Queues.
    read("GET", "/api/v2/routing/queues?pageSize=2&pageNumber=2&sortOrder=desc"),
    read(
        "GET",
        "/api/v2/routing/queues/{queueId}/members?pageSize=3&pageNumber=2&expand=presence,routingStatus",
    ),
    read("GET", "/api/v2/routing/queues/{queueId}/members?pageSize=101").is(400),
    write(
        "POST",
        "/api/v2/analytics/queues/observations/query",
        r#"{
            "filter": {"type": "or", "predicates": [
                {"type": "dimension", "dimension": "queueId", "operator": "matches", "value": "{queueId}"}
            ]},
            "metrics": ["oWaiting", "oInteracting", "oAlerting", "oLongestWaiting", "oLongestInteracting",
                "oOnQueueUsers", "oOffQueueUsers", "oActiveUsers", "oMemberUsers", "oUserPresences",
                "oUserRoutingStatuses"]
        }"#,
    ),
    write("POST", "/api/v2/analytics/queues/observations/query", r#"{"metrics": ["oWaiting"]}"#).is(400),
    // Channels.
    write("POST", "/api/v2/notifications/channels", "null").keeps("channelId", "/id"),
    read("GET", "/api/v2/notifications/channels?includechannels=oauthclient"),
    read("HEAD", "/api/v2/notifications/channels/{channelId}"),
    write(
        "PUT",
        "/api/v2/notifications/channels/{channelId}/subscriptions?ignoreErrors=true",
        r#"[{"id": "v2.users.{userId}?presence&routingStatus&mood"}, {"id": "v2.no.such.topic"}]"#,
    ),
    write(
        "POST",
        "/api/v2/notifications/channels/{channelId}/subscriptions",
        r#"[{"id": "v2.routing.queues.{queueId}.users"}]"#,
    ),
    write(
        "POST",
        "/api/v2/notifications/channels/{channelId}/subscriptions",
        r#"[{"id": "v2.no.such.topic"}]"#,
    )
    .is(400),
    read("DELETE", "/api/v2/notifications/channels/{channelId}/subscriptions"),
    // What does not exist.
    read("GET", "/api/v2/no/such/route").is(404),
    read("PATCH", "/api/v2/date").is(405),
];

/// Called after everything else: the end of the lap's token.
pub const LAST_CALLS: &[Call] =
    &[read("DELETE", "/api/v2/tokens/me"), read("GET", "/api/v2/tokens/me").is(401)];

/// What a route needs in its query before it answers a read.
pub const QUERIES: &[(&str, &str)] = &[
    ("/api/v2/authorization/divisionspermitted/me", "permission=routing:queue:view"),
    ("/api/v2/users/presences/purecloud/bulk", "id={userId},{otherUserId}"),
    ("/api/v2/users/presences/{sourceId}/bulk", "id={userId},{otherUserId}"),
    ("/api/v2/workforcemanagement/adherence", "userId={userId},{otherUserId}"),
];
