//! What the event stream tells of writes that are under way: that their effect was heard of, and whether somebody else's change
//! came between the look at the agent and the effect.
//!
//! The feed tells every presence that it hears; nobody listens but the writes of that agent.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use protocol::{
    Timestamp, Topic, UserId,
    fact::{Fact, Presence, Value},
};
use tokio::sync::mpsc;

/// A presence that an event told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub presence: Presence,
    /// Its date.
    pub modified: Option<Timestamp>,
    /// When it was heard, in upstream's time.
    pub at: Timestamp,
}

/// Presences of one agent while one write is under way; more than one or two are a fault elsewhere.
const EVENTS_MAX: usize = 64;

type Listeners = HashMap<UserId, Vec<(u64, mpsc::Sender<Heard>)>>;

/// Who listens for what.
#[derive(Debug, Default)]
pub struct Witness {
    /// So that the feed pays one look when nobody writes.
    listening: AtomicUsize,
    listeners: Mutex<Listeners>,
}

impl Witness {
    /// Listens for presences of a user until the answer is dropped.
    #[must_use]
    pub fn watch(self: &Arc<Self>, user: &UserId) -> Watch {
        let (listener, heard) = mpsc::channel(EVENTS_MAX);
        let number = self.lock(|listeners| {
            let of_user = listeners.entry(user.clone()).or_default();
            let number = of_user.last().map_or(0, |(number, _)| number + 1);
            of_user.push((number, listener));
            number
        });
        self.listening.fetch_add(1, Ordering::Release);
        Watch { witness: self.clone(), user: user.clone(), number, heard }
    }

    /// The feed heard these facts in one event.
    pub fn heard(&self, facts: &[Fact], at: Timestamp) {
        if self.listening.load(Ordering::Acquire) == 0 {
            return;
        }
        for fact in facts {
            if let (Topic::UserPresence(user), Value::Presence(presence)) = (&fact.slot.topic, &fact.value) {
                let heard = Heard { presence: presence.clone(), modified: fact.date, at };
                self.lock(|listeners| {
                    for (_, listener) in listeners.get(user).into_iter().flatten() {
                        // Who does not listen any more is about to be taken off the list, and who has heard that much
                        // knows enough.
                        let _ = listener.try_send(heard.clone());
                    }
                });
            }
        }
    }

    fn lock<T>(&self, work: impl FnOnce(&mut Listeners) -> T) -> T {
        work(&mut self.listeners.lock().expect("nobody panics while holding the list of listeners"))
    }
}

/// A listener; it is taken off the list when it is dropped.
#[derive(Debug)]
pub struct Watch {
    witness: Arc<Witness>,
    user: UserId,
    number: u64,
    heard: mpsc::Receiver<Heard>,
}

impl Watch {
    /// The next presence of the user that is heard of.
    pub async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.witness.lock(|listeners| {
            if let Some(of_user) = listeners.get_mut(&self.user) {
                of_user.retain(|(number, _)| *number != self.number);
                if of_user.is_empty() {
                    listeners.remove(&self.user);
                }
            }
        });
        self.witness.listening.fetch_sub(1, Ordering::Release);
    }
}

/// A version of a presence: what stands, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Which presence.
    pub presence: Presence,
    /// Its date.
    pub modified: Option<Timestamp>,
}

/// What is known of a write once its answer is there and events come in. Pure.
#[derive(Debug)]
pub struct Testimony {
    before: Option<Timestamp>,
    after: Version,
    /// What somebody else set between the look and the effect: the write went over it.
    pub overwrote: Vec<Heard>,
    /// When the write's own event was heard.
    pub seen: Option<Timestamp>,
}

impl Testimony {
    /// A write that found the date `before` and left `after`.
    #[must_use]
    pub fn new(before: Option<Timestamp>, after: Version) -> Self {
        Self { before, after, overwrote: Vec::new(), seen: None }
    }

    /// Takes what was heard; answers whether all is known.
    pub fn hear(&mut self, heard: Heard) -> bool {
        if heard.modified <= self.before {
            // It stood already.
            return false;
        }
        let is_ours = self.after.presence.definition == heard.presence.definition
            && self.after.presence.message == heard.presence.message;
        let is_later = self.after.modified.is_some() && heard.modified > self.after.modified;
        if is_ours && !is_later {
            self.seen = Some(heard.at);
            return true;
        }
        if is_later {
            // Somebody changed it since; its own event was overtaken on its way.
            return true;
        }
        self.overwrote.push(heard);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presence(definition: &str) -> Presence {
        Presence { definition: definition.into(), system: None, message: "".into() }
    }

    fn heard(definition: &str, modified: i64) -> Heard {
        let at = Timestamp::from_ms(modified + 5);
        Heard { presence: presence(definition), modified: Some(Timestamp::from_ms(modified)), at }
    }

    fn testimony() -> Testimony {
        let after = Version { presence: presence("ours"), modified: Some(Timestamp::from_ms(200)) };
        Testimony::new(Some(Timestamp::from_ms(100)), after)
    }

    #[test]
    fn a_writes_own_event_is_told_from_what_stood_and_from_what_came_between() {
        let mut told = testimony();
        assert!(!told.hear(heard("old", 100)), "it stood before");
        assert!(!told.hear(heard("theirs", 150)));
        assert!(told.hear(heard("ours", 200)));
        assert_eq!(told.seen, Some(Timestamp::from_ms(205)));
        assert_eq!(told.overwrote, [heard("theirs", 150)]);
    }

    #[test]
    fn what_comes_after_a_write_is_no_conflict_with_it() {
        let mut told = testimony();
        assert!(told.hear(heard("theirs", 300)));
        assert_eq!((told.seen, told.overwrote.len()), (None, 0));
        let mut told = testimony();
        assert!(told.hear(heard("ours", 300)), "set again by somebody");
        assert_eq!(told.seen, None);
    }

    #[tokio::test]
    async fn writes_hear_of_their_own_agent_for_as_long_as_they_listen() {
        let witness = Arc::new(Witness::default());
        let fact = |user: &str, definition: &str| Fact {
            slot: Topic::UserPresence(user.into()).into(),
            part: protocol::fact::Part::Whole,
            value: Value::Presence(presence(definition)),
            date: Some(Timestamp::from_ms(7)),
        };
        witness.heard(&[fact("u1", "unheard")], Timestamp::from_ms(12));
        let (mut one, mut two) = (witness.watch(&"u1".into()), witness.watch(&"u1".into()));
        witness.heard(&[fact("u2", "other"), fact("u1", "mine")], Timestamp::from_ms(12));
        assert_eq!(one.next().await, Some(heard("mine", 7)));
        drop(one);
        assert_eq!(two.next().await, Some(heard("mine", 7)));
        drop(two);
        assert_eq!(witness.lock(|listeners| listeners.len()), 0);
        assert_eq!(witness.listening.load(Ordering::Acquire), 0);
    }
}
