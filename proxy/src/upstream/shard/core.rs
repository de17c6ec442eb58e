//! What a shard does when something happens to its channels: its channels' lives ([`Mover`]), what each covers, and how what the
//! plan adds later joins. Pure: the shard's task carries what comes in and does what comes out.

use std::collections::BTreeSet;

use protocol::{
    Timestamp,
    frame::FRAME_MAX_BYTES,
    link::{self, Action as LinkAction, Link, Phase},
    system::SystemKind,
};

use crate::{
    feed::{
        Input,
        cause::Cause,
        plan::{Planned, Subject},
    },
    planted::{self, Bug},
    upstream::mover::{Action, Input as MoverInput, Lane, Mover},
};

use super::{
    messages::{Effect, Happened, Trouble},
    refusals::Refusals,
};

/// What one of the channels covers, and what it is at.
#[derive(Debug)]
struct Cover {
    lane: Lane,
    subjects: BTreeSet<Subject>,
    /// Whether a step is under way.
    is_busy: bool,
    /// What joined while it was live, and is to be read once it is subscribed.
    joining: Option<BTreeSet<Subject>>,
}

/// A shard.
#[derive(Debug)]
pub struct Core {
    number: u16,
    mover: Mover,
    planned: Planned,
    covers: Vec<Cover>,
    /// What is covered and was not read since.
    unread: BTreeSet<Subject>,
    refusals: Refusals,
    /// Why something was lost or failed last.
    cause: Cause,
    /// The same in words.
    reason: String,
    effects: Vec<Effect>,
}

impl Core {
    /// A shard that waits for [`Happened::Start`].
    #[must_use]
    pub fn new(number: u16, mover: Mover) -> Self {
        Self {
            number,
            mover,
            planned: Planned::new(),
            covers: Vec::new(),
            unread: BTreeSet::new(),
            refusals: Refusals::default(),
            cause: Cause::Failed,
            reason: "starting".to_owned(),
            effects: Vec::new(),
        }
    }

    /// When [`Happened::Tick`] is due, if nothing else happens before.
    #[must_use]
    pub fn next_tick(&self) -> Option<Timestamp> {
        [self.mover.next_tick(), self.refusals.ask_at].into_iter().flatten().min()
    }

    /// Its channels' lives.
    #[must_use]
    pub fn mover(&self) -> &Mover {
        &self.mover
    }

    /// Takes what happened and says what to do, in order.
    pub fn handle(&mut self, happened: Happened, now: Timestamp) -> Vec<Effect> {
        match happened {
            Happened::Start => self.tell(MoverInput::Start, now),
            Happened::Tick => self.tick(now),
            Happened::Planned(planned) => {
                // Who left and came back joins anew, whatever the channels are at: the feed forgot them, and believes only a read behind a
                // subscription of since then.
                let before = std::mem::replace(&mut self.planned, planned);
                let is_new = |subject: &Subject| {
                    self.planned.get(subject).is_some_and(|joined| before.get(subject) != Some(joined))
                };
                for cover in &mut self.covers {
                    cover.subjects.retain(|subject| !is_new(subject));
                }
                self.unread.retain(|subject| self.planned.contains_key(subject));
                self.grow();
            }
            Happened::Unplanned => self.end(),
            Happened::Made(lane, made) => match made {
                Ok(end) => {
                    self.of(lane, link::Input::ChannelMade, now);
                    self.tell(MoverInput::EndsAt(lane, end), now);
                }
                Err(trouble) => self.step_failed(lane, trouble.of_no_channel(), now),
            },
            Happened::Opened(lane, Ok(())) => self.of(lane, link::Input::Opened, now),
            Happened::Subscribed(lane, Ok(refused)) => {
                let granted = self.refusals.note(refused, now);
                self.subscribed(lane, &granted, now);
            }
            Happened::Read(lane, Ok(())) => {
                let cover = self.cover(lane);
                if let Some(joined) = cover.joining.take() {
                    cover.is_busy = false;
                    self.unread = &self.unread - &joined;
                    self.grow();
                } else {
                    let read = cover.subjects.clone();
                    self.unread = &self.unread - &read;
                    self.of(lane, link::Input::CaughtUp, now);
                }
            }
            Happened::Opened(lane, Err(trouble)) | Happened::Subscribed(lane, Err(trouble)) => {
                self.step_failed(lane, trouble, now);
            }
            Happened::Read(lane, Err(trouble)) => self.step_failed(lane, trouble.of_no_channel(), now),
            Happened::Text(lane, text) => self.text(lane, text, now),
            // Pings of whatever is on the way say nothing of the notification service.
            Happened::Other(_, None) => {}
            Happened::Other(lane, outcome) => {
                self.of(lane, link::Input::Heard, now);
                self.unreadable(outcome);
            }
            Happened::Closed(lane, reason, outcome) => {
                self.unreadable(outcome);
                let cause = if outcome.is_some() { Cause::Malformed } else { Cause::Closed };
                self.because(cause, reason);
                self.effects.push(Effect::DropSocket(lane));
                self.of(lane, link::Input::Closed, now);
            }
            Happened::Room(room) => self.tell(MoverInput::Room(room), now),
        }
        std::mem::take(&mut self.effects)
    }

