//! Somebody else's client in plain Python, with the payload of a typical article.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::{free, house, presence_of};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/publisher/publish.py");

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_python_client_publishes_what_articles_write() {
    let house = house(60).await;
    let mut found = None;
    for user in free(&house).await {
        let skills = house.upstream.get(&format!("/api/v2/users/{user}/routingskills")).await;
        if let Some(skill) =
            skills["entities"].as_array().unwrap().iter().find(|skill| skill["state"] == "active")
        {
            found = Some((user, skill["id"].as_str().unwrap().to_owned()));
            break;
        }
    }
    let (user, skill) = found.expect("somebody who is free has a skill");
    let update = |state: &str, of_skill: &str, seconds: i64| {
        json!({
            "userId": user,
            "routing": state,
            "availability": state,
            "skillOverrides": [{ "skill_id": skill, "state": of_skill }],
            "wrapupSeconds": seconds,
        })
    };
    let updates = [
        update("busy", "busy", 0),
        update("available", "available", 0),
        update("available", "available", 30),
    ];
    let base = house.proxy.base_url();
    let answers: Vec<Value> = tokio::task::spawn_blocking(move || publish(&base, &updates)).await.unwrap();

    assert_eq!(answers.len(), 3);
    for answer in &answers[..2] {
        assert_eq!((&answer["status"], &answer["changed"]), (&json!("success"), &json!(true)), "{answer}");
        assert_eq!(answer["steps"]["skills"], json!([{ "skillId": skill, "outcome": "accepted" }]));
    }
    assert_eq!(answers[0]["presenceDefinition"]["systemPresence"], "Busy");
    // Articles set seconds of wrap-up, which Genesys Cloud cannot: that is said, and nothing is done.
    assert_eq!((&answers[2]["status"], &answers[2]["code"]), (&json!("error"), &json!("wrapup.seconds")));
    assert_eq!(presence_of(&house, &user).await["systemPresence"], "Available");
    house.stop().await;
}

fn publish(base: &str, updates: &[Value]) -> Vec<Value> {
    let mut python = Command::new("python3")
        .args([SCRIPT, base, "rollcall-demo", "rollcall-demo"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("install Python 3.9 or later (python3: {error})"));
    let mut lines = python.stdin.take().unwrap();
    for update in updates {
        writeln!(lines, "{update}").unwrap();
    }
    drop(lines);
    let output = python.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
