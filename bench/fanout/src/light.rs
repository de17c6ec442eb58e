//! A wall's screen that costs the driver little: it opens its wall as the page does and comes back by the page's own
//! rules (`protocol::link`), but looks at the heads of frames alone. A WebSocket library would use more of the machine
//! than the server that is measured.

use std::{
    cell::{Cell, RefCell},
    io,
    pin::Pin,
    rc::Rc,
    task::Poll,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use protocol::{
    Frame, Timestamp,
    link::{Action, Input, Link, Phase, Policy},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf},
    net::{TcpSocket, TcpStream},
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    rollcall::find,
    slow::{SLOW_BYTES, SLOW_EVERY, SLOW_RECEIVES},
};

/// Bytes read at once, by all screens in turn into the same place.
const READ_BYTES: usize = 256 * 1024;

/// So much of an answer is kept: its head and the beginning, where channel and number stand.
const KEPT_BYTES: usize = 32 * 1024;

/// Of a frame that is not looked into, so much is enough to tell an event from a heartbeat.
const HEAD_BYTES: usize = 48;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// What the screens tell of themselves, all in one thread.
pub struct Crowd {
    /// Where the walls are.
    pub host: String,
    /// Events received.
    pub frames: Cell<u64>,
    pub bytes: Cell<u64>,
    /// Reading system calls that brought something.
    pub reads: Cell<u64>,
    pub live: Cell<usize>,
    /// Times that the proxy asked a screen to come back later.
    pub refused: Cell<u64>,
    /// Bytes of the largest snapshot.
    pub snapshot: Cell<usize>,
    pub whole: Cell<u64>,
    pub latency_ms: RefCell<Histogram<u64>>,
    /// The proxy's clock against ours, by the answer that came fastest.
    offset_ms: Cell<(i64, i64)>,
    cut: watch::Sender<u32>,
    /// Whether every `SLOW_EVERY`th screen hardly reads.
    pub slow: watch::Sender<bool>,
    /// Screens that come back do not say what they have, as after a restart of the proxy.
    pub forgetful: Cell<bool>,
}

/// One screen's memory.
#[derive(Default)]
pub struct Known {
    pub epoch: RefCell<String>,
    /// Its session: to the proxy each screen is somebody else.
    cookie: RefCell<String>,
    pub seq: Cell<u64>,
    /// Since when it is live.
    pub live_at: Cell<Option<Instant>>,
}

impl Crowd {
    pub fn new(host: String) -> Result<Rc<Self>> {
        Ok(Rc::new(Self {
            host,
            frames: Cell::default(),
            bytes: Cell::default(),
            reads: Cell::default(),
            live: Cell::default(),
            refused: Cell::default(),
            snapshot: Cell::default(),
            whole: Cell::default(),
            latency_ms: RefCell::new(Histogram::new(3)?),
            offset_ms: Cell::new((0, i64::MAX)),
            cut: watch::channel(0).0,
            slow: watch::channel(false).0,
            forgetful: Cell::default(),
        }))
    }

    /// Lets a screen come and stay, until the runtime ends.
    pub fn admit(self: &Rc<Self>, seed: u64, sampled: bool) -> Rc<Known> {
        let known = Rc::new(Known::default());
        let slow = (seed.is_multiple_of(SLOW_EVERY)).then(|| self.slow.subscribe());
        let mut screen = Screen {
            crowd: self.clone(),
            known: known.clone(),
            cut: self.cut.subscribe(),
            slow,
            sampled,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        };
        tokio::task::spawn_local(async move { screen.run(seed).await });
        known
    }

    /// Cuts all sockets at once.
    pub fn cut(&self) {
        self.cut.send_modify(|times| *times += 1);
    }
}

struct Screen {
    crowd: Rc<Crowd>,
    known: Rc<Known>,
    cut: watch::Receiver<u32>,
    /// Of a screen that hardly reads while it is told so.
    slow: Option<watch::Receiver<bool>>,
    sampled: bool,
    random: u64,
}

/// The proxy's answer to a screen that wants a channel.
enum Opened {
    Channel(String),
    Later { spread_ms: i64 },
}

impl Screen {
    async fn run(&mut self, seed: u64) {
        let mut link = Link::new(Policy::WALL, seed);
        let mut input = Input::Start;
        let (mut path, mut stream) = (String::new(), None);
        loop {
            let mut next = None;
            for action in link.handle(input, now()) {
                match action {
                    Action::MakeChannel => {
                        next = Some(match self.open().await {
                            Ok(Opened::Channel(found)) => {
                                path = found;
                                Input::ChannelMade
                            }
                            Ok(Opened::Later { spread_ms }) => {
                                self.crowd.refused.set(self.crowd.refused.get() + 1);
                                Input::Failed { retry_after_ms: Some(self.jitter(spread_ms)) }
                            }
                            Err(_) => Input::Failed { retry_after_ms: None },
                        });
                    }
                    Action::OpenSocket => {
                        next = Some(match self.upgrade(&path).await {
                            Ok(opened) => {
                                stream = Some(opened);
                                Input::Opened
                            }
                            Err(_) => Input::Failed { retry_after_ms: None },
                        });
                    }
                    Action::SayLive => {
                        self.known.live_at.set(Some(Instant::now()));
                        self.crowd.live.set(self.crowd.live.get() + 1);
                    }
                    Action::SayLost => {
                        self.known.live_at.set(None);
                        self.crowd.live.set(self.crowd.live.get() - 1);
                    }
                    Action::DropSocket | Action::Subscribe | Action::Read | Action::Ping => {}
                }
            }
            if let Phase::Waiting { until } = link.phase() {
                sleep(Duration::from_millis(until.ms_since(now()).max(0).unsigned_abs())).await;
                next = Some(Input::Tick);
            }
            input = match (next, stream.take()) {
                (Some(Input::Opened), opened) => {
                    stream = opened;
                    Input::Opened
                }
                (Some(next), _) => next,
                (None, Some(mut stream)) => {
                    self.listen(&mut stream).await;
                    Input::Closed
                }
                (None, None) => Input::Closed,
            };
        }
    }

