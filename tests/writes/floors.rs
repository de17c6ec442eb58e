//! Who may go on queue and off it: nobody without queues, and not more than a queue can spare.

use proxy::config::QueueFloor;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    AVAILABLE, Kept, MEETING,
    harness::{SOON, still, until},
    id, refusal,
};

const FLOORED: &str = "Billing";

async fn queue(kept: &Kept) -> String {
    let queues = kept.house.upstream.get("/api/v2/routing/queues?pageSize=100").await;
    let queues = queues["entities"].as_array().unwrap();
    id(queues.iter().find(|queue| queue["name"] == FLOORED).unwrap()).to_owned()
}

/// Agents who have joined the queue, are on queue and in no conversation.
async fn idle_members(kept: &Kept) -> Vec<String> {
    let path = format!(
        "/api/v2/routing/queues/{}/members?joined=true&expand=presence,routingStatus&pageSize=100",
        queue(kept).await
    );
    let members = kept.house.upstream.get(&path).await;
    let members = members["entities"].as_array().unwrap().iter();
    let idle = members.filter(|member| member["routingStatus"]["status"] == "IDLE");
    idle.map(|member| id(member).to_owned()).collect()
}

async fn on_queue(kept: &Kept) -> usize {
    let path = format!(
        "/api/v2/routing/queues/{}/members?joined=true&expand=presence&pageSize=100",
        queue(kept).await
    );
    let members = kept.house.upstream.get(&path).await;
    let members = members["entities"].as_array().unwrap().iter();
    let is_there =
        |member: &&Value| member["user"]["presence"]["presenceDefinition"]["systemPresence"] == "On Queue";
    members.filter(is_there).count()
}

/// With a floor for a queue.
async fn floored(name: &str, least: u32) -> Kept {
    Kept::start_with(still(60, 3), |config| {
        config.rules.floors = vec![QueueFloor { queue: name.to_owned(), least }];
    })
    .await
}

/// Everybody asks at the same moment, and each looked before anybody had left.
#[tokio::test]
async fn of_those_who_leave_at_once_as_many_stay_as_the_queue_needs() {
    // How many there are is the same in every such world.
    let kept = Kept::start(still(60, 3)).await;
    let (there, idle) = (on_queue(&kept).await, idle_members(&kept).await.len());
    kept.stop().await;
    assert!(there > idle && idle > 4, "{there} on queue, {idle} of them idle");
    let least = u32::try_from(there - 2).unwrap();

    let kept = floored(FLOORED, least).await;
    let members = idle_members(&kept).await;
    let body = json!({ "presenceDefinition": { "id": MEETING } });
    let all = members.iter().map(|user| kept.patch(user, &body));
    let mut refused = Vec::new();
    for (user, answer) in members.iter().zip(futures_util::future::join_all(all).await) {
        if answer.status() == StatusCode::OK {
            continue;
        }
        let (status, code, body) = refusal(answer).await;
        assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "staffing.floor"), "{body}");
        let words = body["message"].as_str().unwrap();
        assert!(words.contains(&format!("{FLOORED} ({least} on queue, {least} needed)")), "{words}");
        refused.push(user);
    }
    assert_eq!(refused.len(), members.len() - 2);
    assert_eq!(on_queue(&kept).await, there - 2);
    // Who is not there is not missed.
    let answer = kept.patch(members.iter().find(|user| !refused.contains(user)).unwrap(), &lunch()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    kept.stop().await;
}

fn lunch() -> Value {
    json!({ "presenceDefinition": "lunch" })
}

#[tokio::test]
async fn a_floor_of_a_queue_that_there_is_not_is_said_and_holds_nobody() {
    let kept = floored("No such queue", 1).await;
    let members = idle_members(&kept).await;
    let answer = kept.patch(&members[0], &lunch()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["warnings"][0]["code"], "staffing.floor", "{answer}");
    assert!(answer.to_string().contains("No such queue"), "{answer}");
    kept.stop().await;
}

