//! What the proxy's tasks do: what arrives goes into its state machines, and what they want is done.

use std::collections::{BTreeSet, VecDeque};

use protocol::{ChannelTopic, Clock as _, Timestamp, TopicSet, TopicState, merge::Asked};
use tokio::sync::oneshot;

use super::{
    super::genesys::Sent,
    Held, House, START, Shard,
    due::{Answer, Call, Due, Picture},
};
use crate::{
    feed::{Input, Read, plan::Subject},
    relay::Command,
    upstream::{
        mover::Lane,
        shard::{
            messages::{Effect, Happened, Trouble},
            refused,
        },
    },
};

/// Between a read and the one that must agree with it.
const SECOND_READ_MS: i64 = 400;

/// A call takes at most this long, each way.
const CALL_MS: i64 = 400;

impl House {
    pub(super) fn sent(&mut self, sent: Vec<Sent>) {
        for one in sent {
            self.put(one.at, Due::Arrives(one));
        }
    }

    /// Something arrives at the proxy's end of a socket, if that is still open.
    pub(super) fn arrives(&mut self, sent: Sent) {
        let held = self.process.shards.iter().enumerate().find_map(|(number, shard)| {
            let lane = shard.lanes.iter().find(|(_, held)| held.socket == Some(sent.socket))?.0;
            Some((number as u16, *lane))
        });
        let Some((number, lane)) = held else { return };
        match sent.text {
            Some(text) => self.happens(number, Happened::Text(lane, text)),
            None => {
                self.held(number, lane).socket = None;
                self.happens(number, Happened::Closed(lane, "the socket was closed", None));
            }
        }
    }

    pub(super) fn held(&mut self, number: u16, lane: Lane) -> &mut Held {
        let over = self.process.shards[usize::from(number)].over;
        assert!(
            over.is_none_or(|over| lane > over),
            "something is asked of lane {lane}, which is over; {self}"
        );
        self.process.shards[usize::from(number)].lanes.entry(lane).or_default()
    }

    /// What a shard's task does.
    pub(super) fn happens(&mut self, number: u16, happened: Happened) {
        let mut queue = VecDeque::from([happened]);
        while let Some(happened) = queue.pop_front() {
            let now = self.now();
            for effect in self.process.shards[usize::from(number)].core.handle(happened, now) {
                if !matches!(effect, Effect::Ping(_)) {
                    self.log(&format!("{effect:?}"));
                }
                queue.extend(self.act(number, effect));
            }
        }
        let shard = &mut self.process.shards[usize::from(number)];
        let now = self.clock.now();
        let lost_at = shard.lost_at.unwrap_or(now);
        shard.lost_at = (!shard.core.mover().is_live()).then_some(lost_at);
        let tick = shard.core.next_tick().map(|at| at.max(now.plus_ms(1)));
        if shard.ticks_at != tick {
            shard.ticks_at = tick;
            if let Some(at) = tick {
                self.put(at, Due::Shard(number));
            }
        }
    }

    pub(super) fn act(&mut self, number: u16, effect: Effect) -> Option<Happened> {
        match effect {
            Effect::MakeChannel(lane) => self.begin_step(number, lane, Call::Make),
            Effect::OpenSocket(lane) => {
                let channel = self.held(number, lane).channel?;
                self.begin_step(number, lane, Call::Open(channel));
            }
            Effect::Subscribe(lane, subjects) => {
                let channel = self.held(number, lane).channel?;
                self.begin_step(number, lane, Call::Subscribe(channel, subjects));
            }
            Effect::Read(lane, subjects) => {
                let call = Call::Read { subjects, began: self.now(), is_second: false };
                self.begin_step(number, lane, call);
            }
            Effect::Ping(lane) => {
                let now = self.now();
                let pong = r#"{"topicName":"channel.metadata","eventBody":{"message":"pong"}}"#;
                if let Some(socket) = self.held(number, lane).socket {
                    let sent = self.genesys.send(socket, Some(pong.to_owned()), now, &mut self.chance);
                    self.sent(sent.into_iter().collect());
                }
            }
            Effect::DropSocket(lane) => {
                let held = self.held(number, lane);
                held.step = 0;
                if let Some(socket) = held.socket.take() {
                    self.genesys.left(socket);
                }
            }
            Effect::GiveUpStep(lane) => self.held(number, lane).step = 0,
            Effect::Forget(lane) => {
                let shard = &mut self.process.shards[usize::from(number)];
                shard.over = shard.over.max(Some(lane));
                let held = shard.lanes.remove(&lane);
                if let Some(socket) = held.and_then(|held| held.socket) {
                    self.genesys.left(socket);
                }
            }
            Effect::AskForRoom => return Some(Happened::Room(self.process.room.take())),
            Effect::FreeRoom => self.process.room.give_back(),
            Effect::Tell(input) => {
                if matches!(input, Input::Lost { .. }) {
                    self.figures.lost += 1;
                }
                self.tell(input);
            }
            Effect::Evicted | Effect::Log(_) => {}
        }
        None
    }

