//! The proxy: holds the client secret, listens to Genesys Cloud over a few channels, keeps the board
//! and relays what changes to any number of screens.
//!
//! [`start`] is how the binary and the tests run it alike. One line goes through it, in one
//! direction: `upstream` hears, `feed` decides and numbers, `relay` writes. Routes ask; they do not
//! change the board.

pub mod api;
pub mod assets;
pub mod audit;
pub mod cache;
pub mod caller;
pub mod config;
pub mod doctor;
pub mod feed;
pub mod gate;
pub mod guard;
pub mod idempotency;
pub mod interests;
pub mod metrics;
pub mod pass;
pub mod period;
mod planted;
pub mod problem;
pub mod publisher;
pub mod random;
pub mod relay;
pub mod route;
pub mod server;
#[cfg(test)]
mod simulation;
pub mod store;
pub mod traces;
pub mod upstream;
mod waits;
pub mod walls;
pub mod witness;
pub mod wrong_keys;

use std::{
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::{Arc, RwLock, RwLockReadGuard},
    time::Duration,
};

use futures_util::FutureExt as _;
use protocol::{Clock, Timestamp, WallId, wall::WallDefinition};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tracing::warn;

use crate::{
    assets::Assets,
    audit::{observed::Observer, retention},
    cache::Shared,
    caller::Callers,
    config::Config,
    feed::{
        Feed, FeedHandle, Surroundings,
        book::Book,
        plan::{Capacity, Plan},
    },
    gate::Hosts,
    guard::Guard,
    idempotency::UnderWay,
    metrics::Metrics,
    problem::Problem,
    publisher::eligible::Eligibility,
    relay::{Audience, Command, Hub, HubHandle, entitle::Topics},
    store::{Store, StoreError},
    upstream::{
        Clients, UpstreamError, aggregates,
        clock::UpstreamClock,
        date::{self, Doubts},
        directory,
        joined::Joined,
        keep, permits,
        read::{self, Reader},
        shard, truth,
    },
    witness::Witness,
    wrong_keys::WrongKeys,
};

/// Bodies above this are refused, as Genesys does (`request.bytes.max`).
pub const BODY_MAX_BYTES: usize = 512_000;

/// What the routes share.
pub struct App {
    epoch: String,
    public_ws: String,
    started: Timestamp,
    local_sessions: bool,
    hosts: Hosts,
    callers: Callers,
    wrong_keys: WrongKeys,
    parents: Vec<config::Origin>,
    /// The wall that is shown where none is named.
    default_wall: Option<WallId>,
    assets: Assets,
    /// Upstream's time.
    clock: Arc<dyn Clock>,
    /// The injected clock.
    steady: Arc<dyn Clock>,
    book: Arc<RwLock<Book>>,
    feed: FeedHandle,
    hub: HubHandle,
    clients: Clients,
    /// Where upstream is, in a word.
    upstream: String,
    /// Which upstream channel covers what.
    plans: watch::Receiver<Arc<Plan>>,
    /// How much upstream's channels can carry.
    capacity: Capacity,
    members: Shared<Arc<[api::queues::Member]>>,
    eligibility: Eligibility,
    joined: Arc<Joined>,
    guard: Arc<Guard>,
    under_way: UnderWay,
    store: Store,
    metrics: Metrics,
}

impl App {
    /// What is known now, perhaps not everything yet.
    fn book(&self) -> RwLockReadGuard<'_, Book> {
        self.book.read().expect("nobody panics while holding the book")
    }

    /// A wall's definition.
    fn wall(&self, id: &str) -> Result<WallDefinition, Problem> {
        let book = self.book();
        book.wall(id).cloned().ok_or_else(|| {
            let known: Vec<&str> = book.walls.iter().map(|wall| wall.id.as_str()).collect();
            Problem::NotFound(format!("there is no wall {id}; there is {}", known.join(", ")))
        })
    }

    /// The book once everything was read; before that the caller is asked to come back.
    fn complete_book(&self) -> Result<RwLockReadGuard<'_, Book>, Problem> {
        let book = self.book();
        if book.complete {
            return Ok(book);
        }
        Err(Problem::NotReady(waits::words(&book, &self.clients.budgets())))
    }
}

/// Why the proxy did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Upstream does not know the client.
    #[error("{0}")]
    WrongCredentials(UpstreamError),
    /// The address cannot be had.
    #[error(
        "cannot listen on {address}: {reason}; choose another with --listen, e.g. --listen 127.0.0.1:0 for a free port"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// In words.
        reason: std::io::Error,
    },
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A part of it panicked.
    #[error(
        "a fault of Rollcall's own: the part \"{0}\" failed (the lines above say how); the process ends, so that it can be started anew"
    )]
    PartFailed(&'static str),
    /// The HTTP client cannot be made.
    #[error("TLS cannot be set up on this machine: {0}")]
    Tls(reqwest::Error),
}

