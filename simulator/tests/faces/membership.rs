//! Who serves which queue: added, removed, joined and left, seen from every side.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulator::Config;

use crate::harness::{House, other_answer, still, text};

/// Time is moved by the test only, but for what the calls themselves take.
fn patient() -> Config {
    Config {
        member_patch_delay: Duration::from_secs(60),
        member_hidden_for: Duration::from_secs(60),
        ..still()
    }
}

async fn pass(house: &House, seconds: u32) {
    house.post("/simulator/clock", json!({ "advanceSeconds": seconds })).await;
}

/// A queue without members by group, an agent On Queue and idle who is a member by name, and one who is not.
async fn cast(house: &House) -> (String, String, String) {
    let truth = house.truth().await;
    for queue in truth["queues"].as_array().unwrap() {
        let id = &queue["id"];
        let whole = house.get(&format!("/api/v2/routing/queues/{}", text(id))).await;
        let is_member = |agent: &&Value| agent["queueIds"].as_array().unwrap().contains(id);
        let agents =
            || truth["agents"].as_array().unwrap().iter().filter(|agent| agent["state"] == "on-queue");
        let (inside, outside) = (agents().find(is_member), agents().find(|agent| !is_member(agent)));
        if let (Some(inside), Some(outside), Some([])) =
            (inside, outside, whole["memberGroups"].as_array().map(Vec::as_slice))
        {
            return (text(id).to_owned(), text(&inside["id"]).to_owned(), text(&outside["id"]).to_owned());
        }
    }
    panic!("no such queue");
}

async fn queue_of(house: &House, id: &str) -> Value {
    let truth = house.truth().await;
    let mut queues = truth["queues"].as_array().unwrap().iter();
    queues.find(|queue| queue["id"] == id).unwrap().clone()
}

/// The numbers of members as observations give them.
async fn observed(house: &House, queue: &str) -> (u64, u64, u64) {
    let body = json!({
        "filter": { "type": "or", "predicates": [{ "dimension": "queueId", "value": queue }] },
        "metrics": ["oMemberUsers", "oActiveUsers", "oOnQueueUsers"],
    });
    let answer = house.post("/api/v2/analytics/queues/observations/query", body).await;
    let sum = |metric: &str| {
        let groups = answer["results"].as_array().unwrap().iter();
        let data = groups.flat_map(|group| group["data"].as_array().unwrap());
        data.filter(|datum| datum["metric"] == metric)
            .map(|datum| datum["stats"]["count"].as_u64().unwrap())
            .sum()
    };
    (sum("oMemberUsers"), sum("oActiveUsers"), sum("oOnQueueUsers"))
}

#[tokio::test]
async fn leaving_and_joining_takes_its_time_and_moves_every_number() {
    let house = House::open(patient()).await;
    let (queue, inside, outside) = cast(&house).await;
    let path = format!("/api/v2/routing/queues/{queue}/members");
    let topic = format!("v2.routing.queues.{queue}.users");
    let activity = format!("v2.users.{inside}.activity");
    let mut socket = house.listen(&[topic.clone(), activity.clone()]).await;
    let before = queue_of(&house, &queue).await;
    let numbers = observed(&house, &queue).await;
    let leave = json!([{ "id": inside, "joined": false }, { "id": outside, "joined": true }, { "id": "x", "joined": true }]);
    let answer = house.ok(Method::PATCH, &path, Some(leave)).await;
    let entities = answer["entities"].as_array().unwrap();
    assert_eq!(
        (entities.len(), &entities[0]["joined"]),
        (1, &json!(true)),
        "the final state is not shown yet"
    );
    assert_eq!(queue_of(&house, &queue).await, before);

    pass(&house, 61).await;
    let event = socket.event(&topic).await;
    let expected = json!({ "id": inside, "user": { "id": inside }, "queueId": queue, "joined": false });
    assert_eq!(event["eventBody"], expected);
    let event = socket.event(&activity).await;
    let active = event["eventBody"]["activeQueueIds"].as_array().unwrap();
    assert!(!active.contains(&json!(queue)) && event["eventBody"]["dateActiveQueuesChanged"].is_string());
    let after = queue_of(&house, &queue).await;
    let fewer = |name: &str| after[name].as_u64().unwrap() + 1 == before[name].as_u64().unwrap();
    assert!(fewer("joinedUsers"), "{after} {before}");
    assert_eq!(after["memberUsers"], before["memberUsers"]);
    assert_eq!(observed(&house, &queue).await, (numbers.0, numbers.1 - 1, numbers.2 - 1));
    let whole = house.get(&format!("/api/v2/routing/queues/{queue}")).await;
    assert_eq!(
        (&whole["joinedMemberCount"], &whole["memberCount"]),
        (&after["joinedUsers"], &after["memberUsers"])
    );
    let left = house.all_pages(&format!("{path}?joined=false")).await;
    assert_eq!((left.len(), text(&left[0]["id"])), (1, inside.as_str()));

    // Joined only, unless others are asked for.
    let of_user = format!("/api/v2/users/{inside}/queues");
    let named = |queues: Vec<Value>| queues.iter().any(|is| is["id"] == *queue);
    assert!(!named(house.all_pages(&of_user).await));
    assert!(named(house.all_pages(&format!("{of_user}?joined=false")).await));
    let answer = house.ok(Method::PATCH, &of_user, Some(json!([{ "id": queue, "joined": true }]))).await;
    assert_eq!((&answer["total"], &answer["entities"][0]["joined"]), (&json!(1), &json!(false)));
    pass(&house, 61).await;
    assert_eq!(socket.event(&topic).await["eventBody"]["joined"], true);
    assert_eq!(queue_of(&house, &queue).await, before);
    let one = format!("{of_user}/{queue}");
    house.ok(Method::PATCH, &one, Some(json!({ "joined": false }))).await;
    pass(&house, 61).await;
    assert!(!named(house.all_pages(&of_user).await));
    house
        .refused(
            Method::PATCH,
            &format!("/api/v2/users/{outside}/queues/{queue}"),
            Some(json!({ "joined": true })),
            (404, "not.found"),
        )
        .await;
}

