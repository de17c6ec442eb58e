//! Writes that were opened and not closed, and what became of them.

use serde_json::{Value, json};
use tracing::warn;

use super::{Guard, forward::Write, owed};
use crate::{
    audit::{Kind, Outcome, Record},
    store::StoreError,
};

impl Guard {
    /// Closes writes that were opened and not closed, as their records' texts tell: the process ended between. What stands tells
    /// whether they took effect; upstream is asked until it answers.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub async fn settle(&self, left_open: Vec<String>) -> Result<(), StoreError> {
        for text in left_open {
            let unreadable = |error| StoreError::Failed(format!("an audit record: {error}"));
            let opened: Record = serde_json::from_str(&text).map_err(unreadable)?;
            // Nobody writes the agent meanwhile. When the lock cannot be had others write it, and what stands is theirs.
            let lock = self.locks.of(&opened.user_id).await;
            let write = Write { action: opened.action, user: &opened.user_id, body: &opened.sent };
            let stands = write.stands_at_last(&self.clients).await;
            let took = lock.is_some()
                && stands.as_ref().is_some_and(|stands| stands.is_so(opened.action, &opened.sent));
            let outcome = if took { Outcome::Accepted } else { Outcome::Unknown };
            warn!(user.id = %opened.user_id, outcome = outcome.name(), "a write was under way when the proxy ended");
            let closing = Record {
                kind: Kind::Closed,
                at: self.clock.now(),
                sent: Value::Null,
                before: Value::Null,
                after: stands.map_or(Value::Null, |stands| json!(stands)),
                outcome: Some(outcome),
                words: Some(
                    "the proxy ended while it was under way; this is what stood after its next start"
                        .to_owned(),
                ),
                ..opened
            };
            owed::record(&self.store, closing).await;
        }
        Ok(())
    }
}
