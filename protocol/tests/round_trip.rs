//! What we encode in an event's shape is decoded to the same facts, whatever it holds.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use std::{collections::BTreeMap, sync::Arc};

use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::select,
    test_runner::FileFailurePersistence,
};
use protocol::{
    Frame, QueueId, Slot, Timestamp, Topic, TopicSet, UserId,
    entity::{PresenceDefinition, User, UserPresence},
    event::{
        conversation_summary::{ConversationSummary, Counts, MediaSummary, SummaryMedia},
        observations::{IntervalData, Metric, MetricData, ObservationsEvent, Stats},
        presence::{PresenceDefinitionRef, PresenceEvent},
        rollcall::{PresenceLabel, RollcallPresences, RollcallQueue, RollcallUser, ServiceLevelTarget},
        routing_status::{RoutingStatusEvent, UserRoutingStatus},
        user_activity::{ActivityPresence, UserActivityEvent},
    },
    fact::{self, Fact, Part, Presence, Value},
    frame::Stamp,
    presence::{RoutingStatus, SystemPresence},
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

const AT: Timestamp = Timestamp::from_ms(1_767_268_800_000);

fn config() -> ProptestConfig {
    let failure_persistence = Some(Box::new(FileFailurePersistence::WithSource("regressions")) as _);
    ProptestConfig { cases: 128, failure_persistence, ..ProptestConfig::default() }
}

/// The one place that encodes: a whole frame with our stamp, read back as it would arrive.
fn check<T: Serialize>(topic: &Topic, body: &T, expected: &[Fact]) -> Result<(), TestCaseError> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Written<'a> {
        topic_name: String,
        version: &'a str,
        event_body: Box<RawValue>,
        rollcall: &'a Stamp,
    }
    let stamp = Stamp {
        epoch: "run".into(),
        seq: u64::MAX,
        at: Some(AT),
        since: None,
        shard: Some(3),
        loading: false,
    };
    let written = Written {
        topic_name: topic.to_string(),
        version: "2",
        event_body: to_raw_value(body).unwrap(),
        rollcall: &stamp,
    };
    let text = serde_json::to_string(&written).unwrap();
    let Ok(Frame::Event(event)) = Frame::parse(&text) else { panic!("not an event: {text}") };
    prop_assert_eq!(event.topic.as_ref(), Some(topic));
    prop_assert_eq!(event.stamp, Some(stamp));
    let facts = fact::of_event(topic, event.body, AT).unwrap();
    prop_assert_eq!(facts, expected.to_vec());
    Ok(())
}

fn fact(topic: &Topic, value: Value, date: Option<Timestamp>) -> Fact {
    Fact { slot: topic.clone().into(), part: Part::Whole, value, date }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9 ]{0,12}", "\\PC{0,8}", Just("\"\\\n\u{0}\u{1F4DE}".to_owned())]
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}", "[a-z0-9_-]{1,40}"]
}

fn date() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        1_700_000_000_000_i64..1_900_000_000_000,
        Just(0),
        // The ends of what ISO 8601 with four digits of year can say.
        Just(253_402_207_199_999),
        Just(-62_135_596_800_000),
    ]
    .prop_map(Timestamp::from_ms)
}

fn system() -> impl Strategy<Value = SystemPresence> {
    prop_oneof![select(SystemPresence::ALL.to_vec()), text().prop_map(|raw| SystemPresence::parse(&raw))]
}

fn status() -> impl Strategy<Value = RoutingStatus> {
    let words = ["OFF_QUEUE", "IDLE", "INTERACTING", "NOT_RESPONDING", "COMMUNICATING", "idle", "PARKED"];
    prop_oneof![
        select(words.to_vec()).prop_map(RoutingStatus::parse),
        text().prop_map(|t| RoutingStatus::parse(&t))
    ]
}

fn definition() -> impl Strategy<Value = PresenceDefinitionRef> {
    (id(), option::of(system()))
        .prop_map(|(id, system_presence)| PresenceDefinitionRef { id: id.as_str().into(), system_presence })
}

fn counts() -> impl Strategy<Value = Counts> {
    (any::<u32>(), 0..3_u32).prop_map(|(active, acw)| Counts { active, acw })
}

fn summary() -> impl Strategy<Value = BTreeMap<usize, MediaSummary>> {
    let media = (counts(), counts())
        .prop_map(|(contact_center, enterprise)| MediaSummary { contact_center, enterprise });
    btree_map(0..SummaryMedia::ALL.len(), media, 0..=SummaryMedia::ALL.len())
}

