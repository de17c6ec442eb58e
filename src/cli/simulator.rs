//! `rollcall simulator`: the simulated organisation alone, for other programs and for `rollcall serve`.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use clap::{Args, builder::PossibleValuesParser};
use simulator::Client;

use super::{
    elsewhere,
    lifecycle::{End, Signals},
    say,
    world::{WorldArgs, example_call},
};
use crate::clock::SystemClock;

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
        add(&mut config.clients, &self.clients);
        let clients: Vec<String> = config.clients.iter().map(shown).collect();
        let start = simulator::start(config, Arc::new(SystemClock::start()));
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
    fn a_named_client_takes_the_place_of_the_one_that_is_there() {
        let mut clients = simulator::Config::default().clients;
        add(&mut clients, &[client("other:x").unwrap()]);
        assert_eq!(clients.len(), 2);
        add(&mut clients, &[client("simulator:y").unwrap()]);
        let secrets: Vec<&str> = clients.iter().map(|client| client.secret.as_str()).collect();
        assert_eq!(secrets, ["x", "y"]);
    }
}
