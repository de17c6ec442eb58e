//! What the feed does with polled lists and with upstream's answers to subscriptions: who there is, and
//! who of them is vouched for.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::Arc,
};

use protocol::{
    ChannelTopic, Language, Timestamp, Topic, TopicSet, TopicState,
    entity::{PresenceDefinition, Queue, User},
    event::rollcall::{PresenceLabel, RollcallPresences, RollcallQueue, RollcallUser},
    fact::{Fact, Part, Value},
    merge::{Asked, Origin, Verdict},
    presence::SystemPresence,
};
use tracing::warn;

use super::{Feed, plan::Subject};
use crate::relay::{
    Command,
    entitle::{Entitlement, Refusal},
};

/// Topics that something is told of for nearly everybody who is covered, beside who it is: the presence and the routing status.
const FACETS_TOLD: usize = 2;

/// Kinds of refused topics named in the log at once.
const REFUSALS_LOGGED: usize = 10;

impl Feed {
    pub(super) fn directory(
        &mut self,
        mut users: Vec<User>,
        mut queues: Vec<Queue>,
        definitions: Vec<PresenceDefinition>,
    ) {
        let now = self.s.clock.now();
        users.retain(|user| user.state.as_deref().is_none_or(|state| state == "active"));
        queues.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        let definitions: Vec<PresenceDefinition> =
            definitions.into_iter().filter(|d| !d.deactivated).collect();

        self.learn_names(&users, &queues, now);

        let here: HashSet<Subject> = queues
            .iter()
            .map(|q| Subject::Queue(q.id.clone()))
            .chain(users.iter().map(|u| Subject::User(u.id.clone())))
            .collect();
        let known = self.plan.all().chain(&self.left_out);
        let gone: Vec<Subject> = known.filter(|subject| !here.contains(subject)).cloned().collect();
        // One short listing must not empty a wall: a subject is gone when two polls in a row miss it.
        let (gone, missed): (Vec<Subject>, Vec<Subject>) =
            gone.into_iter().partition(|subject| self.missed.contains(subject));
        self.missed = missed.into_iter().collect();
        for subject in gone {
            self.gone(&subject, now);
        }

        let covered = here.len().min(self.s.capacity.room());
        let topics = here.len() + FACETS_TOLD * covered;
        self.ledger.reserve(topics);
        self.slots.reserve(topics);
        for set in [&mut self.loaded, &mut self.subscribed] {
            set.reserve(covered.saturating_sub(set.len()));
        }
        let mut by_name: Vec<&User> = users.iter().collect();
        by_name.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        {
            let mut book = self.book_mut();
            book.users = by_name.into_iter().map(|user| user.id.clone()).collect();
            book.queues.clone_from(&queues);
            book.definitions.clone_from(&definitions);
        }
        self.replan(now);

        let labels = RollcallPresences { definitions: definitions.iter().filter_map(label).collect() };
        self.polled(Topic::RollcallPresences, Value::Presences(labels), now);
        for queue in queues {
            let service_level = queue
                .media_settings
                .get("call")
                .or_else(|| queue.media_settings.values().find(|m| m.service_level.is_some()))
                .and_then(|m| m.service_level);
            let id = queue.id.clone();
            let value = RollcallQueue { id: queue.id, name: queue.name, service_level, deleted: false };
            self.polled(Topic::RollcallQueue(id), Value::Queue(value), now);
        }
        // In no order that tells of names: what is sent first would be the first of the alphabet.
        users.sort_by_cached_key(|user| BuildHasherDefault::<DefaultHasher>::default().hash_one(&user.id));
        for user in users {
            let id = user.id.clone();
            let team = user.team.and_then(|team| team.name);
            let value = RollcallUser { id: user.id, name: user.name, team, deleted: false };
            self.polled(Topic::RollcallUser(id), Value::User(value), now);
        }
    }

    fn polled(&mut self, topic: Topic, value: Value, now: Timestamp) {
        let subject = Subject::of(&topic);
        let fact = Fact { slot: topic.into(), part: Part::Whole, value, date: None };
        let origin = Origin::Read { began: now, asked: Asked::AfterGap };
        if let Verdict::Accepted(date) = self.ledger.weigh(&fact, origin, now) {
            self.book_mut().board.apply(&fact, date);
            if subject.is_some_and(|s| !self.loaded.contains(&s)) {
                self.slot_loads(&fact.slot);
            }
            self.publish(&fact.slot, now, None);
        }
    }

    fn gone(&mut self, subject: &Subject, now: Timestamp) {
        if let Subject::Queue(queue) = subject {
            self.samples.forget(queue);
        }
        for topic in subject.facets().into_iter().chain(subject.counted()) {
            for slot in self.slots.of(&topic) {
                self.ledger.withdraw(&slot);
                if let Some(entry) = self.slots.get(&slot) {
                    self.out.push(Command::Withdraw { slot: entry.ix });
                }
            }
        }
        for topic in subject.facets() {
            let mut topics = self.s.topics.write().expect("nobody panics while holding the topics");
            topics.entitle(&topic, Entitlement::rejected("the subject is gone"));
        }
        let (topic, value) = match subject {
            Subject::User(id) => (
                Topic::RollcallUser(id.clone()),
                Value::User(RollcallUser { id: id.clone(), name: String::new(), team: None, deleted: true }),
            ),
            Subject::Queue(id) => (
                Topic::RollcallQueue(id.clone()),
                Value::Queue(RollcallQueue {
                    id: id.clone(),
                    name: String::new(),
                    service_level: None,
                    deleted: true,
                }),
            ),
        };
        self.polled(topic, value, now);
        self.bury(subject, now);
        Arc::make_mut(&mut self.plan).remove(subject);
        self.left_out.remove(subject);
        self.loaded.remove(subject);
        self.subscribed.remove(subject);
        self.uncovered.remove(subject);
    }

