//! `rollcall simulator`: the simulated organisation alone, for other programs and for `rollcall serve`.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use clap::{Args, builder::PossibleValuesParser};
use protocol::Timestamp;
use simulator::Client;

use super::{
    elsewhere,
    lifecycle::{End, Signals},
    say,
    world::{WorldArgs, example_call},
};
use crate::clock::SystemClock;

// The dates between which a world may begin: those for which time zones are known well.
const YEAR_2000_MS: i64 = 946_684_800_000;
const YEAR_2100_MS: i64 = 4_102_444_800_000;

/// A simulated Genesys Cloud organisation alone.
#[derive(Args)]
pub struct Simulator {
    #[command(flatten)]
    world: WorldArgs,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Where Genesys' own answer is not known, give the other one (may be repeated).
    #[arg(long = "answer", value_name = "NAME", value_parser = PossibleValuesParser::new(simulator::Answers::NAMES))]
    answers: Vec<String>,
    /// Play the incident in this file from the start; its form is in docs/simulator.md.
    #[arg(long, value_name = "FILE")]
    timeline: Option<PathBuf>,
    /// An OAuth client and, after a second colon, the only permissions that it has, joined by commas
    /// (may be repeated). simulator / simulator is there as well, unless a client is named simulator.
    #[arg(long = "client", value_name = "ID:SECRET[:PERMISSION,...]", value_parser = client)]
    clients: Vec<Client>,
    #[command(flatten)]
    conduct: Conduct,
}

/// What a developer wants to be otherwise than with Genesys, or otherwise than usual here.
#[derive(Args)]
struct Conduct {
    /// The date at which the world begins; with the same seed and the clock stopped, all that follows is the
    /// same byte for byte [default: now].
    #[arg(long, value_name = "DATE", value_parser = date)]
    start: Option<Timestamp>,
    /// The clock stands still, and moves by POST /simulator/clock alone.
    #[arg(long)]
    stop_clock: bool,
    /// Calls above the limit of a token are refused with 429.
    #[arg(long)]
    enforce_call_limits: bool,
    /// How many calls a token may make a minute.
    #[arg(long, value_name = "N", default_value_t = 300)]
    calls_per_minute: u32,
    /// How long tokens are valid.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    token_seconds: u32,
    /// How long joining or leaving a queue takes after the call was answered.
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    member_patch_delay_ms: u64,
    /// How long calls on a queue's member answer 404 after the member was added.
    #[arg(long, value_name = "MS", default_value_t = 300)]
    member_hidden_for_ms: u64,
    /// Faults and enforced limits strike all tokens, not only those that have opened a channel.
    #[arg(long)]
    faults_strike_all: bool,
    /// /simulator/... answers other machines, too. Whoever reaches it can read and break everything.
    #[arg(long)]
    control_from_anywhere: bool,
}

impl Conduct {
    fn apply(&self, config: &mut simulator::Config) {
        config.enforce_call_limits = self.enforce_call_limits;
        config.calls_per_minute = self.calls_per_minute;
        config.token_seconds = self.token_seconds;
        config.member_patch_delay = Duration::from_millis(self.member_patch_delay_ms);
        config.member_hidden_for = Duration::from_millis(self.member_hidden_for_ms);
        config.faults_strike_all = self.faults_strike_all;
        config.control_from_anywhere = self.control_from_anywhere;
    }
}

impl Simulator {
    /// Runs it until it is told to stop.
    pub async fn run(self) -> Result<End> {
        let mut signals = Signals::take()?;
        let mut config = self.world.config(self.listen);
        for name in &self.answers {
            config.answers.turn(name);
        }
        if let Some(path) = &self.timeline {
            let named = || format!("--timeline {}", path.display());
            let text = fs::read_to_string(path).with_context(named)?;
            config.timeline = Some(simulator::Timeline::read(&text).with_context(named)?);
        }
        self.conduct.apply(&mut config);
        add(&mut config.clients, &self.clients);
        let clients: Vec<String> = config.clients.iter().map(shown).collect();
        let clock = SystemClock::start_as(self.conduct.start, self.conduct.stop_clock);
        let start = simulator::start(config, Arc::new(clock));
        let Some(started) = signals.before(start).await else { return Ok(End::Cut) };
        let simulator = started.map_err(|error| elsewhere(error, "--listen"))?;
        say(self.greeting(&simulator.base_url(), &clients));
        Ok(signals.until_stopped(simulator.stop()).await)
    }