/// A proxy that runs.
pub struct Running {
    address: SocketAddr,
    hub: HubHandle,
    stop: watch::Sender<bool>,
    refused: watch::Receiver<Option<UpstreamError>>,
    failed: watch::Receiver<Option<&'static str>>,
    server: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
    app: Arc<App>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as an address for a browser.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until it can be of no use any more: upstream refuses the credentials for good, which were never accepted, because
    /// upstream could not be reached at the start; or a part of it has failed that is never to end, without which walls would only
    /// seem to be served. Never ends otherwise.
    pub async fn failed(&self) -> StartError {
        let (mut refused, mut failed) = (self.refused.clone(), self.failed.clone());
        let refused = async { refused.wait_for(Option::is_some).await.ok().and_then(|error| error.clone()) };
        let failed = async { failed.wait_for(Option::is_some).await.ok().and_then(|part| *part) };
        tokio::select! {
            Some(error) = refused => StartError::WrongCredentials(error),
            Some(part) = failed => StartError::PartFailed(part),
            // Nobody is left to tell: the proxy is stopping.
            else => std::future::pending().await,
        }
    }

    /// Takes no new requests, ends those under way, tells the screens, and ends.
    pub async fn stop(self) {
        // Nobody listens any more only when the server has ended already.
        let _ = self.stop.send(true);
        let _ = self.hub.ask(|reply| Command::Stop { reply }).await;
        let _ = self.server.await;
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
        self.app.guard.finish().await;
        self.app.store.close().await;
    }
}

/// Runs what is to run as long as the proxy does, and says which of it has panicked.
struct Parts(watch::Sender<Option<&'static str>>);

impl Parts {
    fn run(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let failed = self.0.clone();
        tokio::spawn(async move {
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                failed.send_replace(Some(name));
            }
        })
    }
}

/// The gate does so often what goes by the clock: nobody plans by the second.
const GUARD_TICKS_EVERY: Duration = Duration::from_secs(1);

async fn tick(app: Arc<App>) {
    loop {
        app.guard.tick().await;
        tokio::time::sleep(GUARD_TICKS_EVERY).await;
    }
}

