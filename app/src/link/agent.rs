//! What the console looks at.

use protocol::{Timestamp, UserId};

use super::WallLink;
use crate::store::Detail;

impl WallLink {
    /// One agent, looked at closely.
    #[must_use]
    pub fn detail(&self, id: &UserId) -> Option<Detail> {
        self.store.borrow().detail(id)
    }

    /// The definition of an agent's presence and its date.
    #[must_use]
    pub fn presence_standing(&self, id: &UserId) -> Option<(String, Timestamp)> {
        self.store.borrow().presence_standing(id)
    }

    /// An agent's routing status and its date.
    #[must_use]
    pub fn routing_standing(&self, id: &UserId) -> Option<(String, Timestamp)> {
        self.store.borrow().routing_standing(id)
    }
}
