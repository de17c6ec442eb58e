use protocol::{entity::PresenceDefinition, presence::RoutingStatus};
use serde_json::json;

use super::*;
use crate::{agent::Standing, policy::Mode, shift::Shift};

const NOON: &str = "2026-03-02T12:00:00.000Z";

fn catalogue() -> Catalogue {
    let definitions = json!([
        { "id": "available", "type": "System", "systemPresence": "Available", "languageLabels": { "en_US": "Available" } },
        { "id": "away", "type": "System", "systemPresence": "Away", "languageLabels": { "en_US": "Away" } },
        { "id": "doctor", "type": "User", "systemPresence": "Away", "languageLabels": { "en_US": "Doctor" } },
        { "id": "offline", "type": "System", "systemPresence": "Offline", "languageLabels": { "en_US": "Offline" } },
        { "id": "onqueue", "type": "System", "systemPresence": "OnQueue", "languageLabels": { "en_US": "On Queue" } },
    ]);
    let definitions: Vec<PresenceDefinition> = serde_json::from_value(definitions).unwrap();
    Catalogue::of(&definitions)
}

/// An agent at work, and what is asked of it.
struct Case {
    catalogue: Catalogue,
    agent: Agent,
    change: Change,
    modes: Modes,
    at: Timestamp,
    zone: Zone,
    schedule: Schedule,
    hours: Hours,
    floors: Vec<Floor>,
}

fn case(presence: &str) -> Case {
    let at: Timestamp = NOON.parse().unwrap();
    Case {
        catalogue: catalogue(),
        agent: Agent {
            is_active: true,
            presence: Some(Standing {
                definition: "onqueue".into(),
                system: Some(SystemPresence::OnQueue),
                message: String::new(),
                modified: at.plus_ms(-1_000),
            }),
            future: None,
            routing: Some(RoutingStatus::Idle),
            conversations: 0,
            after_call_work: 0,
            queues: Some(2),
        },
        change: Change { presence: Some(presence.to_owned()), ..Change::default() },
        modes: Modes::default(),
        at,
        zone: Zone::first_of([Some("UTC"), None, None]).unwrap(),
        schedule: Schedule::Published(vec![Shift { start: at.plus_ms(-3_600_000), minutes: 120 }]),
        hours: Hours::default(),
        floors: Vec::new(),
    }
}

impl Case {
    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// What becomes of it: a word for the decision and the codes of the warnings, or the code of the refusal.
    fn outcome(&self) -> Result<(String, Vec<Code>), Code> {
        let context = Context {
            catalogue: &self.catalogue,
            modes: self.modes,
            at: self.at,
            zone: &self.zone,
            schedule: Some(&self.schedule),
            hours: self.hours,
            need_reason: &[SystemPresence::Away],
            floors: &self.floors,
        };
        let checked = check(&self.change, &self.agent, &context).map_err(|refusal| refusal.code)?;
        let decision = match checked.decision {
            Decision::Already => "already".to_owned(),
            Decision::Now(entry) => format!("now {}", entry.map_or("message", |entry| entry.id.as_str())),
            Decision::WhenFree(entry) => format!("when free {}", entry.id),
        };
        Ok((decision, checked.warnings.iter().map(|warning| warning.code).collect()))
    }

    #[track_caller]
    fn is(&self, decision: &str) {
        assert_eq!(self.outcome(), Ok((decision.to_owned(), Vec::new())));
    }

    #[track_caller]
    fn is_refused(&self, code: Code) {
        assert_eq!(self.outcome(), Err(code));
    }

    /// Blocked, said or done by the mode of a rule.
    #[track_caller]
    fn goes_by(&self, rule: Rule, code: Code, decision: &str) {
        let with = |mode| {
            let mut case = case("");
            (case.catalogue, case.agent, case.change) =
                (self.catalogue.clone(), self.agent.clone(), self.change.clone());
            (case.at, case.zone, case.schedule) = (self.at, self.zone.clone(), self.schedule.clone());
            (case.hours, case.floors) = (self.hours, self.floors.clone());
            case.modes = self.modes.with(rule, mode);
            case.outcome()
        };
        assert_eq!(with(Mode::Block), Err(code));
        assert_eq!(with(Mode::Warn), Ok((decision.to_owned(), vec![code])));
        assert_eq!(with(Mode::Allow), Ok((decision.to_owned(), Vec::new())));
    }
}

#[test]
fn a_free_agent_at_work_is_changed() {
    case("available").is("now available");
    case("Offline").is("now offline");
}

#[test]
fn what_is_so_already_is_not_sent() {
    case("on queue").is("already");
    case("on queue").but(|case| case.change.message = Some(String::new())).is("already");
    case("on queue").but(|case| case.change.message = Some("back at two".to_owned())).is("now onqueue");
    case("on queue").but(|case| case.agent.presence = None).is("now onqueue");
    // The agent is to leave once it is free, and is wished back.
    case("on queue").but(|case| case.agent.future = Some("available".into())).is("now onqueue");
}

#[test]
fn a_message_alone_leaves_the_presence() {
    let message = case("").but(|case| {
        case.change = Change { message: Some("lunch at one".to_owned()), ..Change::default() };
    });
    message.is("now message");
    message
        .but(|case| case.change.message = Some("x".repeat(MESSAGE_CHARS_MAX + 1)))
        .is_refused(Code::MessageTooLong);
}

