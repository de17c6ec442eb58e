//! In order for each agent, and between agents at once: while a change of an agent is under way those that came since wait. One that
//! a newer one says anew in every part is not made. Pure.

use std::{collections::HashMap, mem};

use protocol::UserId;
use tokio::time::Instant;

use super::frame::Publish;

/// Changes of one agent that wait: more would be made when nobody remembers them.
const WAITING_MAX: usize = 16;

/// A change with the moment in which it was heard, from which its answer is due.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Turn {
    /// What is wanted.
    pub(super) publish: Publish,
    /// When it was heard.
    pub(super) heard: Instant,
    /// Whether its client was told that nobody knows yet.
    pub(super) is_late: bool,
}

/// Changes that wait for others of the same agent.
#[derive(Debug, Default)]
pub(super) struct Turns(HashMap<UserId, Vec<Turn>>);

/// What becomes of a change that came.
#[derive(Debug, PartialEq)]
pub(super) enum Given {
    /// Nothing is under way: its turn is now.
    Now(Turn),
    /// It waits, and these are not made any more.
    Waits(Vec<Publish>),
    /// Too many wait.
    Full(Publish),
}

impl Turns {
    pub(super) fn take(&mut self, publish: Publish, heard: Instant) -> Given {
        let user = publish.user.clone();
        let turn = Turn { publish, heard, is_late: false };
        let Some(waiting) = self.0.get_mut(&user) else {
            self.0.insert(user, Vec::new());
            return Given::Now(turn);
        };
        let (covered, left): (Vec<Turn>, Vec<Turn>) =
            mem::take(waiting).into_iter().partition(|older| turn.publish.covers(&older.publish));
        *waiting = left;
        if waiting.len() >= WAITING_MAX {
            return Given::Full(turn.publish);
        }
        waiting.push(turn);
        Given::Waits(covered.into_iter().map(|turn| turn.publish).collect())
    }

    /// The change of this agent is over: the one whose turn is next.
    pub(super) fn done(&mut self, user: &UserId) -> Option<Turn> {
        let waiting = self.0.get_mut(user)?;
        if waiting.is_empty() {
            self.0.remove(user);
            return None;
        }
        Some(waiting.remove(0))
    }

    /// The one of this agent that was heard at this moment, if it waits still: from now on it is late.
    pub(super) fn late(&mut self, user: &UserId, heard: Instant) -> Option<Publish> {
        let waiting = self.0.get_mut(user)?;
        let turn = waiting.iter_mut().find(|turn| turn.heard == heard && !turn.is_late)?;
        turn.is_late = true;
        Some(turn.publish.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn update(more: &serde_json::Value) -> Publish {
        let mut said = json!({ "userId": "u" });
        said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Publish::read(&said.to_string()).unwrap()
    }

    #[test]
    fn only_what_is_said_anew_is_given_up() {
        let now = Instant::now();
        let mut turns = Turns::default();
        let [on, off] = ["active", "inactive"].map(|state| json!([{ "skillId": "s", "state": state }]));
        let (meal, skill) =
            (update(&json!({ "presence": "meal" })), update(&json!({ "skillOverrides": on })));
        let spoken = update(&json!({ "presence": "busy", "message": "m" }));
        assert!(matches!(turns.take(update(&json!({ "presence": "break" })), now), Given::Now(_)));
        assert_eq!(turns.take(meal.clone(), now), Given::Waits(vec![]));
        assert_eq!(turns.take(skill.clone(), now), Given::Waits(vec![]), "of a presence it says nothing");
        assert_eq!(turns.take(spoken.clone(), now), Given::Waits(vec![meal]), "and the skill still waits");
        let other = update(&json!({ "presence": "available" }));
        assert_eq!(turns.take(other.clone(), now), Given::Waits(vec![]), "the message would be lost");
        let better = update(&json!({ "skillOverrides": [{ "skillId": "s", "proficiency": 3 }] }));
        assert_eq!(turns.take(better.clone(), now), Given::Waits(vec![]), "another part of the same skill");
        let both = update(&json!({ "presence": "meal", "skillOverrides": off }));
        assert_eq!(turns.take(both.clone(), now), Given::Waits(vec![skill, other]));
        let next = |turns: &mut Turns| turns.done(&"u".into()).map(|turn| turn.publish);
        let all = [next(&mut turns), next(&mut turns), next(&mut turns), next(&mut turns)];
        assert_eq!(all, [Some(spoken), Some(better), Some(both), None]);
        assert!(matches!(turns.take(update(&json!({ "presence": "break" })), now), Given::Now(_)));
    }

    #[test]
    fn not_everything_waits() {
        let now = Instant::now();
        let mut turns = Turns::default();
        let skill = |n: usize| {
            update(&json!({ "skillOverrides": [{ "skillId": format!("s{n}"), "state": "active" }] }))
        };
        assert!(matches!(turns.take(skill(0), now), Given::Now(_)));
        for n in 0..WAITING_MAX {
            assert!(matches!(turns.take(skill(n), now), Given::Waits(_)));
        }
        assert_eq!(turns.take(skill(99), now), Given::Full(skill(99)));
        assert!(matches!(turns.take(skill(3), now), Given::Waits(_)), "it takes another one's place");
    }

    #[test]
    fn what_waits_too_long_is_late_once() {
        let now = Instant::now();
        let mut turns = Turns::default();
        let update = update(&json!({ "presence": "meal" }));
        let _ = turns.take(update.clone(), now);
        assert_eq!(turns.late(&update.user, now), None, "it does not wait");
        let _ = turns.take(update.clone(), now);
        assert_eq!(turns.late(&update.user, now), Some(update.clone()));
        assert_eq!(turns.late(&update.user, now), None);
        assert!(turns.done(&update.user).unwrap().is_late);
    }
}
