//! Whether a presence may be set, and what is to be sent.

use protocol::{Timestamp, presence::SystemPresence};

use crate::{
    agent::Agent,
    catalogue::{Catalogue, Entry, wrap_up},
    policy::{Modes, Rule},
    refusal::{Code, Refusal},
    shift::{Hours, Schedule, Zone, within_hours},
};

/// A presence's message has at most so many characters: more than any card shows, and less than what a mistake sends.
pub const MESSAGE_CHARS_MAX: usize = 255;

/// What somebody wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// A definition's id, a friendly name or a label; `None` leaves the presence and changes the message alone.
    pub presence: Option<String>,
    /// Other names that were given for it: they have to mean the same.
    pub also: Vec<String>,
    /// What the agent's card says beside it; `None` leaves it as it is.
    pub message: Option<String>,
    /// Seconds of wrap-up, which articles about this API ask for.
    pub wrap_up_seconds: Option<i64>,
    /// Once the agent is free, if it is not.
    pub when_free: bool,
}

/// What is known besides the agent.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// The organisation's presences.
    pub catalogue: &'a Catalogue,
    /// What the caller's roles make of each rule.
    pub modes: Modes,
    /// Now.
    pub at: Timestamp,
    /// Where the agent's day is looked up.
    pub zone: &'a Zone,
    /// The agent's shifts; `None` where nobody plans, and nothing is asked of them.
    pub schedule: Option<&'a Schedule>,
    /// When there is work at all.
    pub hours: Hours,
    /// Presences that need a reason: a definition of the organisation's own, or a message.
    pub need_reason: &'a [SystemPresence],
    /// The queues with a floor that the agent has joined.
    pub floors: &'a [Floor],
}

/// A queue's floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The queue's name.
    pub queue: String,
    /// Members on queue now, this agent included; `None` when nobody knows.
    pub on_queue: Option<u32>,
    /// How many have to stay.
    pub least: u32,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// It is so already: nothing is sent.
    Already,
    /// To be sent now; `None` for the message alone.
    Now(Option<&'a Entry>),
    /// To be sent as what stands once the agent is free.
    WhenFree(&'a Entry),
}

/// A change that may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<'a> {
    /// What is to be done.
    pub decision: Decision<'a>,
    /// Rules that are broken and only warn, and guesses.
    pub warnings: Vec<Refusal>,
}

/// Where a change takes an agent, as far as queues are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// To where conversations come.
    OnQueue,
    /// Away from there.
    OffQueue,
}

/// Whether a change takes an agent on queue or off it; `None` also for one that [`check`] refuses.
#[must_use]
pub fn moves(change: &Change, agent: &Agent, catalogue: &Catalogue) -> Option<Move> {
    let wanted = find(change, catalogue).ok()??;
    match (agent.is_on_queue(), wanted.system == SystemPresence::OnQueue) {
        (false, true) => Some(Move::OnQueue),
        (true, false) => Some(Move::OffQueue),
        (true, true) | (false, false) => None,
    }
}

/// Checks a change of an agent.
///
/// # Errors
/// The first rule that refuses it, in the order in which a person would ask: is it known, does it say what is needed,
/// is it so already, is the agent free, is it at work, who is left.
pub fn check<'a>(change: &Change, agent: &Agent, context: &Context<'a>) -> Result<Checked<'a>, Refusal> {
    if !agent.is_active {
        return Err(Refusal::new(Code::UserInactive, "the user is not active in Genesys Cloud"));
    }
    // First whether there is such a presence: of wrap-up, which cannot be set, no length is to be talked of.
    let wanted = find(change, context.catalogue)?;
    check_wrap_up(change)?;
    check_message(change)?;
    let mut warnings = Vec::new();
    if is_already_so(change, wanted, agent) {
        return Ok(Checked { decision: Decision::Already, warnings });
    }
    let Some(wanted) = wanted else {
        return Ok(Checked { decision: Decision::Now(None), warnings });
    };
    if needs_reason(wanted, change, context) {
        context.modes.weigh(Rule::Reason, reason_missing(wanted, context.catalogue), &mut warnings)?;
    }
    check_work(wanted, context, &mut warnings)?;
    if wanted.system == SystemPresence::OnQueue && agent.queues == Some(0) {
        let words = "the agent has joined no queue, and would be On Queue without getting any conversation";
        context.modes.weigh(Rule::NoQueues, Refusal::new(Code::NoQueues, words), &mut warnings)?;
    }
    check_floors(wanted, agent, context, &mut warnings)?;
    if let Some(busy) = agent.busy() {
        if change.when_free {
            return Ok(Checked { decision: Decision::WhenFree(wanted), warnings });
        }
        let words = format!("the agent is {busy}; ask for it to be set when the agent is free, or wait");
        context.modes.weigh(Rule::Busy, Refusal::new(Code::AgentBusy, words), &mut warnings)?;
    }
    Ok(Checked { decision: Decision::Now(Some(wanted)), warnings })
}

