//! Updates of several parts: what each became, and from which queues the agent gets conversations then.

use serde_json::{Value, json};

use super::{House, Publisher, free, house, presence_of};

async fn skills_of(house: &House, user: &str) -> Vec<Value> {
    let path = format!("/api/v2/users/{user}/routingskills?pageSize=100");
    house.upstream.get(&path).await["entities"].as_array().unwrap().clone()
}

/// A free agent with two skills at least, both of them active.
async fn skilled(house: &House) -> (String, Vec<String>) {
    for user in free(house).await {
        let skills = skills_of(house, &user).await;
        if skills.len() >= 2 && skills.iter().all(|skill| skill["state"] == "active") {
            let ids = skills.iter().map(|skill| skill["id"].as_str().unwrap().to_owned());
            return (user, ids.collect());
        }
    }
    panic!("nobody who is free has two skills");
}

#[tokio::test]
async fn presence_and_skills_are_steps_of_one_update() {
    let house = house(60).await;
    let (user, skills) = skilled(&house).await;
    let mut publisher = Publisher::open(&house.machine).await.unwrap();
    let answer = publisher
        .publish(&json!({
            "id": 1, "userId": user, "routing": { "state": "lunch" }, "availability": "Meal", "timeZone": "Europe/Berlin",
            "wrapupSeconds": 0, "complianceTag": "case 7",
            "skillOverrides": [{ "skillId": skills[0], "state": "busy" }, { "skill_id": skills[1], "proficiency": 0.5 }],
        }))
        .await;
    assert_eq!((&answer["status"], &answer["changed"]), (&json!("success"), &json!(true)), "{answer}");
    let made = |skill: &str| json!({ "skillId": skill, "outcome": "accepted" });
    assert_eq!(
        answer["steps"],
        json!({ "presence": "accepted", "skills": [made(&skills[0]), made(&skills[1])] })
    );
    assert_eq!(answer["eligibleQueues"], json!([]), "who is at lunch gets nothing");
    let filed = house.machine.get("/rollcall/audit?complianceTag=case%207").await;
    let filed = filed["entities"].as_array().unwrap().iter().filter(|record| record["kind"] == "closed");
    assert_eq!(filed.count(), 3, "the presence and both skills");
    let long = json!({ "id": 2, "userId": user, "presence": "meal", "complianceTag": "x".repeat(101) });
    let answer = publisher.publish(&long).await;
    assert_eq!((&answer["status"], &answer["code"]), (&json!("error"), &json!("bad.request")), "{answer}");
    let stand = skills_of(&house, &user).await;
    let skill = |id: &str| stand.iter().find(|skill| skill["id"] == *id).unwrap();
    assert_eq!(
        (&skill(&skills[0])["state"], &skill(&skills[1])["proficiency"]),
        (&json!("inactive"), &json!(0.5))
    );

    // Skills alone, one of them so already.
    let answer = publisher
        .publish(&json!({ "userId": user, "wrapupSeconds": 0, "skillOverrides": [
            { "skillId": skills[0], "state": "available" }, { "skillId": skills[1], "state": "active" }] }))
        .await;
    assert_eq!(answer["status"], "success", "{answer}");
    assert!(answer["steps"].get("presence").is_none(), "{answer}");
    let outcomes: Vec<&str> = outcomes(&answer);
    assert_eq!(outcomes, ["accepted", "noChange"]);

    // Part of it fails: what succeeded is said, and stays.
    let nobodys = "00000000-0000-4000-8000-000000000000";
    let answer = publisher
        .publish(&json!({ "userId": user, "presence": "meeting", "skillOverrides": [
            { "skillId": nobodys, "state": "active" }, { "skillId": skills[0], "state": "offline" }] }))
        .await;
    assert_eq!((&answer["status"], &answer["code"]), (&json!("error"), &json!("skill.not.held")), "{answer}");
    assert_eq!((&answer["steps"]["presence"], &answer["changed"]), (&json!("accepted"), &json!(true)));
    assert_eq!(self::outcomes(&answer), ["refused", "accepted"]);
    assert_eq!(answer["steps"]["skills"][0]["code"], "skill.not.held");
    assert_eq!(presence_of(&house, &user).await["systemPresence"], "Meeting");

    // A presence that is refused takes the skills that go with it along.
    let answer = publisher
        .publish(&json!({ "userId": user, "presence": "Siesta", "skillOverrides": [
            { "skillId": skills[0], "state": "active" }] }))
        .await;
    assert_eq!(
        (&answer["code"], &answer["changed"]),
        (&json!("presence.unknown"), &json!(false)),
        "{answer}"
    );
    assert_eq!((&answer["steps"]["presence"], self::outcomes(&answer)), (&json!("refused"), vec!["notMade"]));
    let stand = skills_of(&house, &user).await;
    assert_eq!(stand.iter().find(|skill| skill["id"] == *skills[0]).unwrap()["state"], "inactive");
    house.stop().await;
}