#[tokio::test]
async fn members_are_added_and_removed_and_not_found_for_a_moment() {
    let house = House::open(patient()).await;
    let (queue, inside, outside) = cast(&house).await;
    let path = format!("/api/v2/routing/queues/{queue}/members");
    let topic = format!("v2.routing.queues.{queue}.users");
    let mut socket = house.listen(&[topic, format!("v2.users.{outside}.activity")]).await;
    let before = queue_of(&house, &queue).await;
    let users = || Some(json!([{ "id": inside }, { "id": outside }]));
    let answer = house.ok(Method::POST, &path, users()).await;
    assert_eq!(answer, Value::Null, "no body");
    let now = queue_of(&house, &queue).await;
    assert_eq!(now["memberUsers"].as_u64().unwrap(), before["memberUsers"].as_u64().unwrap() + 1);
    let event = socket.frame().await;
    assert_eq!(event["topicName"], format!("v2.users.{outside}.activity"), "the queue's topic tells nothing");
    house.ok(Method::POST, &path, users()).await;
    assert_eq!(queue_of(&house, &queue).await, now, "adding a member is harmless");

    let one = format!("{path}/{outside}");
    let join = || Some(json!({ "joined": false }));
    house.refused(Method::PATCH, &one, join(), (404, "not.found")).await;
    house.refused(Method::DELETE, &one, None, (404, "not.found")).await;
    pass(&house, 61).await;
    house.ok(Method::PATCH, &one, join()).await;
    let rings = house.get(&format!("/api/v2/routing/queues/{queue}")).await;
    assert!(rings["bullseye"].is_null());
    house.ok(Method::PATCH, &one, Some(json!({ "ringNumber": 1 }))).await;
    for body in [
        json!({ "ringNumber": 2 }),
        json!({ "ringNumber": 0 }),
        json!({}),
        json!({ "joined": true, "ringNumber": 1 }),
    ] {
        house.refused(Method::PATCH, &one, Some(body), (400, "general.bad.request")).await;
    }
    assert_eq!(house.call(Method::DELETE, &one, None).await.status(), StatusCode::OK);
    assert_eq!(queue_of(&house, &queue).await, before);
    house.ok(Method::POST, &format!("{path}?delete=true"), users()).await;
    let gone = queue_of(&house, &queue).await;
    assert_eq!(gone["memberUsers"].as_u64().unwrap() + 1, before["memberUsers"].as_u64().unwrap());

    let many: Vec<Value> = vec![json!({ "id": inside, "joined": true }); 101];
    for method in [Method::POST, Method::PATCH] {
        house.refused(method, &path, Some(json!(many)), (400, "general.bad.request")).await;
    }
    let unknown = Some(json!([{ "id": inside }, { "id": "nobody" }]));
    house.refused(Method::POST, &path, unknown, (400, "general.bad.request")).await;
    assert_eq!(queue_of(&house, &queue).await, gone, "a refused call changes nothing");
}

