//! What is computed from a board and never stored: readable state, time in state, waiting.

use protocol::{
    Timestamp,
    event::observations::Metric,
    presence::{RoutingStatus, SystemPresence},
};

use crate::{Board, agent::Agent, queue::Queue};

/// An agent's readable state: the first of these that matches.
///
/// | state | when | its clock starts at |
/// | --- | --- | --- |
/// | Offline | presence is Offline | presence `modifiedDate` |
/// | Not responding | routing status NOT_RESPONDING | routing status `startTime` |
/// | After-call work | acw > 0 and no active conversation from a queue | arrival of the summary that said so |
/// | Interacting | routing status INTERACTING, or an active conversation from a queue | routing status `startTime`, else arrival of the summary |
/// | Communicating | routing status COMMUNICATING | routing status `startTime` |
/// | On Queue | presence is On Queue | the later of presence `modifiedDate` and routing status `startTime` |
/// | the presence | else | presence `modifiedDate` |
/// | Unknown | no presence was read or heard yet | none |
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "described in the table")]
pub enum AgentState {
    Offline,
    NotResponding,
    AfterCallWork,
    Interacting,
    Communicating,
    OnQueue,
    Presence(SystemPresence),
    Unknown,
}

impl AgentState {
    /// The word in `data-state`: stable, lower case, with hyphens.
    #[must_use]
    pub fn as_data(&self) -> String {
        match self {
            Self::Offline => "offline".to_owned(),
            Self::NotResponding => "not-responding".to_owned(),
            Self::AfterCallWork => "after-call-work".to_owned(),
            Self::Interacting => "interacting".to_owned(),
            Self::Communicating => "communicating".to_owned(),
            Self::OnQueue => "on-queue".to_owned(),
            Self::Presence(presence) => presence.in_definition().to_ascii_lowercase().replace(' ', "-"),
            Self::Unknown => "unknown".to_owned(),
        }
    }

    /// Reads the word in `data-state`.
    #[must_use]
    pub fn from_data(text: &str) -> Self {
        let known = [
            Self::Offline,
            Self::NotResponding,
            Self::AfterCallWork,
            Self::Interacting,
            Self::Communicating,
            Self::OnQueue,
            Self::Unknown,
        ];
        let presences = SystemPresence::ALL.into_iter().map(Self::Presence);
        let found = known.into_iter().chain(presences).find(|state| state.is(text));
        found.unwrap_or_else(|| Self::Presence(SystemPresence::Other(text.into())))
    }

    /// Whether that is its word in `data-state`, without making it.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        match self {
            Self::Offline => word == "offline",
            Self::NotResponding => word == "not-responding",
            Self::AfterCallWork => word == "after-call-work",
            Self::Interacting => word == "interacting",
            Self::Communicating => word == "communicating",
            Self::OnQueue => word == "on-queue",
            Self::Presence(presence) => {
                let name = presence.in_definition().bytes().map(|byte| byte.to_ascii_lowercase());
                name.map(|byte| if byte == b' ' { b'-' } else { byte }).eq(word.bytes())
            }
            Self::Unknown => word == "unknown",
        }
    }
}

/// A state, since when, and its place in the order of urgency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readable {
    /// The state.
    pub state: AgentState,
    /// When its clock started.
    pub since: Option<Timestamp>,
}

impl Agent {
    /// The readable state by the table of [`AgentState`].
    #[must_use]
    pub fn readable(&self) -> Readable {
        let presence = self.presence.as_ref();
        let routing = self.routing_status.as_ref();
        let status = routing.map(|(status, _)| status);
        let system = presence.and_then(|(presence, _)| presence.system.as_ref());
        let (presence_since, routing_since) = (presence.map(|(_, at)| *at), routing.map(|(_, at)| *at));

        let (state, since) = if system == Some(&SystemPresence::Offline) {
            (AgentState::Offline, presence_since)
        } else if status == Some(&RoutingStatus::NotResponding) {
            (AgentState::NotResponding, routing_since)
        } else if self.in_after_call_work() > 0 && self.active_from_queues() == 0 {
            (AgentState::AfterCallWork, self.conversations_since)
        } else if status == Some(&RoutingStatus::Interacting) {
            (AgentState::Interacting, routing_since)
        } else if self.active_from_queues() > 0 {
            (AgentState::Interacting, self.conversations_since)
        } else if status == Some(&RoutingStatus::Communicating) {
            (AgentState::Communicating, routing_since)
        } else if system == Some(&SystemPresence::OnQueue) {
            (AgentState::OnQueue, presence_since.max(routing_since))
        } else if let Some(system) = system {
            (AgentState::Presence(system.clone()), presence_since)
        } else {
            (AgentState::Unknown, None)
        };
        Readable { state, since }
    }
}

