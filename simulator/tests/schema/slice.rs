//! The vendor's description of bodies, read strictly: a member that it does not know is a fault, so is a
//! value outside an enumeration, a date that is none and an id that is no GUID.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

/// Where the simulator is right and the description is not, or says nothing: place, member, reason. A
/// place is an operation, a topic or `*`; a member is a JSON pointer, `*` standing for any one step and
/// a leading `**` for any number of them.
const DESCRIPTION_IS_WRONG: &[(&str, &str, &str)] = &[];

/// System presences as four faces spell them; where the description says only that they are texts.
const SPACED: [&str; 10] =
    ["Available", "Away", "Busy", "Offline", "Idle", "On Queue", "Meal", "Training", "Meeting", "Break"];
const SHOUTED: [&str; 10] =
    ["AVAILABLE", "AWAY", "BUSY", "OFFLINE", "IDLE", "ON_QUEUE", "MEAL", "TRAINING", "MEETING", "BREAK"];
const SPELLED: &[(&str, [&str; 10])] = &[
    ("PresenceDefinition", SPACED),
    ("OrganizationPresence", SPACED),
    ("PresenceEventOrganizationPresence", SHOUTED),
    ("AgentActivityChangedTopicOrganizationPresence", SHOUTED),
];

const CHANNEL: &str = "a channel has an id of its own shape";
const ACTIVITY_CODES: &str = "default activity codes have small numbers as ids";

const NO_CLIENT: &str = "what followed from something else has no client";

/// Ids that are no GUIDs, likewise.
const IDS_OF_OTHER_SHAPES: &[(&str, &str, &str)] = &[
    ("GET /api/v2/notifications/availabletopics", "/entities/*/id", "the id of a topic is its name"),
    ("* /api/v2/notifications/channels", "**/id", CHANNEL),
    (
        "* /api/v2/notifications/channels/{channelId}/subscriptions",
        "/entities/*/id",
        "the id of a topic is its name",
    ),
    ("* /api/v2/presence/definitions", "**/divisionId", "* stands for all divisions"),
    ("* /api/v2/presence/definitions/{definitionId}", "/divisionId", "* stands for all divisions"),
    ("POST /api/v2/audits/query/realtime", "/entities/*/client/id", NO_CLIENT),
    ("POST /api/v2/audits/query/realtime/related", "/entities/*/client/id", NO_CLIENT),
    ("GET /api/v2/audits/query/{transactionId}/results", "/entities/*/client/id", NO_CLIENT),
    ("GET /api/v2/authorization/permissions", "/entities/*/id", "the id of a domain is its name"),
    ("* /api/v2/oauth/scopes", "/entities/*/id", "the id of a scope is its name"),
    ("* /api/v2/oauth/scopes/{scopeId}", "/id", "the id of a scope is its name"),
    (
        "* /api/v2/workforcemanagement/businessunits/{businessUnitId}/activitycodes",
        "/entities/*/id",
        ACTIVITY_CODES,
    ),
    (
        "* /api/v2/workforcemanagement/managementunits/{managementUnitId}/activitycodes",
        "/activityCodes/*/id",
        ACTIVITY_CODES,
    ),
    (
        "* /api/v2/workforcemanagement/managementunits/{managementUnitId}/adherence",
        "/entities/*/scheduledActivityCode/id",
        ACTIVITY_CODES,
    ),
    ("* /api/v2/workforcemanagement/adherence", "/*/scheduledActivityCode/id", ACTIVITY_CODES),
    ("* /api/v2/analytics/agents/status/query", "/entities/*/scheduledActivityCodeId", ACTIVITY_CODES),
    ("* /api/v2/analytics/agents/{userId}/status", "/scheduledActivityCodeId", ACTIVITY_CODES),
    (
        "* /api/v2/workforcemanagement/teams/{teamId}/adherence",
        "/entities/*/scheduledActivityCode/id",
        ACTIVITY_CODES,
    ),
    (
        "* /api/v2/workforcemanagement/managementunits/{managementUnitId}/agentschedules/search",
        "**/activityCodeId",
        ACTIVITY_CODES,
    ),
    (
        "* /api/v2/workforcemanagement/businessunits/{businessUnitId}/agentschedules/search",
        "**/activityCodeId",
        ACTIVITY_CODES,
    ),
    (
        "* /api/v2/workforcemanagement/businessunits/{businessUnitId}/activitycodes/{activityCodeId}",
        "/id",
        ACTIVITY_CODES,
    ),
    ("* /api/v2/timezones", "/entities/*/id", "the id of a time zone is its name"),
    ("v2.users.{id}.workforcemanagement.adherence", "/scheduledActivityCode/id", ACTIVITY_CODES),
    ("GET /api/v2/systempresences", "/*/id", "the id of a system presence is its name"),
    ("v2.workforcemanagement.managementunits.{id}.adherence", "/scheduledActivityCode/id", ACTIVITY_CODES),
    ("v2.workforcemanagement.teams.{id}.adherence", "/scheduledActivityCode/id", ACTIVITY_CODES),
    ("* /api/v2/workforcemanagement/agentschedules/mine", "**/activityCodeId", ACTIVITY_CODES),
    ("v2.subscription.updated", "/channelId", CHANNEL),
    ("v2.system.no_longer_subscribed.{id}", "/channelId", CHANNEL),
    ("v2.system.socket_closing", "/channelId", CHANNEL),
    ("v2.system.token_revoked.{id}", "/channelId", CHANNEL),
];