    /// Full jitter, as the page's.
    fn jitter(&mut self, spread_ms: i64) -> i64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % spread_ms.max(1).unsigned_abs()) as i64
    }

    async fn open(&self) -> Result<Opened> {
        let (host, cookie) = (&self.crowd.host, self.known.cookie.borrow().clone());
        let (epoch, seq) = (self.known.epoch.borrow().clone(), self.known.seq.get());
        let body = match epoch.is_empty() || self.crowd.forgetful.get() {
            true => "{}".to_owned(),
            false => format!("{{\"epoch\":\"{epoch}\",\"seq\":{seq}}}"),
        };
        let asked = millis();
        let mut stream = TcpStream::connect(host).await?;
        let request = format!(
            "POST /rollcall/walls/floor/channel HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\
             x-rollcall: 1\r\n{cookie}Accept-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let (answer, length) = read_all(&mut stream).await?;
        let answered = millis();
        let head = find(&answer, b"\r\n\r\n").context("no head")?;
        if answer.starts_with(b"HTTP/1.1 503") {
            let spread_ms = number(&answer[head..], b"\"retryAfterMs\":").unwrap_or(1_000);
            return Ok(Opened::Later { spread_ms: spread_ms.cast_signed() });
        }
        if !answer.starts_with(b"HTTP/1.1 200") {
            bail!("{}", String::from_utf8_lossy(&answer));
        }
        if let Some(at) = find(&answer[..head], b"set-cookie: ") {
            let set = String::from_utf8_lossy(&answer[at + b"set-cookie: ".len()..head]);
            let pair = set.split([';', '\r']).next().unwrap_or_default();
            self.known.cookie.replace(format!("Cookie: {pair}\r\n"));
        }
        // The beginning of the answer is legible in a compressed one, too: the proxy lays it in as it is.
        let text = &answer[head..];
        let uri = quoted(text, b"\"connectUri\":\"").context("no connectUri")?;
        let path = uri.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
        self.known.epoch.replace(quoted(text, b"\"epoch\":\"").context("no epoch")?);
        self.known.seq.set(number(text, b"\"seq\":").context("no seq")?);
        let crowd = &self.crowd;
        crowd.snapshot.set(crowd.snapshot.get().max(length));
        crowd.whole.set(crowd.whole.get() + u64::from(find(text, b"\"complete\":true").is_some()));
        let server_time = quoted(text, b"\"serverTime\":\"").and_then(|at| at.parse::<Timestamp>().ok());
        let took = answered - asked;
        if let Some(at) = server_time
            && took < crowd.offset_ms.get().1
        {
            crowd.offset_ms.set((at.ms_since(Timestamp::from_ms(0)) - (asked + took / 2), took));
        }
        Ok(Opened::Channel(path.context("a connectUri")?))
    }

    async fn upgrade(&self, path: &str) -> Result<TcpStream> {
        let (host, cookie) = (&self.crowd.host, self.known.cookie.borrow().clone());
        let socket = TcpSocket::new_v4()?;
        if self.slow.is_some() {
            socket.set_recv_buffer_size(SLOW_RECEIVES)?;
        }
        let mut stream = socket.connect(host.parse()?).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n{cookie}Upgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        if !head.starts_with(b"HTTP/1.1 101") {
            bail!("a screen: {}", String::from_utf8_lossy(&head));
        }
        Ok(stream)
    }

    /// Takes what comes, until the socket ends or is cut.
    async fn listen(&mut self, stream: &mut TcpStream) {
        let (crowd, known, sampled) = (self.crowd.clone(), self.known.clone(), self.sampled);
        let mut frames = Frames { crowd, known, sampled, skip: 0, rest: Vec::new() };
        self.cut.mark_unchanged();
        loop {
            let at_once = match &mut self.slow {
                Some(slow) if *slow.borrow() => {
                    tokio::select! {
                        () = sleep(Duration::from_secs(1)) => {}
                        _ = slow.changed() => {}
                        _ = self.cut.changed() => return,
                    }
                    SLOW_BYTES
                }
                Some(_) | None => READ_BYTES,
            };
            let read = std::future::poll_fn(|context| {
                BUFFER.with_borrow_mut(|buffer| {
                    let mut into = ReadBuf::new(&mut buffer[..at_once]);
                    match Pin::new(&mut *stream).poll_read(context, &mut into) {
                        Poll::Ready(Ok(())) if into.filled().is_empty() => Poll::Ready(false),
                        Poll::Ready(Ok(())) => Poll::Ready(frames.take(into.filled())),
                        Poll::Ready(Err(_)) => Poll::Ready(false),
                        Poll::Pending => Poll::Pending,
                    }
                })
            });
            tokio::select! {
                biased;
                goes_on = read => if !goes_on { return },
                _ = self.cut.changed() => return,
            }
        }
    }
}