#[tokio::test]
async fn the_other_answer_tells_of_members_who_are_added() {
    let house = House::open(other_answer("members_event_on_add_and_remove")).await;
    let (queue, _, outside) = cast(&house).await;
    let topic = format!("v2.routing.queues.{queue}.users");
    let mut socket = house.listen(std::slice::from_ref(&topic)).await;
    let path = format!("/api/v2/routing/queues/{queue}/members");
    house.ok(Method::POST, &path, Some(json!([{ "id": outside }]))).await;
    assert_eq!(socket.event(&topic).await["eventBody"]["joined"], true);
    house.ok(Method::POST, &format!("{path}?delete=true"), Some(json!([{ "id": outside }]))).await;
    assert_eq!(socket.event(&topic).await["eventBody"]["joined"], false);
}

#[tokio::test]
async fn members_by_group_come_and_go_with_the_group() {
    let house = House::open(Config { member_hidden_for: Duration::ZERO, ..still() }).await;
    let queues = house.all_pages("/api/v2/routing/queues").await;
    let queue = queues.iter().find(|queue| queue["memberGroups"].as_array().is_some_and(|is| !is.is_empty()));
    let queue = queue.expect("a queue has members by group");
    let id = text(&queue["id"]);
    let path = format!("/api/v2/routing/queues/{id}/members");
    let by_group = house.all_pages(&format!("{path}?memberBy=group")).await;
    let by_user = house.all_pages(&format!("{path}?memberBy=user")).await;
    assert_eq!(json!(by_user.len()), queue["userMemberCount"]);
    assert_eq!(json!(by_user.len() + by_group.len()), queue["memberCount"]);
    let member = text(&by_group[0]["id"]);
    let one = format!("{path}/{member}");
    house.refused(Method::DELETE, &one, None, (400, "general.bad.request")).await;
    house.refused(Method::PATCH, &one, Some(json!({ "joined": false })), (400, "general.bad.request")).await;
    house.refused(Method::POST, &path, Some(json!([{ "id": member }])), (400, "general.bad.request")).await;

    let group = text(&queue["memberGroups"][0]["id"]);
    let group = format!("/api/v2/groups/{group}");
    let members = house.all_pages(&format!("{group}/members")).await;
    assert_eq!(members.len(), by_group.len());
    assert_eq!(house.get(&format!("{group}/individuals")).await["total"], members.len());
    let groups = house.get(&format!("/api/v2/users/{member}?expand=groups")).await["groups"].clone();
    assert!(groups.as_array().unwrap().contains(&house.get(&group).await));
    house.ok(Method::DELETE, &format!("{group}/members?ids={member}"), None).await;
    assert_eq!(house.all_pages(&format!("{path}?memberBy=group")).await.len(), by_group.len() - 1);
    let version = &house.get(&group).await["version"];
    let add = |version: Value| Some(json!({ "memberIds": [member], "version": version }));
    house.refused(Method::POST, &format!("{group}/members"), add(json!(99)), (409, "general.conflict")).await;
    house.ok(Method::POST, &format!("{group}/members"), add(version.clone())).await;
    assert_eq!(house.all_pages(&format!("{path}?memberBy=group")).await.len(), by_group.len());
    assert_eq!(house.get("/api/v2/groups").await["total"], 4);
    house.refused(Method::GET, "/api/v2/groups/none", None, (404, "not.found")).await;
}

