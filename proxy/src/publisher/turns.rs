//! In order for each agent, and between agents at once: while a change of an agent is under way, the newest that came
//! since waits, and takes the place of any that waited before it. Pure.

use std::collections::HashMap;

use protocol::UserId;

use super::frame::Publish;

/// Changes that wait for others of the same agent.
#[derive(Debug, Default)]
pub(super) struct Turns(HashMap<UserId, Option<Publish>>);

/// What becomes of a change that came.
#[derive(Debug, PartialEq)]
pub(super) enum Given {
    /// Nothing is under way: its turn is now.
    Now(Publish),
    /// It waits.
    Waits,
    /// It waits in the place of this one, which is not made any more.
    Instead(Publish),
}

impl Turns {
    pub(super) fn take(&mut self, publish: Publish) -> Given {
        let user = publish.user.clone();
        match self.0.get_mut(&user) {
            None => {
                self.0.insert(user, None);
                Given::Now(publish)
            }
            Some(waiting) => waiting.replace(publish).map_or(Given::Waits, Given::Instead),
        }
    }

    /// The change of this agent is over: the one whose turn is next.
    pub(super) fn done(&mut self, user: &UserId) -> Option<Publish> {
        let next = self.0.get_mut(user).and_then(Option::take);
        if next.is_none() {
            self.0.remove(user);
        }
        next
    }
}
