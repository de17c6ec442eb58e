//! The streaming publisher, `GET /api/v2/users/presence`: one JSON object a frame is one change, and each is answered once.
//!
//! `publisher/frame.rs` reads frames, `publisher/answer.rs` writes answers, `publisher/turns.rs` keeps the order of each agent
//! (all pure); here they meet a socket and the gate. Genesys Cloud has no such socket: each part of a frame becomes a call
//! upstream, and each passes the gate by itself.

pub mod answer;
pub mod eligible;
pub mod frame;
mod turns;

use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{
    FutureExt as _, SinkExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered,
};
use protocol::UserId;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tracing::info;

use crate::{
    App,
    caller::Caller,
    guard::{Done, Stands},
};
use answer::Passed;
use eligible::{Eligible, is_on_queue};
use frame::{Publish, Unreadable};
use turns::{Given, Turn, Turns};

/// An update has some hundred bytes; what is longer is none.
const FRAME_BYTES_MAX: usize = 16_384;

/// Agents whose changes are under way for one socket. Beyond it the socket is not read, so that its sender waits.
const UNDER_WAY_MAX: usize = 200;

/// An answer comes within this time; what is not known by then is told later.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// Whoever does not read answers for so long is gone.
const UNREAD_MAX: Duration = Duration::from_secs(30);

/// A change under way.
type UnderWay = BoxFuture<'static, Stage>;

/// What came of waiting for a change.
enum Stage {
    Ended {
        turn: Turn,
        passed: Box<Passed>,
    },
    /// It takes longer than an answer may: the change goes on.
    Late {
        turn: Turn,
        rest: UnderWay,
    },
}

/// Why a socket is closed.
enum End {
    /// The client has gone, or does not read.
    Gone,
    /// It said something that is no update.
    Violation(String),
    /// A fault of our own.
    Failed,
}

/// Serves one socket until it ends; changes that are under way then are brought to their end.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(
    app: Arc<App>,
    caller: Caller,
    stream: S,
    early: Bytes,
) {
    let mut config = WebSocketConfig::default();
    config.max_message_size = Some(FRAME_BYTES_MAX);
    config.max_frame_size = Some(FRAME_BYTES_MAX);
    let socket = WebSocketStream::from_partially_read(stream, early.into(), Role::Server, Some(config)).await;
    let mut line = Line {
        app,
        caller: Arc::new(caller),
        socket,
        turns: Turns::default(),
        under_way: FuturesUnordered::new(),
        due: VecDeque::new(),
        is_gone: false,
    };
    let end = AssertUnwindSafe(line.run()).catch_unwind().await.unwrap_or(End::Failed);
    line.finish(end).await;
}

