//! What a simulator is started with: its size, its pace, and the answers it gives where Genesys'
//! own behaviour is not known for certain.

mod answers;
mod client;

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::ensure;

pub use self::{
    answers::Answers,
    client::{Client, Grant},
};
use crate::timeline::Timeline;

/// The largest organisation that can be asked for; beyond it the ids would no longer be checked.
const AGENTS_MAX: usize = 100_000;
/// Genesys' own ceiling is said to be 5,000 queues an organisation.
const QUEUES_MAX: usize = 5_000;
/// More than this, and nobody would be there for a whole shift.
const TURNOVER_MAX: f64 = 1_000.0;
/// Faster than this the events of one agent would fall into the same millisecond.
const EVENTS_PER_SECOND_MAX: f64 = 100_000.0;

/// Everything that a simulator can be told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one. Default `127.0.0.1:8081`.
    pub listen: SocketAddr,
    /// How many agents there are. Default 300.
    pub agents: usize,
    /// How many queues there are. Default 20.
    pub queues: usize,
    /// How many events come a second, by moving time in the world faster or slower; 0 lets the
    /// world stand still, `None` is the natural pace of the scenario. Default `None`.
    pub events_per_second: Option<f64>,
    /// How many people come, and how many go, an hour and 100 agents on a calm day; more when shifts
    /// change and in a storm. Default 0: everybody stays.
    pub turnover: f64,
    /// Same seed, same world. Default 7.
    pub seed: u64,
    /// OAuth clients. Default `simulator` / `simulator`, which may do everything.
    pub clients: Vec<Client>,
    /// How long a token is valid, in seconds. Default 86,400, as with Genesys.
    pub token_seconds: u32,
    /// How many tokens a client may mint a minute. Default 300.
    pub token_mints_per_minute: u32,
    /// How many calls a token may make a minute. Default 300, as with Genesys.
    pub calls_per_minute: u32,
    /// How often a socket hears a heartbeat. Default 30 s, as with Genesys.
    pub heartbeat_every: Duration,
    /// How long joining or leaving a queue takes after the call was answered. Default 1 s.
    pub member_patch_delay: Duration,
    /// How long after it was added a member is not found yet by calls on the member. Default 300 ms.
    pub member_hidden_for: Duration,
    /// How long a query of the audit log takes. Default 2 s.
    pub audit_query_delay: Duration,
    /// Whether calls above the limit of a token are refused with 429. Default false.
    pub enforce_call_limits: bool,
    /// The other answer where Genesys' own is not known for certain. Default: none.
    pub answers: Answers,
    /// Whether faults and limits strike every token, not only those that opened a channel.
    /// Default false, so that a test's own token can look on.
    pub faults_strike_all: bool,
    /// What is played from the start. Default: nothing.
    pub timeline: Option<Timeline>,
    /// Whether `/simulator/...` answers others than loopback. Default false.
    pub control_from_anywhere: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8081)),
            agents: 300,
            queues: 20,
            events_per_second: None,
            turnover: 0.0,
            seed: 7,
            clients: vec![Client::new("simulator", "simulator")],
            token_seconds: 86_400,
            token_mints_per_minute: 300,
            calls_per_minute: 300,
            heartbeat_every: Duration::from_secs(30),
            member_patch_delay: Duration::from_secs(1),
            member_hidden_for: Duration::from_millis(300),
            audit_query_delay: Duration::from_secs(2),
            enforce_call_limits: false,
            answers: Answers::default(),
            faults_strike_all: false,
            timeline: None,
            control_from_anywhere: false,
        }
    }
}

impl Config {
    /// Refuses what could not be simulated, with the bound in the message.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.agents <= AGENTS_MAX, "agents: {} is more than {AGENTS_MAX}", self.agents);
        ensure!(self.queues <= QUEUES_MAX, "queues: {} is more than {QUEUES_MAX}", self.queues);
        ensure!(
            self.agents == 0 || self.queues > 0,
            "queues: agents need at least one queue to be members of"
        );
        ensure!(
            self.events_per_second.is_none_or(is_rate),
            "events per second: expected 0 to {EVENTS_PER_SECOND_MAX}"
        );
        ensure!(
            (0.0..=TURNOVER_MAX).contains(&self.turnover),
            "turnover: expected 0 to {TURNOVER_MAX} people an hour and 100 agents"
        );
        ensure!(self.token_mints_per_minute > 0, "token mints per minute: expected more than 0");
        ensure!(self.calls_per_minute > 0, "calls per minute: expected more than 0");
        let ids: BTreeSet<&str> = self.clients.iter().map(|client| client.id.as_str()).collect();
        ensure!(ids.len() == self.clients.len(), "clients: two have the same id");
        ensure!(self.heartbeat_every > Duration::ZERO, "heartbeat: expected more than 0 s");
        Ok(())
    }
}

/// Whether the number can serve as events a second.
pub(crate) fn is_rate(rate: f64) -> bool {
    (0.0..=EVENTS_PER_SECOND_MAX).contains(&rate)
}
