//! People who come and people who go, of their own accord and by calls: users, queues, conversations,
//! rosters and events tell the same.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulator::Config;

use crate::harness::{House, other_answer, still, text};

const ON_QUEUE: &str = "e08eaf1b-ee47-4fa9-a231-1200e284798f";
const UNITS: &str = "/api/v2/workforcemanagement";

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// An agent who interacts, with the conversation.
fn busy(truth: &Value) -> (Value, Value) {
    let talks = |leg: &&Value| leg["state"] == "interacting";
    let leg = list(&truth["conversations"]).iter().find(talks).expect("somebody talks");
    let is = |agent: &&Value| agent["id"] == leg["userId"];
    (list(&truth["agents"]).iter().find(is).unwrap().clone(), leg.clone())
}

async fn ids(house: &House, state: &str) -> Vec<String> {
    let users = house.all_pages(&format!("/api/v2/users?pageSize=100&state={state}")).await;
    users.iter().map(|user| text(&user["id"]).to_owned()).collect()
}

/// Both of one moment: in a world that runs, somebody may come or go between two reads.
async fn active_and_truth(house: &House) -> (Vec<String>, Value) {
    let mut before = house.truth().await;
    loop {
        let active = ids(house, "active").await;
        let after = house.truth().await;
        if before["staff"] == after["staff"] {
            return (active, after);
        }
        before = after;
    }
}

#[tokio::test]
async fn who_is_deleted_hands_over_the_conversation_and_leaves_everything() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let (agent, leg) = busy(&truth);
    let id = text(&agent["id"]);
    let queue = text(&leg["queueId"]);
    let unit = text(&agent["managementUnitId"]);
    let unit_topic = format!("v2.workforcemanagement.managementunits.{unit}.adherence");
    let mut socket = house
        .listen(&[
            format!("v2.users.{id}?presence&activity"),
            unit_topic.clone(),
            format!("v2.analytics.queues.{queue}.observations"),
        ])
        .await;
    assert_eq!(house.ok(Method::DELETE, &format!("/api/v2/users/{id}"), None).await, json!({}));

    let presence = socket.event(&format!("v2.users.{id}.presence")).await;
    assert_eq!(presence["eventBody"]["presenceDefinition"]["systemPresence"], "OFFLINE");
    let mut removed = socket.event(&unit_topic).await;
    while removed["eventBody"]["removedFromManagementUnit"] == false {
        removed = socket.event(&unit_topic).await;
    }
    assert_eq!(
        (&removed["eventBody"]["user"]["id"], &removed["eventBody"]["managementUnitId"]),
        (&json!(id), &json!(unit))
    );

    // The customer waits again in the same queue; nothing is lost.
    let after = house.truth().await;
    let same = |is: &&Value| is["id"] == leg["id"];
    let now: Vec<&Value> = list(&after["conversations"]).iter().filter(same).collect();
    assert_eq!(now.len(), 1, "{now:?}");
    assert_eq!((&now[0]["state"], &now[0]["queueId"]), (&json!("waiting"), &json!(queue)));
    let ended = |truth: &Value| truth["conversationsEnded"]["transferred"].as_u64().unwrap();
    assert_eq!(ended(&after), ended(&truth) + 1);

    // Directory, queues, teams, roster and truth agree.
    assert!(list(&after["agents"]).iter().all(|other| other["id"] != id));
    assert_eq!(after["usersGone"][0]["id"], id);
    assert_eq!(
        (&after["usersGone"][0]["userState"], &after["staff"]["left"]),
        (&json!("deleted"), &json!(1))
    );
    let path = format!("/api/v2/users/{id}");
    house.refused(Method::GET, &path, None, (404, "not.found")).await;
    house.refused(Method::GET, &format!("{path}/presences/purecloud"), None, (404, "not.found")).await;
    house.refused(Method::DELETE, &path, None, (404, "not.found")).await;
    let deleted = house.get(&format!("{path}?state=deleted&expand=team")).await;
    assert_eq!((&deleted["state"], &deleted["team"]), (&json!("deleted"), &Value::Null));
    assert_eq!(deleted["division"]["name"], "Home");
    assert_eq!(ids(&house, "deleted").await, [id]);
    assert_eq!((ids(&house, "active").await.len(), ids(&house, "any").await.len()), (59, 60));
    assert!(ids(&house, "inactive").await.is_empty());
    let named = house.get(&format!("/api/v2/users?id={id}")).await;
    assert_eq!(named["total"], 0);
    for queue in house.all_pages("/api/v2/routing/queues").await {
        let members = house
            .all_pages(&format!("/api/v2/routing/queues/{}/members?pageSize=100", text(&queue["id"])))
            .await;
        assert!(members.iter().all(|member| member["id"] != id));
        assert_eq!(queue["memberCount"], members.len());
    }
    let users = house.get(&format!("{UNITS}/managementunits/{unit}/users")).await;
    assert!(list(&users["entities"]).iter().all(|user| user["id"] != id));
    assert_eq!(house.get(&format!("{UNITS}/adherence?userId={id}")).await, json!([]));
    let search = |state: &str| {
        json!({ "query": [
        { "type": "EXACT", "fields": ["email"], "value": deleted["email"] },
        { "type": "EXACT", "fields": ["state"], "values": [state] },
    ] })
    };
    assert_eq!(house.post("/api/v2/users/search", search("deleted")).await["results"][0]["id"], id);
    assert_eq!(house.post("/api/v2/users/search", search("active")).await["total"], 0);
}