#[tokio::test]
async fn members_are_filtered_and_the_deprecated_twin_has_a_total() {
    let house = House::open(still()).await;
    let queues = house.all_pages("/api/v2/routing/queues/divisionviews?pageSize=2").await;
    assert_eq!(queues, house.all_pages("/api/v2/routing/queues/divisionviews/all").await);
    assert!(queues[0]["division"]["id"].is_string() && queues[0]["memberCount"].is_null());
    let path = format!("/api/v2/routing/queues/{}", text(&queues[0]["id"]));
    // Of the first three one can, one could, one cannot.
    let members = house.all_pages(&format!("{path}/members?pageSize=9")).await;
    let billing = house.get("/api/v2/routing/skills?name=Billing").await["entities"][0]["id"].clone();
    let ability = json!({ "id": billing, "proficiency": 3 });
    for (member, abilities) in members.iter().zip([json!([ability]), json!([ability]), json!([])]) {
        let skills = format!("/api/v2/users/{}/routingskills/bulk", text(&member["id"]));
        house.ok(Method::PUT, &skills, Some(abilities)).await;
    }
    let skill = format!("/api/v2/users/{}/routingskills/{}", text(&members[1]["id"]), text(&billing));
    house.ok(Method::PUT, &skill, Some(json!({ "state": "inactive" }))).await;
    let members = house.all_pages(&format!("{path}/members?pageSize=9&expand=skills")).await;
    let names: Vec<&str> = members.iter().map(|member| text(&member["name"])).collect();
    assert!(names.is_sorted());
    let skilled = house.all_pages(&format!("{path}/members?skills=Billing")).await;
    let can = |member: &Value| {
        let mut skills = member["user"]["skills"].as_array().unwrap().iter();
        skills.any(|skill| skill["name"] == "Billing" && skill["state"] == "active")
    };
    let ids =
        |members: &[Value]| members.iter().map(|member| text(&member["id"]).to_owned()).collect::<Vec<_>>();
    let expected: Vec<Value> = members.iter().filter(|member| can(member)).cloned().collect();
    assert_eq!(ids(&skilled), ids(&expected));
    let (can, cannot) = (ids(&members)[0].clone(), &ids(&members)[1..3]);
    assert!(ids(&skilled).contains(&can) && cannot.iter().all(|id| !ids(&skilled).contains(id)));
    assert_eq!(
        ids(&house.all_pages(&format!("{path}/members?skills={}", text(&billing))).await),
        ids(&skilled)
    );
    let both = house.all_pages(&format!("{path}/members?skills=Billing,no-such-skill")).await;
    assert!(both.is_empty(), "all that are asked for");
    let twin = house.get(&format!("{path}/users?pageSize=3")).await;
    assert_eq!(twin["total"], members.len());
    assert!(house.get(&format!("{path}/members")).await["total"].is_null());
    let estimate = house.get(&format!("{path}/estimatedwaittime")).await;
    assert!(estimate["results"][0]["estimatedWaitTimeSeconds"].as_i64().unwrap() >= 0);
    house
        .refused(Method::GET, &format!("{path}/estimatedwaittime?conversationId=x"), None, (404, "not.found"))
        .await;
}

#[tokio::test]
async fn teams_page_by_cursor_and_report_failures_inside_a_200() {
    let house = House::open(still()).await;
    let teams = house.all_pages("/api/v2/teams?pageSize=2").await;
    assert_eq!(teams.len(), 5);
    let second = house.get("/api/v2/teams?pageSize=2").await["nextUri"].clone();
    let back = house.get(text(&second)).await["previousUri"].clone();
    assert_eq!(house.get(text(&back)).await["entities"], json!(teams[..2]));
    house.refused(Method::GET, "/api/v2/teams?after=x", None, (400, "invalid.value")).await;
    // Of the five, two are of the same division.
    let division = |team: &Value| text(&team["division"]["id"]).to_owned();
    let pair = teams.iter().flat_map(|a| teams.iter().map(move |b| (a, b)));
    let (to, from) = pair.into_iter().find(|(a, b)| a != b && division(a) == division(b)).unwrap();
    let other = teams.iter().find(|team| division(team) != division(to)).unwrap();
    let path = |team: &Value| format!("/api/v2/teams/{}", text(&team["id"]));
    let member = |members: Vec<Value>| text(&members[0]["id"]).to_owned();
    let mover = member(house.all_pages(&format!("{}/members", path(from))).await);
    let stranger = member(house.all_pages(&format!("{}/members", path(other))).await);
    let answer = house
        .post(&format!("{}/members", path(to)), json!({ "memberIds": [mover, stranger, "nobody"] }))
        .await;
    assert_eq!(answer["entities"][0]["id"], mover);
    let reasons: Vec<&str> =
        answer["failures"].as_array().unwrap().iter().map(|failure| text(&failure["reason"])).collect();
    assert_eq!(reasons, ["UserGroupDivisionMismatch", "UserNotFound"]);
    assert_eq!(house.get(&path(to)).await["memberCount"], 13);
    let user = house.get(&format!("/api/v2/users/{mover}?expand=team")).await;
    assert_eq!(user["team"]["id"], to["id"]);
    let divisions = house.get("/api/v2/authorization/divisions").await;
    assert_eq!((&divisions["total"], &divisions["entities"][0]["homeDivision"]), (&json!(4), &json!(true)));
}
