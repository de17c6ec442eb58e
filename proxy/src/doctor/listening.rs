//! Whether Genesys Cloud tells what changes: the topics of a channel, and its socket through the network.

use std::{collections::HashMap, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{Channel, ChannelTopic, Topic, channel::Entities, channel::TopicState};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::{
    patient::{Patient, make_channel},
    report::{Check, Verdict},
    words,
};
use crate::{
    feed::plan::Subject,
    upstream::{
        Purpose, UpstreamError,
        socket::{self, NotOpened},
    },
};

/// A connection that takes longer to open is held up.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// A ping is answered at once; a heartbeat comes every 30 s, which is not waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

impl Patient<'_> {
    /// Makes a channel, subscribes as the proxy does, and opens its socket.
    pub(super) async fn listen(&mut self) {
        let channel = match make_channel(self).await {
            Ok(channel) => channel,
            Err(error) => return self.failed(Check::Topics, &error, None),
        };
        self.subscribe(&channel).await;
        self.socket(&channel).await;
    }

    async fn subscribe(&mut self, channel: &Channel) {
        let subjects: Vec<Subject> = self
            .user
            .iter()
            .map(|id| Subject::User(id.clone()))
            .chain(self.queue.iter().map(|id| Subject::Queue(id.clone())))
            .collect();
        if subjects.is_empty() {
            let says = "not tried, since there is neither a user nor a queue to listen to".to_owned();
            return self.say(Check::Topics, Verdict::Warning, says, String::new());
        }
        let body = Value::Array(subjects.iter().map(|s| json!({ "id": s.topics().text() })).collect());
        let path = format!("/api/v2/notifications/channels/{}/subscriptions?ignoreErrors=true", channel.id);
        let answer: Result<Entities<ChannelTopic>, UpstreamError> =
            self.patiently(self.rest.send(Purpose::Channel, Method::PUT, &path, &body)).await;
        let answers = match answer {
            Ok(answer) => answer.entities,
            Err(error) => return self.failed(Check::Topics, &error, None),
        };
        let said: HashMap<String, &ChannelTopic> =
            answers.iter().map(|answer| (answer.id.to_ascii_lowercase(), answer)).collect();
        let mut granted = Vec::new();
        for subject in &subjects {
            let whole = subject.topics();
            for part in whole.parts() {
                let Some(topic) = Topic::parse(part) else { continue };
                // A part's own answer says more than that of its set.
                let own = said.get(&part.to_ascii_lowercase());
                let answer = own.or_else(|| said.get(&whole.text().to_ascii_lowercase()));
                match answer {
                    Some(answer) if answer.state == TopicState::Permitted => {
                        granted.push(words::of_topic(&topic).0);
                    }
                    Some(_) | None => self.refused(&topic, answer.copied()),
                }
            }
        }
        if !granted.is_empty() {
            self.good(Check::Topics, format!("granted: {}", granted.join(", ")));
        }
    }

    /// A topic that is not granted. What was not answered is not.
    fn refused(&mut self, topic: &Topic, answer: Option<&ChannelTopic>) {
        let (name, lost) = words::of_topic(topic);
        let missing = answer.map(|answer| answer.missing_permissions.clone()).unwrap_or_default();
        let reason = match (missing.as_slice(), answer.and_then(|answer| answer.rejection_reason.as_deref()))
        {
            ([], Some(reason)) => crate::upstream::plain_words(reason),
            ([], None) => "without a reason".to_owned(),
            (missing, _) => format!("{} is missing", missing.join(", ")),
        };
        let says = format!("{name} refused ({reason}): {lost}");
        let mend = words::grant(&self.client.id, &missing);
        self.say(Check::Topics, Verdict::Fault, says, mend);
    }

    async fn socket(&mut self, channel: &Channel) {
        let opening = timeout(OPEN_TIMEOUT, socket::open(&channel.connect_uri, self.secure));
        let mut socket = match opening.await {
            Ok(Ok(socket)) => socket,
            Ok(Err(NotOpened::Gone)) => {
                return self.broken("was refused, although the channel was just made", "refused");
            }
            Ok(Err(NotOpened::Failed(reason))) => {
                return self.broken(&format!("did not open ({reason})"), &reason);
            }
            Err(_) => return self.broken("did not open within 10 s", "no answer"),
        };
        let heard = async {
            socket.send(Message::text(r#"{"message":"ping"}"#)).await.ok()?;
            loop {
                match socket.next().await? {
                    Ok(Message::Text(_)) => return Some(()),
                    // Those of the protocol itself may be answered by whatever is in between.
                    Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_)) => {}
                    Ok(Message::Close(_)) | Err(_) => return None,
                }
            }
        };
        match timeout(ANSWER_TIMEOUT, heard).await {
            Ok(Some(())) => self.good(Check::Socket, "opened, and a ping was answered".to_owned()),
            Ok(None) => self.broken("opened, and was cut at once", "cut"),
            Err(_) => self.broken("opened, but nothing comes through: a ping was not answered", "silent"),
        }
        // Whoever is there is told; who is not will notice.
        let _ = timeout(Duration::from_secs(1), socket.close(None)).await;
    }

    fn broken(&mut self, what: &str, reason: &str) {
        let says = format!("the socket {what}: walls would be shown as stale");
        self.say(Check::Socket, Verdict::Fault, says, words::of_socket(reason));
    }
}
