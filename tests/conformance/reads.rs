//! Users, presence definitions, queues, members, observations.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    AGENTS, Party, QUEUES, entities,
    harness::{SOON, until},
    ids,
};

/// The two speakers are asked some moments apart, and the proxy's clock is an estimate of upstream's.
const MS_APART: f64 = 2_000.0;

const METRICS: [&str; 6] = [
    "oWaiting",
    "oInteracting",
    "oOnQueueUsers",
    "oUserPresences",
    "oLongestWaiting",
    "oUserRoutingStatuses",
];

pub async fn suite(party: &Party) {
    users_page_to_the_end(party).await;
    users_by_id(party).await;
    expand_is_spelled_both_ways(party).await;
    one_user(party).await;
    presences_are_spelled_as_their_place_wants(party).await;
    queues(party).await;
    members(party).await;
    observations(party).await;
    bodies(party).await;
}

/// Follows `nextUri` to the end.
async fn to_the_end(party: &Party, first: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next = Some(first.to_owned());
    while let Some(path) = next {
        let page = party.me.get(&path).await;
        assert!(!entities(&page).is_empty(), "{path} is empty, though it was linked");
        all.extend_from_slice(entities(&page));
        next = page["nextUri"].as_str().map(str::to_owned);
    }
    all
}

/// Pages joined are the list, in its order, expanded as was asked for the first page.
fn same_in_order(paged: &[Value], at_once: &[Value]) {
    assert_eq!(paged.len(), at_once.len());
    for (paged, at_once) in paged.iter().zip(at_once) {
        assert_eq!(paged, at_once);
    }
}

async fn users_page_to_the_end(party: &Party) {
    let at_once = party.me.get("/api/v2/users?pageSize=500&expand=presence").await;
    assert_eq!(entities(&at_once).len(), AGENTS);
    assert_eq!((&at_once["total"], &at_once["pageCount"]), (&json!(AGENTS), &json!(1)));
    let paged = to_the_end(party, "/api/v2/users?pageSize=7&expand=presence").await;
    same_in_order(&paged, entities(&at_once));
    let last = party.me.get("/api/v2/users?pageSize=7&pageNumber=9").await;
    assert_eq!(entities(&last).len(), AGENTS % 7);
    assert!(last["nextUri"].is_null() && last["previousUri"].is_string(), "{last}");
    assert_eq!(last["pageCount"], AGENTS.div_ceil(7));
    assert!(entities(&party.me.get("/api/v2/users?pageSize=7&pageNumber=10").await).is_empty());
    for bad in ["pageSize=0", "pageSize=501", "pageSize=many", "pageNumber=0"] {
        let answer = party.me.call(Method::GET, &format!("/api/v2/users?{bad}"), None).await;
        assert_eq!(answer.status(), 400, "{bad}");
    }
}

async fn users_by_id(party: &Party) {
    let some: Vec<String> = party.users().await.into_iter().step_by(9).collect();
    let mut expected = some.clone();
    expected.sort();
    let joined = format!("id={}", some.join(","));
    let encoded = format!("id={}", some.join("%2C"));
    let repeated: Vec<String> = some.iter().map(|id| format!("id={id}")).collect();
    for query in [joined, encoded, repeated.join("&")] {
        let mut found = ids(&party.me.get(&format!("/api/v2/users?pageSize=100&{query}")).await);
        found.sort();
        assert_eq!(found, expected, "{query}");
    }
    let paged = to_the_end(party, &format!("/api/v2/users?pageSize=3&id={}", some.join(","))).await;
    assert_eq!(paged.len(), some.len(), "the ids go along from page to page");
    let unknown = "/api/v2/users?id=00000000-0000-4000-8000-000000000000";
    assert!(ids(&party.me.get(unknown).await).is_empty());
    let hundred_and_one: Vec<String> = (0..101).map(|n| format!("u{n}")).collect();
    let path = format!("/api/v2/users?id={}", hundred_and_one.join(","));
    party.refused(Method::GET, &path, None, (400, "max.user.ids")).await;
}