    pub(super) fn permits(&mut self, asked: &[TopicSet], answers: &[ChannelTopic]) {
        let said: HashMap<String, &ChannelTopic> =
            answers.iter().map(|answer| (answer.id.to_ascii_lowercase(), answer)).collect();
        let mut changed: Vec<Subject> = Vec::new();
        let mut refused: BTreeSet<String> = BTreeSet::new();
        {
            let mut topics = self.s.topics.write().expect("nobody panics while holding the topics");
            for set in asked {
                let first = set.parts().first().and_then(|part| Topic::parse(part));
                let Some(subject) = first.as_ref().and_then(Subject::of) else { continue };
                // Who gave way since it was asked for is not watched, whatever upstream says.
                if self.plan.place(&subject).is_none() {
                    continue;
                }
                let whole = said.get(&set.text().to_ascii_lowercase());
                let mut lacks = Vec::new();
                for part in set.parts() {
                    // A part's own answer says more than that of its set.
                    let answer = said.get(&part.to_ascii_lowercase()).or(whole);
                    let entitlement = entitlement(answer.copied());
                    if let Entitlement::Rejected(refusal) = &entitlement {
                        let facet = part.rsplit('.').next().unwrap_or_default();
                        let missing = refusal.missing_permissions.join(", ");
                        refused.insert(format!("{facet}: {} {missing}", refusal.reason));
                        lacks.push(match missing.is_empty() {
                            true => facet.to_owned(),
                            false => format!("{facet} ({missing})"),
                        });
                    }
                    if let Some(topic) = Topic::parse(part) {
                        topics.entitle(&topic, entitlement);
                    }
                }
                let is_covered = lacks.is_empty();
                let before = match is_covered {
                    true => self.uncovered.remove(&subject),
                    false => self.uncovered.insert(subject.clone(), lacks),
                };
                self.subscribed.insert(subject.clone());
                if is_covered == before.is_some() {
                    changed.push(subject);
                }
            }
        }
        for why in refused.iter().take(REFUSALS_LOGGED) {
            warn!(why, "a topic was refused by Genesys Cloud; what it covers is shown as stale");
        }
        let now = self.s.clock.now();
        for subject in changed {
            if !self.uncovered.contains_key(&subject) {
                // Of what happened to it meanwhile nobody has heard: it is read before it counts.
                self.is_loading(&subject);
            }
            self.say_cover(&subject, now);
        }
        self.look_at_refusals(now);
    }
}

/// What upstream's answer to one topic means. What it did not answer it did not grant.
fn entitlement(answer: Option<&ChannelTopic>) -> Entitlement {
    match answer {
        Some(answer) if answer.state == TopicState::Permitted => Entitlement::Permitted,
        Some(answer) => Entitlement::Rejected(Box::new(Refusal {
            reason: answer.rejection_reason.clone().unwrap_or_else(|| "refused upstream".to_owned()),
            missing_permissions: answer.missing_permissions.clone(),
        })),
        None => Entitlement::rejected("not answered by Genesys Cloud"),
    }
}

/// The labels of a definition: the first is English, else any, else its name, else the system presence; the others
/// are those of the app's languages that differ from it.
fn label(definition: &PresenceDefinition) -> Option<PresenceLabel> {
    let system_presence = definition.system_presence.clone()?;
    let labels = &definition.language_labels;
    let label = ["en_US", "en", "en_GB"]
        .iter()
        .find_map(|language| labels.get(*language))
        .or_else(|| labels.values().next())
        .or(definition.name.as_ref())
        .cloned()
        .unwrap_or_else(|| SystemPresence::in_user(&system_presence).to_owned());
    let in_language = |language: Language| {
        // A language without a region stands before those with one.
        let own = labels.iter().find(|(tag, _)| Language::of_tag(tag) == Some(language))?;
        Some((language.code().to_owned(), own.1.clone()))
    };
    let others = Language::ALL.into_iter().filter(|language| *language != Language::English);
    let plain = definition.kind.as_deref() == Some("System");
    Some(PresenceLabel {
        id: definition.id.clone(),
        // Where a plain one has none, the app has a word; where the organisation's own has none, `label` is shown.
        labels: others.filter_map(in_language).filter(|(_, other)| plain || *other != label).collect(),
        plain,
        label,
        system_presence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(json: &str) -> PresenceLabel {
        let definition = format!(r#"{{"id":"d","systemPresence":"Break",{json}}}"#);
        label(&serde_json::from_str(&definition).unwrap()).unwrap()
    }

    #[test]
    fn a_label_comes_in_the_languages_of_the_app() {
        let own = labelled(
            r#""type":"User","languageLabels":{"en_US":"Coffee","de":"Kaffee","fr":"Coffee","pt_BR":"Café","sv":"Kaffe"}"#,
        );
        assert_eq!(own.in_language("en"), Some("Coffee"));
        assert_eq!(own.in_language("de"), Some("Kaffee"));
        assert_eq!(own.in_language("pt"), Some("Café"));
        assert_eq!(own.in_language("ja"), Some("Coffee"), "better than the plain name");
        assert_eq!(
            own.labels.keys().collect::<Vec<_>>(),
            ["de", "pt"],
            "what differs, and no other language"
        );
    }

    #[test]
    fn one_of_the_ten_has_its_plain_name_where_it_has_no_label() {
        let plain = labelled(r#""type":"System","languageLabels":{"en_US":"Break","fr":"Break"}"#);
        assert_eq!(plain.in_language("en"), Some("Break"));
        assert_eq!(plain.in_language("fr"), Some("Break"), "the organisation says so");
        assert_eq!(plain.in_language("de"), None);
    }
}
