//! Which services, entities and actions there are, as `servicemapping` lists them.

/// A service, and what it audits.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// Whether the query in real time knows it.
    pub(crate) realtime: bool,
    /// Types of entities with their actions.
    pub(crate) entities: &'static [(&'static str, &'static [&'static str])],
}

const WRITES: &[&str] = &["Create", "Update", "Delete"];

/// The services of which this simulator has something to tell.
/// Source: developer center, "Audit action catalog", as integrators have published it.
pub(crate) const CATALOGUE: &[Service] = &[
    Service {
        name: "ContactCenter",
        realtime: true,
        entities: &[
            ("AgentRoutingInfo", &["Update"]),
            (
                "Queue",
                &[
                    "Create",
                    "Update",
                    "Delete",
                    "MemberAdd",
                    "MemberUpdate",
                    "MemberRemove",
                    "WrapupCodeAdd",
                    "WrapupCodeRemove",
                ],
            ),
            ("WrapupCode", WRITES),
        ],
    },
    Service { name: "Directory", realtime: false, entities: &[("Organization", WRITES), ("User", WRITES)] },
    Service {
        name: "Groups",
        realtime: true,
        entities: &[
            ("DirectoryGroup", WRITES),
            ("SkillGroup", WRITES),
            ("SkillGroupDefinition", WRITES),
            ("Team", WRITES),
        ],
    },
    Service {
        name: "PeoplePermissions",
        realtime: true,
        entities: &[
            ("AccessToken", &["Create", "Revoke"]),
            ("AuthUser", &["Authenticate", "AuthenticationFailed", "ChangePassword"]),
            ("OAuthClient", WRITES),
            ("Role", &["Create", "Update", "LicenseUpdate", "MemberAdd", "MemberUpdate", "MemberRemove"]),
        ],
    },
    Service { name: "Presence", realtime: false, entities: &[("UserPresence", WRITES)] },
];

/// All names of services that Genesys knows; of those that are not in [`CATALOGUE`] there are no entries.
/// Source: notification topic `v2.audits.entitytype.{id}.entityid.{id}`.
pub(crate) const GENESYS_SERVICES: &[&str] = &[
    "AgentConfig",
    "Alerting",
    "AnalyticsReporting",
    "AnomalyDetection",
    "Architect",
    "Assistants",
    "Billing",
    "BusinessRules",
    "Callback",
    "Coaching",
    "ContactCenter",
    "ContentManagement",
    "ConversationRefinement",
    "Conversations",
    "DSAR",
    "Datatables",
    "Directory",
    "Emails",
    "EmbeddedAnalytics",
    "EmployeeEngagement",
    "EmployeePerformance",
    "ExternalContacts",
    "ExternalContactsExport",
    "GDPR",
    "Gamification",
    "GenesysCloudCopilot",
    "Groups",
    "Integrations",
    "JourneyAnalytics",
    "Knowledge",
    "LanguageUnderstanding",
    "Learning",
    "Limits",
    "Locations",
    "LogCapture",
    "Marketplace",
    "Messaging",
    "NerService",
    "NumberPurchasing",
    "Onboarding",
    "Outbound",
    "PeoplePermissions",
    "PredictiveEngagement",
    "Presence",
    "ProcessAutomation",
    "Quality",
    "ResponseManagement",
    "Routing",
    "SCIM",
    "Scripter",
    "SocialEscalationRules",
    "SocialListening",
    "SpeechAndTextAnalytics",
    "Supportability",
    "TaskManagement",
    "Telephony",
    "Triggers",
    "UsersRules",
    "WebDeployments",
    "Webhooks",
    "WorkforceManagement",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_one_of_genesys() {
        assert!(GENESYS_SERVICES.is_sorted());
        assert!(CATALOGUE.iter().all(|service| GENESYS_SERVICES.contains(&service.name)));
    }
}