struct Line<S> {
    app: Arc<App>,
    caller: Arc<Caller>,
    socket: WebSocketStream<S>,
    turns: Turns,
    under_way: FuturesUnordered<UnderWay>,
    /// Of those that wait for their turn: when each was heard, the oldest first.
    due: VecDeque<(Instant, UserId)>,
    /// Nobody is there who reads.
    is_gone: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Line<S> {
    async fn run(&mut self) -> End {
        loop {
            let may_read = self.under_way.len() < UNDER_WAY_MAX;
            let due = self.due.front().map(|(heard, _)| *heard + ANSWERED_WITHIN);
            let end = tokio::select! {
                Some(stage) = self.under_way.next() => self.went_on(stage).await,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.is_due().await,
                message = self.socket.next(), if may_read => self.heard(message).await,
            };
            if let Err(end) = end {
                return end;
            }
        }
    }

    async fn heard(&mut self, message: Option<Result<Message, Error>>) -> Result<(), End> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_))) => {
                return Err(End::Violation("an update is a text frame".to_owned()));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => return Ok(()),
            Some(Err(Error::Capacity(_))) => {
                return Err(End::Violation(format!("an update has at most {FRAME_BYTES_MAX} bytes")));
            }
            Some(Err(Error::Utf8(_) | Error::Protocol(_))) => {
                return Err(End::Violation("the frames are no WebSocket's".to_owned()));
            }
            None | Some(Ok(Message::Close(_)) | Err(_)) => return Err(End::Gone),
        };
        match Publish::read(&text) {
            Ok(publish) => {
                let (heard, user) = (Instant::now(), publish.user.clone());
                match self.turns.take(publish, heard) {
                    Given::Now(turn) => self.begin(turn),
                    Given::Waits(superseded) => {
                        self.due.push_back((heard, user));
                        for publish in superseded {
                            publish.parts().for_each(|asked| self.app.guard.superseded(&self.caller, asked));
                            self.say(&answer::superseded(&publish)).await?;
                        }
                    }
                    Given::Full(publish) => {
                        let problem = answer::too_many();
                        let refused = |asked| self.app.guard.turned_away(&self.caller, asked, &problem);
                        publish.parts().for_each(refused);
                        let user = Some(json!(publish.user));
                        self.say(&answer::refusal(publish.id.as_ref(), user.as_ref(), &problem)).await?;
                    }
                }
            }
            Err(Unreadable::Refused(answer)) => self.say(&answer).await?,
            Err(Unreadable::NoObject(why)) => return Err(End::Violation(why)),
        }
        Ok(())
    }

    fn begin(&mut self, turn: Turn) {
        let (app, caller, again) = (self.app.clone(), self.caller.clone(), turn.clone());
        let change = async move {
            let passed = pass(&app, &caller, &turn.publish).await;
            Stage::Ended { turn, passed: Box::new(passed) }
        };
        self.under_way.push(if again.is_late { change.boxed() } else { in_time(again, change.boxed()) });
    }

    /// The time is up of what has waited longest.
    async fn is_due(&mut self) -> Result<(), End> {
        let Some((heard, user)) = self.due.pop_front() else { return Ok(()) };
        match self.turns.late(&user, heard) {
            Some(publish) => self.say(&answer::unknown(&publish, heard.elapsed())).await,
            None => Ok(()),
        }
    }

    async fn went_on(&mut self, stage: Stage) -> Result<(), End> {
        match stage {
            Stage::Late { turn: Turn { publish, heard, .. }, rest } => {
                self.under_way.push(rest);
                self.say(&answer::unknown(&publish, heard.elapsed())).await
            }
            Stage::Ended { turn: Turn { publish, heard, .. }, passed } => {
                if let Some(next) = self.turns.done(&publish.user) {
                    self.begin(next);
                }
                self.say(&answer::answer(&publish, heard.elapsed(), &passed)).await
            }
        }
    }

    async fn say(&mut self, answer: &Value) -> Result<(), End> {
        // Nobody waits a second time for whoever does not read: the changes behind are to be made.
        if self.is_gone {
            return Err(End::Gone);
        }
        let text = Utf8Bytes::from(answer.to_string());
        match timeout(UNREAD_MAX, self.socket.send(Message::Text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                self.is_gone = true;
                Err(End::Gone)
            }
        }
    }

    /// Answers what is under way, and what waits behind it, and closes.
    async fn finish(mut self, end: End) {
        let close = match end {
            End::Gone => None,
            End::Violation(reason) => {
                // A close frame's reason has room for 123 bytes.
                let reason: String = reason.chars().take(100).collect();
                Some(CloseFrame { code: CloseCode::Policy, reason: reason.into() })
            }
            End::Failed => {
                let reason = "a fault of Rollcall's own; what was not answered may be asked for again";
                Some(CloseFrame { code: CloseCode::Error, reason: reason.into() })
            }
        };
        if !self.is_gone {
            // A client's leave is answered at once.
            let _ = timeout(UNREAD_MAX, self.socket.flush()).await;
        }
        while let Some(stage) = self.under_way.next().await {
            // A client that is gone is told nothing, and its changes are brought to their end all the same.
            let _ = self.went_on(stage).await;
        }
        if !self.is_gone {
            let _ = timeout(UNREAD_MAX, self.socket.close(close)).await;
        }
    }
}

/// Takes each part of an update through the gate, the presence first. When that is refused the rest is not made: a skill is
/// switched for the state that goes with it.
async fn pass(app: &App, caller: &Caller, publish: &Publish) -> Passed {
    let presence = match &publish.presence {
        None => None,
        Some(asked) => Some(app.guard.write(caller, asked).await),
    };
    let mut skills = Vec::new();
    if !matches!(presence, Some(Err(_))) {
        for asked in &publish.skills {
            skills.push(app.guard.write(caller, asked).await);
        }
    }
    let eligible = match &presence {
        Some(Err(_)) => Eligible::NotAsked,
        // What stands says it.
        Some(Ok(Done { stands: Stands::Presence(presence), .. })) if !is_on_queue(presence) => {
            Eligible::Queues(Arc::default())
        }
        Some(Ok(_)) | None => eligible(app, publish).await,
    };
    Passed { presence, skills, eligible }
}

async fn eligible(app: &App, publish: &Publish) -> Eligible {
    match app.eligibility.of(&app.clients, &publish.user).await {
        Ok(queues) => Eligible::Queues(queues),
        Err(error) => {
            info!(user.id = %publish.user, %error, "from which queues an agent gets conversations is not known");
            Eligible::Unknown
        }
    }
}

/// Waits as long as an answer may take; what is not over by then goes on.
fn in_time(turn: Turn, mut change: UnderWay) -> UnderWay {
    async move {
        match timeout_at(turn.heard + ANSWERED_WITHIN, &mut change).await {
            Ok(stage) => stage,
            Err(_) => Stage::Late { turn, rest: change },
        }
    }
    .boxed()
}
