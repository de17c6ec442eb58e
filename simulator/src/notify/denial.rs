//! Topics that a fault denies: each part of an entry on its own, whatever else was decided about it.

use protocol::{ChannelTopic, Timestamp, TopicSet};

use super::{hub::Outgoing, subscription::Decision};
use crate::fault::Faults;

const REASON: &str = "the topic is denied (fault deny_topic)";

/// What is left of a decision when a fault denies topics, and the first topic that was denied.
pub(super) fn deny(
    text: &str,
    mut decision: Decision,
    faults: &mut Faults<Outgoing>,
    now: Timestamp,
) -> (Decision, Option<String>) {
    let Some(entry) = &mut decision.entry else { return (decision, None) };
    let Ok(set) = TopicSet::parse(text) else { return (decision, None) };
    let denied: Vec<&String> = set.parts().iter().filter(|part| faults.denies(now, part)).collect();
    let Some(first) = denied.first() else { return (decision, None) };
    let reason = format!("{first}: {REASON}");
    if denied.len() == set.parts().len() {
        let answers = vec![ChannelTopic::rejected(text, REASON, Vec::new())];
        return (Decision { entry: None, answers, fault: decision.fault }, Some(reason));
    }
    let is_denied = |topic: &str| denied.iter().any(|part| part.eq_ignore_ascii_case(topic));
    entry.topics.retain(|topic| !is_denied(&topic.to_string()));
    decision.answers.extend(denied.iter().map(|part| ChannelTopic::rejected(part, REASON, Vec::new())));
    (decision, Some(reason))
}
