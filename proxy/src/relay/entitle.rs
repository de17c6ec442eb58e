//! May this caller have this topic? A virtual channel never gets more than upstream permitted.

use std::collections::HashMap;

use protocol::{ChannelTopic, TopicSet};

use super::TopicIx;

/// What upstream said about a topic.
#[derive(Clone, Debug)]
pub enum Entitlement {
    /// It is delivered.
    Permitted,
    /// It is not, for this reason.
    Rejected {
        /// In words.
        reason: String,
        /// The permissions that the upstream client lacks.
        missing_permissions: Vec<String>,
    },
}

/// All topics that can be listened to, by name in lower case.
#[derive(Debug, Default)]
pub struct Topics {
    by_name: HashMap<String, (TopicIx, Entitlement)>,
    count: u32,
}

impl Topics {
    /// The place of a topic, made when it is new. It is not permitted until upstream said so.
    pub fn declare(&mut self, name: &str) -> TopicIx {
        let name = name.to_ascii_lowercase();
        if let Some((ix, _)) = self.by_name.get(&name) {
            return *ix;
        }
        let ix = TopicIx(self.count);
        self.count += 1;
        let waits = Entitlement::Rejected {
            reason: "not subscribed upstream yet".to_owned(),
            missing_permissions: Vec::new(),
        };
        self.by_name.insert(name, (ix, waits));
        ix
    }

    /// Forgets a topic whose subject is gone. Its place is nobody's again: who comes back gets another.
    pub fn forget(&mut self, name: &str) {
        self.by_name.remove(&name.to_ascii_lowercase());
    }

    /// Notes what upstream said.
    pub fn entitle(&mut self, name: &str, entitlement: Entitlement) {
        if let Some(entry) = self.by_name.get_mut(&name.to_ascii_lowercase()) {
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
            match self.by_name.get(&part.to_ascii_lowercase()) {
                Some((ix, Entitlement::Permitted)) => granted.push(*ix),
                Some((_, Entitlement::Rejected { reason, missing_permissions })) => {
                    refused.push(ChannelTopic::rejected(part, reason, missing_permissions.clone()));
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
        let presence = topics.declare("v2.users.u.presence");
        topics.declare("v2.users.u.routingStatus");
        assert!(topics.resolve("v2.users.u.presence").0.is_empty());
        topics.entitle("V2.USERS.U.PRESENCE", Entitlement::Permitted);
        assert_eq!(topics.resolve("v2.users.u.presence").0, [presence]);
        let (granted, answers) = topics.resolve("v2.users.u?presence&routingStatus&tokens");
        assert_eq!(granted, [presence]);
        let states: Vec<_> = answers.iter().map(|a| a.state).collect();
        assert_eq!(states, [TopicState::Permitted, TopicState::Rejected, TopicState::Rejected]);
        let (granted, answers) = topics.resolve("v2.users.nobody.presence");
        assert!(granted.is_empty());
        assert_eq!(answers[0].id, "v2.users.nobody.presence");
    }
}