    pub(super) fn begin_step(&mut self, number: u16, lane: Lane, call: Call) {
        self.step += 1;
        let step = self.step;
        self.held(number, lane).step = step;
        self.call(number, lane, step, call);
    }

    pub(super) fn call(&mut self, number: u16, lane: Lane, step: u64, call: Call) {
        let takes = self.chance.within(2, CALL_MS);
        self.at(takes, Due::Serve(number, lane, step, call));
    }

    /// A call reaches Genesys.
    pub(super) fn serve(&mut self, number: u16, lane: Lane, step: u64, call: Call) {
        let now = self.now();
        self.genesys.called(now);
        let is_down = self.genesys.weather.is_down;
        let answer = match call {
            Call::Make if is_down => Answer::Made(Err(())),
            Call::Make => {
                let (channel, sent) = self.genesys.make_channel(now, &mut self.chance);
                self.sent(sent);
                let expires = self.genesys.channels[&channel].expires;
                self.put(expires, Due::Expires(channel));
                Answer::Made(Ok((channel, expires)))
            }
            Call::Open(channel) => {
                let opened = self.genesys.open(channel, now, &mut self.chance);
                Answer::Opened(opened.map(|(socket, sent)| {
                    self.sent(sent);
                    // The proxy's end exists from now on: what arrives before the answer waits in it.
                    self.held(number, lane).socket = Some(socket);
                    self.at(self.genesys.beats_every_ms, Due::Heartbeat(socket));
                    socket
                }))
            }
            Call::Subscribe(channel, subjects) => {
                let sets: Vec<TopicSet> = subjects.iter().map(Subject::topics).collect();
                let weather = self.genesys.weather;
                let mut granted = BTreeSet::new();
                let mut answers = Vec::new();
                for set in &sets {
                    let of_parts = set.parts().iter().map(|part| weather.answer(part));
                    let of_parts: Vec<ChannelTopic> = of_parts.collect();
                    let may = |answer: &&ChannelTopic| answer.state == TopicState::Permitted;
                    granted.extend(of_parts.iter().filter(may).map(|answer| answer.id.clone()));
                    match of_parts.iter().all(|answer| may(&answer)) {
                        true => answers.push(ChannelTopic::permitted(set.text())),
                        false => answers.extend(of_parts),
                    }
                }
                let done = !is_down && self.genesys.subscribe(channel, granted, now);
                Answer::Subscribed(done.then_some((subjects, answers)))
            }
            Call::Read { subjects, began, is_second } => {
                let read = (!is_down).then(|| self.picture(&subjects));
                Answer::Read { read, subjects, began, is_second }
            }
            Call::Compare(step, began) => {
                let subjects = self.compared(&step);
                let picture = (!is_down).then(|| self.picture(&subjects));
                Answer::Compared(step, picture, began)
            }
        };
        let takes = self.chance.within(2, CALL_MS);
        self.at(takes, Due::Answer(number, lane, step, answer));
    }

    fn picture(&self, subjects: &[Subject]) -> Picture {
        let (queues, observations) = self.world.read_queues(subjects);
        Picture { users: self.world.read_users(subjects), queues, observations }
    }

