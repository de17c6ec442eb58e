//! What can befall the house, and what is asked of it afterwards.

use protocol::Timestamp;

use super::{
    super::{AUDITED_WITHIN_MS, RIGHT_WITHIN_MS, genesys::Weather},
    House,
    due::Due,
};

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
        self.feed.remembered()
    }

    /// Whether every shard is live.
    pub(in crate::simulation) fn is_live(&self) -> bool {
        self.shards.iter().all(|shard| shard.core.mover().is_live())
    }

    /// Shards that are not live, and since when.
    pub(in crate::simulation) fn lost(&self) -> impl Iterator<Item = (u16, Timestamp)> + '_ {
        self.shards.iter().enumerate().filter_map(|(n, shard)| Some((n as u16, shard.lost_at?)))
    }

    pub(in crate::simulation) fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Channels that the proxy should need at most: those of the plan and two for moves.
    pub(in crate::simulation) fn channels_most(&self) -> usize {
        self.shards.len() + 2
    }
}