async fn expand_is_spelled_both_ways(party: &Party) {
    let joined = "expand=presence,routingStatus,conversationSummary";
    let encoded = "expand=presence%2CroutingStatus%2CconversationSummary";
    let repeated = "expand=presence&expand=routingStatus&expand=conversationSummary";
    for query in [joined, encoded, repeated] {
        let page = party.me.get(&format!("/api/v2/users?pageSize=100&{query}")).await;
        for user in entities(&page) {
            assert!(user["presence"]["presenceDefinition"]["id"].is_string(), "{query}: {user}");
            assert!(user["presence"]["modifiedDate"].is_string(), "{query}: {user}");
            assert!(user["routingStatus"]["status"].is_string(), "{query}: {user}");
            assert!(user["routingStatus"]["startTime"].is_string(), "{query}: {user}");
            assert!(user["conversationSummary"].is_object(), "{query}: {user}");
        }
    }
    let bare = party.me.get("/api/v2/users?pageSize=1").await;
    let user = &entities(&bare)[0];
    assert!(user.get("presence").is_none() && user.get("routingStatus").is_none(), "{user}");
    assert!(user["name"].is_string() && user["selfUri"].is_string(), "{user}");
}

async fn one_user(party: &Party) {
    let id = party.first_user().await;
    let user = party.me.get(&format!("/api/v2/users/{id}?expand=presence")).await;
    assert_eq!(user["id"], id);
    for source in ["purecloud", "PURECLOUD"] {
        let presence = party.me.get(&format!("/api/v2/users/{id}/presences/{source}")).await;
        for member in ["source", "presenceDefinition", "message", "modifiedDate"] {
            // What is expanded is best effort.
            if !party.turns("users_come_bare") {
                assert_eq!(presence[member], user["presence"][member], "{member}");
            }
            assert!(!presence[member].is_null() || member == "message", "{member}: {presence}");
        }
    }
    let unknown = "/api/v2/users/00000000-0000-4000-8000-000000000000";
    party.refused(Method::GET, unknown, None, (404, "not.found")).await;
    party.refused(Method::GET, &format!("{unknown}/presences/purecloud"), None, (404, "not.found")).await;
    let elsewhere = format!("/api/v2/users/{id}/presences/elsewhere");
    party.refused(Method::GET, &elsewhere, None, (404, "not.found")).await;
}

async fn presences_are_spelled_as_their_place_wants(party: &Party) {
    let definitions = party.me.get("/api/v2/presence/definitions").await;
    let of_definition: BTreeMap<&str, &str> = entities(&definitions)
        .iter()
        .map(|d| (d["id"].as_str().unwrap(), d["systemPresence"].as_str().unwrap()))
        .collect();
    assert!(of_definition.values().any(|system| *system == "OnQueue"), "{of_definition:?}");
    assert!(entities(&definitions).iter().all(|d| d["languageLabels"]["en_US"].is_string()), "{definitions}");
    let users = party.me.get("/api/v2/users?pageSize=500&expand=presence").await;
    let mut on_queue = 0;
    for user in entities(&users) {
        let presence = &user["presence"]["presenceDefinition"];
        let (id, system) = (presence["id"].as_str().unwrap(), presence["systemPresence"].as_str().unwrap());
        assert_eq!(system.replace(' ', ""), of_definition[id], "{user}");
        assert_ne!(system, "OnQueue", "a user's presence is spelled with a space");
        on_queue += usize::from(system == "On Queue");
    }
    assert!(on_queue > 0, "somebody is on queue in this world");
}

async fn queues(party: &Party) {
    let page = party.me.get("/api/v2/routing/queues?pageSize=500").await;
    assert_eq!((entities(&page).len(), &page["total"]), (QUEUES, &json!(QUEUES)));
    let names: Vec<&str> = entities(&page).iter().map(|queue| queue["name"].as_str().unwrap()).collect();
    assert!(names.is_sorted(), "{names:?}");
    same_in_order(&to_the_end(party, "/api/v2/routing/queues?pageSize=3").await, entities(&page));
    for queue in entities(&page) {
        let id = queue["id"].as_str().unwrap();
        assert_eq!(party.me.get(&format!("/api/v2/routing/queues/{id}")).await, *queue);
        assert!(queue["memberCount"].as_u64().is_some(), "{queue}");
    }
    let by_name = party.me.http.get(format!("{}/api/v2/routing/queues", party.me.base));
    let by_name = by_name.query(&[("name", format!("{}*", &names[1][..4]))]).bearer_auth(&party.me.bearer);
    let found: Value = by_name.send().await.unwrap().json().await.unwrap();
    assert!(entities(&found).iter().any(|queue| queue["name"] == names[1]), "{found}");
    let unknown = "/api/v2/routing/queues/00000000-0000-4000-8000-000000000000";
    party.refused(Method::GET, unknown, None, (404, "not.found")).await;
    party.refused(Method::GET, &format!("{unknown}/members"), None, (404, "not.found")).await;
}

