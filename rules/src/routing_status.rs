//! Whether a routing status may be set. Genesys Cloud keeps it by itself; what is left to others is to let an agent who did
//! not respond respond again.

use protocol::presence::RoutingStatus;

use crate::{
    agent::Agent,
    refusal::{Code, Refusal},
};

/// What can be set.
const SETTABLE: [RoutingStatus; 2] = [RoutingStatus::Idle, RoutingStatus::OffQueue];

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is so already: nothing is sent.
    Already,
    /// To be sent.
    Set(RoutingStatus),
}

/// Checks that an agent's routing status is set to `wish`.
///
/// # Errors
/// When the status is none that can be set, or none that follows on the one that stands.
pub fn check(wish: &str, agent: &Agent) -> Result<Decision, Refusal> {
    if !agent.is_active {
        return Err(Refusal::new(Code::UserInactive, "the user is not active in Genesys Cloud"));
    }
    let wanted = RoutingStatus::parse(wish.trim());
    if !SETTABLE.contains(&wanted) {
        return Err(not_settable(&wanted));
    }
    let Some(stands) = &agent.routing else { return Err(transition("not known", &wanted)) };
    if *stands == wanted {
        return Ok(Decision::Already);
    }
    if *stands == RoutingStatus::NotResponding {
        return Ok(Decision::Set(wanted));
    }
    Err(transition(stands.as_str(), &wanted))
}

fn not_settable(wanted: &RoutingStatus) -> Refusal {
    let words = match wanted {
        RoutingStatus::Interacting | RoutingStatus::Communicating => format!(
            "{wanted} follows from a conversation and cannot be set; IDLE and OFF_QUEUE can, from NOT_RESPONDING"
        ),
        RoutingStatus::NotResponding => {
            "NOT_RESPONDING follows from a conversation that was not taken and cannot be \
             set; IDLE and OFF_QUEUE can, from NOT_RESPONDING"
                .to_owned()
        }
        RoutingStatus::Other(name) => {
            let name: String = name.chars().take(80).collect();
            format!("there is no routing status \"{name}\"")
        }
        RoutingStatus::Idle | RoutingStatus::OffQueue => format!("{wanted} cannot be set"),
    };
    let accepted = SETTABLE.iter().map(|status| status.as_str().to_owned());
    Refusal::new(Code::RoutingStatusNotSettable, words).accepting(accepted.collect())
}

fn transition(stands: &str, wanted: &RoutingStatus) -> Refusal {
    let words = format!(
        "the agent's routing status is {stands}: it can be set to {wanted} from NOT_RESPONDING alone; who is to take \
         conversations, or no more of them, is set On Queue or off it by the presence"
    );
    Refusal::new(Code::RoutingStatusTransition, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(routing: Option<RoutingStatus>) -> Agent {
        Agent {
            is_active: true,
            presence: None,
            future: None,
            routing,
            conversations: 0,
            after_call_work: 0,
            queues: None,
        }
    }

    #[test]
    fn who_did_not_respond_is_set_idle_or_off_queue() {
        let agent = agent(Some(RoutingStatus::NotResponding));
        for (wish, status) in [("IDLE", RoutingStatus::Idle), (" off_queue ", RoutingStatus::OffQueue)] {
            assert_eq!(check(wish, &agent), Ok(Decision::Set(status)), "{wish}");
        }
    }

    #[test]
    fn what_stands_already_is_not_sent() {
        assert_eq!(check("IDLE", &agent(Some(RoutingStatus::Idle))), Ok(Decision::Already));
        assert_eq!(check("OFF_QUEUE", &agent(Some(RoutingStatus::OffQueue))), Ok(Decision::Already));
    }

    #[test]
    fn what_follows_from_conversations_is_refused_with_what_can_be_set() {
        for wish in ["INTERACTING", "COMMUNICATING", "NOT_RESPONDING", "ON_QUEUE", ""] {
            let refusal = check(wish, &agent(Some(RoutingStatus::NotResponding))).unwrap_err();
            assert_eq!(refusal.code, Code::RoutingStatusNotSettable, "{wish}");
            assert_eq!(refusal.accepted, ["IDLE", "OFF_QUEUE"]);
        }
    }

    #[test]
    fn nothing_but_not_responding_is_left_by_it() {
        use RoutingStatus::{Communicating, Idle, Interacting, OffQueue};
        for (stands, wish) in
            [(Idle, "OFF_QUEUE"), (OffQueue, "IDLE"), (Interacting, "IDLE"), (Communicating, "OFF_QUEUE")]
        {
            let refusal = check(wish, &agent(Some(stands))).unwrap_err();
            assert_eq!(refusal.code, Code::RoutingStatusTransition, "{wish}");
        }
        assert_eq!(check("IDLE", &agent(None)).unwrap_err().code, Code::RoutingStatusTransition);
    }

    #[test]
    fn who_is_not_active_is_not_written() {
        let gone = Agent { is_active: false, ..agent(Some(RoutingStatus::NotResponding)) };
        assert_eq!(check("IDLE", &gone).unwrap_err().code, Code::UserInactive);
    }
}