fn outcomes(answer: &Value) -> Vec<&str> {
    let skills = answer["steps"]["skills"].as_array().unwrap();
    skills.iter().map(|skill| skill["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_agent_on_queue_is_told_with_the_queues_it_gets_conversations_from() {
    let house = house(60).await;
    let user = free(&house).await.swap_remove(0);
    let joined = house.upstream.get(&format!("/api/v2/users/{user}/queues?joined=true&pageSize=100")).await;
    let names = |queues: &Value| {
        let names = queues.as_array().unwrap().iter().map(|queue| queue["name"].as_str().unwrap().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let joined = names(&joined["entities"]);
    assert!(!joined.is_empty());
    let mut publisher = Publisher::open(&house.machine).await.unwrap();
    let mut publish =
        async |presence: &str| publisher.publish(&json!({ "userId": user, "presence": presence })).await;
    assert_eq!(publish("training").await["eligibleQueues"], json!([]));
    let answer = publish("on queue").await;
    assert_eq!(answer["status"], "success", "{answer}");
    assert_eq!(names(&answer["eligibleQueues"]), joined);

    // One conversation is as many as anybody has here at a time.
    let truth = house.truth().await;
    let agents = truth["agents"].as_array().unwrap();
    let talks = |agent: &&Value| agent["routingStatus"]["status"] == "INTERACTING";
    let busy = agents.iter().find(talks).unwrap();
    let answer = publisher.publish(&json!({ "userId": busy["id"], "message": "on the phone" })).await;
    assert_eq!((&answer["status"], &answer["eligibleQueues"]), (&json!("success"), &json!([])), "{answer}");
    house.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_as_an_update_says_what_can() {
    let house = house(20).await;
    let mut publisher = Publisher::open(&house.machine).await.unwrap();
    let ten: Vec<Value> = (0..10).map(|n| json!({ "skillId": format!("s{n}"), "state": "active" })).collect();
    for (part, says) in [
        (json!({ "skillOverrides": { "skillId": "s" } }), "list"),
        (json!({ "skillOverrides": [{ "state": "active" }] }), "skillId"),
        (json!({ "skillOverrides": [{ "skillId": "s" }] }), "state or proficiency"),
        (json!({ "skillOverrides": [{ "skillId": "s", "state": "asleep" }] }), "available, active, busy"),
        (json!({ "skillOverrides": [{ "skillId": "s", "proficiency": "high" }] }), "number"),
        (json!({ "skillOverrides": [{ "skillId": "s", "skill_id": "t", "state": "active" }] }), "skill_id"),
        (json!({ "skillOverrides": [{ "skillId": "s", "weight": 1 }] }), "weight"),
        (
            json!({ "skillOverrides": [{ "skillId": "s", "state": "busy" }, { "skillId": "s", "state": "active" }] }),
            "twice",
        ),
        (json!({ "skillOverrides": ten }), "at most 9"),
        (json!({ "presence": ["busy"] }), "names a presence"),
        (json!({ "timeZone": 1, "presence": "busy" }), "text"),
    ] {
        let mut update = part.clone();
        update["userId"] = json!("somebody");
        let answer = publisher.publish(&update).await;
        assert_eq!(
            (&answer["status"], &answer["code"]),
            (&json!("error"), &json!("bad.request")),
            "{answer}"
        );
        assert!(answer["error"].as_str().unwrap().contains(says), "{part}: {answer}");
    }
    let answer = publisher
        .publish(&json!({ "userId": "somebody", "message": "x", "timeZone": "Europe/Atlantis" }))
        .await;
    assert_eq!(answer["code"], "time.zone.unknown", "{answer}");
    assert!(answer["accepted"].as_str().unwrap().contains("Europe/Berlin"), "{answer}");
    house.stop().await;
}
