//! The single writer: frames become facts, facts change the board, and what changed on it becomes signals.
//!
//! Nothing here touches the page or asks what time it is. Frames are taken one after another and shown together by
//! [`Store::publish`], once per painted frame.

#[cfg(feature = "console")]
mod agent;
mod face;
mod gauge;
mod levels;
mod place;
mod tally;

use std::sync::Arc;

use board::{Board, Change};
use leptos::prelude::{ArcRwSignal, GetUntracked, Set, WithUntracked};
use protocol::{
    Frame, QueueId, Timestamp, Topic, UserId,
    event::rollcall::{Alarm, RollcallShard},
    fact,
    frame::{EventFrame, Heartbeat, Stamp},
    wall::{WallChannel, WallDefinition, WallRequest},
};

use crate::{age::Feed, clock::Now};
#[cfg(feature = "console")]
pub use agent::Detail;
pub use face::{AgentFace, QueueFace, Staff};
pub use gauge::Gauges;
use levels::Levels;
use place::Places;
pub use place::{AgentPlace, QueuePlace};
pub use tally::{Leader, StateTally};

/// What views read.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// The wall's definition, once known.
    pub wall: ArcRwSignal<Option<WallDefinition>>,
    /// The cards, by name.
    pub agents: ArcRwSignal<Vec<Arc<AgentPlace>>>,
    /// The tiles, by name.
    pub queues: ArcRwSignal<Vec<Arc<QueuePlace>>>,
    /// What is wrong, worst first.
    pub alarms: ArcRwSignal<Vec<Alarm>>,
    /// Whether the session may take note of alarms.
    pub may_acknowledge: ArcRwSignal<bool>,
    /// How many agents are in which state.
    pub states: ArcRwSignal<Vec<StateTally>>,
    /// Who handled how much today, where somebody asks for it.
    pub leaders: ArcRwSignal<Vec<Leader>>,
    /// Figures that tiles ask for.
    pub gauges: Gauges,
}

/// How often queues are looked at without an event: their figures grow old by minutes.
const FIGURES_LOOK_MS: i64 = 5_000;

/// Makes of a name what it is sorted by.
pub type SortKey = fn(&str) -> String;

/// Everything the page knows.
pub struct Store {
    board: Board,
    feed: Feed,
    position: Option<Position>,
    agents: Places<UserId, AgentFace>,
    queues: Places<QueueId, QueueFace>,
    /// Every upstream channel that covers a subject, with whether it is stale; `None` for what no channel covers.
    shards: Vec<(Option<u16>, bool)>,
    newest: Option<Timestamp>,
    unreadable: u64,
    unreadable_since_snapshot: bool,
    sort_key: SortKey,
    alarms_changed: bool,
    levels: Levels,
    states_changed: bool,
    states_counted: Timestamp,
    figures_looked: Timestamp,
    signals: Signals,
}

/// Where in the proxy's order the board stands.
#[derive(Clone, Debug)]
struct Position {
    epoch: String,
    /// The snapshot holds everything up to and with this.
    floor: u64,
    /// The last frame applied.
    last: u64,
}

/// A body that does not fit its topic.
struct Unreadable;

impl Store {
    /// An empty store.
    #[must_use]
    pub fn new(sort_key: SortKey) -> Self {
        Self {
            board: Board::default(),
            feed: Feed::default(),
            position: None,
            agents: Places::default(),
            queues: Places::default(),
            shards: vec![(None, false)],
            newest: None,
            unreadable: 0,
            unreadable_since_snapshot: false,
            sort_key,
            alarms_changed: false,
            levels: Levels::default(),
            states_changed: false,
            states_counted: Timestamp::default(),
            figures_looked: Timestamp::default(),
            signals: Signals::default(),
        }
    }

    /// What views read.
    #[must_use]
    pub fn signals(&self) -> Signals {
        self.signals.clone()
    }

    /// Who vouches for what is shown.
    pub fn feed(&mut self) -> &mut Feed {
        &mut self.feed
    }

    /// Whether there is a picture to show.
    #[must_use]
    pub fn has_picture(&self) -> bool {
        self.position.is_some()
    }

    /// Where the board stands, to be told when asking for a channel.
    #[must_use]
    pub fn request(&self) -> WallRequest {
        match &self.position {
            // What could not be read is sent again only with everything.
            _ if self.unreadable_since_snapshot => WallRequest::default(),
            None => WallRequest::default(),
            Some(position) => WallRequest { epoch: Some(position.epoch.clone()), seq: Some(position.last) },
        }
    }

