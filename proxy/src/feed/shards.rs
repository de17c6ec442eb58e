//! What upstream's channels vouch for, and how old that is.

use protocol::{Timestamp, Topic, frame::Heartbeat};
use tracing::info;

use super::{Feed, book::ShardState, cause::Cause, encode};
use crate::relay::{Body, Class, Command};

/// Plain channels hear as often as from Genesys: every third heartbeat of the walls.
const PLAIN_HEARTBEAT_EVERY: u32 = 3;

/// As Genesys words it.
const PLAIN_HEARTBEAT: &str =
    r#"{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}"#;

impl Feed {
    pub(super) fn heard(&self, shard: u16, now: Timestamp) {
        if let Some(state) = self.book_mut().shards.get_mut(usize::from(shard))
            && state.live
        {
            state.as_of = Some(now);
        }
    }

    pub(super) fn live(&mut self, shard: u16) {
        let now = self.s.clock.now();
        if let Some(state) = self.book_mut().shards.get_mut(usize::from(shard)) {
            if state.was_live {
                // Perhaps the machine slept.
                self.s.doubts.raise();
            }
            *state = ShardState { live: true, as_of: Some(now), was_live: true, ..ShardState::default() };
        }
        self.look_whether_complete();
        self.shard_changed(shard, now);
    }

    fn look_whether_complete(&mut self) {
        let completed = {
            let mut book = self.book_mut();
            book.all_were_live() && !std::mem::replace(&mut book.complete, true)
        };
        if completed {
            info!(facts = self.ledger.len(), changes = self.seq, "first complete read is done");
        }
    }

    /// A channel is closed because the plan has no use for it. It covered nobody, so that nothing is stale; walls hear no more
    /// of it with their next heartbeat. When the plan has grown again since, the same number begins anew.
    pub(super) fn shard_over(&mut self, shard: u16) {
        let planned = self.plan.shards();
        info!(shard, "upstream channel closed: there is nothing left for it to carry");
        self.overlaps.drop_shard(shard);
        self.book_mut().close_shard(shard, planned);
        self.look_whether_complete();
        if shard < planned {
            // Another one begins in its place, and is not live yet.
            self.shard_changed(shard, self.s.clock.now());
        } else {
            self.count_live();
            self.forget_topic(&Topic::RollcallShard(shard));
        }
    }

    pub(super) fn lost(&mut self, shard: u16, cause: Cause, reason: String) {
        info!(shard, cause = cause.name(), reason, "upstream channel lost");
        self.overlaps.drop_over(shard);
        self.s.metrics.shards_lost.get_or_create(&cause.label()).inc();
        if let Some(state) = self.book_mut().shards.get_mut(usize::from(shard)) {
            state.live = false;
            state.reason = Some(reason);
        }
        self.shard_changed(shard, self.s.clock.now());
    }

    /// Why it went is of no use to whoever asks why it does not come back. Walls are told of the loss alone.
    pub(super) fn fails(&self, shard: u16, reason: String) {
        if let Some(state) = self.book_mut().shards.get_mut(usize::from(shard))
            && !state.live
        {
            state.reason = Some(reason);
        }
    }

    pub(super) fn shard_changed(&mut self, shard: u16, now: Timestamp) {
        self.count_live();
        self.publish(&Topic::RollcallShard(shard).into(), now, None);
    }

    fn count_live(&self) {
        let book = self.s.book.read().expect("nobody panics while holding the book");
        let live = book.shards.iter().filter(|state| state.live).count();
        self.s.metrics.shards_live.set(live as i64);
    }

    /// Says that the proxy is there, and how old what it knows is.
    pub fn beat(&mut self) {
        let plain_too = self.beats.is_multiple_of(PLAIN_HEARTBEAT_EVERY);
        self.beats = self.beats.wrapping_add(1);
        let live_as_of = self.s.book.read().expect("nobody panics while holding the book").ages();
        let beat = Heartbeat {
            epoch: self.s.epoch.clone(),
            seq: self.seq,
            server_time: self.s.clock.now(),
            build: self.s.build.clone(),
            live_as_of,
        };
        let text = format!(
            r#"{{"topicName":"channel.metadata","eventBody":{{"message":"WebSocket Heartbeat"}},"rollcall":{}}}"#,
            encode::raw(&beat)
        );
        let body = Body::text(text.as_bytes());
        for class in Class::ALL.into_iter().filter(|class| class.is_wall()) {
            self.out.push(Command::Broadcast { class, body: body.clone() });
        }
        if plain_too {
            let body = Body::text(PLAIN_HEARTBEAT.as_bytes());
            self.out.push(Command::Broadcast { class: Class::Api, body });
        }
    }
}
