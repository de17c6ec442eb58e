//! May this caller have this topic? A virtual channel never gets more than upstream permitted.

use std::collections::HashMap;

use protocol::{ChannelTopic, Topic, TopicSet};

use super::{TopicIx, channel::Subscription};

/// What is said to whom asks for a topic before upstream has answered.
const WAITS: &str = "not subscribed upstream yet";

/// What is said of a topic that was refused when it was asked for, and is permitted now.
const ASK_AGAIN: &str = "permitted since it was asked for; subscribe to it again";

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
    /// How many subscriptions were granted each, where there are any.
    holders: HashMap<TopicIx, usize>,
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

    /// Makes room for so many topics in all.
    pub fn reserve(&mut self, topics: usize) {
        self.known.reserve(topics.saturating_sub(self.known.len()));
    }

    /// Forgets a topic whose subject is gone. Its place is nobody's again: who comes back gets another.
    pub fn forget(&mut self, topic: &Topic) {
        self.known.remove(topic);
    }

    /// A subscription was granted these.
    pub fn hold(&mut self, topics: &[TopicIx]) {
        for ix in topics {
            *self.holders.entry(*ix).or_default() += 1;
        }
    }

    /// It is no more.
    pub fn release(&mut self, topics: &[TopicIx]) {
        for ix in topics {
            if let Some(holders) = self.holders.get_mut(ix) {
                *holders -= 1;
                if *holders == 0 {
                    self.holders.remove(ix);
                }
            }
        }
    }

    /// Whether a subscription listens to a topic: it is to hear again of who comes back.
    #[must_use]
    pub fn is_held(&self, topic: &Topic) -> bool {
        self.known.get(topic).is_some_and(|(ix, _)| self.holders.contains_key(ix))
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
        self.resolve_within(text, None)
    }

    /// How it stands with a subscription now: upstream may have thought better of a topic since, and what it has granted since does
    /// not come until it is asked for.
    #[must_use]
    pub fn state_of(&self, subscription: &Subscription) -> Vec<ChannelTopic> {
        self.resolve_within(&subscription.text, Some(&subscription.topics)).1
    }

    fn resolve_within(&self, text: &str, held: Option<&[TopicIx]>) -> (Vec<TopicIx>, Vec<ChannelTopic>) {
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
                Some((ix, Entitlement::Permitted)) if held.is_none_or(|held| held.contains(ix)) => {
                    granted.push(*ix);
                }
                Some((_, Entitlement::Permitted)) => {
                    refused.push(ChannelTopic::rejected(part, ASK_AGAIN, Vec::new()));
                }
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

    #[test]
    fn what_was_refused_and_is_permitted_since_is_said_to_be_asked_for_again() {
        let [presence, status] = [Topic::UserPresence("u".into()), Topic::UserRoutingStatus("u".into())];
        let mut topics = Topics::default();
        topics.declare(&presence);
        topics.declare(&status);
        topics.entitle(&presence, Entitlement::Permitted);
        let text = "v2.users.u?presence&routingStatus";
        let subscription = Subscription { text: text.into(), topics: topics.resolve(text).0 };
        topics.entitle(&status, Entitlement::Permitted);
        let said = topics.state_of(&subscription);
        let states: Vec<_> = said.iter().map(|answer| (&*answer.id, answer.state)).collect();
        let expected = [(text, TopicState::Permitted), ("v2.users.u.routingStatus", TopicState::Rejected)];
        assert_eq!(states, expected, "it does not come");
        assert_eq!(topics.resolve(text).0.len(), 2, "until it is asked for");
    }
}
