//! An agent: who it is, its presence, routing status and conversations.

use std::collections::BTreeMap;

use protocol::{
    Timestamp, UserId,
    event::{
        conversation_summary::{MediaSummary, SummaryMedia},
        rollcall::RollcallTally,
    },
    fact::Presence,
    presence::RoutingStatus,
};

/// What is known of one agent. Facets are absent until they were read or heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// The user.
    pub id: UserId,
    /// The name; `None` until it is known, and an agent without name is not shown.
    pub name: Option<String>,
    /// The team, if any.
    pub team: Option<String>,
    /// The presence and since when.
    pub presence: Option<(Presence, Timestamp)>,
    /// The routing status and since when.
    pub routing_status: Option<(RoutingStatus, Timestamp)>,
    /// Conversations by medium.
    pub conversations: BTreeMap<SummaryMedia, MediaSummary>,
    /// When the conversations came to be as they are in kind: the start of after-call work or of
    /// a conversation, as far as it was seen.
    pub conversations_since: Option<Timestamp>,
    /// What was handled today, where it is asked for.
    pub tally: Option<RollcallTally>,
}

impl Agent {
    /// An agent of whom nothing is known but the id.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            name: None,
            team: None,
            presence: None,
            routing_status: None,
            conversations: BTreeMap::new(),
            conversations_since: None,
            tally: None,
        }
    }

    /// Conversations from queues that are active now.
    #[must_use]
    pub fn active_from_queues(&self) -> u32 {
        self.conversations.values().fold(0, |sum, c| sum.saturating_add(c.contact_center.active))
    }

    /// Conversations in after-call work.
    #[must_use]
    pub fn in_after_call_work(&self) -> u32 {
        let acw = self.conversations.values().flat_map(|c| [c.contact_center.acw, c.enterprise.acw]);
        acw.fold(0, u32::saturating_add)
    }
}