/// Tells frames apart.
struct Frames {
    crowd: Rc<Crowd>,
    known: Rc<Known>,
    sampled: bool,
    /// Bytes of the present frame that are still to come and of no interest.
    skip: usize,
    rest: Vec<u8>,
}

impl Frames {
    /// False when the proxy has closed.
    fn take(&mut self, bytes: &[u8]) -> bool {
        self.crowd.reads.set(self.crowd.reads.get() + 1);
        self.crowd.bytes.set(self.crowd.bytes.get() + bytes.len() as u64);
        if self.rest.is_empty() {
            return self.cut_up(bytes);
        }
        let mut whole = std::mem::take(&mut self.rest);
        whole.extend_from_slice(bytes);
        self.cut_up(&whole)
    }

    fn cut_up(&mut self, mut bytes: &[u8]) -> bool {
        let mut last: Option<&[u8]> = None;
        let mut goes_on = true;
        while goes_on {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let Some((head, length)) = header(bytes) else { break };
            let kept = if self.sampled { length } else { length.min(HEAD_BYTES) };
            if bytes.len() < head + kept {
                break;
            }
            let (opcode, payload) = (bytes[0] & 0x0f, &bytes[head..bytes.len().min(head + length)]);
            goes_on = opcode != 8;
            if opcode == 1 && find(&payload[..kept.min(HEAD_BYTES)], b"channel.metadata").is_none() {
                self.crowd.frames.set(self.crowd.frames.get() + 1);
                if payload.len() == length {
                    last = Some(payload);
                }
                if self.sampled {
                    self.sample(payload);
                }
            }
            let whole = head + length;
            self.skip = whole.saturating_sub(bytes.len());
            bytes = &bytes[whole.min(bytes.len())..];
        }
        self.rest.extend_from_slice(bytes);
        if let Some(seq) = last.and_then(number_of) {
            self.known.seq.set(seq);
        }
        goes_on
    }

    fn sample(&self, payload: &[u8]) {
        let Ok(Ok(Frame::Event(event))) = std::str::from_utf8(payload).map(Frame::parse) else { return };
        let Some(at) = event.stamp.and_then(|stamp| stamp.at) else { return };
        let here = millis() + self.crowd.offset_ms.get().0;
        let late = here - at.ms_since(Timestamp::from_ms(0));
        // The histogram grows as it needs; there is no latency that it cannot take.
        let _ = self.crowd.latency_ms.borrow_mut().record(late.max(0).unsigned_abs());
    }
}

/// Length of a frame's head and of what follows it.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes.get(1)? & 127 {
        126 => Some((4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)))),
        127 => Some((10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?)),
        short => Some((2, usize::from(short))),
    }
}

/// A frame's number, in the stamp behind its body.
fn number_of(payload: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"\"seq\":";
    let at = payload.windows(NAME.len()).rposition(|window| window == NAME)?;
    number(&payload[at..], NAME)
}

fn number(text: &[u8], name: &[u8]) -> Option<u64> {
    let digits = &text[find(text, name)? + name.len()..];
    let end = digits.iter().position(|digit| !digit.is_ascii_digit())?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

fn quoted(text: &[u8], name: &[u8]) -> Option<String> {
    let value = &text[find(text, name)? + name.len()..];
    let end = value.iter().position(|byte| *byte == b'"')?;
    Some(String::from_utf8_lossy(&value[..end]).into_owned())
}

/// Reads an answer to its end, keeps its beginning, and says how long it was.
async fn read_all(stream: &mut TcpStream) -> Result<(Vec<u8>, usize)> {
    let (mut kept, mut length) = (Vec::new(), 0);
    loop {
        let read = std::future::poll_fn(|context| {
            BUFFER.with_borrow_mut(|buffer| {
                let mut into = ReadBuf::new(buffer);
                match Pin::new(&mut *stream).poll_read(context, &mut into) {
                    Poll::Ready(Ok(())) => {
                        let filled = into.filled();
                        let keep = filled.len().min(KEPT_BYTES - kept.len());
                        kept.extend_from_slice(&filled[..keep]);
                        Poll::Ready(io::Result::Ok(filled.len()))
                    }
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    Poll::Pending => Poll::Pending,
                }
            })
        })
        .await?;
        if read == 0 {
            return Ok((kept, length));
        }
        length += read;
    }
}

fn now() -> Timestamp {
    Timestamp::from_ms(millis())
}

fn millis() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