#[test]
fn who_is_not_active_is_not_changed() {
    case("available").but(|case| case.agent.is_active = false).is_refused(Code::UserInactive);
}

#[test]
fn wrap_up_is_not_set_and_its_seconds_neither() {
    let with =
        |presence: &str, seconds| case(presence).but(|case| case.change.wrap_up_seconds = Some(seconds));
    case("wrap-up").is_refused(Code::WrapUpNotSettable);
    with("wrap-up", 30).is_refused(Code::WrapUpNotSettable);
    with("available", -1).is_refused(Code::WrapUpSeconds);
    with("available", 30).is_refused(Code::WrapUpSeconds);
    with("available", i64::MAX).is_refused(Code::WrapUpSeconds);
    with("available", 0).is("now available");
}

#[test]
fn away_needs_a_reason() {
    case("away").goes_by(Rule::Reason, Code::ReasonMissing, "now away");
    case("away").but(|case| case.change.message = Some("  ".to_owned())).is_refused(Code::ReasonMissing);
    case("away").but(|case| case.change.message = Some("dentist".to_owned())).is("now away");
    case("doctor").is("now doctor");
}

#[test]
fn nobody_is_taken_out_of_a_conversation() {
    for routing in [RoutingStatus::Interacting, RoutingStatus::Communicating] {
        let busy = case("available").but(|case| case.agent.routing = Some(routing));
        busy.goes_by(Rule::Busy, Code::AgentBusy, "now available");
        busy.but(|case| case.change.when_free = true).is("when free available");
    }
    case("available").but(|case| case.agent.after_call_work = 1).is_refused(Code::AgentBusy);
    case("available").but(|case| case.agent.conversations = 1).is_refused(Code::AgentBusy);
    case("available").but(|case| case.agent.routing = Some(RoutingStatus::NotResponding)).is("now available");
    case("available").but(|case| case.change.when_free = true).is("now available");
    // It is on its way already.
    case("available")
        .but(|case| {
            case.agent.routing = Some(RoutingStatus::Interacting);
            case.agent.future = Some("available".into());
            case.change.when_free = true;
        })
        .is("already");
}

#[test]
fn outside_of_the_shift_only_offline() {
    let late = || case("available").but(|case| case.schedule = Schedule::Published(Vec::new()));
    late().goes_by(Rule::Shift, Code::OutsideShift, "now available");
    late().but(|case| case.change.presence = Some("offline".to_owned())).is("now offline");
}

#[test]
fn without_a_schedule_policy_decides() {
    case("available").but(|case| case.schedule = Schedule::Nothing).goes_by(
        Rule::NoSchedule,
        Code::NoSchedule,
        "now available",
    );
    let warned = case("available").but(|case| case.schedule = Schedule::Nothing).outcome();
    assert_eq!(warned, Ok(("now available".to_owned(), vec![Code::NoSchedule])), "the default warns");
}

#[test]
fn outside_of_the_hours_only_offline() {
    let closed = || case("available").but(|case| case.hours = Hours { from: 13 * 60, until: 20 * 60 });
    closed().goes_by(Rule::Hours, Code::OutsideHours, "now available");
    closed().but(|case| case.change.presence = Some("offline".to_owned())).is("now offline");
}

#[test]
fn a_guessed_zone_is_said() {
    let guessed = case("available").but(|case| case.zone = Zone::first_of([None; 3]).unwrap());
    assert_eq!(guessed.outcome(), Ok(("now available".to_owned(), vec![Code::TimeZoneUnknown])));
}

#[test]
fn on_queue_needs_a_queue() {
    let away = || {
        case("on queue").but(|case| {
            let standing = case.agent.presence.as_mut().unwrap();
            (standing.definition, standing.system) = ("available".into(), Some(SystemPresence::Available));
        })
    };
    away().is("now onqueue");
    away().but(|case| case.agent.queues = None).is("now onqueue");
    away().but(|case| case.agent.queues = Some(0)).goes_by(Rule::NoQueues, Code::NoQueues, "now onqueue");
}

#[test]
fn a_queue_keeps_its_floor() {
    let floor = |on_queue| vec![Floor { queue: "Billing".to_owned(), on_queue, least: 3 }];
    let leaves = |on_queue| case("available").but(|case| case.floors = floor(on_queue));
    leaves(Some(4)).is("now available");
    leaves(Some(3)).goes_by(Rule::StaffingFloor, Code::StaffingFloor, "now available");
    // Who is not on queue is not missed there.
    // That nobody knows is no leave.
    leaves(None).goes_by(Rule::StaffingFloor, Code::StaffingFloor, "now available");
    leaves(Some(3))
        .but(|case| case.agent.presence.as_mut().unwrap().system = Some(SystemPresence::Available))
        .is("now available");
}

#[test]
fn two_names_of_a_presence_have_to_mean_the_same() {
    let also = |names: &[&str]| {
        case("available").but(|case| case.change.also = names.iter().map(|name| (*name).to_owned()).collect())
    };
    also(&["AVAILABLE", "Available"]).is("now available");
    also(&["available", "offline"]).is_refused(Code::PresenceContradiction);
    also(&["Siesta"]).is_refused(Code::PresenceUnknown);
}
