//! May this caller have this topic? A virtual channel never gets more than upstream permitted.

use std::collections::HashMap;

use protocol::{ChannelTopic, Topic, TopicSet};

use super::TopicIx;

/// What is said to whom asks for a topic before upstream has answered.
const WAITS: &str = "not subscribed upstream yet";

/// What upstream said about a topic.
#[derive(Clone, Debug)]
pub enum Entitlement {
    /// Nothing so far, so that it is not delivered.
    Waits,
    /// It is delivered.
    Permitted,
    /// It is not. Boxed, because few are.
    Rejected(Box<Refusal>),
}

/// Why a topic is not delivered.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// In words.
    pub reason: String,
    /// The permissions that the upstream client lacks.
    pub missing_permissions: Vec<String>,
}

impl Entitlement {
    /// A refusal that no permission would change.
    #[must_use]
    pub fn rejected(reason: &str) -> Self {
        Self::Rejected(Box::new(Refusal { reason: reason.to_owned(), missing_permissions: Vec::new() }))
    }
}

/// All topics that can be listened to.
#[derive(Debug, Default)]
pub struct Topics {
    known: HashMap<Topic, (TopicIx, Entitlement)>,
    count: u32,
}

impl Topics {
    /// The place of a topic, made when it is new. It is not permitted until upstream said so.
    pub fn declare(&mut self, topic: &Topic) -> TopicIx {
        if let Some((ix, _)) = self.known.get(topic) {
            return *ix;
        }
        let ix = TopicIx(self.count);
        self.count += 1;
        self.known.insert(topic.clone(), (ix, Entitlement::Waits));
        ix
    }

    /// Forgets a topic whose subject is gone. Its place is nobody's again: who comes back gets another.
    pub fn forget(&mut self, topic: &Topic) {
        self.known.remove(topic);
    }

    /// Notes what upstream said.
    pub fn entitle(&mut self, topic: &Topic, entitlement: Entitlement) {
        if let Some(entry) = self.known.get_mut(topic) {
            entry.1 = entitlement;
        }
    }

    /// Answers one entry of a subscription: what is granted, and how Genesys would say it. A combined
    /// entry is granted when one of its parts is; each refused part is an answer of its own.
    #[must_use]
    pub fn resolve(&self, text: &str) -> (Vec<TopicIx>, Vec<ChannelTopic>) {
        let set = match TopicSet::parse(text) {
            Ok(set) => set,
            Err(bad) => {
                return (Vec::new(), vec![ChannelTopic::rejected(text, &bad.to_string(), Vec::new())]);
            }
        };
        let mut granted = Vec::new();
        let mut refused = Vec::new();
        for part in set.parts() {
            match Topic::parse(part).and_then(|topic| self.known.get(&topic)) {
                Some((ix, Entitlement::Permitted)) => granted.push(*ix),
                Some((_, Entitlement::Waits)) => {
                    refused.push(ChannelTopic::rejected(part, WAITS, Vec::new()));
                }
                Some((_, Entitlement::Rejected(refusal))) => {
                    let missing = refusal.missing_permissions.clone();
                    refused.push(ChannelTopic::rejected(part, &refusal.reason, missing));
                }
                None => refused.push(ChannelTopic::rejected(part, "this topic is not relayed", Vec::new())),
            }
        }
        if granted.is_empty() {
            if let [single] = refused.as_mut_slice() {
                text.clone_into(&mut single.id);
            }
            return (granted, refused);
        }
        let mut answers = vec![ChannelTopic::permitted(text)];
        answers.append(&mut refused);
        (granted, answers)
    }
}

#[cfg(test)]
mod tests {
    use protocol::TopicState;

    use super::*;

    #[test]
    fn a_topic_is_permitted_only_when_upstream_permitted_it() {
        let mut topics = Topics::default();
        let presence = topics.declare(&Topic::UserPresence("u".into()));
        topics.declare(&Topic::UserRoutingStatus("u".into()));
        assert!(topics.resolve("v2.users.u.presence").0.is_empty());
        topics.entitle(&Topic::UserPresence("u".into()), Entitlement::Permitted);
        assert_eq!(topics.resolve("v2.users.u.presence").0, [presence]);
        assert_eq!(topics.resolve("V2.USERS.U.PRESENCE").0, [presence], "in any case");
        let (granted, answers) = topics.resolve("v2.users.u?presence&routingStatus&tokens");
        assert_eq!(granted, [presence]);
        let states: Vec<_> = answers.iter().map(|a| a.state).collect();
        assert_eq!(states, [TopicState::Permitted, TopicState::Rejected, TopicState::Rejected]);
        let (granted, answers) = topics.resolve("v2.users.nobody.presence");
        assert!(granted.is_empty());
        assert_eq!(answers[0].id, "v2.users.nobody.presence");
    }
}
