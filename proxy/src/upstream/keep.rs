//! Keeps the OAuth clients signed in, whatever else goes on: one task for each.
//!
//! Tokens are renewed before they are needed, so that nobody waits for a renewal, and used before they idle.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use protocol::Clock;
use tokio::{sync::watch, time::sleep};
use tracing::{debug, info, warn};

use super::{Clients, Rest, UpstreamError, backoff::Backoff, budget::turns::PROBE_MS};

/// An organisation may log out what is inactive; after how long is its own choice (UNVERIFIED: five minutes at the
/// least), and `dateTokenIdles` of the token's information tells that tokens idle. A token of which nothing was heard for
/// this long is used, so that one lost answer does no harm.
const KEEP_WARM_AFTER_MS: i64 = 120_000;

/// How soon it is noticed that something is due: by the clock, which tests and demos move.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// Keeps all clients signed in until the proxy stops. Wrong credentials of a client that was never accepted are told to
/// `refuse`.
pub async fn run(clients: Clients, clock: Arc<dyn Clock>, refuse: watch::Sender<Option<UpstreamError>>) {
    join_all(clients.all().map(|rest| keep(rest, &clock, &refuse))).await;
}

async fn keep(rest: &Rest, clock: &Arc<dyn Clock>, refuse: &watch::Sender<Option<UpstreamError>>) {
    // Apart, since a probe may have to wait for its turn.
    tokio::join!(renew(rest, refuse), keep_warm(rest, clock));
}

async fn renew(rest: &Rest, refuse: &watch::Sender<Option<UpstreamError>>) {
    let (mut accepted, mut trouble) = (false, None);
    loop {
        // Between failed attempts the holder of tokens waits by itself, and answers with the last failure.
        let outcome = rest.renew().await;
        accepted |= outcome.is_ok();
        if let Err(error) = &outcome
            && !accepted
            && matches!(error, UpstreamError::WrongCredentials { .. })
        {
            refuse.send_replace(Some(error.clone()));
        }
        say(&mut trouble, outcome);
        sleep(LOOKED_AT).await;
    }
}

async fn keep_warm(rest: &Rest, clock: &Arc<dyn Clock>) {
    let mut backoff = Backoff::new(PROBE_MS.0, PROBE_MS.1, crate::random::seed());
    loop {
        let mut wait = LOOKED_AT;
        // Without a token there is nothing to keep.
        if rest.is_signed_in() && clock.now().ms_since(rest.last_answer()) >= KEEP_WARM_AFTER_MS {
            match rest.probe().await {
                Ok(()) => backoff.succeed(),
                Err(error) => {
                    debug!(%error, "a token could not be used; trying again");
                    wait = Duration::from_millis(backoff.fail().unsigned_abs());
                }
            }
        }
        sleep(wait).await;
    }
}

/// The same trouble is said once.
fn say(trouble: &mut Option<UpstreamError>, outcome: Result<(), UpstreamError>) {
    match outcome {
        Ok(()) => {
            if trouble.take().is_some() {
                info!("the token is renewed again");
            }
        }
        Err(error) => {
            if trouble.as_ref() != Some(&error) {
                warn!(%error, "the token cannot be renewed; trying again, and the old one serves as long as it is good");
                *trouble = Some(error);
            }
        }
    }
}
