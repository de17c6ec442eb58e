//! Every address that an answer names leads somewhere.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::harness::{House, still, text};

/// Where the search begins; the rest is found.
const BEGINNINGS: [&str; 22] = [
    "/api/v2/users?pageSize=2&expand=presence,routingStatus,conversationSummary,outOfOffice,team,skills,languages,groups",
    "/api/v2/users/query?pageSize=2&expand=presence,skills&sortOrder=desc&state=any",
    "/api/v2/presence/definitions",
    "/api/v2/presence/settings",
    "/api/v2/presence/sources",
    "/api/v2/presencedefinitions?pageSize=3",
    "/api/v2/systempresences",
    "/api/v2/timezones",
    "/api/v2/routing/languages?pageSize=2",
    "/api/v2/routing/skills?pageSize=2",
    "/api/v2/routing/queues?pageSize=2",
    "/api/v2/routing/queues/divisionviews?pageSize=2",
    "/api/v2/teams?pageSize=2",
    "/api/v2/groups?pageSize=2",
    "/api/v2/authorization/divisions",
    "/api/v2/authorization/permissions?pageSize=2",
    "/api/v2/oauth/scopes",
    "/api/v2/organizations/me",
    "/api/v2/organizations/limits/namespaces",
    "/api/v2/workforcemanagement/businessunits",
    "/api/v2/workforcemanagement/managementunits?pageSize=1",
    "/api/v2/tokens/me",
];

/// What is read of each thing that is found, beside the thing itself.
const INSIDE: [(&str, &str); 8] = [
    ("/api/v2/routing/queues/{}", "/members?pageSize=2&expand=presence,skills,languages"),
    ("/api/v2/users/{}", "/queues?pageSize=2"),
    ("/api/v2/users/{}", "/routinglanguages?pageSize=2"),
    ("/api/v2/users/{}", "/outofoffice"),
    ("/api/v2/teams/{}", "/members?pageSize=2"),
    ("/api/v2/groups/{}", "/members?pageSize=2"),
    ("/api/v2/workforcemanagement/businessunits/{}", "/activitycodes"),
    ("/api/v2/workforcemanagement/managementunits/{}", "/activitycodes"),
];

/// Addresses as Genesys writes them whose GET is not in the slice of the API that is imitated.
const NOT_IN_THE_SLICE: [(&str, &str); 8] = [
    ("/api/v2/authorization/divisions/{}", "there is only the list of divisions"),
    ("/api/v2/organizations/{}", "there is only the caller's own"),
    ("/api/v2/routing/languages/{}", "there is only the list of languages"),
    ("/api/v2/routing/queues/{}/members/{}", "members are changed there, not read"),
    ("/api/v2/users/{}/presences", "as captured; presences are read by source"),
    ("/api/v2/users/{}/routinglanguages/{}", "languages are changed there, not read"),
    ("/api/v2/users/{}/routingskills/{}", "skills are changed there, not read"),
    (
        "/api/v2/workforcemanagement/managementunits/{}/activitycodes/{}",
        "the old form has no address for one code",
    ),
];

#[tokio::test]
async fn every_address_in_an_answer_leads_to_an_answer() {
    let house = House::open(still()).await;
    let mut open: Vec<String> = BEGINNINGS.map(str::to_owned).into();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut dead: BTreeMap<String, String> = BTreeMap::new();
    let mut excused: BTreeSet<&str> = BTreeSet::new();
    while let Some(address) = open.pop() {
        let kind = kind_of(&address);
        if !seen.insert(kind.clone()) {
            continue;
        }
        if let Some((known, _)) = NOT_IN_THE_SLICE.iter().find(|(known, _)| *known == kind) {
            excused.insert(known);
            continue;
        }
        let response = house.call(Method::GET, &address, None).await;
        if response.status() != StatusCode::OK {
            dead.insert(kind, format!("{address}: {}", response.status()));
            continue;
        }
        collect(&response.json().await.unwrap(), &mut open);
        let bare = address.split('?').next().unwrap();
        open.extend(INSIDE.iter().filter(|(of, _)| *of == kind).map(|(_, rest)| format!("{bare}{rest}")));
    }
    assert!(dead.is_empty(), "{dead:#?}");
    assert!(seen.len() > 40, "{} kinds of addresses", seen.len());
    assert_eq!(excused.len(), NOT_IN_THE_SLICE.len(), "no answer names some of these any more: {excused:?}");
}

/// The path with `{}` in the place of each id, and the names of the parameters.
fn kind_of(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_id = |part: &str| {
        (part.len() == 36 && part.matches('-').count() == 4) || part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> =
        path.split('/').map(|part| if !part.is_empty() && is_id(part) { "{}" } else { part }).collect();
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    let path = parts.join("/");
    if query.is_empty() { path } else { format!("{path}?{}", names.join("&")) }
}

/// All members whose name ends with Uri.
fn collect(body: &Value, found: &mut Vec<String>) {
    match body {
        Value::Object(members) => {
            for (name, member) in members {
                if name.ends_with("Uri") {
                    found.push(text(member).to_owned());
                } else {
                    collect(member, found);
                }
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| collect(entry, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
