//! What can befall the house, and what is asked of it afterwards.

use protocol::Timestamp;

use super::{
    super::{AUDITED_WITHIN_MS, RIGHT_WITHIN_MS, genesys::Weather},
    House, Shard,
    due::Due,
};
use crate::feed::Input;

impl House {
    /// Sockets that are open at Genesys.
    pub(in crate::simulation) fn sockets(&self) -> Vec<u64> {
        self.genesys.sockets.keys().copied().collect()
    }

    pub(in crate::simulation) fn close_socket(&mut self, socket: u64) {
        let now = self.now();
        let sent = self.genesys.close(socket, now, &mut self.chance);
        self.sent(sent.into_iter().collect());
    }

    pub(in crate::simulation) fn end_channel(&mut self, channel: u64, word: Option<&str>) {
        let now = self.now();
        let sent = self.genesys.end(channel, word, now, &mut self.chance);
        self.sent(sent);
    }

    /// Genesys announces that every socket of now is closed in a minute.
    pub(in crate::simulation) fn announce_end(&mut self) {
        let now = self.now();
        for socket in self.sockets() {
            let word = r#"{"topicName":"v2.system.socket_closing","eventBody":{}}"#.to_owned();
            let sent = self.genesys.send(socket, Some(word), now, &mut self.chance);
            self.sent(sent.into_iter().collect());
            self.at(60_000, Due::Closes(socket));
        }
    }

    /// Heartbeats come at another pace from now on.
    pub(in crate::simulation) fn change_heartbeats(&mut self) {
        self.genesys.change_heartbeats(&mut self.chance);
        self.log(&format!("heartbeats come every {} ms", self.genesys.beats_every_ms));
    }

    /// The network or Genesys is like this for a while.
    pub(in crate::simulation) fn weather(&mut self, weather: Weather, for_ms: i64) {
        self.genesys.weather = weather;
        if weather.is_scrambled {
            self.scrambled = Some(self.now().plus_ms(for_ms));
        }
        self.at(for_ms, Due::Clears);
    }

    /// Within what time everything is right: what overtook without a date is for the audit.
    pub(in crate::simulation) fn right_within_ms(&self) -> i64 {
        let scrambled = self.scrambled.is_some_and(|until| self.now().ms_since(until) < AUDITED_WITHIN_MS);
        if scrambled { AUDITED_WITHIN_MS } else { RIGHT_WITHIN_MS }
    }

    /// What the feed remembers of moves that are over.
    pub(in crate::simulation) fn remembered(&self) -> usize {
        self.process.feed.remembered()
    }

    /// Whether every shard is live.
    pub(in crate::simulation) fn is_live(&self) -> bool {
        self.planned_shards().all(|(_, shard)| shard.core.mover().is_live())
    }

    /// Shards that are not live, and since when.
    pub(in crate::simulation) fn lost(&self) -> impl Iterator<Item = (u16, Timestamp)> + '_ {
        self.planned_shards().filter_map(|(n, shard)| Some((n as u16, shard.lost_at?)))
    }

    fn planned_shards(&self) -> impl Iterator<Item = (usize, &Shard)> {
        self.process.shards.iter().enumerate().filter(|(_, shard)| shard.is_planned)
    }

    pub(in crate::simulation) fn shards(&self) -> usize {
        self.planned_shards().count()
    }

    /// Channels that a socket is open for, at Genesys.
    pub(in crate::simulation) fn connected(&self) -> usize {
        self.genesys.channels.values().filter(|channel| channel.socket.is_some()).count()
    }

    /// From now on so many agents work here. Two polls in a row tell of it, so that who left is believed to be gone.
    pub(in crate::simulation) fn employ(&mut self, agents: usize) {
        self.world.employ(agents);
        self.log(&format!("{agents} agents work here"));
        for _ in 0..2 {
            let (users, queues) = (self.world.users(), self.world.queues());
            self.tell(Input::Directory { users, queues, definitions: Vec::new() });
            self.run_for(1_000);
        }
    }

    /// Channels that the proxy should need at most: those of the largest plan so far and two for moves.
    pub(in crate::simulation) fn channels_most(&self) -> usize {
        self.shards_most + 2
    }
}