    /// Takes the answer to that: a whole new board, or what changed since.
    pub fn take_snapshot(&mut self, answer: &WallChannel<'_>, now: Now) {
        self.feed.set_shards(&answer.live_as_of);
        self.unreadable_since_snapshot = false;
        if answer.complete {
            self.board = Board::default();
            self.agents.forget();
            self.queues.forget();
            (self.alarms_changed, self.states_changed) = (true, true);
        }
        for frame in &answer.frames {
            match Frame::parse(frame.get()) {
                Ok(Frame::Event(event)) => self.apply_or_skip(&event, now),
                Ok(Frame::Heartbeat(_) | Frame::Pong | Frame::System(_) | Frame::Answer(_)) => {}
                Err(_) => self.skip_unreadable(),
            }
        }
        self.position = Some(Position { epoch: answer.epoch.clone(), floor: answer.seq, last: answer.seq });
        self.set_wall(&answer.wall);
        if self.signals.may_acknowledge.get_untracked() != answer.may_acknowledge {
            self.signals.may_acknowledge.set(answer.may_acknowledge);
        }
        self.newest = None;
        self.publish(now);
        // A picture is shown whole, whenever the last count was.
        self.count_states();
    }

    /// Takes an event from the socket; one of another run, or already in the snapshot, is dropped.
    pub fn take_event(&mut self, event: &EventFrame<'_>, now: Now) {
        if let Some(stamp) = &event.stamp {
            if !self.is_next(stamp) {
                return;
            }
            self.newest = self.newest.max(stamp.at);
        }
        self.apply_or_skip(event, now);
    }

    /// Takes a heartbeat. That of another run speaks of other upstream channels.
    pub fn take_heartbeat(&mut self, heartbeat: &Heartbeat) {
        if self.position.as_ref().is_some_and(|position| position.epoch == heartbeat.epoch) {
            self.feed.set_shards(&heartbeat.live_as_of);
        }
    }

    /// Takes note of a frame that could not be read. The next snapshot mends whatever was missed.
    pub fn skip_unreadable(&mut self) {
        self.unreadable += 1;
        self.unreadable_since_snapshot = true;
    }

    /// The date of the newest event since this was asked last.
    pub fn take_newest(&mut self) -> Option<Timestamp> {
        self.newest.take()
    }

    /// Shows everything that changed since the last time, tile by tile.
    pub fn publish(&mut self, now: Now) {
        self.mark_stale(now);
        self.look_at_figures(now);
        if self.alarms_changed {
            let (agents, queues) = (&mut self.agents, &mut self.queues);
            self.levels.take(self.board.alarms(), |id| queues.touch(id), |id| agents.touch(id));
        }
        let (agents_changed, queues_changed) = (self.agents.is_touched(), self.queues.is_touched());
        let (board, shards, levels, sort_key) = (&self.board, &self.shards, &self.levels, self.sort_key);
        let stale = |shard| shards.iter().any(|(of, stale)| *stale && *of == shard);
        let agents = self.agents.publish(sort_key, |id, cover, before| {
            let stale = stale(cover.shard) || cover.is_loading();
            AgentFace::of(board, board.agent(id)?, levels.of_agent(id), stale, before)
        });
        let queues = self.queues.publish(sort_key, |id, cover, before| {
            let stale = stale(cover.shard) || cover.is_loading();
            QueueFace::of(board.queue(id)?, levels.of_queue(id), stale, now.at, before)
        });
        self.states_changed |= agents_changed;
        if let Some(agents) = agents {
            self.signals.agents.set(agents);
        }
        if let Some(queues) = queues {
            self.signals.queues.set(queues);
        }
        if std::mem::take(&mut self.alarms_changed) {
            self.signals.alarms.set(self.board.alarms().to_vec());
        }
        if self.states_changed && now.steady.ms_since(self.states_counted) >= tally::EVERY_MS {
            self.states_counted = now.steady;
            self.count_states();
        }
        self.signals.gauges.refresh(&self.board, now.at, queues_changed);
    }

    /// The words changed: the names of states stand on every card.
    pub fn relabel(&mut self, now: Now) {
        self.agents.touch_all();
        self.publish(now);
        // Nobody is to read the old words until the next count.
        self.count_states();
    }