    fn end(&mut self) {
        if self.mover.is_moving() {
            self.effects.push(Effect::FreeRoom);
        }
        self.effects.extend(self.covers.drain(..).map(|cover| Effect::DropSocket(cover.lane)));
        self.effects.push(Effect::Tell(Input::ShardOver { shard: self.number }));
    }

    fn tick(&mut self, now: Timestamp) {
        let silent = |link: &Link| link.socket_open() && link.next_tick().is_some_and(|at| at <= now);
        if self.mover.link(self.mover.lane()).is_some_and(silent) {
            self.because(Cause::Silent, "no frame for 35 s");
        }
        self.tell(MoverInput::Tick, now);
        let again = self.refusals.due(now);
        if !again.is_empty() {
            let lane = self.mover.lane();
            self.cover(lane).subjects.retain(|subject| !again.contains(subject));
            self.grow();
        }
        // A step that took too long is given up: its answer would come to nobody.
        let mut given_up = false;
        for cover in self.covers.iter_mut().filter(|cover| cover.is_busy) {
            let waits = |link: &Link| matches!(link.phase(), Phase::Waiting { .. });
            if self.mover.link(cover.lane).is_some_and(waits) {
                cover.is_busy = false;
                self.effects.push(Effect::GiveUpStep(cover.lane));
                given_up = true;
            }
        }
        if given_up {
            let reason = "Genesys Cloud does not answer in time".to_owned();
            self.failed("no answer in time");
            self.effects.push(Effect::Tell(Input::Waits { reason }));
        }
    }

    fn of(&mut self, lane: Lane, input: link::Input, now: Timestamp) {
        if matches!(
            input,
            link::Input::ChannelMade | link::Input::Opened | link::Input::Subscribed | link::Input::CaughtUp
        ) {
            self.cover(lane).is_busy = false;
        }
        self.tell(MoverInput::Of(lane, input), now);
    }

