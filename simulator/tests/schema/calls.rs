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
    write("PUT", "/api/v2/users/{userId}/routingstatus", r#"{"status": "ASLEEP"}"#).is(400),
    write("PUT", "/api/v2/users/{userId}/outofoffice", r#"{"active": true}"#),
    write("PUT", "/api/v2/users/{userId}/outofoffice", r#"{"active": false}"#),
    read("GET", "/api/v2/users/{userId}").keeps("userVersion", "/version"),
    write("PATCH", "/api/v2/users/{userId}", r#"{"version": {userVersion}, "title": "Changed"}"#),
    // Queues.
    read("GET", "/api/v2/routing/queues?pageSize=2&pageNumber=2&sortOrder=desc"),
    read(
        "GET",
        "/api/v2/routing/queues/{queueId}/members?pageSize=3&pageNumber=2&expand=presence,routingStatus",
    ),
    read("GET", "/api/v2/routing/queues/{queueId}/members?pageSize=101").is(400),
    write("PUT", "/api/v2/routing/queues/{queueId}", r#"{"name": "Renamed"}"#),
    write("PUT", "/api/v2/routing/queues/{queueId}", r#"{"name": " "}"#).is(400),
    write("PUT", "/api/v2/routing/queues/{unknownId}", r#"{"name": "Nobody's"}"#).is(404),
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
    // Members.
    write("POST", "/api/v2/routing/queues/{queueId}/members", r#"[{"id": "{userId}"}]"#),
    write("POST", "/api/v2/routing/queues/{queueId}/users", r#"[{"id": "{userId}"}]"#),
    write(
        "PATCH",
        "/api/v2/routing/queues/{queueId}/members",
        r#"[{"id": "{userId}", "joined": false}, {"id": "{otherUserId}", "joined": false}]"#,
    ),
    write(
        "PATCH",
        "/api/v2/routing/queues/{queueId}/members",
        r#"[{"id": "{userId}", "joined": true}, {"id": "{unknownId}", "joined": true}]"#,
    ),
    write("PATCH", "/api/v2/routing/queues/{queueId}/users", r#"[{"id": "{userId}", "joined": true}]"#),
    write("PATCH", "/api/v2/routing/queues/{queueId}/members/{otherUserId}", r#"{"joined": true}"#),
    write("PATCH", "/api/v2/routing/queues/{queueId}/users/{otherUserId}", r#"{"joined": true}"#),
    write("PATCH", "/api/v2/users/{otherUserId}/queues", r#"[{"id": "{queueId}", "joined": true}]"#),
    write("PATCH", "/api/v2/users/{otherUserId}/queues/{queueId}", r#"{"joined": true}"#),
    read("DELETE", "/api/v2/routing/queues/{queueId}/members/{userId}"),
    read("DELETE", "/api/v2/routing/queues/{queueId}/users/{otherUserId}"),
    write(
        "POST",
        "/api/v2/routing/queues/{queueId}/members",
        r#"[{"id": "{userId}"}, {"id": "{otherUserId}"}]"#,
    ),
    // Skills and languages.
    read("GET", "/api/v2/routing/skills?pageSize=5").keeps("skillId", "/entities/0/id"),
    read("GET", "/api/v2/routing/languages?pageSize=5").keeps("languageId", "/entities/0/id"),
    write("POST", "/api/v2/users/{userId}/routingskills", r#"{"id": "{skillId}", "proficiency": 3.5}"#),
    write(
        "PUT",
        "/api/v2/users/{userId}/routingskills/{skillId}",
        r#"{"id": "{skillId}", "proficiency": 4, "state": "inactive"}"#,
    ),
    write("PATCH", "/api/v2/users/{userId}/routingskills/bulk", r#"[{"id": "{skillId}", "proficiency": 2}]"#),
    write("PUT", "/api/v2/users/{userId}/routingskills/bulk", r#"[{"id": "{skillId}", "proficiency": 1}]"#),
    read("DELETE", "/api/v2/users/{userId}/routingskills/{skillId}"),
    write("POST", "/api/v2/users/{userId}/routinglanguages", r#"{"id": "{languageId}", "proficiency": 3}"#),
    write(
        "PATCH",
        "/api/v2/users/{userId}/routinglanguages/{languageId}",
        r#"{"id": "{languageId}", "proficiency": 4, "state": "active"}"#,
    ),
    write(
        "PATCH",
        "/api/v2/users/{userId}/routinglanguages/bulk",
        r#"[{"id": "{languageId}", "proficiency": 2}]"#,
    ),
    read("DELETE", "/api/v2/users/{userId}/routinglanguages/{languageId}"),
    // Presence in bulk.
    write(
        "PUT",
        "/api/v2/users/presences/bulk",
        r#"[{"id": "{otherUserId}", "source": "PURECLOUD", "presenceDefinition": {"id": "{definitionId}"}}]"#,
    ),
    // People and teams.
    write(
        "POST",
        "/api/v2/users/search",
        r#"{"pageSize": 5, "query": [{"type": "CONTAINS", "fields": ["name"], "value": "a"}]}"#,
    ),
    read("GET", "/api/v2/teams?pageSize=5").keeps("teamId", "/entities/0/id"),
    write("POST", "/api/v2/teams/{teamId}/members", r#"{"memberIds": ["{userId}"]}"#),
    read("DELETE", "/api/v2/teams/{teamId}/members?id={userId}"),
    // Back again: the first of a team may do everything, and calls later on.
    write("POST", "/api/v2/teams/{teamId}/members", r#"{"memberIds": ["{userId}"]}"#),
    read("GET", "/api/v2/groups?pageSize=5").keeps("groupId", "/entities/0/id"),
    read("GET", "/api/v2/groups/{groupId}").keeps("groupVersion", "/version"),
    write(
        "POST",
        "/api/v2/groups/{groupId}/members",
        r#"{"memberIds": ["{userId}"], "version": {groupVersion}}"#,
    ),
    read("DELETE", "/api/v2/groups/{groupId}/members?ids={userId}"),
    // Analytics.
    write(
        "POST",
        "/api/v2/analytics/users/details/query",
        r#"{"interval": "2026-01-05T10:00:00.000Z/2026-01-05T11:00:00.000Z",
            "paging": {"pageSize": 5, "pageNumber": 1}}"#,
    ),
    write(
        "POST",
        "/api/v2/analytics/users/aggregates/query",
        r#"{"interval": "2026-01-05T10:00:00.000Z/2026-01-05T11:00:00.000Z", "groupBy": ["userId"],
            "metrics": ["tSystemPresence", "tAgentRoutingStatus"]}"#,
    ),
    write(
        "POST",
        "/api/v2/analytics/users/observations/query",
        r#"{"filter": {"type": "or", "predicates": [{"dimension": "userId", "value": "{userId}"}]},
            "metrics": ["oActiveQueues", "oMemberQueues"]}"#,
    ),
    write(
        "POST",
        "/api/v2/analytics/users/activity/query",
        r#"{"groupBy": ["userId"], "metrics": [{"metric": "oActiveQueues", "details": true}],
            "filter": {"type": "or", "predicates": [{"dimension": "userId", "value": "{userId}"}]}}"#,
    ),
    write(
        "POST",
        "/api/v2/analytics/routing/activity/query",
        r#"{"groupBy": ["queueId"], "metrics": [{"metric": "oUserPresences", "details": true}],
            "filter": {"type": "or", "predicates": [{"dimension": "queueId", "value": "{queueId}"}]}}"#,
    ),
    write(
        "POST",
        "/api/v2/analytics/teams/activity/query",
        r#"{"groupBy": ["teamId"], "metrics": [{"metric": "oTeamPresences", "details": true}]}"#,
    ),
    write(
        "POST",
        "/api/v2/analytics/conversations/activity/query",
        r#"{"groupBy": ["queueId"], "metrics": [{"metric": "oWaiting", "details": true}],
            "filter": {"type": "or", "predicates": [{"dimension": "queueId", "value": "{queueId}"}]}}"#,
    ),
    write("POST", "/api/v2/analytics/agents/status/counts?groupBy=presence", "{}"),
    write("POST", "/api/v2/analytics/agents/status/query", r#"{"userOrderBy": "userName"}"#),
    write(
        "POST",
        "/api/v2/analytics/conversations/details/query",
        r#"{"interval": "2026-01-05T10:00:00.000Z/2026-01-05T11:00:00.000Z",
            "paging": {"pageSize": 25, "pageNumber": 1}}"#,
    ),
    write(
        "POST",
        "/api/v2/analytics/conversations/aggregates/query",
        r#"{"interval": "2026-01-05T10:00:00.000Z/2026-01-05T11:00:00.000Z", "groupBy": ["queueId"],
            "metrics": ["nOffered", "tAnswered", "tHandle", "oServiceLevel"]}"#,
    ),
    // Audits of the writes above.
    read("GET", "/api/v2/audits/query/servicemapping"),
    read("GET", "/api/v2/audits/query/realtime/servicemapping"),
    write(
        "POST",
        "/api/v2/audits/query",
        r#"{"interval": "2026-01-05T10:00:00.000Z/2026-01-05T11:00:00.000Z", "serviceName": "ContactCenter",
            "filters": [{"property": "EntityType", "value": "Queue"}],
            "sort": [{"name": "Timestamp", "sortOrder": "ascending"}]}"#,
    )
    .keeps("transactionId", "/id"),
    read("GET", "/api/v2/audits/query/{transactionId}/results?pageSize=3&expand=user"),
    write(
        "POST",
        "/api/v2/audits/query/realtime?expand=user",
        r#"{"interval": "2026-01-05T10:00:00.000Z/2026-01-05T11:00:00.000Z", "serviceName": "Groups"}"#,
    )
    .keeps("auditId", "/entities/0/id"),
    write("POST", "/api/v2/audits/query/realtime/related", r#"{"auditId": "{auditId}"}"#),
    write(
        "POST",
        "/api/v2/analytics/conversations/details/jobs",
        r#"{"interval": "2026-01-05T10:00:00.000Z/2026-01-05T11:00:00.000Z"}"#,
    )
    .is(202)
    .keeps("detailJobId", "/jobId"),
    read("GET", "/api/v2/analytics/conversations/details/jobs/{detailJobId}/results").is(400),
    read("GET", "/api/v2/analytics/conversations/details/jobs/{detailJobId}"),
    // The job of the lap before is ready.
    read("GET", "/api/v2/analytics/conversations/details/jobs/{readyJobId}/results?pageSize=5"),
    read("DELETE", "/api/v2/analytics/conversations/details/jobs/{readyJobId}"),
    write(
        "POST",
        "/api/v2/analytics/conversations/details/jobs",
        r#"{"interval": "2026-01-05T10:00:00.000Z/2026-01-05T11:00:00.000Z"}"#,
    )
    .is(202)
    .keeps("readyJobId", "/jobId"),
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
    read("GET", "/api/v2/workforcemanagement/managementunits").keeps("managementUnitId", "/entities/0/id"),
    read("GET", "/api/v2/workforcemanagement/businessunits").keeps("businessUnitId", "/entities/0/id"),
    read("GET", "/api/v2/workforcemanagement/businessunits/{businessUnitId}/activitycodes")
        .keeps("activityCodeId", "/entities/0/id"),
    read("GET", "/api/v2/workforcemanagement/businessunits/{businessUnitId}/activitycodes/{activityCodeId}"),
    // Workforce management, limits, tokens of people, events from outside.
    write(
        "POST",
        "/api/v2/workforcemanagement/managementunits/{managementUnitId}/agentschedules/search",
        r#"{"startDate": "2026-01-01T00:00:00.000Z", "endDate": "2026-01-02T00:00:00.000Z"}"#,
    ),
    write(
        "POST",
        "/api/v2/workforcemanagement/businessunits/{businessUnitId}/agentschedules/search",
        r#"{"startDate": "2026-01-01T00:00:00.000Z", "endDate": "2026-01-01T06:00:00.000Z"}"#,
    ),
    write(
        "POST",
        "/api/v2/workforcemanagement/adherence/historical/bulk",
        r#"{"items": [{"managementUnitId": "{managementUnitId}", "startDate": "2026-01-01T00:00:00.000Z",
            "endDate": "2026-01-01T01:00:00.000Z", "includeExceptions": true}], "timeZone": "UTC"}"#,
    )
    .is(202)
    .keeps("jobId", "/job/id"),
    read("GET", "/api/v2/workforcemanagement/adherence/historical/bulk/jobs/{jobId}").is(202),
    // Somebody who comes and goes; the address is another in each lap.
    read("GET", "/api/v2/authorization/divisions").keeps("divisionId", "/entities/0/id"),
    write(
        "POST",
        "/api/v2/users",
        r#"{"name": "Somebody New", "email": "{jobId}@rollcall.example", "divisionId": "{divisionId}"}"#,
    )
    .keeps("newUserId", "/id"),
    write("POST", "/api/v2/users", r#"{"name": "No Division", "email": "b@rollcall.example"}"#).is(400),
    read("GET", "/api/v2/users/{newUserId}/state").keeps("newUserVersion", "/version"),
    write(
        "PUT",
        "/api/v2/users/{newUserId}/state",
        r#"{"state": "inactive", "version": {newUserVersion}, "stateChangeReason": "Seasonal"}"#,
    ),
    read("GET", "/api/v2/users?state=inactive&expand=presence,team"),
    read("DELETE", "/api/v2/users/{newUserId}"),
    read("GET", "/api/v2/users/{newUserId}?state=deleted"),
    read("GET", "/api/v2/users/{newUserId}").is(404),
    read("GET", "/api/v2/organizations/limits/namespaces/platform.api"),
    read("GET", "/api/v2/organizations/limits/namespaces/platform.api/defaults"),
    read("DELETE", "/api/v2/tokens/{otherUserId}"),
    write(
        "POST",
        "/api/v2/events/users/presence",
        r#"{"userPresenceEvents": [{"eventId": "{unknownId}", "eventDateTime": "2026-01-01T00:00:00.000Z",
            "userId": "{userId}", "sourceId": "{unknownId}", "presenceDefinitionId": "{definitionId}"}]}"#,
    ),
    write(
        "POST",
        "/api/v2/events/users/routingstatus",
        r#"{"userRoutingStatusEvents": [{"eventId": "{unknownId}", "eventDateTime": "2026-01-01T00:00:00.000Z",
            "agentId": "{userId}", "sourceId": "{unknownId}", "status": "Idle"}]}"#,
    ),
    // What does not exist.
    read("GET", "/api/v2/no/such/route").is(404),
    read("PATCH", "/api/v2/date").is(405),
];

/// Called between laps, when there is somebody for them.
pub const STEP_CALLS: &[Call] = &[
    read("GET", "/api/v2/date"),
    write("PUT", "/api/v2/users/{notRespondingUserId}/routingstatus", r#"{"status": "IDLE"}"#),
];

/// Called after everything else: the end of the lap's token.
pub const LAST_CALLS: &[Call] =
    &[read("DELETE", "/api/v2/tokens/me"), read("GET", "/api/v2/tokens/me").is(401)];

/// What only people may call; a client is refused.
pub const OF_PEOPLE: &[(&str, &str)] = &[
    ("GET", "/api/v2/authorization/divisionspermitted/me"),
    ("GET", "/api/v2/routing/queues/me"),
    ("GET", "/api/v2/users/me"),
    ("GET", "/api/v2/workforcemanagement/agents/me/managementunit"),
    ("POST", "/api/v2/workforcemanagement/agentschedules/mine"),
];

/// Called with the token of a person, in every lap.
pub const CALLS_OF_PEOPLE: &[Call] = &[
    read("GET", "/api/v2/authorization/divisionspermitted/me?permission=routing:queue:view"),
    read("GET", "/api/v2/routing/queues/me?joined=true"),
    read("GET", "/api/v2/users/me"),
    read("GET", "/api/v2/users/me?expand=presence,routingStatus,team,authorization,date,organization,token"),
    read("GET", "/api/v2/tokens/me"),
    read("GET", "/api/v2/workforcemanagement/agents/me/managementunit"),
    write(
        "POST",
        "/api/v2/workforcemanagement/agentschedules/mine",
        r#"{"startDate": "2026-01-05T00:00:00.000Z", "endDate": "2026-01-06T00:00:00.000Z"}"#,
    ),
    // Only people are told that an answer is ready.
    write(
        "POST",
        "/api/v2/workforcemanagement/managementunits/{managementUnitId}/agentschedules/search?forceAsync=true",
        r#"{"startDate": "2026-01-05T00:00:00.000Z", "endDate": "2026-01-06T00:00:00.000Z"}"#,
    )
    .is(202),
    write(
        "POST",
        "/api/v2/workforcemanagement/adherence/historical/bulk",
        r#"{"items": [{"managementUnitId": "{managementUnitId}", "startDate": "2026-01-05T10:00:00.000Z",
            "endDate": "2026-01-05T10:10:00.000Z", "includeExceptions": true}], "timeZone": "UTC"}"#,
    )
    .is(202),
    write(
        "POST",
        "/api/v2/workforcemanagement/managementunits/{managementUnitId}/historicaladherencequery",
        r#"{"startDate": "2026-01-05T10:00:00.000Z", "includeExceptions": true}"#,
    )
    .is(202)
    .keeps("jobId", "/id"),
    read("GET", "/api/v2/workforcemanagement/adherence/historical/jobs/{jobId}").is(202),
    write(
        "POST",
        "/api/v2/workforcemanagement/teams/{teamId}/adherence/historical",
        r#"{"startDate": "2026-01-05T09:00:00.000Z", "timeZone": "Europe/Dublin"}"#,
    )
    .is(202),
];

/// Reads whose ids live in lines only: another route has a sample of the same name.
pub const IN_LINES_ONLY: &[&str] = &[
    "/api/v2/analytics/conversations/details/jobs/{jobId}",
    "/api/v2/analytics/conversations/details/jobs/{jobId}/results",
];

/// What a route needs in its query before it answers a read.
pub const QUERIES: &[(&str, &str)] = &[
    // {"query": [{"type": "MATCH_ALL"}]}
    ("/api/v2/users/search", "q64=eyJxdWVyeSI6IFt7InR5cGUiOiAiTUFUQ0hfQUxMIn1dfQ=="),
    ("/api/v2/users/presences/purecloud/bulk", "id={userId},{otherUserId}"),
    ("/api/v2/users/presences/{sourceId}/bulk", "id={userId},{otherUserId}"),
    ("/api/v2/workforcemanagement/adherence", "userId={userId},{otherUserId}"),
];