    pub(super) fn answer(&mut self, number: u16, lane: Lane, step: u64, answer: Answer) {
        let is_waited_for = number == u16::MAX
            || self.process.shards[usize::from(number)]
                .lanes
                .get(&lane)
                .is_some_and(|held| held.step == step);
        if !is_waited_for {
            // A socket that was opened for nobody is closed.
            if let Answer::Opened(Some(socket)) = answer {
                self.genesys.left(socket);
            }
            return;
        }
        let retry_after_ms = self.genesys.weather.retry_after_ms;
        let down = Trouble { retry_after_ms, ..Trouble::passing("down") };
        let happened = match answer {
            Answer::Made(made) => Happened::Made(
                lane,
                made.map(|(channel, expires)| {
                    self.held(number, lane).channel = Some(channel);
                    expires
                })
                .map_err(|()| down),
            ),
            Answer::Opened(Some(_)) => Happened::Opened(lane, Ok(())),
            Answer::Opened(None) => Happened::Opened(lane, Err(Trouble::gone("gone"))),
            Answer::Subscribed(Some((subjects, answers))) => {
                let refused = refused(&subjects, &answers);
                let asked = subjects.iter().map(Subject::topics).collect();
                self.tell(Input::Permits { asked, answers });
                Happened::Subscribed(lane, Ok(refused))
            }
            Answer::Subscribed(None) => {
                let gone = !self.genesys.weather.is_down;
                let trouble = if gone { Trouble::gone("gone") } else { down };
                Happened::Subscribed(lane, Err(trouble))
            }
            Answer::Compared(step, picture, began) => return self.note_compared(step, picture, began),
            Answer::Read { read: None, subjects, is_second, .. } => {
                if number == u16::MAX {
                    self.at(5_000, Due::Reread(subjects, is_second));
                    return;
                }
                Happened::Read(lane, Err(down))
            }
            Answer::Read { read: Some(picture), began, is_second, .. } => {
                let asked = if number == u16::MAX { Asked::InDoubt } else { Asked::AfterGap };
                let second = self.read(picture, began, asked);
                if !second.is_empty() && !is_second {
                    let call = Call::Read {
                        subjects: second,
                        began: self.now().plus_ms(SECOND_READ_MS),
                        is_second: true,
                    };
                    self.at(SECOND_READ_MS, Due::Serve(number, lane, step, call));
                    return;
                }
                if number == u16::MAX {
                    return;
                }
                Happened::Read(lane, Ok(()))
            }
        };
        self.happens(number, happened);
    }

    pub(super) fn read(&mut self, picture: Picture, began: Timestamp, asked: Asked) -> Vec<Subject> {
        let (reply, mut second) = oneshot::channel();
        let Picture { users, queues, observations } = picture;
        self.log(&format!(
            "a read of {} users and {} queues from {}",
            users.len(),
            queues.len(),
            began.ms_since(START)
        ));
        let read = Read { began, asked, users, unread: Vec::new(), queues, observations };
        self.tell(Input::Read { read, reply });
        second.try_recv().expect("answered at once")
    }

    pub(super) fn tell(&mut self, input: Input) {
        self.process.feed.take(input);
        self.carry();
        if self.process.plans.has_changed().unwrap_or(false) {
            self.planned();
        }
    }

    /// Shards begin, cover something else, or end.
    fn planned(&mut self) {
        let plan = self.process.plans.borrow_and_update().clone();
        self.shards_most = self.shards_most.max(usize::from(plan.shards()));
        for number in plan.shards()..self.process.shards.len() as u16 {
            if self.process.shards[usize::from(number)].is_planned {
                self.happens(number, Happened::Unplanned);
                let seed = self.chance.next();
                self.process.shards[usize::from(number)] = Shard::new(number, seed);
            }
        }
        for number in 0..plan.shards() {
            if self.process.shards.len() == usize::from(number) {
                let seed = self.chance.next();
                self.process.shards.push(Shard::new(number, seed));
            }
            self.happens(number, Happened::Planned(plan.planned(number)));
            let begins = !std::mem::replace(&mut self.process.shards[usize::from(number)].is_planned, true);
            if begins {
                self.happens(number, Happened::Start);
            }
        }
    }

    /// From the feed to the hub.
    pub(super) fn carry(&mut self) {
        let commands: Vec<Command> = self.process.feed.commands().collect();
        for command in commands {
            self.process.hub.handle(command);
            if self.tells_each {
                // What waited for the end of an overlap comes all at once, and is told one after the other.
                self.process.hub.flush();
            }
        }
        if self.tells_each {
            self.hears();
        } else if self.process.hub.has_to_flush() && !self.flushes {
            self.flushes = true;
            self.at(20, Due::Flush);
        }
        while let Ok(subjects) = self.process.rereads.try_recv() {
            self.at(1, Due::Reread(subjects, false));
        }
    }
}