#[tokio::test]
async fn who_is_inactive_stays_a_member_offline_and_may_come_back() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let (agent, _) = busy(&truth);
    let id = text(&agent["id"]);
    let path = format!("/api/v2/users/{id}");
    let version = house.get(&path).await["version"].clone();
    let body = json!({ "version": version, "state": "inactive", "title": "Gone" });
    house.refused(Method::PATCH, &path, Some(body), (400, "bad.request")).await;
    let body = |version: &Value, state: &str| Some(json!({ "version": version, "state": state }));
    house.refused(Method::PATCH, &path, body(&json!(99), "inactive"), (409, "general.conflict")).await;
    house.refused(Method::PATCH, &path, body(&version, "asleep"), (400, "invalid.value")).await;
    let user = house.ok(Method::PATCH, &path, body(&version, "inactive")).await;
    assert_eq!(user["state"], "inactive");
    assert_eq!(ids(&house, "inactive").await, [id]);

    let user = house.get(&format!("{path}?expand=presence,routingStatus,team")).await;
    assert_eq!(user["presence"]["presenceDefinition"]["systemPresence"], "Offline");
    assert_eq!(
        (&user["routingStatus"]["status"], &user["team"]["name"]),
        (&json!("OFF_QUEUE"), &agent["team"])
    );
    let queues = house.all_pages(&format!("{path}/queues")).await;
    assert_eq!(queues.len(), list(&agent["joinedQueueIds"]).len());
    let presence = json!({ "presenceDefinition": { "id": ON_QUEUE } });
    house
        .refused(Method::PATCH, &format!("{path}/presences/purecloud"), Some(presence), (400, "bad.request"))
        .await;

    let state = format!("{path}/state");
    let is = house.get(&state).await;
    assert_eq!(
        (&is["state"], &is["version"], &is["stateChangeReason"]),
        (&json!("inactive"), &user["version"], &json!("Unknown"))
    );
    let put = |state: &str, reason: &str| Some(json!({ "state": state, "stateChangeReason": reason }));
    house.refused(Method::PUT, &state, put("active", "Boredom"), (400, "invalid.value")).await;
    let back = house.ok(Method::PUT, &state, put("active", "Leave")).await;
    assert_eq!((&back["state"], &back["stateChangeReason"]), (&json!("active"), &json!("Leave")));
    let truth = house.truth().await;
    let agent = list(&truth["agents"]).iter().find(|other| other["id"] == id).unwrap();
    assert!(agent["managementUnitId"].is_string(), "back on the roster");
    assert_eq!((&truth["staff"], &truth["usersGone"]), (&json!({ "joined": 1, "left": 1 }), &json!([])));
}