impl Board {
    /// The organisation's own label for an agent's state in a language, given by its code: of presences only, and only
    /// where the organisation says more than the presence's plain name, which whoever shows it has in that language.
    #[must_use]
    pub fn own_label(&self, agent: &Agent, state: &AgentState, language: &str) -> Option<&str> {
        match state {
            AgentState::Presence(_) => {
                let (presence, _) = agent.presence.as_ref()?;
                self.presence(&presence.definition)?.in_language(language)
            }
            AgentState::Offline
            | AgentState::NotResponding
            | AgentState::AfterCallWork
            | AgentState::Interacting
            | AgentState::Communicating
            | AgentState::OnQueue
            | AgentState::Unknown => None,
        }
    }
}

impl Queue {
    /// Conversations that wait, over all media.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.count(&Metric::Waiting, None)
    }

    /// Conversations in progress, over all media.
    #[must_use]
    pub fn interacting(&self) -> u32 {
        self.count(&Metric::Interacting, None)
    }

    /// The longest wait at `now` in milliseconds: the last value plus the time since it was received,
    /// 0 when none waits, never below 0.
    #[must_use]
    pub fn longest_wait_ms(&self, now: Timestamp) -> i64 {
        if self.waiting() == 0 {
            return 0;
        }
        self.since(&Metric::LongestWaiting).map_or(0, |since| now.ms_since(since).max(0))
    }

    /// Members on queue by routing status.
    #[must_use]
    pub fn on_queue(&self, status: &RoutingStatus) -> u32 {
        self.count(&Metric::OnQueueUsers, Some(status.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use protocol::{
        event::conversation_summary::{Counts, MediaSummary, SummaryMedia},
        fact::Presence,
    };

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn agent(system: SystemPresence, status: RoutingStatus, active: u32, acw: u32) -> Agent {
        let mut agent = Agent::new("u".into());
        let presence = Presence { definition: "d".into(), system: Some(system), message: "".into() };
        agent.presence = Some((presence, at(10)));
        agent.routing_status = Some((status, at(20)));
        let counts = MediaSummary { contact_center: Counts { active, acw }, enterprise: Counts::default() };
        agent.conversations.insert(SummaryMedia::Call, counts);
        agent.conversations_since = Some(at(30));
        agent
    }

    fn check(agent: &Agent, data: &str, since: i64) {
        let readable = agent.readable();
        assert_eq!((readable.state.as_data().as_str(), readable.since), (data, Some(at(since))));
        assert!(readable.state.is(data) && !readable.state.is("else"), "{data}");
        assert!(AgentState::from_data(data).is(data), "{data}");
    }

    #[test]
    fn the_first_matching_state_is_shown() {
        use RoutingStatus as R;
        use SystemPresence as P;
        check(&agent(P::Offline, R::NotResponding, 1, 1), "offline", 10);
        check(&agent(P::OnQueue, R::NotResponding, 0, 1), "not-responding", 20);
        check(&agent(P::OnQueue, R::Idle, 0, 1), "after-call-work", 30);
        check(&agent(P::OnQueue, R::Interacting, 0, 1), "after-call-work", 30);
        check(&agent(P::OnQueue, R::Interacting, 1, 1), "interacting", 20);
        check(&agent(P::OnQueue, R::Idle, 1, 0), "interacting", 30);
        check(&agent(P::Available, R::Communicating, 0, 0), "communicating", 20);
        check(&agent(P::OnQueue, R::Idle, 0, 0), "on-queue", 20);
        check(&agent(P::Meal, R::OffQueue, 0, 0), "meal", 10);
        check(&agent(P::Other("Gone Fishing".into()), R::OffQueue, 0, 0), "gone-fishing", 10);
        assert_eq!(Agent::new("u".into()).readable(), Readable { state: AgentState::Unknown, since: None });
    }
}
