//! Which permissions a topic needs: a line for each in `topic_permissions.txt`, of the same form as
//! those of routes. What is not listed needs none.

use protocol::{ChannelTopic, TopicSet};

use super::subscription::{Decision, decide, is_named};
use crate::{
    config::Answers,
    oauth::Caller,
    refusal::Refusal,
    rest::permission::{Mode, Requirement},
};

/// The table. OWN means: of other users; it holds only where the switch says so.
const PERMISSIONS: &str = include_str!("topic_permissions.txt");

const REASON: &str = "missing permissions";

/// What a topic needs, by its name or by one of its kind.
pub(super) fn requirement_of(answers: &Answers, topic: &str) -> Option<Requirement> {
    let line = PERMISSIONS.lines().find(|line| {
        let name = line.split(' ').next().unwrap_or_default();
        name.eq_ignore_ascii_case(topic) || is_named(topic, name)
    })?;
    let mut words = line.split(' ').skip(1);
    let mode = match words.next()? {
        "ALL" => Mode::All,
        "ANY" => Mode::Any,
        "OWN" if answers.user_topics_need_permission => Mode::Own,
        _ => return None,
    };
    Some(Requirement { mode, permissions: words.collect() })
}

/// What is left of a decision when the caller lacks permissions, and the refusal for a call that
/// does not ignore errors.
pub(super) fn permit(
    answers: &Answers,
    caller: &Caller,
    text: &str,
    mut decision: Decision,
) -> (Decision, Option<Refusal>) {
    let Some(entry) = &mut decision.entry else { return (decision, None) };
    let Ok(set) = TopicSet::parse(text) else { return (decision, None) };
    let mut forbidden: Vec<(&str, Vec<&'static str>)> = Vec::new();
    let mut refusal = None;
    for part in set.parts() {
        let Some(requirement) = requirement_of(answers, part) else { continue };
        if requirement.mode == Mode::Own && is_about(part, caller) {
            continue;
        }
        let missing = requirement.missing(&caller.rights);
        if !missing.is_empty() {
            refusal.get_or_insert_with(|| requirement.refusal(&missing));
            forbidden.push((part, missing));
        }
    }
    let is_forbidden = |topic: &str| forbidden.iter().any(|(part, _)| part.eq_ignore_ascii_case(topic));
    let is_refused = |topic: &str| {
        let mut refused = decision.answers.iter().skip(1);
        is_forbidden(topic) || refused.any(|answer| answer.id == topic)
    };
    if forbidden.is_empty() {
        return (decision, None);
    }
    if set.parts().iter().all(|part| is_refused(part)) {
        let mut all: Vec<String> = Vec::new();
        for permission in forbidden.iter().flat_map(|(_, missing)| missing) {
            if !all.iter().any(|known| known == permission) {
                all.push((*permission).to_owned());
            }
        }
        decision.entry = None;
        decision.answers = vec![ChannelTopic::rejected(text, REASON, all)];
        return (decision, refusal);
    }
    let left = set.parts().iter().filter(|part| !is_refused(part));
    entry.topics = left.filter_map(|part| decide(part).entry).flat_map(|entry| entry.topics).collect();
    decision.answers.extend(forbidden.iter().map(|(part, missing)| {
        ChannelTopic::rejected(part, REASON, missing.iter().map(|name| (*name).to_owned()).collect())
    }));
    (decision, refusal)
}

/// Whether the topic is one of the caller's own.
fn is_about(topic: &str, caller: &Caller) -> bool {
    let named = topic.split('.').nth(2);
    caller.user.as_ref().is_some_and(|user| named.is_some_and(|id| id.eq_ignore_ascii_case(user.as_str())))
}

#[cfg(test)]
mod tests {
    use super::{super::subscription::topic_names, *};

    #[test]
    fn every_line_is_of_a_topic_that_exists() {
        let answers = Answers { user_topics_need_permission: true, ..Answers::default() };
        for line in PERMISSIONS.lines() {
            let name = line.split(' ').next().unwrap();
            assert!(topic_names().any(|known| known.eq_ignore_ascii_case(name)), "{name}");
            let requirement = requirement_of(&answers, name).expect(name);
            assert!(!requirement.permissions.is_empty(), "{name}");
            assert!(requirement.permissions.iter().all(|name| name.split(':').count() == 3), "{line}");
        }
        assert_eq!(requirement_of(&Answers::default(), "v2.users.{id}.presence"), None);
    }
}
