//! Starting and stopping: the listener, the task that lets time pass, and the end of both.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::serve::ListenerExt;
use protocol::Clock;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    config::Config,
    notify::{Fate, Reason},
    rest,
    shared::Shared,
};

/// How often the world catches up with the clock when nobody calls.
const TICK: Duration = Duration::from_millis(40);
/// How long calls in progress may take to end when the simulator stops.
const STOP_WAIT: Duration = Duration::from_secs(2);

/// A simulator that runs. Dropping it stops it without waiting.
pub struct Running {
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    ticker: JoinHandle<()>,
}

/// Starts a simulator; it listens when this returns.
///
/// # Errors
/// When the configuration cannot be simulated, or the address cannot be listened on.
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Running> {
    config.check().context("the simulator's configuration")?;
    let listen = config.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("the simulator cannot listen on {listen}"))?;
    let address = listener.local_addr().context("the address of the simulator's listener")?;
    let shared = Arc::new(Shared::new(config, clock, address));
    let service = rest::router(&shared).into_make_service_with_connect_info::<SocketAddr>();
    // An event must not wait for the acknowledgement of the one before.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let stopped = async {
            // A dropped sender stops the server as well.
            let _ = stopped.await;
        };
        if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the simulator's listener failed");
        }
    });
    let ticker = tokio::spawn(tick(shared.clone()));
    tracing::info!(
        %address,
        agents = shared.config.agents,
        queues = shared.config.queues,
        seed = shared.config.seed,
        "simulator listens"
    );
    Ok(Running { shared, stop: Some(stop), server, ticker })
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The address that clients are given: login, API and streaming in one.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// Closes all sockets, lets calls in progress end, and frees the port.
    pub async fn stop(mut self) {
        self.ticker.abort();
        if let Some(stop) = self.stop.take() {
            // The server may have ended by itself.
            let _ = stop.send(());
        }
        self.shared.enter().hub.decide_all(Fate::Close(Reason::Stopping));
        self.shared.sockets.end().await;
        if timeout(STOP_WAIT, &mut self.server).await.is_err() {
            self.server.abort();
        }
        tracing::info!(address = %self.shared.address, "simulator stopped");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ticker.abort();
    }
}

async fn tick(shared: Arc<Shared>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        drop(shared.enter());
    }
}