    fn tell(&mut self, input: MoverInput, now: Timestamp) {
        for action in self.mover.handle(input, now) {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        let shard = self.number;
        match action {
            Action::Of(lane, action) => self.act_on(lane, action),
            Action::AskForRoom => self.effects.push(Effect::AskForRoom),
            Action::FreeRoom => self.effects.push(Effect::FreeRoom),
            Action::OverlapBegins(from, to) => {
                self.effects.push(Effect::Tell(Input::Overlap { shard, from, to }));
            }
            Action::Over(lane) => {
                self.covers.retain(|cover| cover.lane != lane);
                self.effects.push(Effect::Forget(lane));
                self.effects.push(Effect::Tell(Input::LaneOver { shard, lane }));
                self.grow();
            }
            Action::SayLive => {
                self.effects.push(Effect::Tell(Input::Live { shard }));
                self.grow();
            }
            Action::SayLost if planted::is(Bug::KeepsSilent) => {}
            Action::SayLost => {
                let (cause, reason) = (self.cause, self.reason.clone());
                self.effects.push(Effect::Tell(Input::Lost { shard, cause, reason }));
            }
        }
    }

    fn act_on(&mut self, lane: Lane, action: LinkAction) {
        let effect = match action {
            LinkAction::MakeChannel => Effect::MakeChannel(lane),
            LinkAction::OpenSocket => Effect::OpenSocket(lane),
            LinkAction::Subscribe => {
                // Another channel begins with what the present one covers; the rest joins when it has taken over.
                let is_next = lane != self.mover.lane();
                let subjects = if is_next { self.covered() } else { self.wanted() };
                self.cover(lane).subjects = subjects;
                Effect::Subscribe(lane, self.cover(lane).subjects.iter().cloned().collect())
            }
            LinkAction::Read if planted::is(Bug::NeverReads) => Effect::Read(lane, Vec::new()),
            LinkAction::Read => Effect::Read(lane, self.cover(lane).subjects.iter().cloned().collect()),
            LinkAction::Ping if planted::is(Bug::NeverPings) => return,
            LinkAction::Ping => {
                self.effects.push(Effect::Ping(lane));
                return;
            }
            LinkAction::DropSocket => {
                let cover = self.cover(lane);
                (cover.is_busy, cover.joining) = (false, None);
                self.effects.push(Effect::DropSocket(lane));
                return;
            }
            // The mover says these of the shard.
            LinkAction::SayLive | LinkAction::SayLost => return,
        };
        let cover = self.cover(lane);
        (cover.is_busy, cover.joining) = (true, None);
        self.effects.push(effect);
    }

    /// What a lane covers, begun when it is new.
    fn cover(&mut self, lane: Lane) -> &mut Cover {
        let at = self.covers.iter().position(|cover| cover.lane == lane).unwrap_or_else(|| {
            self.covers.push(Cover { lane, subjects: BTreeSet::new(), is_busy: false, joining: None });
            self.covers.len() - 1
        });
        &mut self.covers[at]
    }

    /// What the plan has for the shard.
    fn wanted(&self) -> BTreeSet<Subject> {
        self.planned.keys().cloned().collect()
    }

    /// What the channel that counts covers.
    fn covered(&self) -> BTreeSet<Subject> {
        let current = self.covers.iter().find(|cover| cover.lane == self.mover.lane());
        current.map(|cover| cover.subjects.clone()).unwrap_or_default()
    }

    /// Takes in what the plan changed since the last subscription; a live channel stays live.
    fn grow(&mut self) {
        let lane = self.mover.lane();
        if !self.mover.is_live() || self.mover.is_moving() || self.cover(lane).is_busy {
            return;
        }
        let wanted = self.wanted();
        let unread = &self.unread & &wanted;
        let cover = self.cover(lane);
        if wanted == cover.subjects && unread.is_empty() {
            return;
        }
        let joining = &(&wanted - &cover.subjects) | &unread;
        cover.joining = Some(joining.clone());
        cover.subjects = wanted;
        cover.is_busy = true;
        self.unread.extend(joining);
        let cover = self.cover(lane);
        let subjects = cover.subjects.iter().cloned().collect();
        self.effects.push(Effect::Subscribe(lane, subjects));
    }

    /// What was refused until now and is `granted` is read with what joins, or after the move: of what happened to it meanwhile nobody
    /// has heard.
    fn subscribed(&mut self, lane: Lane, granted: &BTreeSet<Subject>, now: Timestamp) {
        let cover = self.cover(lane);
        let granted = granted & &cover.subjects;
        let joining = cover.joining.as_mut().map(|joining| {
            joining.extend(granted.iter().cloned());
            joining.iter().cloned().collect()
        });
        self.unread.extend(granted);
        match joining {
            Some(joining) => self.effects.push(Effect::Read(lane, joining)),
            None => self.of(lane, link::Input::Subscribed, now),
        }
    }

    fn step_failed(&mut self, lane: Lane, trouble: Trouble, now: Timestamp) {
        self.failed(&trouble.words);
        if trouble.is_gone {
            self.cause = Cause::Ended;
        }
        let cover = self.cover(lane);
        let was_joining = cover.joining.take().is_some();
        cover.is_busy = false;
        let input = if trouble.is_gone {
            link::Input::ChannelGone
        } else if was_joining {
            // The whole subscription is sent and read anew by the ordinary path.
            self.effects.push(Effect::DropSocket(lane));
            link::Input::Closed
        } else {
            self.effects.push(Effect::Tell(Input::Waits { reason: trouble.words }));
            link::Input::Failed { retry_after_ms: trouble.retry_after_ms }
        };
        self.of(lane, input, now);
    }

    fn because(&mut self, cause: Cause, reason: &str) {
        self.cause = cause;
        reason.clone_into(&mut self.reason);
    }

    fn failed(&mut self, reason: &str) {
        self.because(Cause::Failed, reason);
        let (shard, told) = (self.number, reason.to_owned());
        self.effects.push(Effect::Tell(Input::Fails { shard, reason: told }));
        let failures = self.mover.failures();
        self.effects.push(Effect::Log(format!("{reason}; failures: {failures}; trying again")));
    }

    fn text(&mut self, lane: Lane, text: String, now: Timestamp) {
        if self.mover.link(lane).is_some_and(|link| link.is_overdue(now)) {
            // This machine slept. Events of before would be taken for new; what they told is read.
            self.tick(now);
            return;
        }
        self.of(lane, link::Input::Heard, now);
        if text.len() > FRAME_MAX_BYTES {
            self.unreadable(Some("too large"));
            return;
        }
        let says = says(&text);
        self.effects.push(Effect::Tell(Input::Frame { shard: self.number, lane, text }));
        let (cause, reason) = match says {
            Says::Nothing => return,
            Says::Pong => {
                self.tell(MoverInput::Pong(lane), now);
                return;
            }
            Says::Closing => {
                self.because(Cause::Announced, "Genesys Cloud announced the end of the socket");
                self.effects.push(Effect::Log("Genesys Cloud announced the end of a socket".to_owned()));
                self.tell(MoverInput::Closing(lane), now);
                // At once, not with the next tick.
                self.tell(MoverInput::Tick, now);
                return;
            }
            Says::Evicted => {
                self.effects.push(Effect::Evicted);
                (Cause::Evicted, "another channel took this one's place")
            }
            Says::TokenRevoked => (Cause::Revoked, "the token was revoked"),
            Says::Over => (Cause::Ended, "Genesys Cloud ended the channel"),
        };
        self.because(cause, reason);
        self.of(lane, link::Input::ChannelGone, now);
    }

    fn unreadable(&mut self, outcome: Option<&'static str>) {
        let shard = self.number;
        self.effects.extend(outcome.map(|outcome| Effect::Tell(Input::Unreadable { shard, outcome })));
    }
}

/// What a frame says of the channel that it came on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// Nothing.
    Nothing,
    /// A ping was answered.
    Pong,
    /// Its socket is going to be closed.
    Closing,
    /// Another channel took its place.
    Evicted,
    /// The token that made it is no longer good.
    TokenRevoked,
    /// It is over.
    Over,
}

/// Events are told apart before they are parsed, so that the feed alone decodes them.
fn says(text: &str) -> Says {
    if !["v2.system.", "\"result\"", "\"pong\""].iter().any(|word| text.contains(word)) {
        return Says::Nothing;
    }
    match protocol::Frame::parse(text) {
        Ok(protocol::Frame::Pong) => Says::Pong,
        Ok(protocol::Frame::System(SystemKind::SocketClosing)) => Says::Closing,
        Ok(protocol::Frame::System(SystemKind::NoLongerSubscribed)) => Says::Evicted,
        Ok(protocol::Frame::System(SystemKind::TokenRevoked)) => Says::TokenRevoked,
        Ok(protocol::Frame::Answer(answer)) if answer.result == "404" => Says::Over,
        Ok(_) | Err(_) => Says::Nothing,
    }
}

#[cfg(test)]
mod tests;
