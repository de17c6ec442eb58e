//! The life of one shard: which of its channels is the one that counts, and how another takes its place without a gap. Pure.
//!
//! Every planned end is one move: another channel is made and subscribed beside the old one, both are heard for a while, and
//! then the old one's socket is closed. A channel that ends unplanned is made again and read ([`protocol::link`]).

use protocol::{
    Timestamp,
    chance::Chance,
    link::{self, Link, Phase, Policy},
};

use crate::planted::{self, Bug};

/// Both channels of a move are heard for this long: what was on its way to the old one arrives.
pub const OVERLAP_MS: i64 = 5_000;

/// A channel is given up this long before its end, or a fifth of its life before when that is shorter.
const RENEW_BEFORE_MS: i64 = 3_600_000;

/// However short a life upstream names, a channel is used for this long.
const LIFE_MIN_MS: i64 = 60_000;

/// Genesys announces the end of a socket about a minute before. A move that has no room by then gives way to a reconnect.
/// Source: FACTS of the notification service, frame `v2.system.socket_closing`.
const CLOSING_PATIENCE_MS: i64 = 40_000;

/// How often it is asked whether there is room for a move.
const ASK_EVERY_MS: i64 = 1_000;

/// One of the channels that a shard has had. Numbers rise, so that late news of a former one is known as such.
pub type Lane = u32;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Begin.
    Start,
    /// Something happened to a lane.
    Of(Lane, link::Input),
    /// A lane's channel, or the token that made it, ends then.
    EndsAt(Lane, Timestamp),
    /// Upstream announced the end of a lane's socket.
    Closing(Lane),
    /// A lane's ping was answered: what was sent on it before has arrived.
    Pong(Lane),
    /// The answer to [`Action::AskForRoom`].
    Room(bool),
    /// Time passed.
    Tick,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Something for a lane; [`link::Action::SayLive`] and [`link::Action::SayLost`] are not among them.
    Of(Lane, link::Action),
    /// Say whether one more channel may be made; answer with [`Input::Room`].
    AskForRoom,
    /// The room is free again.
    FreeRoom,
    /// From now on events may come twice: on this lane what came on that one.
    OverlapBegins(Lane, Lane),
    /// A lane is over: forget its channel, its steps and its socket.
    Over(Lane),
    /// What the shard covers is true from now on.
    SayLive,
    /// What the shard covers is no longer known to be true.
    SayLost,
}

#[derive(Debug)]
struct Track {
    lane: Lane,
    link: Link,
    /// When another should take its place.
    renew_at: Option<Timestamp>,
    /// When the end of its present socket was announced. It may be so long before it can be heeded: while the channel is
    /// still read, or has not taken over yet.
    announced_at: Option<Timestamp>,
}

impl Track {
    const fn new(lane: Lane, link: Link) -> Self {
        Self { lane, link, renew_at: None, announced_at: None }
    }
}

/// The wish for a move.
#[derive(Clone, Copy, Debug)]
struct Wish {
    ask_at: Timestamp,
    give_up_at: Option<Timestamp>,
}

/// One shard's channels.
#[derive(Debug)]
pub struct Mover {
    current: Track,
    next: Option<Track>,
    /// When the move that is under way is complete at the earliest.
    settles_at: Option<Timestamp>,
    /// Whether what the channel that counts brought until the other one heard everything is whole: its ping of then was answered, or
    /// it was heard so long afterwards that nothing can still be on its way.
    is_proven: bool,
    wish: Option<Wish>,
    chance: Chance,
}