async fn members(party: &Party) {
    let users = party.users().await;
    for queue in party.queues().await {
        let base = format!("/api/v2/routing/queues/{queue}/members");
        let first = party.me.get(&format!("{base}?pageSize=5")).await;
        for absent in ["total", "pageCount", "lastUri"] {
            assert!(first.get(absent).is_none(), "members page without totals: {first}");
        }
        let at_once = party.me.get(&format!("{base}?pageSize=100")).await;
        let paged = to_the_end(party, &format!("{base}?pageSize=5")).await;
        same_in_order(&paged, entities(&at_once));
        for member in &paged {
            assert!(users.iter().any(|user| member["id"] == *user), "{member}");
            assert!(member["joined"].is_boolean() && member["memberBy"] == "user", "{member}");
        }
        let joined = to_the_end(party, &format!("{base}?pageSize=5&joined=true")).await;
        let expected = paged.iter().filter(|member| member["joined"] == true).count();
        assert_eq!(joined.len(), expected, "joined=true");
    }
    let queue = party.queues().await.swap_remove(0);
    let path = format!("/api/v2/routing/queues/{queue}/members?pageSize=101");
    assert_eq!(party.me.call(Method::GET, &path, None).await.status(), 400);
}

fn of_queue(queue: &str) -> Value {
    json!({ "type": "dimension", "dimension": "queueId", "operator": "matches", "value": queue })
}

fn question(queues: &[String], media: Option<&str>) -> Value {
    let predicates: Vec<Value> = queues.iter().map(|queue| of_queue(queue)).collect();
    let queues = json!({ "type": "or", "predicates": predicates });
    let filter = match media {
        None => queues,
        Some(media) => {
            let media = json!({ "dimension": "mediaType", "value": media });
            json!({ "type": "and", "clauses": [queues], "predicates": [media] })
        }
    };
    json!({ "filter": filter, "metrics": METRICS })
}

/// Every figure by queue, media type, metric and qualifier.
async fn figures(party: &Party, question: &Value) -> BTreeMap<String, f64> {
    let path = "/api/v2/analytics/queues/observations/query";
    let answer = party.me.send(Method::POST, path, question).await;
    let mut figures = BTreeMap::new();
    for result in answer["results"].as_array().unwrap() {
        for data in result["data"].as_array().unwrap() {
            let [queue, media] = ["queueId", "mediaType"].map(|name| &result["group"][name]);
            let name = format!("{queue} {media} {} {}", data["metric"], data["qualifier"]);
            let stats = &data["stats"];
            let longest = if party.turns("longest_in_max") { "max" } else { "calculatedMetricValue" };
            let figure = stats["count"].as_f64().or(stats[longest].as_f64());
            let figure = figure.unwrap_or_else(|| panic!("{name}: neither count nor value in {stats}"));
            assert!(figures.insert(name.clone(), figure).is_none(), "{name} comes twice");
        }
    }
    figures
}

async fn observations(party: &Party) {
    let queues = party.queues().await;
    let all = figures(party, &question(&queues, None)).await;
    assert!(!all.is_empty() && all.values().all(|figure| *figure > 0.0), "what is zero is absent: {all:?}");
    let one = figures(party, &question(&queues[..1], None)).await;
    assert!(!one.is_empty() && one.keys().all(|name| name.contains(&queues[0])), "{one:?}");
    let path = "/api/v2/analytics/queues/observations/query";
    for bad in [json!({}), json!([]), json!({ "filter": 7, "metrics": METRICS })] {
        party.refused(Method::POST, path, Some(&bad), (400, "bad.request")).await;
    }
}

async fn bodies(party: &Party) {
    let url = format!("{}/api/v2/analytics/queues/observations/query", party.me.base);
    let post = |body: String| {
        let request = party.me.http.post(&url).bearer_auth(&party.me.bearer);
        request.header("content-type", "application/json").body(body).send()
    };
    let broken = post("{\"filter\":".to_owned()).await.unwrap();
    crate::check_refusal(broken, (400, "bad.request"), "half a body").await;
    let huge = post(format!("\"{}\"", "x".repeat(600_000))).await.unwrap();
    crate::check_refusal(huge, (413, "request.entity.too.large"), "600,000 bytes").await;
}

/// In a world that stands still both tell the same figures.
pub async fn same_figures(simulator: &Party, proxy: &Party) {
    assert_eq!(figures_apart(simulator, proxy).await, [""; 0]);
}

