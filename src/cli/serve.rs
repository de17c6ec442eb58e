//! `rollcall serve`: the proxy for an organisation.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Result;
use clap::Args;
use proxy::config::Config;

use super::{
    lifecycle::{End, Signals},
    say,
};
use crate::clock::SystemClock;

/// The wallboard of a Genesys Cloud organisation.
///
/// Needs no file: GENESYSCLOUD_REGION, GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET in the
/// environment are enough.
#[derive(Args)]
pub struct Serve {
    /// A configuration file; the environment wins over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The folder in which data is kept [default: rollcall-data beside the configuration file].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Serve {
    /// Runs it until it is told to stop.
    pub async fn run(self) -> Result<End> {
        let mut config = Config::load(self.config.as_deref(), self.listen, &environment)?;
        config.data = self.data.or(config.data);
        let upstream = config.genesys.api_url.clone();
        let mut signals = Signals::take()?;
        let start = proxy::start(config, Arc::new(SystemClock::start()));
        let Some(started) = signals.before(start).await else { return Ok(End::Cut) };
        let proxy = started?;
        say(format_args!("Rollcall for {upstream} is at\n\n{}/\n\nCtrl-C stops it.\n", proxy.base_url()));
        tokio::select! {
            error = proxy.failed() => return Err(error.into()),
            () = signals.next() => {}
        }
        Ok(signals.drain(proxy.stop()).await)
    }
}

#[expect(clippy::disallowed_methods, reason = "handed to the configuration, which alone knows the names")]
pub(super) fn environment(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}