#[tokio::test]
async fn when_nobody_knows_who_is_on_queue_nobody_leaves() {
    let kept = floored(FLOORED, 1).await;
    let members = idle_members(&kept).await;
    let fault = json!({ "kind": "server_error", "seconds": 600, "route": "/api/v2/routing/queues/{queueId}/members" });
    kept.fault(fault).await;
    let (status, code, body) = refusal(kept.patch(&members[0], &lunch()).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "staffing.floor"), "{body}");
    assert!(body["message"].as_str().unwrap().contains("an unknown number on queue"), "{body}");
    kept.stop().await;
}

async fn goes_on_queue(kept: &Kept, user: &str) -> Response {
    kept.patch(user, &json!({ "presenceDefinition": "on queue" })).await
}

#[tokio::test]
async fn nobody_goes_on_queue_without_a_queue() {
    let kept = Kept::start(still(60, 3)).await;
    let agent = kept.agent("OFF_QUEUE").await;
    let user = id(&agent);
    kept.patch(user, &json!({ "presenceDefinition": { "id": AVAILABLE } })).await;
    let upstream = &kept.house.upstream;
    let path = format!("/api/v2/users/{user}/queues");
    let joined = upstream.get(&format!("{path}?joined=true&pageSize=100")).await;
    let joined: Vec<&Value> = joined["entities"].as_array().unwrap().iter().collect();
    assert!(!joined.is_empty());
    let all = |is: bool| -> Value {
        joined.iter().map(|queue| json!({ "id": queue["id"], "joined": is })).collect()
    };
    let joined_now = |number: usize| {
        let path = format!("{path}?joined=true&pageSize=100");
        async move {
            until(SOON, "queues are left or joined", || async {
                let now = upstream.get(&path).await;
                (now["entities"].as_array().unwrap().len() == number).then_some(())
            })
            .await;
        }
    };
    upstream.send(Method::PATCH, &path, &all(false)).await;
    joined_now(0).await;
    let (status, code, body) = refusal(goes_on_queue(&kept, user).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "agent.without.queues"), "{body}");
    // Who joins one is let through at once.
    upstream.send(Method::PATCH, &path, &all(true)).await;
    joined_now(joined.len()).await;
    assert_eq!(goes_on_queue(&kept, user).await.status(), StatusCode::OK);
    kept.stop().await;
}

/// Who leaves when the conversation is over will be gone then.
#[tokio::test]
async fn who_is_to_leave_later_is_not_counted_on() {
    let kept = Kept::start(still(60, 3)).await;
    let there = on_queue(&kept).await;
    kept.stop().await;
    let answers = simulator::Answers { presence_deferred_while_interacting: true, ..Default::default() };
    let least = u32::try_from(there - 1).unwrap();
    let kept = Kept::start_with(simulator::Config { answers, ..still(60, 3) }, |config| {
        config.rules.floors = vec![QueueFloor { queue: FLOORED.to_owned(), least }];
    })
    .await;
    let path = format!(
        "/api/v2/routing/queues/{}/members?joined=true&expand=presence,routingStatus&pageSize=100",
        queue(&kept).await
    );
    let members = kept.house.upstream.get(&path).await;
    let members = members["entities"].as_array().unwrap().iter();
    let busy = members.filter(|member| member["routingStatus"]["status"] == "INTERACTING");
    let busy: Vec<&str> = busy.map(id).collect();
    assert!(busy.len() > 1, "{} are in a conversation", busy.len());
    let later = json!({ "futurePresenceDefinition": { "id": MEETING } });
    assert_eq!(kept.patch(busy[0], &later).await.status(), StatusCode::OK);
    // Also when the list of members is read anew.
    for _ in 0..2 {
        let (status, code, body) = refusal(kept.patch(busy[1], &later).await).await;
        assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "staffing.floor"), "{body}");
        kept.house.clock.advance_ms(31_000);
    }
    kept.stop().await;
}