/// Which figures the two tell differently.
pub async fn figures_apart(simulator: &Party, proxy: &Party) -> Vec<String> {
    let mut apart = Vec::new();
    let queues = simulator.queues().await;
    for media in [None, Some("voice"), Some("chat"), Some("email")] {
        let question = question(&queues, media);
        let (mut truth, mut told) = (figures(simulator, &question).await, figures(proxy, &question).await);
        if simulator.turns("media_totals_in_observations") {
            add_up_media(&mut told);
        }
        if let Some(media) = media {
            // What a medium does to the figures of members, which have none, is not known of Genesys.
            for figures in [&mut truth, &mut told] {
                figures.retain(|name, _| name.contains(media));
            }
        }
        let extra = told.keys().filter(|name| !truth.contains_key(*name));
        apart.extend(extra.map(|name| format!("{media:?} {name}: told, and not true")));
        for (name, figure) in &truth {
            let allowed = if name.contains("oLongest") { MS_APART } else { 0.0 };
            match told.get(name) {
                None => apart.push(format!("{media:?} {name}: {figure}, and not told")),
                Some(told) if (figure - told).abs() > allowed => {
                    apart.push(format!("{media:?} {name}: {figure}, told {told}"));
                }
                Some(_) => {}
            }
        }
    }
    apart
}

/// The totals of all media types, as a client of the proxy has to make them: numbers added up, the longest of all.
fn add_up_media(figures: &mut BTreeMap<String, f64>) {
    for (name, figure) in figures.clone() {
        let [queue, media, rest] = name.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{name}") };
        if media != "null" {
            let total = figures.entry(format!("{queue} null {rest}")).or_default();
            *total = if rest.contains("oLongest") { total.max(figure) } else { *total + figure };
        }
    }
}

/// A figure that events bring and take away again: gone means absent, at both.
pub async fn what_falls_to_zero_is_absent(simulator: &Party, proxy: &Party) {
    let question = question(&simulator.queues().await, None);
    let before = figures(simulator, &question).await;
    let definitions = simulator.me.get("/api/v2/presence/definitions").await;
    let nobodys = ids(&definitions).into_iter().find(|id| !before.keys().any(|name| name.contains(id)));
    let nobodys = nobodys.expect("a presence that nobody has in this world");
    let user = simulator.first_user().await;
    let presence = simulator.me.get(&format!("/api/v2/users/{user}/presences/purecloud")).await;
    for (definition, is_told) in
        [(json!(nobodys), true), (presence["presenceDefinition"]["id"].clone(), false)]
    {
        let body = json!({ "presenceDefinition": { "id": definition } });
        simulator.world.patch_presence(&user, &body).await;
        until(SOON, "both tell the figures of the change", || async {
            let truth = figures(simulator, &question).await;
            let told = figures(proxy, &question).await;
            let has = truth.keys().any(|name| name.contains(&nobodys));
            (has == is_told && truth.keys().eq(told.keys())).then_some(())
        })
        .await;
    }
}

/// Both tell of the same users, in the members that both have.
pub async fn same_users(simulator: &Party, proxy: &Party) {
    assert_eq!(users_apart(simulator, proxy).await, [""; 0]);
}

/// Which members of which users the two tell differently.
pub async fn users_apart(simulator: &Party, proxy: &Party) -> Vec<String> {
    let path = "/api/v2/users?pageSize=500&expand=presence,routingStatus,conversationSummary,team";
    let (truth, told) = (simulator.me.get(path).await, proxy.me.get(path).await);
    let by_id = |page: &Value| -> BTreeMap<String, Value> {
        ids(page).into_iter().zip(entities(page).iter().cloned()).collect()
    };
    let (truth, told) = (by_id(&truth), by_id(&told));
    if !truth.keys().eq(told.keys()) {
        return vec![format!("users: {} and {}", truth.len(), told.len())];
    }
    let mut apart = Vec::new();
    let mut compare = |what: &str, id: &str, true_value: &Value, told: &Value| {
        if true_value != told {
            apart.push(format!("{what} of {id}: {true_value}, told {told}"));
        }
    };
    for (id, user) in &truth {
        for member in ["name", "state", "presence", "routingStatus", "selfUri"] {
            compare(member, id, &user[member], &told[id][member]);
        }
        compare("team", id, &user["team"]["name"], &told[id]["team"]["name"]);
        compare("conversations", id, &json!(conversations(user)), &json!(conversations(&told[id])));
    }
    apart
}

/// What a user has to do, by medium and kind; a medium that is left out is as good as one of zeros.
fn conversations(user: &Value) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for (media, kinds) in user["conversationSummary"].as_object().unwrap() {
        for (kind, counts) in kinds.as_object().into_iter().flatten() {
            for (what, count) in counts.as_object().into_iter().flatten() {
                all.insert(format!("{media} {kind} {what}"), count.as_u64().unwrap());
            }
        }
    }
    all.retain(|_, count| *count > 0);
    all
}