#[tokio::test]
async fn an_inactive_user_can_leave_the_queues() {
    let house = House::open(other_answer("inactive_users_leave_queues")).await;
    let (agent, _) = busy(&house.truth().await);
    let id = text(&agent["id"]);
    house.ok(Method::PUT, &format!("/api/v2/users/{id}/state"), Some(json!({ "state": "inactive" }))).await;
    assert!(house.all_pages(&format!("/api/v2/users/{id}/queues")).await.is_empty());
    assert!(house.get(&format!("/api/v2/users/{id}?expand=team")).await["team"].is_null());
}

#[tokio::test]
async fn a_user_is_created_put_to_work_deleted_and_restored() {
    let house = House::open(still()).await;
    let division = house.get("/api/v2/authorization/divisions").await["entities"][1].clone();
    let new = |email: &str, state: &str| json!({ "name": "Ada Newcomer", "email": email, "divisionId": division["id"], "department": "Sales", "state": state });
    let user = house.post("/api/v2/users", new("ada@rollcall.example", "active")).await;
    let id = text(&user["id"]);
    assert_eq!(
        (&user["name"], &user["state"], &user["version"]),
        (&json!("Ada Newcomer"), &json!("active"), &json!(1))
    );
    assert_eq!((&user["division"]["id"], &user["department"]), (&division["id"], &json!("Sales")));
    for (body, code) in [
        (new("ada@rollcall.example", "active"), (409, "general.conflict")),
        (new("nowhere", "active"), (400, "invalid.value")),
        (new("b@rollcall.example", "asleep"), (400, "invalid.value")),
        (json!({ "name": "B", "email": "b@rollcall.example" }), (400, "bad.request")),
        (json!({ "name": "B", "email": "b@rollcall.example", "divisionId": "none" }), (400, "invalid.value")),
    ] {
        house.refused(Method::POST, "/api/v2/users", Some(body), code).await;
    }
    let path = format!("/api/v2/users/{id}");
    assert_eq!(house.all_pages("/api/v2/users").await.last().unwrap()["id"], id);
    house
        .refused(Method::GET, &format!("{UNITS}/agents/{id}/managementunit"), None, (404, "not.found"))
        .await;

    let queue = text(&house.truth().await["queues"][0]["id"]).to_owned();
    let members = format!("/api/v2/routing/queues/{queue}/members");
    house.ok(Method::POST, &members, Some(json!([{ "id": id }]))).await;
    let before = house.truth().await["queues"][0].clone();
    let presence = json!({ "presenceDefinition": { "id": ON_QUEUE } });
    house.ok(Method::PATCH, &format!("{path}/presences/purecloud"), Some(presence)).await;
    let truth = house.truth().await;
    let agent = list(&truth["agents"]).last().unwrap();
    assert_eq!((&agent["id"], &agent["state"]), (&json!(id), &json!("on-queue")));
    let idle = |queue: &Value| queue["onQueueUsers"]["IDLE"].as_u64().unwrap();
    assert_eq!(idle(&truth["queues"][0]), idle(&before) + 1);

    house.ok(Method::DELETE, &path, None).await;
    house.refused(Method::POST, &members, Some(json!([{ "id": id }])), (400, "general.bad.request")).await;
    let version = house.get(&format!("{path}?state=deleted")).await["version"].clone();
    house.refused(Method::PATCH, &path, Some(json!({ "version": version })), (404, "not.found")).await;
    house.ok(Method::PATCH, &path, Some(json!({ "version": version, "state": "active" }))).await;
    assert_eq!(house.get(&path).await["state"], "active");
    assert!(house.all_pages(&format!("{path}/queues")).await.is_empty(), "restored without queues");
}

