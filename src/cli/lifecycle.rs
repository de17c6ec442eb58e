//! Starting, running and stopping: the first signal drains, the second cuts.

use std::future::Future;

use anyhow::Result;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How the program came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In good order.
    Stopped,
    /// By a second signal, or by one that came before there was anything to stop.
    Cut,
    /// Having done what it was asked, and found faults, which it has told.
    Faulty,
}

/// Ctrl-C, and where there are signals SIGTERM, which means the same to us.
pub struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Signals {
    /// Takes the signals; from here on they no longer end the program by themselves.
    pub fn take() -> Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// What `future` gives, or `None` when a signal comes first.
    pub async fn before<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            outcome = future => Some(outcome),
            () = self.next() => None,
        }
    }

    /// Waits for a signal, then for `stop` to end, unless a second signal comes first.
    pub async fn until_stopped(&mut self, stop: impl Future<Output = ()>) -> End {
        self.next().await;
        self.drain(stop).await
    }

    /// Waits for `stop` to end, unless another signal comes first.
    pub async fn drain(&mut self, stop: impl Future<Output = ()>) -> End {
        super::say("stopping; press Ctrl-C again to stop at once");
        match self.before(stop).await {
            Some(()) => End::Stopped,
            None => End::Cut,
        }
    }

    /// Waits for a signal.
    #[cfg(unix)]
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits for a signal.
    #[cfg(not(unix))]
    pub async fn next(&mut self) {
        // Where Ctrl-C cannot be heard it ends the program by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
