//! `[rules]`: what may be written about an agent, and when.

use ::rules::{
    Mode, Modes, Rule,
    shift::{Hours, Zone},
};
use protocol::presence::SystemPresence;

use super::{
    Role, Roles,
    document::{Faults, Key, Reported, Section},
};

/// What the rules for writes go by.
#[derive(Clone, Debug)]
pub struct RulesConfig {
    /// Outside of these hours only Offline can be set. Key `hours`, no variable; default `08:00-20:00`.
    pub hours: Hours,
    /// Whether published shifts are asked of workforce management. Key `shifts`, no variable; default true.
    pub shifts: bool,
    /// Where agents work, when neither the request nor their business unit says so. Key `time_zone`, no variable; default
    /// none, which is UTC with a warning.
    pub time_zone: Option<String>,
    /// Presences that need a reason. Key `need_reason`, no variable; default `["Away"]`.
    pub need_reason: Vec<SystemPresence>,
    /// Changes that a person may make in a minute; more are a run, with a plan. Key `person_a_minute`, no variable; default 10.
    pub person_a_minute: usize,
    /// Changes that a program may make in a minute. Key `machine_a_minute`, no variable; default 100.
    pub machine_a_minute: usize,
    /// Queues that keep so many on queue: sections `[[rules.floor]]`, default none.
    pub floors: Vec<QueueFloor>,
    /// What each rule does to a change that breaks it: a key for each rule, no variables; default `block`, of
    /// `no_schedule` `warn`.
    pub modes: Modes,
    /// The same for callers of a role: sections `[rules.supervisor]` and so on, with the keys that differ.
    pub modes_of_roles: Vec<(Role, Modes)>,
}

/// A queue that keeps so many on queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueFloor {
    /// Its name, or its id. Key `queue`, no default.
    pub queue: String,
    /// How many members stay on queue. Key `least`, no default.
    pub least: u32,
}

impl RulesConfig {
    /// What each rule does to a caller with these roles: of several roles with sections the most lenient holds.
    #[must_use]
    pub fn modes_for(&self, roles: Roles) -> Modes {
        let own = self.modes_of_roles.iter().filter(|(role, _)| roles.contains(*role));
        own.map(|(_, modes)| *modes).reduce(Modes::or).unwrap_or(self.modes)
    }
}

impl Default for RulesConfig {
    fn default() -> Self {
        Self {
            hours: Hours::default(),
            shifts: true,
            time_zone: None,
            need_reason: vec![SystemPresence::Away],
            person_a_minute: 10,
            machine_a_minute: 100,
            floors: Vec::new(),
            modes: Modes::default(),
            modes_of_roles: Vec::new(),
        }
    }
}

/// A window of more changes would take more memory than a limit is worth.
const A_MINUTE_MAX: i64 = 100_000;

const HOURS: Key = Key { name: "hours", example: "\"08:00-20:00\"" };
const TIME_ZONE: Key = Key { name: "time_zone", example: "\"Europe/Berlin\"" };
const NEED_REASON: Key = Key { name: "need_reason", example: "[\"Away\"]" };
const PERSON: Key = Key { name: "person_a_minute", example: "10" };
const MACHINE: Key = Key { name: "machine_a_minute", example: "100" };
const BUSY: Key = Key { name: Rule::Busy.name(), example: "\"block\"" };
const REASON: Key = Key { name: Rule::Reason.name(), example: "\"warn\"" };
const HOURS_RULE: Key = Key { name: Rule::Hours.name(), example: "\"warn\"" };
const SHIFTS: Key = Key { name: "shifts", example: "false" };
const SHIFT_RULE: Key = Key { name: Rule::Shift.name(), example: "\"warn\"" };
const NO_SCHEDULE: Key = Key { name: Rule::NoSchedule.name(), example: "\"block\"" };
const NO_QUEUES: Key = Key { name: Rule::NoQueues.name(), example: "\"warn\"" };
const STAFFING_FLOOR: Key = Key { name: Rule::StaffingFloor.name(), example: "\"warn\"" };
/// Every key of the section.
pub(super) const KEYS: &[Key] = &[
    HOURS,
    SHIFTS,
    TIME_ZONE,
    NEED_REASON,
    PERSON,
    MACHINE,
    BUSY,
    REASON,
    HOURS_RULE,
    SHIFT_RULE,
    NO_SCHEDULE,
    NO_QUEUES,
    STAFFING_FLOOR,
];
/// Every key of a role's section: one for each rule.
const KEYS_OF_ROLE: &[Key] = &[BUSY, REASON, HOURS_RULE, SHIFT_RULE, NO_SCHEDULE, NO_QUEUES, STAFFING_FLOOR];

