//! `rollcall doctor`: asks upstream what the proxy would ask, one thing after the other, and says of each whether it will
//! do, what walls lack if not, and how to mend it.
//!
//! It changes nothing, but for one channel for each client, which ends by itself (there is no call that ends one). It is
//! made only where there is room, so that it takes no other's place, and Genesys Cloud gives up channels without a
//! socket first.

mod listening;
mod patient;
mod report;
mod words;

use std::sync::Arc;

use protocol::{Clock, topic::TOPICS_PER_CHANNEL};

pub use self::report::{Check, Finding, Report, Verdict};
use crate::{config::Config, metrics::UpstreamMetrics, upstream::Clients};

/// Examines every OAuth client of a configuration.
///
/// # Errors
/// When the TLS set-up of this machine is unusable.
pub async fn examine(config: &Config, clock: Arc<dyn Clock>) -> Result<Report, reqwest::Error> {
    let genesys = &config.genesys;
    // Fails only when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clients = Clients::new(genesys, &clock, &UpstreamMetrics::default())?;
    let mut findings = Vec::new();
    let mut topics = None;
    for (rest, client) in clients.all().zip(&genesys.clients) {
        let mut patient = patient::Patient::new(rest, client, &clock, !genesys.is_loopback);
        patient.examine(config.has_writers()).await;
        topics = topics.or(patient.topics());
        findings.extend(patient.findings);
    }
    findings.extend(topics.map(|topics| capacity(topics, &clients.channels())));
    Ok(Report { upstream: genesys.api_url.clone(), findings })
}

/// Whether so many topics fit into the channels of all clients.
fn capacity(topics: usize, channels: &[u16]) -> Finding {
    let channels: usize = channels.iter().copied().map(usize::from).sum();
    let (room, needed) = (channels * TOPICS_PER_CHANNEL, topics.div_ceil(TOPICS_PER_CHANNEL));
    let says = format!(
        "all users and queues are {topics} topics, {needed} channels full; the configuration has {channels} channels for \
         {room} topics"
    );
    let finding = |verdict, says, mend| Finding { check: Check::Capacity, client: None, verdict, says, mend };
    if topics <= room {
        return finding(Verdict::Good, says, String::new());
    }
    finding(
        Verdict::Warning,
        format!("{says}: when walls want all of them, {} are left out", topics - room),
        "add an OAuth client as a section [[genesys.client]], or raise `channels`".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        assert_eq!(capacity(18_000, &[18]).verdict, Verdict::Good);
        let over = capacity(18_005, &[10, 8]);
        assert_eq!(over.verdict, Verdict::Warning);
        assert!(over.says.ends_with("5 are left out") && over.mend.contains("[[genesys.client]]"), "{over}");
    }
}