#[tokio::test]
async fn who_has_left_is_signed_out_and_cannot_sign_in() {
    let house = House::open(still()).await;
    let user = text(&house.truth().await["agents"][0]["id"]).to_owned();
    let base = house.running.base_url();
    let authorize = format!(
        "{base}/oauth/authorize?client_id=simulator&response_type=token&redirect_uri=http%3A%2F%2Flocalhost%3A9%2F"
    );
    let http =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let sign_in = async || {
        let form = [("user", user.as_str()), ("answer", "allow")];
        http.post(&authorize).form(&form).send().await.unwrap()
    };
    let location = sign_in().await.headers()["location"].to_str().unwrap().to_owned();
    let token = location.split("access_token=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let me = async || house.call_as(&token, Method::GET, "/api/v2/users/me", None).await.status();
    assert_eq!(me().await, StatusCode::OK);
    house.ok(Method::PUT, &format!("/api/v2/users/{user}/state"), Some(json!({ "state": "inactive" }))).await;
    assert_eq!(me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in().await.status(), StatusCode::BAD_REQUEST, "the page complains");
}

#[tokio::test]
async fn people_come_and_go_while_the_world_runs() {
    let house = House::open(Config { turnover: 40.0, events_per_second: None, ..still() }).await;
    let before = ids(&house, "active").await;
    let mut joined = None;
    for _ in 0..60 {
        house.post("/simulator/clock", json!({ "advanceSeconds": 60 })).await;
        let (active, truth) = active_and_truth(&house).await;
        let newcomer = list(&truth["agents"]).iter().find(|agent| agent["joined"].is_string()).cloned();
        joined = joined.or(newcomer);
        let agents: BTreeSet<&str> = list(&truth["agents"]).iter().map(|agent| text(&agent["id"])).collect();
        assert_eq!(active.iter().map(String::as_str).collect::<BTreeSet<_>>(), agents);
        assert_eq!(active.len(), agents.len(), "each is listed once");
    }
    let truth = house.truth().await;
    let (came, went) = (truth["staff"]["joined"].as_u64().unwrap(), truth["staff"]["left"].as_u64().unwrap());
    assert!((10..50).contains(&came) && (10..50).contains(&went), "{came} came, {went} went");
    assert_eq!(list(&truth["usersGone"]).len() as u64, went);
    assert_eq!(list(&truth["agents"]).len() as u64, before.len() as u64 + came - went);

    // A newcomer is in a team, in queues, on a roster, can something, and has a shift.
    let joined = joined.expect("somebody came");
    assert!(joined["team"].is_string() && joined["managementUnitId"].is_string(), "{joined}");
    assert!(!list(&joined["queueIds"]).is_empty() && !list(&joined["skills"]).is_empty(), "{joined}");
    let worked = list(&truth["agents"]).iter().filter(|agent| agent["joined"].is_string());
    let worked = worked.filter(|agent| agent["scheduledActivity"]["category"] != "Unscheduled").count();
    assert!(worked > 0, "no newcomer has a shift");
    let states: Vec<&str> = list(&truth["usersGone"]).iter().map(|user| text(&user["userState"])).collect();
    assert!(states.contains(&"inactive") && states.contains(&"deleted"), "{states:?}");
}

#[tokio::test]
async fn who_is_taken_out_of_a_team_is_in_none() {
    let house = House::open(still()).await;
    let team = house.get("/api/v2/teams").await["entities"][0].clone();
    let path = format!("/api/v2/teams/{}/members", text(&team["id"]));
    let before = house.get(&format!("{path}?pageSize=100")).await["entities"].clone();
    let id = text(&before[0]["id"]);
    house.refused(Method::DELETE, &path, None, (400, "bad.request")).await;
    house.ok(Method::DELETE, &format!("{path}?id={id},nobody"), None).await;
    let after = house.get(&format!("{path}?pageSize=100")).await["entities"].clone();
    assert_eq!(list(&after), &list(&before)[1..]);
    assert!(house.get(&format!("/api/v2/users/{id}?expand=team")).await["team"].is_null());
    let truth = house.truth().await;
    let agent = list(&truth["agents"]).iter().find(|agent| agent["id"] == id).unwrap();
    assert!(agent["team"].is_null() && agent["managementUnitId"].is_string(), "{agent}");
}