/// The rules that can be switched, by their keys.
const SWITCHES: [(Rule, Key); Rule::ALL.len()] = [
    (Rule::Busy, BUSY),
    (Rule::Reason, REASON),
    (Rule::Hours, HOURS_RULE),
    (Rule::Shift, SHIFT_RULE),
    (Rule::NoSchedule, NO_SCHEDULE),
    (Rule::NoQueues, NO_QUEUES),
    (Rule::StaffingFloor, STAFFING_FLOOR),
];

/// The sections of floors, and their keys.
const FLOORS: &str = "[[rules.floor]]";
const QUEUE: Key = Key { name: "queue", example: "\"Billing\"" };
const LEAST: Key = Key { name: "least", example: "10" };
const KEYS_OF_FLOOR: &[Key] = &[QUEUE, LEAST];

/// No queue has more members.
const LEAST_MAX: i64 = 10_000;

/// The sections of roles.
const OF_ROLES: [(Role, &str); 4] = [
    (Role::Supervisor, "[rules.supervisor]"),
    (Role::Bulk, "[rules.bulk]"),
    (Role::Admin, "[rules.admin]"),
    (Role::Auditor, "[rules.auditor]"),
];

pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<RulesConfig, Reported> {
    let mut sections = OF_ROLES.map(|(_, name)| name).to_vec();
    sections.push(FLOORS);
    section.refuse_others(&[KEYS], &sections, faults);
    let floors = floors(&section.many(FLOORS, faults), faults);
    let hours = hours(section, faults);
    let time_zone = time_zone(section, faults);
    let need_reason = need_reason(section, faults);
    let standard = RulesConfig::default();
    let person = a_minute(section, &PERSON, standard.person_a_minute, faults);
    let machine = a_minute(section, &MACHINE, standard.machine_a_minute, faults);
    let shifts = section.flag(&SHIFTS, faults);
    let modes = modes(section, Modes::default(), faults);
    let mut modes_of_roles = Ok(Vec::new());
    for (role, name) in OF_ROLES {
        let of_role = section.one(name, faults);
        if of_role.is_there() {
            of_role.refuse_others(&[KEYS_OF_ROLE], &[], faults);
            let own = self::modes(&of_role, *modes.as_ref().unwrap_or(&Modes::default()), faults);
            modes_of_roles = modes_of_roles.and_then(|mut all: Vec<_>| {
                all.push((role, own?));
                Ok(all)
            });
        }
    }
    Ok(RulesConfig {
        hours: hours?,
        shifts: shifts?.unwrap_or(true),
        time_zone: time_zone?,
        need_reason: need_reason?,
        person_a_minute: person?,
        machine_a_minute: machine?,
        floors: floors?,
        modes: modes?,
        modes_of_roles: modes_of_roles?,
    })
}