    fn greeting(&self, base_url: &str, clients: &[String]) -> String {
        let WorldArgs { agents, queues, seed, .. } = self.world;
        format!(
            "A simulated Genesys Cloud with {agents} agents and {queues} queues (seed {seed}) is at\n\n\
             {base_url}\n\n\
             OAuth client: {}. Give it a busy day:\n  {}\n\
             Ctrl-C stops it.\n",
            clients.join(", "),
            example_call(base_url)
        )
    }
}

/// A client as it is shown to whoever starts the program: only the secret that everybody knows.
fn shown(client: &Client) -> String {
    match (client.id.as_str(), client.secret.as_str()) {
        ("simulator", "simulator") => "simulator / simulator".to_owned(),
        (id, _) => id.to_owned(),
    }
}

/// Adds clients; one of an id that is there already takes its place.
fn add(clients: &mut Vec<Client>, added: &[Client]) {
    clients.retain(|client| added.iter().all(|new| new.id != client.id));
    clients.extend(added.iter().cloned());
}

/// Reads a date such as `2026-03-29T00:00:00Z`.
fn date(text: &str) -> Result<Timestamp, String> {
    let date: Timestamp =
        text.parse().map_err(|_| "expected a date such as 2026-03-29T00:00:00Z".to_owned())?;
    let years = Timestamp::from_ms(YEAR_2000_MS)..Timestamp::from_ms(YEAR_2100_MS);
    if years.contains(&date) { Ok(date) } else { Err("expected a date from 2000 to 2099".to_owned()) }
}

/// Reads `ID:SECRET[:PERMISSION,...]`; permissions have colons of their own.
fn client(text: &str) -> Result<Client, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(id), Some(secret)) = (parts.next(), parts.next()) else {
        return Err("expected ID:SECRET or ID:SECRET:PERMISSION,...".to_owned());
    };
    if id.is_empty() || secret.is_empty() {
        return Err("neither id nor secret can be empty".to_owned());
    }
    let client = Client::new(id, secret);
    let Some(list) = parts.next() else { return Ok(client) };
    let permissions: Vec<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    match permissions.iter().find(|name| name.split(':').count() != 3) {
        Some(name) => Err(format!("{name}: expected domain:entity:action, such as routing:queue:view")),
        None => Ok(client.with_permissions(permissions)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_read_with_its_permissions_or_with_all() {
        assert_eq!(client("a:b").unwrap().permissions, None);
        let some = client("a:b:routing:queue:view, wfm:schedule:*").unwrap();
        assert_eq!((some.id.as_str(), some.secret.as_str()), ("a", "b"));
        let permissions: Vec<String> = some.permissions.unwrap().into_iter().collect();
        assert_eq!(permissions, ["routing:queue:view", "wfm:schedule:*"]);
        assert!(client("a:b:").unwrap().permissions.unwrap().is_empty());
        for bad in ["a", "", ":b", "a:", "a:b:routing", "a:b:routing:queue"] {
            assert!(client(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_date_is_read_with_its_offset_and_within_this_century() {
        assert_eq!(date("2026-03-29T02:00:00+02:00"), date("2026-03-29T00:00:00Z"));
        assert!(date("2026-03-29T00:00:00Z").is_ok());
        for bad in ["", "2026", "2026-03-29", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z"] {
            assert!(date(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_named_client_takes_the_place_of_the_one_that_is_there() {
        let mut clients = simulator::Config::default().clients;
        add(&mut clients, &[client("other:x").unwrap()]);
        assert_eq!(clients.len(), 2);
        add(&mut clients, &[client("simulator:y").unwrap()]);
        let secrets: Vec<&str> = clients.iter().map(|client| client.secret.as_str()).collect();
        assert_eq!(secrets, ["x", "y"]);
    }
}