/// The two files.
pub struct Slice {
    openapi: Value,
    topics: Value,
    validators: Mutex<BTreeMap<String, Validator>>,
}

/// What the description says of the body of a successful answer.
pub struct Operation {
    /// Method and template, as `GET /api/v2/users/{userId}`.
    pub name: String,
    /// The schema of the body; none when there is none.
    pub answer: Option<Value>,
    /// Its query parameters.
    pub parameters: Vec<Value>,
}

impl Slice {
    /// The description, if it is there; says so when it is not.
    #[expect(clippy::disallowed_methods, reason = "a test has no other configuration")]
    pub fn read() -> Option<Self> {
        let named = env::var_os("ROLLCALL_GENESYS_CLOUD");
        let folder = named.as_ref().map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/genesys-cloud"),
            PathBuf::from,
        );
        let read = |file: &str| fs::read_to_string(folder.join(file));
        match (read("openapi-slice.json"), read("notification-topics.json")) {
            (Ok(openapi), Ok(topics)) => Some(Self::of(
                serde_json::from_str(&openapi).unwrap(),
                serde_json::from_str(&topics).unwrap(),
            )),
            (openapi, topics) => {
                assert!(named.is_none(), "{}: {:?} {:?}", folder.display(), openapi.err(), topics.err());
                eprintln!("not run: the vendor's description of bodies is not in {}", folder.display());
                None
            }
        }
    }

    fn of(mut openapi: Value, mut topics: Value) -> Self {
        for schemas in [&mut openapi["components"]["schemas"], &mut topics["definitions"]] {
            make_strict(schemas);
            for (name, spelling) in SPELLED {
                if let Some(schema) = schemas.get_mut(name) {
                    schema["properties"]["systemPresence"]["enum"] = json!(spelling);
                }
            }
        }
        Self { openapi, topics, validators: Mutex::default() }
    }

    /// The operation behind a method and a path; a literal part of a template goes before a parameter.
    pub fn operation(&self, method: &str, path: &str) -> Option<Operation> {
        let paths = self.openapi["paths"].as_object().unwrap();
        let templates = paths.keys().map(String::as_str);
        let template = best_template(templates, path)?;
        let operation = paths[template].get(method.to_ascii_lowercase())?;
        Some(Operation {
            name: format!("{method} {template}"),
            answer: operation.pointer("/responses/200/content/application~1json/schema").cloned(),
            parameters: operation["parameters"].as_array().cloned().unwrap_or_default(),
        })
    }

    /// Every operation, as `GET /api/v2/users/{userId}`.
    pub fn operations(&self) -> impl Iterator<Item = String> {
        let paths = self.openapi["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_ascii_uppercase()))
        })
    }

    /// The topics whose bodies are described.
    pub fn topics(&self) -> Vec<&str> {
        self.topics["topics"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// What is wrong with the body of a successful answer.
    pub fn faults_of_answer(&self, operation: &Operation, body: &Value) -> Vec<String> {
        let Some(schema) = &operation.answer else { return Vec::new() };
        self.faults(&operation.name, "components", &self.openapi["components"], schema, body)
    }

    /// What is wrong with the body of a refusal.
    pub fn faults_of_refusal(&self, place: &str, body: &Value) -> Vec<String> {
        let schema = json!({ "$ref": "#/components/schemas/ErrorBody" });
        self.faults(&format!("refusal of {place}"), "components", &self.openapi["components"], &schema, body)
    }

    /// What is wrong with an event.
    pub fn faults_of_event(&self, topic: &str, event: &Value) -> Vec<String> {
        let Some(described) = self.topics["topics"].get(topic) else {
            return vec![format!("{topic}: the topic is not described")];
        };
        let body = &described["eventBody"];
        let mut faults =
            self.faults(topic, "definitions", &self.topics["definitions"], body, &event["eventBody"]);
        let mut envelope = self.topics["envelope"].clone();
        make_strict(&mut envelope);
        envelope["required"] = json!(["topicName", "version", "eventBody", "metadata"]);
        envelope["properties"]["metadata"]["required"] = json!(["CorrelationId"]);
        let around = json!({
            "topicName": event["topicName"],
            "version": event["version"],
            "eventBody": {},
            "metadata": event["metadata"],
        });
        let place = format!("envelope of {topic}");
        faults.extend(self.faults(&place, "definitions", &json!({}), &envelope, &around));
        if !event["metadata"]["CorrelationId"].as_str().is_some_and(is_guid) {
            faults.push(format!("{topic}: the correlation id is no GUID"));
        }
        faults
    }

    /// The message that is sent as it stands.
    pub fn control_message(&self, name: &str) -> &Value {
        &self.topics["controlMessages"][name]
    }

    fn faults(&self, place: &str, shelf: &str, shared: &Value, schema: &Value, body: &Value) -> Vec<String> {
        let mut validators = self.validators.lock().unwrap();
        let key = format!("{shelf} {schema}");
        let validator = validators.entry(key).or_insert_with(|| {
            let mut schema = schema.clone();
            schema[shelf] = shared.clone();
            let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
            options.build(&schema).unwrap()
        });
        let mut faults = Vec::new();
        for error in validator.iter_errors(body) {
            let pointer = error.instance_path().to_string();
            if !is_listed(DESCRIPTION_IS_WRONG, place, &pointer) {
                let text: String = error.to_string().chars().take(300).collect();
                faults.push(format!("{place}: {} {text}", general(&pointer)));
            }
        }
        check_ids(place, "", body, &mut faults);
        faults
    }
}

/// The template that fits the path: the one with most literal parts.
pub fn best_template<'a>(templates: impl Iterator<Item = &'a str>, path: &str) -> Option<&'a str> {
    let parts: Vec<&str> = path.split('/').collect();
    let literals = |template: &str| {
        let of: Vec<&str> = template.split('/').collect();
        let fits = of.len() == parts.len()
            && of.iter().zip(&parts).all(|(is, part)| is.starts_with('{') || *is == *part);
        fits.then(|| of.iter().filter(|part| !part.starts_with('{')).count())
    };
    templates.filter_map(|template| Some((literals(template)?, template))).max().map(|(_, template)| template)
}