/// Starts a proxy.
///
/// # Errors
/// When the address cannot be had, the data folder cannot be used, or the credentials are wrong. An upstream that cannot be reached is
/// no error: the proxy keeps trying and says so.
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
    // Fails only when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listen = config.server.listen;
    let not_listening = |reason| StartError::Listen { address: listen, reason };
    let listener = TcpListener::bind(listen).await.map_err(not_listening)?;
    let address = listener.local_addr().map_err(not_listening)?;

    let store = match (&config.data, &config.store) {
        (Some(folder), Some(database)) => Store::connect(folder, database.clone()).await?,
        (folder, _) => Store::open(folder.as_deref())?,
    };
    let samples = store.samples().await?;
    let attempts = store.attempts().await?.into();
    let names = store.names(random::key()).await?;
    // Before anybody can open another.
    let left_open = store.left_open().await?;

    // Stamps are in upstream's time; time-outs, sessions and tokens run on the injected clock.
    let steady = clock;
    let clock = Arc::new(UpstreamClock::new(steady.clone()));
    let metrics = Metrics::new();
    let clients = Clients::new(&config.genesys, &steady, &metrics.upstream).map_err(StartError::Tls)?;
    match clients.sign_in().await {
        Ok(()) => {}
        Err(error @ UpstreamError::WrongCredentials { .. }) => {
            return Err(StartError::WrongCredentials(error));
        }
        Err(error) => warn!(%error, "Genesys Cloud does not answer yet; trying on"),
    }

    let public = config.server.public_url.as_ref();
    let public_ws = public.map_or_else(|| format!("ws://{address}"), config::Origin::socket_origin);
    let book = Arc::new(RwLock::new(Book { waits_for: "starting".to_owned(), ..Book::default() }));
    let topics = Arc::new(RwLock::new(Topics::default()));
    let audience = Audience::default();
    let assets = Assets::load();
    let epoch = random::token("");
    let (hub_handle, commands) = relay::line();
    let hub =
        Hub::new(topics.clone(), audience.clone(), steady.clone(), public_ws.clone(), metrics.relay.clone());
    let (rereads, asked) = read::line();
    let (feed_handle, inputs) = feed::line();
    let capacity = Capacity::of_channels(clients.channels().iter().sum());
    let observer = Observer::new(config.audit.observe);
    let (doubts, witness) = (Doubts::default(), Arc::<Witness>::default());
    let (feed, plans) = Feed::new(Surroundings {
        observer: observer.clone(),
        clock: clock.clone(),
        epoch: epoch.clone(),
        build: assets.build().to_owned(),
        walls: config.walls.all(),
        names,
        calendar: config.figures.calendar.clone(),
        store: store.clone(),
        samples,
        audience,
        topics,
        book: book.clone(),
        capacity,
        always_on: config.genesys.always_on.clone(),
        rereads,
        doubts: doubts.clone(),
        witness: witness.clone(),
        metrics: metrics.feed.clone(),
    });
    let reader = Reader { clients: clients.clone(), feed: feed_handle.clone(), clock: clock.clone() };
    let shards = shard::Shards {
        reader: reader.clone(),
        steady: steady.clone(),
        store: store.clone(),
        attempts,
        secure: !config.genesys.is_loopback,
    };
    let poller = aggregates::Poller {
        clients: clients.clone(),
        feed: feed_handle.clone(),
        clock: clock.clone(),
        calendar: config.figures.calendar.clone(),
        plans: plans.clone(),
        book: book.clone(),
    };
    if config.has_writers() {
        tokio::spawn(permits::say_lacking(clients.clone()));
    }
    let (refuse, refused) = watch::channel(None);
    let planned = plans.clone();
    let (fail, failed) = watch::channel(None);
    let parts = Parts(fail);
    let mut tasks = vec![
        parts.run("directory", directory::run(clients.clone(), feed_handle.clone(), clock.clone())),
        parts.run("date", date::run(clients.clone(), feed_handle.clone(), clock.clone(), doubts)),
        parts.run("tokens", keep::run(clients.clone(), steady.clone(), refuse)),
        parts.run("channels", shard::run_all(shards, plans)),
        parts.run("figures", poller.run()),
        parts.run("truth audit", truth::run(reader.clone(), steady.clone(), planned.clone())),
        parts.run("reader", read::run_reader(reader, asked)),
        parts.run("feed", feed.run(inputs, hub_handle.clone())),
        parts.run("relay", hub.run(commands)),
        parts.run("interests", interests::run(book.clone(), hub_handle.clone(), feed_handle.clone())),
        parts.run("walls", walls::watch::run(config.walls.clone(), feed_handle.clone())),
        parts.run("retention", retention::run(store.clone(), clock.clone(), config.audit.keep_days)),
    ];
    let joined = Arc::new(Joined::default());
    let guard = Arc::new(Guard::new(
        clients.clone(),
        store.clone(),
        (clock.clone(), steady.clone()),
        (book.clone(), joined.clone()),
        config.rules.clone(),
        (observer, witness),
        metrics.writes.clone(),
    ));
    let app = Arc::new(App {
        guard,
        under_way: UnderWay::default(),
        store: store.clone(),
        hosts: Hosts::new(public, address),
        callers: Callers::new(&config, steady.clone()),
        wrong_keys: WrongKeys::default(),
        parents: config.embed.parents,
        default_wall: config.walls.default,
        // Without sign-in only this machine may be let in. A public address means that others come,
        // through a proxy that reaches us over loopback.
        local_sessions: listen.ip().is_loopback() && public.is_none_or(config::Origin::is_loopback),
        started: steady.now(),
        steady,
        epoch,
        public_ws,
        assets,
        clock,
        book,
        feed: feed_handle,
        hub: hub_handle.clone(),
        clients,
        upstream: config.genesys.name(),
        plans: planned,
        capacity,
        members: Shared::default(),
        eligibility: Eligibility::new(joined.clone()),
        joined,
        metrics,
    });
    if !app.local_sessions {
        warn!(
            "public_url is not this machine and there is no sign-in: only screens with a key of [[key]] and machine clients are served"
        );
    }
    let settling = app.clone();
    tasks.push(tokio::spawn(async move {
        if let Err(error) = settling.guard.settle(left_open).await {
            warn!(%error, "writes that were under way at the end of the last run could not be settled");
        }
    }));
    app.guard.take_up_restores().await?;
    tasks.push(parts.run("gate", tick(app.clone())));
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(server::run(listener, route::router(app.clone()), stopped));
    Ok(Running { address, hub: hub_handle, stop, refused, failed, server, tasks, app })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_panics_is_told_and_one_that_ends_is_not() {
        let (fail, mut failed) = watch::channel(None);
        let parts = Parts(fail);
        parts.run("one that ends", async {}).await.expect("it ends");
        assert_eq!(*failed.borrow_and_update(), None);
        parts.run("feed", async { panic!("as a fault of ours would") }).await.expect("it is caught");
        assert_eq!(*failed.borrow_and_update(), Some("feed"));
    }
}
