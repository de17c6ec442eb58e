//! Drives [`protocol::link`] for one wall: does what it says with the browser's fetch and socket, tells it what
//! happened and what time it is, and hands every frame to the store.

#[cfg(feature = "console")]
mod agent;
mod live;
mod page;
mod receive;

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
};

use js_sys::JsString;
use leptos::prelude::{ArcRwSignal, GetUntracked as _, Set as _, document, window};
use protocol::{
    Timestamp, WallId,
    link::{Action, Input, Link, Policy},
    wall::WallChannel,
};
use wasm_bindgen::closure::Closure;
use web_sys::AbortController;

use crate::{
    build::Build,
    clock::BrowserClock,
    events,
    inbox::Inbox,
    net::{
        self,
        http::{self, Failure},
        socket::{Heard, Socket},
    },
    store::Store,
    words,
};
pub use live::Liveness;
use live::{Latency, socket_address};
pub use page::Page;

/// Who was refused is told why and asks again, but not often: only a person can change the answer.
const REFUSED_RETRY_MS: i64 = 10_000;

/// When the proxy is not ready and does not say for how long.
const NOT_READY_RETRY_MS: i64 = 1_000;

/// The wall's connection to the proxy.
pub struct WallLink {
    wall: WallId,
    clock: Rc<BrowserClock>,
    link: RefCell<Link>,
    store: RefCell<Store>,
    /// What waits, with when it arrived.
    inbox: RefCell<Inbox<(JsString, f64)>>,
    socket: RefCell<Option<Socket>>,
    connect_uri: RefCell<String>,
    /// Aborts the request that is on its way, whose answer would come too late.
    request: RefCell<Option<AbortController>>,
    attempt: Cell<u32>,
    /// Until then no channel is asked for.
    not_before: Cell<Timestamp>,
    /// The proxy's last no.
    no: RefCell<Option<live::No>>,
    latency: RefCell<Latency>,
    live: ArcRwSignal<Liveness>,
    /// Called back by the browser before it paints; made once.
    before_paint: OnceCell<Closure<dyn FnMut()>>,
    drain_due: Cell<bool>,
    hidden: Cell<bool>,
    was_live: Cell<bool>,
    was_stale: Cell<bool>,
    warned: Cell<bool>,
    /// Since when the socket is open, or was open last.
    connected_at: Cell<Option<Timestamp>>,
    /// How often it was opened.
    connections: Cell<u32>,
    build: Build,
}

impl WallLink {
    /// A link that waits for [`Self::start`]. `seed` decides the jitter of its waits.
    #[must_use]
    pub fn new(wall: WallId, clock: Rc<BrowserClock>, store: Store, seed: u64) -> Rc<Self> {
        Rc::new(Self {
            wall,
            clock,
            link: RefCell::new(Link::new(Policy::WALL, seed)),
            store: RefCell::new(store),
            inbox: RefCell::default(),
            socket: RefCell::default(),
            connect_uri: RefCell::default(),
            request: RefCell::default(),
            attempt: Cell::default(),
            not_before: Cell::default(),
            no: RefCell::default(),
            latency: RefCell::default(),
            live: ArcRwSignal::new(Liveness::Connecting { words: None }),
            before_paint: OnceCell::default(),
            drain_due: Cell::default(),
            hidden: Cell::new(document().hidden()),
            was_live: Cell::default(),
            was_stale: Cell::default(),
            warned: Cell::default(),
            connected_at: Cell::default(),
            connections: Cell::default(),
            build: Build::default(),
        })
    }

    /// How live the wall is.
    #[must_use]
    pub fn live(&self) -> ArcRwSignal<Liveness> {
        self.live.clone()
    }

    /// Begins.
    pub fn start(self: &Rc<Self>) {
        self.tell(Input::Start);
    }

    /// Ends: nothing is heard and nothing asked for any more, as long as it is not ticked.
    pub fn stop(&self) {
        drop(self.socket.take());
        self.attempt.set(self.attempt.get().wrapping_add(1));
        if let Some(request) = self.request.take() {
            request.abort();
        }
        self.inbox.borrow_mut().clear();
    }

    /// To be called a few times a second, and when the page is seen again: time passed.
    pub fn tick(self: &Rc<Self>) {
        self.hidden.set(document().hidden());
        // A browser may hold back animation frames without calling the page hidden. First, so that what waits here is
        // not taken for silence.
        if !self.inbox.borrow().is_empty() {
            self.drain();
        }
        let now = self.clock.now();
        let due = self.link.borrow().next_tick().is_some_and(|tick| tick <= now.steady);
        if due {
            self.tell(Input::Tick);
        }
        self.store.borrow_mut().publish(now);
        self.show_live();
    }

    /// To be called when the words changed.
    pub fn relabel(&self) {
        self.store.borrow_mut().relabel(self.clock.now());
    }