    /// How many frames could not be read.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    fn is_next(&mut self, stamp: &Stamp) -> bool {
        let Some(position) = &mut self.position else { return false };
        let is_next = position.epoch == stamp.epoch && stamp.seq > position.floor;
        if is_next {
            position.last = position.last.max(stamp.seq);
        }
        is_next
    }

    fn apply_or_skip(&mut self, event: &EventFrame<'_>, now: Now) {
        if let Err(Unreadable) = self.apply(event, now) {
            self.skip_unreadable();
        }
    }

    fn apply(&mut self, event: &EventFrame<'_>, now: Now) -> Result<(), Unreadable> {
        // A topic of a later version.
        let Some(topic) = &event.topic else { return Ok(()) };
        let at = event.stamp.as_ref().and_then(|stamp| stamp.at).unwrap_or(now.at);
        self.settle(topic, event.stamp.as_ref());
        match topic {
            Topic::RollcallShard(shard) => {
                let told: RollcallShard =
                    protocol::json::from_str(event.body.get()).map_err(|_| Unreadable)?;
                self.feed.set_shard(*shard, &told);
            }
            Topic::RollcallWall(_) => {
                let wall: WallDefinition =
                    protocol::json::from_str(event.body.get()).map_err(|_| Unreadable)?;
                self.set_wall(&wall);
            }
            Topic::UserPresence(_)
            | Topic::UserRoutingStatus(_)
            | Topic::UserConversationSummary(_)
            | Topic::UserActivity(_)
            | Topic::QueueObservations(_)
            | Topic::QueueActivity(_)
            | Topic::RollcallUser(_)
            | Topic::RollcallQueue(_)
            | Topic::RollcallFigures(_)
            | Topic::RollcallSamples(_)
            | Topic::RollcallTally(_)
            | Topic::RollcallAlarms(_)
            | Topic::RollcallStates(_)
            | Topic::RollcallPresences => {
                let facts = fact::of_event(topic, event.body, at).map_err(|_| Unreadable)?;
                let undated = event.stamp.as_ref().and_then(|stamp| stamp.since).unwrap_or(at);
                for fact in &facts {
                    match self.board.apply(fact, fact.date.unwrap_or(undated)) {
                        Change::Nothing => {}
                        Change::Agent(id) | Change::AgentGone(id) => self.agents.touch(&id),
                        Change::Queue(id) | Change::QueueGone(id) => self.queues.touch(&id),
                        // Labels of presences stand on any card.
                        Change::Presences => self.agents.touch_all(),
                        Change::Alarms => self.alarms_changed = true,
                        Change::States => self.states_changed = true,
                    }
                }
                // A screen that was slow has not heard of each change in between, the proxy has.
                let since = event.stamp.as_ref().and_then(|stamp| stamp.since);
                if let (Topic::UserConversationSummary(id), Some(since)) = (topic, since) {
                    self.board.conversations_began(id, since);
                }
            }
        }
        Ok(())
    }

    /// Remembers who covers the frame's subject and whether it was read yet.
    fn settle(&mut self, topic: &Topic, stamp: Option<&Stamp>) {
        let Some(stamp) = stamp else { return };
        if let Some(shard) = stamp.shard
            && !self.shards.iter().any(|(known, _)| *known == Some(shard))
        {
            self.shards.push((Some(shard), false));
        }
        match topic {
            Topic::UserPresence(id) => self.agents.settle(id, 0, stamp),
            Topic::UserRoutingStatus(id) => self.agents.settle(id, 1, stamp),
            Topic::UserConversationSummary(id) => self.agents.settle(id, 2, stamp),
            Topic::QueueObservations(id) => self.queues.settle(id, 0, stamp),
            // These say whether the subject was read at all, and who covers it before anything else is known.
            Topic::RollcallUser(id) => self.agents.settle(id, 3, stamp),
            Topic::RollcallQueue(id) => self.queues.settle(id, 1, stamp),
            Topic::UserActivity(_)
            | Topic::QueueActivity(_)
            | Topic::RollcallPresences
            | Topic::RollcallWall(_)
            | Topic::RollcallFigures(_)
            | Topic::RollcallSamples(_)
            | Topic::RollcallTally(_)
            | Topic::RollcallAlarms(_)
            | Topic::RollcallStates(_)
            | Topic::RollcallShard(_) => {}
        }
    }

    /// Figures grow old, and intervals end, without any event.
    fn look_at_figures(&mut self, now: Now) {
        if now.steady.ms_since(self.figures_looked) >= FIGURES_LOOK_MS {
            self.figures_looked = now.steady;
            self.queues.touch_all();
        }
    }

    /// Counts agents by state.
    fn count_states(&mut self) {
        self.states_changed = false;
        let gauges = &self.signals.gauges;
        if gauges.wants_leaders() {
            let leaders = tally::leaders(&self.board, &self.agents, gauges);
            if self.signals.leaders.with_untracked(|before| *before != leaders) {
                self.signals.leaders.set(leaders);
            }
        }
        let states = tally::count(&self.board, &self.agents, gauges);
        if self.signals.states.with_untracked(|before| *before != states) {
            self.signals.states.set(states);
        }
    }

    fn set_wall(&mut self, wall: &WallDefinition) {
        if self.signals.wall.with_untracked(|known| known.as_ref() != Some(wall)) {
            self.signals.wall.set(Some(wall.clone()));
        }
    }

    /// Touches everything when a shard went stale or came back.
    fn mark_stale(&mut self, now: Now) {
        let mut changed = false;
        for (shard, stale) in &mut self.shards {
            let is = self.feed.stale_since(*shard, now).is_some();
            changed |= is != *stale;
            *stale = is;
        }
        if changed {
            self.agents.touch_all();
            self.queues.touch_all();
        }
    }
}

#[cfg(test)]
mod tests;
