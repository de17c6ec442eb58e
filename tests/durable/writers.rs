//! Writers, each with an agent of its own, who know what they were answered; and what log and truth say afterwards.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::harness::Speaker;

/// What a writer was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// It was refused with this code: nothing was sent.
    Refused(String),
    /// No answer came.
    None,
}

/// A write: whom it was about, and the message by which it is known again.
#[derive(Clone, Debug)]
pub struct Write {
    pub user: String,
    pub message: String,
    pub answer: Answer,
}

/// Some who write as fast as they are answered.
pub struct Writers {
    stop: Arc<AtomicBool>,
    pub done: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<Vec<Write>>>,
}

/// Agents who are in no conversation.
pub async fn agents(upstream: &Speaker, most: usize) -> Vec<String> {
    let truth = upstream.get("/simulator/truth").await;
    let agents = truth["agents"].as_array().unwrap().iter();
    let idle = agents.filter(|agent| agent["routingStatus"]["status"] == "IDLE");
    let ids: Vec<String> = idle.map(|agent| agent["id"].as_str().unwrap().to_owned()).take(most).collect();
    assert!(!ids.is_empty(), "somebody is idle");
    ids
}

pub fn path(user: &str) -> String {
    format!("/api/v2/users/{user}/presences/purecloud")
}

impl Writers {
    /// One an agent; messages begin with a name that no other run has.
    pub fn start(client: &Speaker, agents: &[String], run: &str) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let writer = |(number, user): (usize, &String)| {
            let (client, user, stop, done) = (client.clone(), user.clone(), stop.clone(), done.clone());
            let run = format!("{run}-{number}");
            tokio::spawn(async move {
                let mut writes = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let message = format!("{run}-{}", writes.len());
                    let answer = write(&client, &user, &message).await;
                    if answer == Answer::Done {
                        done.fetch_add(1, Ordering::Relaxed);
                    } else {
                        // Not as fast as a refusal comes.
                        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    }
                    let is_over = answer == Answer::None;
                    writes.push(Write { user: user.clone(), message, answer });
                    if is_over {
                        break;
                    }
                    // Within the agent's limit.
                    tokio::time::sleep(std::time::Duration::from_millis(110)).await;
                }
                writes
            })
        };
        let tasks = agents.iter().enumerate().map(writer).collect();
        Self { stop, done, tasks }
    }

    /// All that they wrote.
    pub async fn stop(self) -> Vec<Write> {
        self.stop.store(true, Ordering::Relaxed);
        let mut writes = Vec::new();
        for task in self.tasks {
            writes.extend(task.await.unwrap());
        }
        writes
    }
}

/// Sets a message, and says what came of it.
pub async fn write(client: &Speaker, user: &str, message: &str) -> Answer {
    let Speaker { http, base, bearer } = client;
    let request = http.request(Method::PATCH, format!("{base}{}", path(user))).bearer_auth(bearer);
    let Ok(answer) = request.json(&json!({ "message": message })).send().await else { return Answer::None };
    let status = answer.status();
    match answer.json::<Value>().await {
        Ok(_) if status.is_success() => Answer::Done,
        Ok(body) => Answer::Refused(body["code"].as_str().unwrap_or_default().to_owned()),
        Err(_) => Answer::None,
    }
}

/// How each write of the log ended, by its message; `None` while it is open.
pub fn ends(records: &[Value]) -> HashMap<String, Option<String>> {
    let mut ends = HashMap::new();
    // What events told of a write comes when it does.
    for record in records.iter().filter(|record| record["kind"] != "seen") {
        let message = record["asked"]["message"].as_str().unwrap().to_owned();
        match record["kind"].as_str().unwrap() {
            "opened" => assert_eq!(ends.insert(message, None), None, "a write is opened once: {record}"),
            _ => {
                let outcome = record["outcome"].as_str().unwrap().to_owned();
                let was = ends.insert(message, Some(outcome));
                assert!(!matches!(was, Some(Some(_))), "a write ends once: {record}");
            }
        }
    }
    ends
}

/// Holds answers, log and truth against each other. `standing` are the agents' messages upstream.
pub fn agree(writes: &[Write], ends: &HashMap<String, Option<String>>, standing: &HashMap<String, String>) {
    for write in writes {
        let end = ends.get(&write.message);
        match &write.answer {
            Answer::Done => {
                assert_eq!(end, Some(&Some("accepted".to_owned())), "was acknowledged: {write:?}");
            }
            Answer::Refused(code) => {
                assert_eq!(code, "audit.unavailable", "{write:?}");
                let refused = Some("refused".to_owned());
                assert!(
                    end.is_none_or(|end| *end == refused),
                    "was refused: {write:?}, and the log has {end:?}"
                );
            }
            // Whatever it was, it is settled.
            Answer::None => assert!(end.is_none_or(Option::is_some), "is open: {write:?}"),
        }
    }
    for (user, message) in standing {
        let Some(last) = writes.iter().find(|write| write.user == *user && write.message == *message) else {
            continue;
        };
        assert!(!matches!(last.answer, Answer::Refused(_)), "took effect, and was refused: {last:?}");
        let end = ends.get(message).unwrap_or_else(|| panic!("took effect without a record: {last:?}"));
        assert_eq!(end.as_deref(), Some("accepted"), "stands: {last:?}");
    }
}

/// The agents' messages upstream.
pub async fn standing(upstream: &Speaker) -> HashMap<String, String> {
    let truth = upstream.get("/simulator/truth").await;
    let agents = truth["agents"].as_array().unwrap().iter();
    let of = |agent: &Value| {
        let message = agent["presence"]["message"].as_str()?;
        Some((agent["id"].as_str()?.to_owned(), message.to_owned()))
    };
    agents.filter_map(of).collect()
}