impl Mover {
    /// A mover that waits for [`Input::Start`]. `seed` decides the jitter.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let link = Link::new(Policy::UPSTREAM, seed);
        Self {
            current: Track::new(0, link),
            next: None,
            settles_at: None,
            is_proven: false,
            wish: None,
            chance: Chance::new(seed),
        }
    }

    /// Whether what the shard covers is known to be true.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.current.link.phase() == Phase::Live
    }

    /// Whether another channel is about to take this one's place.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.next.is_some()
    }

    /// The lane that counts.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.current.lane
    }

    /// Attempts of the lane that counts which failed since it was last live for a while.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.current.link.failures()
    }

    /// A lane's link.
    #[must_use]
    pub fn link(&self, lane: Lane) -> Option<&Link> {
        let tracks = [Some(&self.current), self.next.as_ref()];
        tracks.into_iter().flatten().find(|track| track.lane == lane).map(|track| &track.link)
    }

    /// When the next [`Input::Tick`] is due, if nothing else happens before.
    #[must_use]
    pub fn next_tick(&self) -> Option<Timestamp> {
        let wish = self.wish.filter(|_| self.next.is_none()).map(|wish| wish.ask_at);
        // What is not live has nothing to be renewed.
        let renew = self.current.renew_at.filter(|_| self.is_live() && self.next.is_none() && wish.is_none());
        let next = self.next.as_ref().and_then(|next| next.link.next_tick());
        let settles = self.settles_at.filter(|_| self.is_proven);
        [self.current.link.next_tick(), next, settles, wish, renew].into_iter().flatten().min()
    }

    /// Takes one input and says what to do, in order.
    pub fn handle(&mut self, input: Input, now: Timestamp) -> Vec<Action> {
        let mut out = Vec::new();
        match input {
            Input::Start => self.link_input(self.current.lane, link::Input::Start, now, &mut out),
            Input::Of(lane, input) => self.link_input(lane, input, now, &mut out),
            Input::EndsAt(lane, end) => self.ends_at(lane, end, now),
            Input::Closing(lane) => self.closing(lane, now),
            Input::Pong(lane) => {
                if lane == self.current.lane && self.settles_at.is_some() {
                    self.is_proven = true;
                    self.settle_in_time(now, &mut out);
                }
            }
            Input::Room(true) => self.begin(now, &mut out),
            Input::Room(false) => self.no_room(now, &mut out),
            Input::Tick => self.tick(now, &mut out),
        }
        self.heed_announced(now);
        out
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        let lanes = [Some(self.current.lane), self.next.as_ref().map(|next| next.lane)];
        for lane in lanes.into_iter().flatten() {
            let due = self.link(lane).and_then(Link::next_tick).is_some_and(|at| at <= now);
            if due {
                self.link_input(lane, link::Input::Tick, now, out);
            }
        }
        self.settle_in_time(now, out);
        if self.next.is_some() || !self.is_live() {
            return;
        }
        if self.wish.is_none() && self.current.renew_at.is_some_and(|at| at <= now) {
            self.wish = Some(Wish { ask_at: now, give_up_at: None });
        }
        if self.wish.is_some_and(|wish| wish.ask_at <= now) {
            out.push(Action::AskForRoom);
        }
    }

    fn ends_at(&mut self, lane: Lane, end: Timestamp, now: Timestamp) {
        let life = end.ms_since(now).max(0);
        let before = RENEW_BEFORE_MS.min(life / 5);
        // Shards that began together do not move together.
        let earlier = self.chance.within(0, before / 2);
        let renew_at = end.plus_ms(-before - earlier).max(now.plus_ms(LIFE_MIN_MS));
        if let Some(track) = self.track(lane) {
            track.renew_at = Some(renew_at);
        }
    }

    fn closing(&mut self, lane: Lane, now: Timestamp) {
        if let Some(track) = self.track(lane) {
            // What is announced again is not later for that.
            track.announced_at = track.announced_at.or(Some(now));
        }
    }

    /// Wishes for a move once the channel that counts is live, no other one is under way, and its end was announced.
    fn heed_announced(&mut self, now: Timestamp) {
        let Some(announced_at) = self.current.announced_at else { return };
        let is_wished = self.wish.is_some_and(|wish| wish.give_up_at.is_some());
        if self.is_live() && self.next.is_none() && !is_wished {
            let give_up_at = announced_at.plus_ms(CLOSING_PATIENCE_MS);
            self.wish = Some(Wish { ask_at: now, give_up_at: Some(give_up_at) });
        }
    }

    fn track(&mut self, lane: Lane) -> Option<&mut Track> {
        let tracks = [Some(&mut self.current), self.next.as_mut()];
        tracks.into_iter().flatten().find(|track| track.lane == lane)
    }

    fn begin(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        self.wish = None;
        if self.next.is_some() || !self.is_live() {
            out.push(Action::FreeRoom);
            return;
        }
        let lane = self.current.lane + 1;
        let seed = self.chance.next();
        let link = Link::new(Policy::UPSTREAM, seed).without_read();
        self.next = Some(Track::new(lane, link));
        self.link_input(lane, link::Input::Start, now, out);
        if planted::is(Bug::DropsEarly) {
            self.settle(out);
        }
    }

    fn no_room(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        let Some(wish) = &mut self.wish else { return };
        wish.ask_at = now.plus_ms(ASK_EVERY_MS);
        if wish.give_up_at.is_some_and(|at| at <= now) {
            // The topics outlive the socket: the same channel, another socket, and a read of what was missed.
            self.wish = None;
            let lane = self.current.lane;
            out.push(Action::Of(lane, link::Action::DropSocket));
            self.link_input(lane, link::Input::Closed, now, out);
        }
    }

    /// Lets a lane's link handle something and passes on what it wants.
    fn link_input(&mut self, lane: Lane, input: link::Input, now: Timestamp, out: &mut Vec<Action>) {
        let is_current = lane == self.current.lane;
        let Some(track) = self.track(lane) else { return };
        let actions = track.link.handle(input, now);
        if actions.contains(&link::Action::OpenSocket) {
            // What was announced was the end of another socket.
            track.announced_at = None;
        }
        let is_long_enough = self.settles_at.is_some_and(|at| at <= now);
        if is_current && input == link::Input::Heard && is_long_enough {
            self.is_proven = true;
            self.settle_in_time(now, out);
        }
        for action in actions {
            match action {
                link::Action::SayLive if is_current => out.push(Action::SayLive),
                link::Action::SayLive => {
                    self.settles_at = Some(now.plus_ms(OVERLAP_MS));
                    self.is_proven = false;
                    // It may have fallen silent before the other one was subscribed: nobody would miss what it did not bring.
                    out.push(Action::Of(self.current.lane, link::Action::Ping));
                }
                link::Action::SayLost if is_current => self.current_lost(now, out),
                link::Action::SayLost => self.settles_at = None,
                link::Action::Subscribe if !is_current => {
                    out.push(Action::OverlapBegins(self.current.lane, lane));
                    out.push(Action::Of(lane, action));
                }
                link::Action::MakeChannel
                | link::Action::OpenSocket
                | link::Action::Subscribe
                | link::Action::Read
                | link::Action::Ping
                | link::Action::DropSocket => {
                    // Of a lane that is over everything is gone.
                    if self.link(lane).is_some() {
                        out.push(Action::Of(lane, action));
                    }
                }
            }
        }
    }

    /// The channel that counts is lost while another may be on its way.
    fn current_lost(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        self.wish = None;
        let Some(next) = &mut self.next else {
            out.push(Action::SayLost);
            return;
        };
        if next.link.phase() == Phase::Live && self.is_proven {
            // It has heard everything since before this one was lost.
            self.settle(out);
            return;
        }
        let (lane, actions) = (next.lane, next.link.must_read(now));
        out.push(Action::SayLost);
        self.settle(out);
        out.extend(actions.into_iter().map(|action| Action::Of(lane, action)));
    }

    fn settle_in_time(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        if self.is_proven && self.settles_at.is_some_and(|at| at <= now) {
            self.settle(out);
        }
    }

    /// The next channel is the one that counts from now on.
    fn settle(&mut self, out: &mut Vec<Action>) {
        let Some(next) = self.next.take() else { return };
        let old = std::mem::replace(&mut self.current, next);
        self.settles_at = None;
        out.push(Action::Over(old.lane));
        out.push(Action::FreeRoom);
    }
}

/// How many channels may be made beyond those of the plan: what one OAuth client keeps free for moves.
#[derive(Debug)]
pub struct Room {
    free: usize,
}

impl Room {
    /// So many.
    #[must_use]
    pub const fn new(free: usize) -> Self {
        Self { free }
    }

    /// Takes one, if there is one.
    pub fn take(&mut self) -> bool {
        let is_free = self.free > 0 || planted::is(Bug::AlwaysRoom);
        self.free = self.free.saturating_sub(usize::from(is_free));
        is_free
    }

    /// Gives one back.
    pub fn give_back(&mut self) {
        self.free += 1;
    }
}

#[cfg(test)]
mod tests;
