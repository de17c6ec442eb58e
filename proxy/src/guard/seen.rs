//! What becomes of a write after its answer: the event stream tells of it, and of what it went over.

use std::{sync::Arc, time::Duration};

use protocol::{Clock, Timestamp, entity::UserPresence, fact::Presence};
use serde_json::{Value, json};
use tokio::time::timeout;
use tracing::warn;

use super::Stands;
use crate::{
    audit::{Kind, Record},
    metrics::Age,
    store::Store,
    witness::{Testimony, Version, Watch},
};

/// Where it is told what events say of a write.
pub(super) struct To {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    /// From the call to the event.
    pub(super) took: Age,
}

impl To {
    fn write_down(&self, record: Record) {
        if let Some(ms) = record.seen_ms {
            self.took.observe_ms(ms);
        }
        let user = record.user_id.clone();
        if !self.store.append_later(vec![record]) {
            warn!(user.id = %user, "the disk is behind; what events told of a write is not in the audit log");
        }
    }
}

/// An event that has not come after this does not come.
const WITHIN: Duration = Duration::from_secs(30);

/// A write that nobody answered may take effect for so long.
const LATE: Duration = Duration::from_secs(300);

/// Waits for the write's event and writes down what it told. `closed` is the record of the answer.
pub(super) fn follow(
    to: To,
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
            before: overwrote.unwrap_or_default(),
            seen_ms: testimony.seen.map(|at| at.ms_since(sent_at).max(0)),
            conflicts: u32::try_from(testimony.overwrote.len()).unwrap_or(u32::MAX),
            ..seen(closed, to.clock.now(), (code, words))
        };
        to.write_down(record);
    });
}

/// Waits for the event of a write that nobody answered, and writes down that it took effect. `closed` is the record that nobody
/// knows.
pub(super) fn follow_unknown(to: To, mut watch: Watch, sent: Value, sent_at: Timestamp, closed: Record) {
    tokio::spawn(async move {
        let told = async {
            while let Some(heard) = watch.next().await {
                if is_sent(&heard.presence, &sent) {
                    return Some(heard.at);
                }
            }
            None
        };
        // That none comes leaves it unknown, as the log has it.
        let Ok(Some(at)) = timeout(LATE, told).await else { return };
        let words = "nobody answered the write, and an event told that it took effect";
        let record = Record {
            seen_ms: Some(at.ms_since(sent_at).max(0)),
            ..seen(closed, to.clock.now(), (Some("write.late"), Some(words)))
        };
        to.write_down(record);
    });
}

/// Whether a presence is what was sent.
fn is_sent(presence: &Presence, sent: &Value) -> bool {
    let definition = sent["presenceDefinition"]["id"].as_str();
    let message = sent["message"].as_str();
    (definition.is_some() || message.is_some())
        && definition.is_none_or(|sent| presence.definition.as_str() == sent)
        && message.is_none_or(|sent| *presence.message == *sent)
}

/// A record of what events told of a write that is closed.
fn seen(closed: Record, at: Timestamp, (code, words): (Option<&str>, Option<&str>)) -> Record {
    Record {
        code: code.map(str::to_owned),
        words: words.map(str::to_owned),
        correlation_id: closed.correlation_id,
        upstream_correlation_id: closed.upstream_correlation_id,
        compliance_tag: closed.compliance_tag,
        address: closed.address,
        ..Record::new(closed.id, Kind::Seen, at, closed.actor, closed.user_id, closed.action)
    }
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
