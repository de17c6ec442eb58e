//! What becomes of a write after its answer: the event stream tells of it, and of what it went over.

use std::{sync::Arc, time::Duration};

use protocol::{Clock, Timestamp, entity::UserPresence, fact::Presence};
use serde_json::{Value, json};
use tokio::time::timeout;
use tracing::warn;

use super::Stands;
use crate::{
    audit::{Kind, Record},
    store::Store,
    witness::{Testimony, Version, Watch},
};

/// An event that has not come after this does not come.
const WITHIN: Duration = Duration::from_secs(30);

/// Waits for the write's event and writes down what it told. `closed` is the record of the answer.
pub(super) fn follow(
    (store, clock): (Store, Arc<dyn Clock>),
    mut watch: Watch,
    (before, after): (&Stands, &Stands),
    sent_at: Timestamp,
    closed: Record,
) {
    // Of other kinds events tell nothing, or nothing that could be told from what the agent's work does.
    let (Stands::Presence(before), Stands::Presence(after)) = (before, after) else { return };
    let (before, Some(after)) = (before.modified_date, version(after)) else { return };
    tokio::spawn(async move {
        let mut testimony = Testimony::new(before, after);
        let told = async {
            while let Some(heard) = watch.next().await {
                if testimony.hear(heard) {
                    break;
                }
            }
        };
        let in_time = timeout(WITHIN, told).await.is_ok();
        let overwrote = testimony.overwrote.last().map(|heard| {
            json!({
                "presenceDefinition": { "id": heard.presence.definition },
                "message": heard.presence.message.as_ref(),
                "modifiedDate": heard.modified,
            })
        });
        let (code, words) = match (&overwrote, testimony.seen) {
            (Some(_), _) => (
                Some("write.overwrote"),
                Some(
                    "somebody else changed the agent after it was looked at and before the change took effect; the change went over it",
                ),
            ),
            (None, Some(_)) => (None, None),
            (None, None) if in_time => (
                Some("write.overtaken"),
                Some("somebody else changed the agent before any event told of the change"),
            ),
            (None, None) => (Some("write.unseen"), Some("no event told of the change within 30 s")),
        };
        let record = Record {
            kind: Kind::Seen,
            at: clock.now(),
            asked: Value::Null,
            sent: Value::Null,
            before: overwrote.unwrap_or_default(),
            after: Value::Null,
            outcome: None,
            code: code.map(str::to_owned),
            words: words.map(str::to_owned),
            warnings: Vec::new(),
            answered_ms: None,
            seen_ms: testimony.seen.map(|at| at.ms_since(sent_at).max(0)),
            conflicts: u32::try_from(testimony.overwrote.len()).unwrap_or(u32::MAX),
            retries: 0,
            etag: None,
            ..closed
        };
        let user = record.user_id.clone();
        if !store.append_later(vec![record]) {
            warn!(user.id = %user, "the disk is behind; what events told of a write is not in the audit log");
        }
    });
}

fn version(presence: &UserPresence) -> Option<Version> {
    let definition = presence.presence_definition.as_ref()?;
    Some(Version {
        presence: Presence {
            definition: definition.id.clone(),
            system: definition.system_presence.clone(),
            message: presence.message.as_deref().unwrap_or_default().into(),
        },
        modified: presence.modified_date,
    })
}