/// Whether the text has the shape of a GUID, in lower case as the vendor writes it.
pub fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        })
}

/// No object may have members that are not described. Maps say what their values are and stay open.
fn make_strict(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object)
                && members.get("type").is_some_and(|kind| kind == "object")
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            members.values_mut().for_each(make_strict);
        }
        Value::Array(items) => items.iter_mut().for_each(make_strict),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check_ids(place: &str, pointer: &str, body: &Value, faults: &mut Vec<String>) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                let pointer = format!("{pointer}/{name}");
                let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                let is_id =
                    name == "id" || ["Id", "Ids", "CorrelationId"].iter().any(|end| name.ends_with(end));
                for text in texts.iter().filter_map(|text| text.as_str()).filter(|_| is_id) {
                    if !is_guid(text) && !is_listed(IDS_OF_OTHER_SHAPES, place, &pointer) {
                        faults.push(format!("{place}: {} {text:?} is no GUID", general(&pointer)));
                    }
                }
                check_ids(place, &pointer, value, faults);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_ids(place, &format!("{pointer}/{index}"), item, faults);
            }
        }
        Value::Null => faults.push(format!("{place}: {} is null and not left out", general(pointer))),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The pointer with `*` for indices, so that the same fault of many entities is one.
fn general(pointer: &str) -> String {
    let parts = pointer.split('/').map(|part| if part.parse::<usize>().is_ok() { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn is_listed(list: &[(&str, &str, &str)], place: &str, pointer: &str) -> bool {
    let pointer = general(pointer);
    list.iter().any(|(where_, member, _)| {
        let place_fits = *where_ == "*"
            || *where_ == place
            || where_
                .strip_prefix('*')
                .is_some_and(|path| place.split_once(' ').is_some_and(|(_, of)| of == path.trim_start()));
        let member_fits = match member.strip_prefix("**") {
            Some(end) => pointer.ends_with(end),
            None => pointer == *member,
        };
        place_fits && member_fits
    })
}