fn presence_value(definition: &PresenceDefinitionRef, message: Option<&String>) -> Value {
    Value::Presence(Presence {
        definition: definition.id.clone(),
        system: definition.system_presence.clone(),
        message: message.map_or("", String::as_str).into(),
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn presence(
        user in id(), definition in definition(), message in option::of(text()), modified_date in option::of(date()),
    ) {
        let topic = Topic::UserPresence(user.as_str().into());
        let value = presence_value(&definition, message.as_ref());
        let body = PresenceEvent {
            source: Some("PURECLOUD".into()),
            presence_definition: Some(definition.clone()),
            primary: Some(true),
            message: message.clone(),
            modified_date,
        };
        let expected = fact(&topic, value, modified_date);
        check(&topic, &body, std::slice::from_ref(&expected))?;

        // The same presence in REST's spelling is the same fact.
        let presence = UserPresence {
            presence_definition: Some(definition),
            message,
            modified_date,
            ..UserPresence::default()
        };
        let user = User {
            id: user.as_str().into(),
            name: String::new(),
            state: None,
            team: None,
            presence: Some(presence),
            routing_status: None,
            conversation_summary: None,
            self_uri: None,
        };
        let read: User = serde_json::from_str(&serde_json::to_string(&user).unwrap()).unwrap();
        prop_assert_eq!(fact::of_user(&read), vec![expected]);
    }

    #[test]
    fn routing_status(user in id(), status in status(), start_time in option::of(date())) {
        let topic = Topic::UserRoutingStatus(user.as_str().into());
        let body = RoutingStatusEvent {
            id: Some(user.as_str().into()),
            routing_status: Some(UserRoutingStatus { user_id: None, status: Some(status.clone()), start_time }),
        };
        check(&topic, &body, &[fact(&topic, Value::RoutingStatus(status), start_time)])?;
    }

    #[test]
    fn conversation_summary(user in id(), with_user in any::<bool>(), media in summary()) {
        let topic = Topic::UserConversationSummary(user.as_str().into());
        let user_id = with_user.then(|| user.as_str().into());
        let mut body = ConversationSummary { user_id, ..ConversationSummary::default() };
        let mut expected = Vec::new();
        for (place, counts) in media {
            let media = SummaryMedia::ALL[place];
            body.set(media, counts);
            let part = Part::Media(media);
            expected.push(Fact { slot: topic.clone().into(), part, value: Value::Conversations(counts), date: None });
        }
        check(&topic, &body, &expected)?;
    }

    #[test]
    fn observations(
        queue in id(),
        media in option::of(select(vec!["voice", "chat", "email"])),
        figures in vec((0..Metric::ALL.len(), option::of(text()), 0..u32::MAX), 0..12),
        intervals in 1..4_usize,
    ) {
        let topic = Topic::QueueObservations(queue.as_str().into());
        let slot = Slot { topic: topic.clone(), media: media.map(Arc::from) };
        let mut group = BTreeMap::from([("queueId".to_owned(), queue.clone())]);
        group.extend(media.map(|media| ("mediaType".to_owned(), media.to_owned())));
        let mut data = vec![IntervalData { interval: Some("a/b".into()), metrics: Vec::new() }; intervals];
        let mut expected = Vec::new();
        for (index, (metric, qualifier, number)) in figures.iter().enumerate() {
            let metric = Metric::ALL[*metric].clone();
            let qualifier: Option<Arc<str>> = qualifier.as_deref().map(Arc::from);
            let number = *number;
            let (stats, value) = if metric.is_longest() {
                // Never zero: what that means depends on the counts beside it.
                let ms = number + 1;
                let since = Some(AT.plus_ms(-i64::from(ms)));
                (Stats { calculated_metric_value: Some(ms.into()), ..Stats::default() }, Value::Since(since))
            } else {
                (Stats { count: Some(number.into()), ..Stats::default() }, Value::Count(number))
            };
            // Ascending, so that facts come in the order of the figures.
            let interval = index * intervals / figures.len();
            data[interval].metrics.push(MetricData { metric: metric.clone(), qualifier: qualifier.clone(), stats });
            expected.push(Fact { slot: slot.clone(), part: Part::Figure { metric, qualifier }, value, date: None });
        }
        check(&topic, &ObservationsEvent { group, data }, &expected)?;
    }

    #[test]
    fn user_activity(
        user in id(), definition in definition(), message in option::of(text()), modified_date in option::of(date()),
        status in status(), start_time in option::of(date()), queues in option::of(vec(id(), 0..3)),
    ) {
        let user = UserId::new(&user);
        let value = presence_value(&definition, message.as_ref());
        let body = UserActivityEvent {
            id: Some(user.clone()),
            routing_status: Some(UserRoutingStatus { user_id: None, status: Some(status.clone()), start_time }),
            presence: Some(ActivityPresence {
                presence_definition: Some(definition),
                presence_message: message,
                modified_date,
            }),
            active_queue_ids: queues.map(|queues| queues.iter().map(|id| QueueId::new(id)).collect()),
            date_active_queues_changed: modified_date,
        };
        let expected = [
            fact(&Topic::UserPresence(user.clone()), value, modified_date),
            fact(&Topic::UserRoutingStatus(user.clone()), Value::RoutingStatus(status), start_time),
        ];
        check(&Topic::UserActivity(user), &body, &expected)?;
    }

    #[test]
    fn our_own_bodies(
        subject in id(), name in text(), team in option::of(text()), deleted in any::<bool>(),
        target in option::of((0..=100_u8, any::<i64>())), labels in vec((id(), text(), system()), 0..4),
    ) {
        let user = RollcallUser { id: subject.as_str().into(), name: name.clone(), team, deleted };
        let topic = Topic::RollcallUser(subject.as_str().into());
        check(&topic, &user, &[fact(&topic, Value::User(user.clone()), None)])?;

        let service_level = target.map(|(percent, duration_ms)| ServiceLevelTarget {
            percentage: f64::from(percent) / 100.0,
            duration_ms,
        });
        let queue = RollcallQueue { id: subject.as_str().into(), name, service_level, deleted };
        let topic = Topic::RollcallQueue(subject.as_str().into());
        check(&topic, &queue, &[fact(&topic, Value::Queue(queue.clone()), None)])?;

        let label = |(id, label, system_presence): (String, String, SystemPresence)| PresenceLabel {
            id: id.as_str().into(),
            labels: [("de".to_owned(), label.clone())].into(),
            plain: label.len() % 2 == 0,
            label,
            system_presence,
        };
        let presences = RollcallPresences { definitions: labels.into_iter().map(label).collect() };
        let topic = Topic::RollcallPresences;
        check(&topic, &presences, &[fact(&topic, Value::Presences(presences.clone()), None)])?;
    }

    #[test]
    fn a_system_presence_in_each_of_its_spellings(system in system()) {
        for spelling in [system.in_event(), system.in_user(), system.in_definition()] {
            prop_assert_eq!(&SystemPresence::parse(spelling), &system);
        }
        let definition = PresenceDefinition {
            id: "d".into(),
            name: None,
            kind: None,
            language_labels: BTreeMap::new(),
            system_presence: Some(system.clone()),
            deactivated: false,
            self_uri: None,
        };
        let read: PresenceDefinition =
            serde_json::from_str(&serde_json::to_string(&definition).unwrap()).unwrap();
        prop_assert_eq!(read.system_presence, Some(system));
    }

    #[test]
    fn topics_and_dates(id in "[a-z0-9_-]{1,40}", shard in any::<u16>(), date in date()) {
        let topics = [
            Topic::UserPresence(id.as_str().into()),
            Topic::UserRoutingStatus(id.as_str().into()),
            Topic::UserConversationSummary(id.as_str().into()),
            Topic::UserActivity(id.as_str().into()),
            Topic::QueueObservations(id.as_str().into()),
            Topic::QueueActivity(id.as_str().into()),
            Topic::RollcallUser(id.as_str().into()),
            Topic::RollcallQueue(id.as_str().into()),
            Topic::RollcallPresences,
            Topic::RollcallWall(id.as_str().into()),
            Topic::RollcallShard(shard),
        ];
        for topic in topics {
            let text = topic.to_string();
            prop_assert_eq!(Topic::parse(&text), Some(topic.clone()));
            if topic.is_genesys() {
                prop_assert_eq!(Topic::parse(&text.to_uppercase()), Some(topic.clone()));
            }
            prop_assert_eq!(TopicSet::parse(&text), Ok(TopicSet::of(&topic)));
        }
        prop_assert_eq!(date.to_string().parse(), Ok(date));
    }
}