/// The presence that all names mean.
fn find<'a>(change: &Change, catalogue: &'a Catalogue) -> Result<Option<&'a Entry>, Refusal> {
    let Some(wish) = change.presence.as_deref() else { return Ok(None) };
    let wanted = catalogue.find(wish)?;
    for other in &change.also {
        let found = catalogue.find(other)?;
        if found.id != wanted.id {
            let words = format!(
                "one part of the request says {} and another {}: give one of them, or the same twice",
                wanted.label, found.label
            );
            let either = vec![wanted.label.clone(), found.label.clone()];
            return Err(Refusal::new(Code::PresenceContradiction, words).accepting(either));
        }
    }
    Ok(Some(wanted))
}

fn check_wrap_up(change: &Change) -> Result<(), Refusal> {
    match change.wrap_up_seconds {
        None | Some(0) => Ok(()),
        Some(seconds) if seconds < 0 => {
            let words = format!("wrapupSeconds is {seconds}, and no time is shorter than none: leave it out");
            Err(Refusal::new(Code::WrapUpSeconds, words))
        }
        Some(_) if change.presence.is_none() => Err(wrap_up()),
        Some(seconds) => {
            let words = format!(
                "wrapupSeconds is {seconds}, but a presence has no wrap-up: its length is the queue's setting in Genesys \
                 Cloud (After Call Work, time-out); leave it out"
            );
            Err(Refusal::new(Code::WrapUpSeconds, words))
        }
    }
}

fn check_message(change: &Change) -> Result<(), Refusal> {
    let chars = change.message.as_deref().map_or(0, |message| message.chars().count());
    if chars <= MESSAGE_CHARS_MAX {
        return Ok(());
    }
    let words = format!("the message has {chars} characters, and at most {MESSAGE_CHARS_MAX} are taken");
    Err(Refusal::new(Code::MessageTooLong, words))
}

fn is_already_so(change: &Change, wanted: Option<&Entry>, agent: &Agent) -> bool {
    let Some(standing) = &agent.presence else { return false };
    let same_message = change.message.as_ref().is_none_or(|message| *message == standing.message);
    let stands = wanted.is_none_or(|wanted| wanted.id == standing.definition) && agent.future.is_none();
    let is_to_come =
        change.when_free && wanted.is_some() && wanted.map(|wanted| &wanted.id) == agent.future.as_ref();
    same_message && (stands || is_to_come)
}

fn needs_reason(wanted: &Entry, change: &Change, context: &Context<'_>) -> bool {
    let says_why =
        wanted.is_reason || change.message.as_deref().is_some_and(|message| !message.trim().is_empty());
    context.need_reason.contains(&wanted.system) && !says_why
}

fn reason_missing(wanted: &Entry, catalogue: &Catalogue) -> Refusal {
    let words = format!(
        "{} needs a reason: one of the organisation's own presences below it, or a message",
        wanted.label
    );
    let reasons = catalogue
        .entries()
        .filter(|entry| entry.is_reason && !entry.is_deactivated && entry.system == wanted.system)
        .map(|entry| entry.label.clone());
    Refusal::new(Code::ReasonMissing, words).accepting(reasons.collect())
}

/// Outside of work only Offline can be set.
fn check_work(wanted: &Entry, context: &Context<'_>, warnings: &mut Vec<Refusal>) -> Result<(), Refusal> {
    if wanted.system == SystemPresence::Offline {
        return Ok(());
    }
    if let Some(Err(broken)) = context.schedule.map(|schedule| schedule.holds(context.at, context.zone)) {
        let rule = if broken.code == Code::NoSchedule { Rule::NoSchedule } else { Rule::Shift };
        context.modes.weigh(rule, broken, warnings)?;
    }
    if let Err(broken) = within_hours(context.hours, context.at, context.zone) {
        context.modes.weigh(Rule::Hours, broken, warnings)?;
    }
    if context.zone.is_guess {
        let words = "nobody says in which time zone the agent works: UTC was taken";
        warnings.push(Refusal::new(Code::TimeZoneUnknown, words));
    }
    Ok(())
}

fn check_floors(
    wanted: &Entry,
    agent: &Agent,
    context: &Context<'_>,
    warnings: &mut Vec<Refusal>,
) -> Result<(), Refusal> {
    if !agent.is_on_queue() || wanted.system == SystemPresence::OnQueue {
        return Ok(());
    }
    let short = context.floors.iter().filter(|floor| floor.on_queue.is_none_or(|now| now <= floor.least));
    let short: Vec<String> = short
        .map(|floor| {
            let now = floor.on_queue.map_or("an unknown number".to_owned(), |now| now.to_string());
            format!("{} ({now} on queue, {} needed)", floor.queue, floor.least)
        })
        .collect();
    if short.is_empty() {
        return Ok(());
    }
    let words = format!("too few would stay on queue: {}", short.join(", "));
    context.modes.weigh(Rule::StaffingFloor, Refusal::new(Code::StaffingFloor, words), warnings)
}

#[cfg(test)]
mod tests;