fn floors(sections: &[Section<'_>], faults: &mut Faults<'_>) -> Result<Vec<QueueFloor>, Reported> {
    let mut floors = Ok(Vec::<QueueFloor>::new());
    for section in sections {
        section.refuse_others(&[KEYS_OF_FLOOR], &[], faults);
        let (queue, least) = (section.required(&QUEUE, faults), least(section, faults));
        floors = floors.and_then(|mut all| {
            let (found, least) = (queue?, least?);
            if all.iter().any(|other| other.queue == found.value) {
                let sentence = format!("\"{}\" has another {FLOORS}; keep one of them", found.value);
                return Err(faults.at(found.place, section.about(&sentence)));
            }
            all.push(QueueFloor { queue: found.value.to_owned(), least });
            Ok(all)
        });
    }
    floors
}

fn least(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<u32, Reported> {
    let Some(found) = section.number(&LEAST, faults)? else { return Err(section.missing(&LEAST, faults)) };
    match u32::try_from(found.value) {
        Ok(least) if (1..=LEAST_MAX).contains(&found.value) => Ok(least),
        Ok(_) | Err(_) => {
            let wrong = format!("must be from 1 to {LEAST_MAX}");
            Err(section.fault(found.place, &LEAST, &wrong, faults))
        }
    }
}

/// What a section makes of the rules that hold without it.
fn modes(section: &Section<'_>, mut modes: Modes, faults: &mut Faults<'_>) -> Result<Modes, Reported> {
    let mut wrong = None;
    for (rule, key) in SWITCHES {
        match mode(section, &key, faults) {
            Ok(Some(mode)) => modes = modes.with(rule, mode),
            Ok(None) => {}
            Err(reported) => wrong = Some(reported),
        }
    }
    wrong.map_or(Ok(modes), Err)
}

fn a_minute(
    section: &Section<'_>,
    key: &Key,
    standard: usize,
    faults: &mut Faults<'_>,
) -> Result<usize, Reported> {
    let Some(found) = section.number(key, faults)? else { return Ok(standard) };
    if !(1..=A_MINUTE_MAX).contains(&found.value) {
        let wrong = format!("must be from 1 to {A_MINUTE_MAX}");
        return Err(section.fault(found.place, key, &wrong, faults));
    }
    Ok(usize::try_from(found.value).unwrap_or(standard))
}

fn hours(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<Hours, Reported> {
    let Some(found) = section.text(&HOURS, faults)? else { return Ok(Hours::default()) };
    Hours::parse(found.value).ok_or_else(|| {
        section.fault(found.place, &HOURS, "must be two times of day, from 00:00 to 24:00", faults)
    })
}

fn time_zone(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<Option<String>, Reported> {
    let Some(found) = section.text(&TIME_ZONE, faults)? else { return Ok(None) };
    if Zone::first_of([Some(found.value), None, None]).is_ok() {
        return Ok(Some(found.value.to_owned()));
    }
    let wrong = format!("\"{}\" is no time zone", found.value);
    Err(section.fault(found.place, &TIME_ZONE, &wrong, faults))
}

fn need_reason(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<Vec<SystemPresence>, Reported> {
    let Some(found) = section.texts(&NEED_REASON, faults)? else {
        return Ok(RulesConfig::default().need_reason);
    };
    let presences = found.value.iter().map(|name| SystemPresence::parse(name));
    let presences: Vec<SystemPresence> = presences.collect();
    let unknown = presences.iter().find(|presence| !SystemPresence::ALL.contains(presence));
    if let Some(unknown) = unknown {
        let all: Vec<&str> = SystemPresence::ALL.iter().map(SystemPresence::in_user).collect();
        let wrong = format!("names \"{}\", which is none of {}", unknown.in_user(), all.join(", "));
        return Err(section.fault(found.place, &NEED_REASON, &wrong, faults));
    }
    Ok(presences)
}

fn mode(section: &Section<'_>, key: &Key, faults: &mut Faults<'_>) -> Result<Option<Mode>, Reported> {
    let Some(found) = section.text(key, faults)? else { return Ok(None) };
    let mode = Mode::ALL.into_iter().find(|mode| mode.name() == found.value);
    mode.map(Some).ok_or_else(|| {
        let wrong = format!("\"{}\" is none of block, warn and allow", found.value);
        section.fault(found.place, key, &wrong, faults)
    })
}