    fn tell(self: &Rc<Self>, input: Input) {
        let actions = self.link.borrow_mut().handle(input, self.clock.now().steady);
        for action in actions {
            match action {
                Action::MakeChannel => self.make_channel(),
                Action::OpenSocket => self.open_socket(),
                Action::DropSocket => drop(self.socket.take()),
                Action::SayLive => self.say_live(),
                Action::SayLost => self.store.borrow_mut().feed().close(self.clock.now()),
                // Not with a wall's policy: its channel comes subscribed and with its snapshot, and it only listens.
                Action::Subscribe | Action::Read | Action::Ping => {}
            }
        }
    }

    fn make_channel(self: &Rc<Self>) {
        let early = self.not_before.take().ms_since(self.clock.now().steady);
        if early > 0 {
            // The proxy asked its screens to come back one after the other.
            self.tell(Input::Failed { retry_after_ms: Some(early) });
            return;
        }
        drop(self.socket.take());
        self.inbox.borrow_mut().clear();
        let Ok(abort) = AbortController::new() else { return };
        let signal = abort.signal();
        if let Some(late) = self.request.replace(Some(abort)) {
            late.abort();
        }
        let attempt = self.attempt.get().wrapping_add(1);
        self.attempt.set(attempt);
        let request = self.store.borrow().request();
        let this = self.clone();
        net::spawn(async move {
            let answer = http::make_channel(&this.wall, &request, &signal).await;
            if this.attempt.get() == attempt {
                this.take_answer(&answer);
            }
        });
    }

    fn take_answer(self: &Rc<Self>, answer: &Result<String, Failure>) {
        let arrived = self.clock.steady();
        let input = match answer {
            Ok(text) => match protocol::json::from_str::<WallChannel<'_>>(text) {
                Ok(answer) => self.take_snapshot(&answer, arrived),
                Err(_) => Input::Failed { retry_after_ms: None },
            },
            Err(Failure::Unreachable) => {
                // Its last no may no longer be its answer.
                self.no.replace(None);
                Input::Failed { retry_after_ms: None }
            }
            Err(Failure::Refused { status, words, retry_after_ms }) => {
                let no = live::No { refused: matches!(status, 401 | 403 | 404), words: words.clone() };
                let least = match status {
                    503 => Some(NOT_READY_RETRY_MS),
                    _ if no.refused => Some(REFUSED_RETRY_MS),
                    _ => None,
                };
                self.no.replace(Some(no));
                Input::Failed { retry_after_ms: retry_after_ms.or(least) }
            }
        };
        self.tell(input);
        self.show_live();
    }

    fn take_snapshot(&self, answer: &WallChannel<'_>, arrived: f64) -> Input {
        self.no.replace(None);
        self.clock.learn(answer.server_time, arrived);
        let now = self.clock.now();
        let mut store = self.store.borrow_mut();
        store.feed().close(now);
        store.feed().hear(now);
        store.take_snapshot(answer, now);
        self.connect_uri.replace(answer.connect_uri.clone());
        self.build.hear(&answer.build);
        Input::ChannelMade
    }

    fn open_socket(self: &Rc<Self>) {
        let location = window().location();
        let (Ok(scheme), Ok(host)) = (location.protocol(), location.host()) else { return };
        let address = socket_address(&self.connect_uri.borrow(), &scheme, &host);
        let this = self.clone();
        // The socket lives in this link, which lives as long as the page: the circle is wanted.
        match Socket::open(&address, move |heard| this.hear(heard)) {
            Ok(socket) => drop(self.socket.replace(Some(socket))),
            Err(_) => self.tell(Input::Failed { retry_after_ms: None }),
        }
    }

    fn say_live(self: &Rc<Self>) {
        let now = self.clock.now();
        self.connected_at.set(Some(now.at));
        self.connections.set(self.connections.get().saturating_add(1));
        let mut store = self.store.borrow_mut();
        store.feed().open(now);
        store.publish(now);
        let signals = store.signals();
        drop(store);
        self.show_live();
        if !self.was_live.replace(true) {
            let agents = signals.agents.get_untracked().len();
            let queues = signals.queues.get_untracked().len();
            let wall = self.wall.clone();
            words::when_there(move || events::ready(wall, agents, queues));
        }
    }

    fn hear(self: &Rc<Self>, heard: Heard) {
        match heard {
            Heard::Opened => self.tell(Input::Opened),
            Heard::Closed { spread_ms } => {
                drop(self.socket.take());
                if let Some(spread) = spread_ms {
                    let wait = http::within(spread, js_sys::Math::random());
                    self.not_before.set(self.clock.now().steady.plus_ms(wait));
                }
                self.tell(Input::Closed);
            }
            Heard::Text(text) => self.receive(text),
        }
    }

    fn show_live(&self) {
        let now = self.clock.now();
        let mut store = self.store.borrow_mut();
        let since = store.feed().wall_stale_since(now);
        let live = Liveness::of(&live::Situation {
            has_picture: store.has_picture(),
            was_live: self.was_live.get(),
            socket_open: self.link.borrow().socket_open(),
            stale_since: since,
            no: self.no.borrow().as_ref(),
            latency_ms: self.latency.borrow_mut().shown(now.steady),
        });
        drop(store);
        if self.live.get_untracked() != live {
            self.live.set(live);
        }
        if self.was_live.get() && self.was_stale.replace(since.is_some()) != since.is_some() {
            events::stale(since);
        }
    }
}
