//! The hub by its commands, with a real socket: what a client was promised by the answer to its
//! upgrade holds, however long the socket takes to arrive.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use protocol::{ChannelId, Clock, Timestamp, Topic};
use proxy::{
    metrics::{Outcome, RelayMetrics},
    relay::{
        Audience, Bodies, Body, Class, Command, Hub, HubHandle, NotOpened, Owner, SlotIx, SubscribeMode,
        Ticket, TopicIx, WallOpened,
        entitle::{Entitlement, Topics},
    },
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// A clock that is moved by hand.
#[derive(Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

const TOPIC: &str = "v2.users.u.presence";

struct Bench {
    hub: HubHandle,
    owner: Owner,
    channel: ChannelId,
    clock: Arc<Hands>,
    metrics: RelayMetrics,
}

impl Bench {
    /// A hub with one slot and a plain channel that listens to it.
    async fn set_up() -> Self {
        let mut topics = Topics::default();
        let presence = Topic::UserPresence("u".into());
        let topic = topics.declare(&presence);
        topics.entitle(&presence, Entitlement::Permitted);
        let topics = Arc::new(RwLock::new(topics));
        let (handle, commands) = proxy::relay::line();
        let (clock, metrics) = (Arc::new(Hands::default()), RelayMetrics::default());
        let hub = Hub::new(topics, Audience::default(), clock.clone(), String::new(), metrics.clone());
        tokio::spawn(hub.run(commands));
        handle.send(Command::Declare { slot: SlotIx(0), topic }).await;
        let owner = Owner::new("machine test");
        let made = handle.ask(|reply| Command::OpenChannel { owner: owner.clone(), reply }).await;
        let channel = made.flatten().expect("there is room").id;
        let bench = Self { hub: handle, owner, channel, clock, metrics };
        let topics = vec![TOPIC.to_owned()];
        let (channel, owner) = (bench.channel.clone(), bench.owner.clone());
        let mode = SubscribeMode::Replace;
        let answer = bench
            .hub
            .ask(|reply| Command::Subscribe { channel, owner, topics, mode, strict: true, reply })
            .await;
        answer.flatten().expect("the channel is there").expect("the topic is permitted");
        bench
    }

    async fn publish(&self, seq: u64, text: &str) {
        let mut bodies = Bodies::default();
        bodies.put(Class::Api, Body::text(text.as_bytes()));
        self.hub.send(Command::Publish { slot: SlotIx(0), seq, bodies }).await;
    }

    /// What the route does before it answers 101.
    async fn accept_upgrade(&self) -> Ticket {
        let (owner, ticket) = self.expect(self.channel.clone()).await;
        assert_eq!(owner, self.owner);
        ticket
    }

    async fn expect(&self, channel: ChannelId) -> (Owner, Ticket) {
        let expected = self.hub.ask(|reply| Command::Expect { channel, reply }).await.flatten();
        expected.expect("the channel is there")
    }

    async fn open_wall(&self, name: &str) -> Result<WallOpened, NotOpened> {
        let (wall, class, owner, since) = (0, Class::Full, Owner::new(name), None);
        let ask = self.hub.ask(|reply| Command::OpenWall { wall, class, owner, since, reply });
        ask.await.expect("the hub runs")
    }

    fn pass_ms(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    async fn attach(&self, ticket: Ticket) -> TcpStream {
        self.attach_to(self.channel.clone(), ticket).await
    }

    async fn attach_to(&self, channel: ChannelId, ticket: Ticket) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("listens");
        let (stream, _) = listener.accept().await.expect("connected");
        self.hub.attach(channel, ticket, stream, &[]).await;
        client
    }
}

async fn read(client: &mut TcpStream) -> Option<String> {
    let mut bytes = [0; 256];
    let n = timeout(Duration::from_millis(300), client.read(&mut bytes)).await.ok()?.ok()?;
    // Two bytes of header.
    Some(String::from_utf8_lossy(&bytes[2.min(n)..n]).into_owned())
}

#[tokio::test]
async fn a_change_after_the_upgrade_was_accepted_is_not_lost() {
    let bench = Bench::set_up().await;
    bench.publish(1, "before").await;
    let ticket = bench.accept_upgrade().await;
    bench.publish(2, "between").await;
    let mut client = bench.attach(ticket).await;
    assert_eq!(read(&mut client).await.as_deref(), Some("between"));
    bench.publish(3, "after").await;
    assert_eq!(read(&mut client).await.as_deref(), Some("after"));
}

#[tokio::test]
async fn nothing_from_before_a_socket_is_replayed() {
    let bench = Bench::set_up().await;
    bench.publish(1, "one").await;
    let ticket = bench.accept_upgrade().await;
    let first = bench.attach(ticket).await;
    drop(first);
    bench.publish(2, "two").await;
    let ticket = bench.accept_upgrade().await;
    let mut second = bench.attach(ticket).await;
    assert_eq!(read(&mut second).await, None);
}

#[tokio::test]
async fn a_client_that_makes_a_channel_each_time_harms_itself_only() {
    let bench = Bench::set_up().await;
    for _ in 0..500 {
        let owner = Owner::new("machine leaky");
        let made = bench.hub.ask(|reply| Command::OpenChannel { owner, reply }).await;
        assert!(made.flatten().is_some(), "there is always room for a new one");
    }
    let owner = Owner::new("machine leaky");
    let kept = bench.hub.ask(|reply| Command::ListChannels { owner, reply }).await.expect("the hub runs");
    assert_eq!(kept.len(), 100);
    bench.accept_upgrade().await;
}

#[tokio::test]
async fn whoever_has_a_key_takes_no_more_than_its_share() {
    let bench = Bench::set_up().await;
    let open = async |name: &str, key: &str| {
        let owner = Owner { key: Some(key.into()), ..Owner::new(name) };
        let (wall, class, since) = (0, Class::Full, None);
        // So that not too many come at the same time.
        bench.pass_ms(10);
        let ask = bench.hub.ask(|reply| Command::OpenWall { wall, class, owner, since, reply });
        ask.await.expect("the hub runs").is_ok()
    };
    for n in 0..2_000 {
        assert!(open(&format!("framed {n}"), "portal").await, "{n}");
    }
    assert!(!open("framed another", "portal").await);
    assert!(open("screen 1", "lobby").await, "others have their own");
    bench.hub.send(Command::Retire { wall: 0, reason: "the wall was removed" }).await;
    assert!(open("framed another", "portal").await, "what is gone takes no room");
}

#[tokio::test]
async fn as_many_screens_come_in_at_a_time_as_can_be_served() {
    let bench = Bench::set_up().await;
    let mut opened = Vec::new();
    for n in 0..256 {
        opened.push(bench.open_wall(&format!("page {n}")).await.expect("there is room"));
    }
    let is_busy = |answer: &Result<WallOpened, NotOpened>| matches!(answer, Err(NotOpened::Busy));
    assert!(is_busy(&bench.open_wall("one more").await));
    assert_eq!(bench.metrics.refused.get(), 1);
    // Whoever has its socket is in and makes room for another.
    let (_, ticket) = bench.expect(opened[0].id.clone()).await;
    let _in = bench.attach_to(opened[0].id.clone(), ticket).await;
    assert!(bench.open_wall("another").await.is_ok());
    assert!(is_busy(&bench.open_wall("one more").await));
    // Nobody keeps the others out by never coming.
    bench.pass_ms(2_000);
    for n in 0..256 {
        assert!(bench.open_wall(&format!("page {n} again")).await.is_ok(), "{n}");
    }
    assert!(is_busy(&bench.open_wall("one more").await));
    assert!(Arc::ptr_eq(&opened[0].picture, &opened[255].picture), "made once for all of them");
}

#[tokio::test]
async fn what_changed_after_a_shared_picture_comes_over_the_socket() {
    let bench = Bench::set_up().await;
    let slot = SlotIx(1);
    bench.hub.send(Command::Declare { slot, topic: TopicIx(1) }).await;
    bench.hub.send(Command::Enlist { wall: 0, topic: TopicIx(1) }).await;
    let publish = async |seq: u64, text: &str| {
        let mut bodies = Bodies::default();
        bodies.put(Class::Full, Body::text(text.as_bytes()));
        bench.hub.send(Command::Publish { slot, seq, bodies }).await;
    };
    publish(1, "old").await;
    let first = bench.open_wall("first").await.expect("there is room");
    for n in 1..8 {
        bench.open_wall(&format!("page {n}")).await.expect("there is room");
    }
    publish(2, "new").await;
    let second = bench.open_wall("second").await.expect("there is room");
    assert!(Arc::ptr_eq(&first.picture, &second.picture));
    assert_eq!((second.picture.seq, second.picture.frames[0].as_ref()), (1, &b"old"[..]));
    let (_, ticket) = bench.expect(second.id.clone()).await;
    let mut client = bench.attach_to(second.id.clone(), ticket).await;
    assert_eq!(read(&mut client).await.as_deref(), Some("new"));
}

/// Code and reason of the close frame that comes next.
async fn close(client: &mut TcpStream) -> (u16, String) {
    let mut head = [0; 4];
    timeout(Duration::from_secs(5), client.read_exact(&mut head)).await.expect("in time").expect("a close");
    assert_eq!(head[0], 0x88, "a close frame");
    let mut reason = vec![0; usize::from(head[1]) - 2];
    client.read_exact(&mut reason).await.expect("its reason");
    (u16::from_be_bytes([head[2], head[3]]), String::from_utf8(reason).expect("text"))
}

#[tokio::test]
async fn a_hub_that_stops_takes_leave_of_all_in_turn_and_lets_nobody_in() {
    let bench = Bench::set_up().await;
    let mut screens = Vec::new();
    for n in 0..150 {
        let id = bench.open_wall(&format!("page {n}")).await.expect("there is room").id;
        let (_, ticket) = bench.expect(id.clone()).await;
        screens.push(bench.attach_to(id, ticket).await);
    }
    let hub = bench.hub.clone();
    let stopped = tokio::spawn(async move { hub.ask(|reply| Command::Stop { reply }).await });
    // The commands are taken in order; some screens are still there when this one comes.
    tokio::task::yield_now().await;
    assert!(matches!(bench.open_wall("late").await, Err(NotOpened::Stopping)));
    for client in &mut screens {
        let (code, reason) = close(client).await;
        assert_eq!((code, reason.as_str()), (1012, "the proxy stops; come back within spread=4000 ms"));
    }
    stopped.await.expect("no panic").expect("the hub said that it is done");
    assert_eq!(bench.metrics.closed.get_or_create(&Outcome { outcome: "stopping" }).get(), 150);
}

#[tokio::test]
async fn a_screen_whose_peer_stopped_reading_is_closed_by_heartbeats_alone() {
    let bench = Bench::set_up().await;
    let open = async |name: &str| {
        let id = bench.open_wall(name).await.expect("there is room").id;
        let (_, ticket) = bench.expect(id.clone()).await;
        bench.attach_to(id, ticket).await
    };
    // Its socket stays open and nobody reads from it, as that of a machine whose cable was pulled.
    let vanished = open("vanished").await;
    // Until it lacks something for longer than the kernel needs to pass on what it took.
    let fills = async {
        let mut full = 0;
        while full < 20 {
            let body = Body::text(&[b' '; 60_000]);
            bench.hub.send(Command::Broadcast { class: Class::Full, body }).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
            full = if bench.metrics.behind.get() == 0 { 0 } else { full + 1 };
        }
    };
    timeout(Duration::from_secs(20), fills).await.expect("the kernel takes no more");
    let well = open("well").await;
    let closed = || bench.metrics.closed.get_or_create(&Outcome { outcome: "stuck" }).get();
    bench.pass_ms(29_000);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!((closed(), bench.metrics.screens.get()), (0, 2), "it has half a minute");
    bench.pass_ms(2_000);
    let gone = async {
        while closed() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(5), gone).await.expect("it is closed");
    assert_eq!((bench.metrics.screens.get(), bench.metrics.behind.get()), (1, 0), "the other one is well");
    drop((vanished, well));
}

#[tokio::test]
async fn a_socket_that_begins_before_what_is_forgotten_is_told_to_begin_anew() {
    let bench = Bench::set_up().await;
    for (slot, topic) in [(1, 1), (2, 2)] {
        bench.hub.send(Command::Declare { slot: SlotIx(slot), topic: TopicIx(topic) }).await;
        bench.hub.send(Command::Enlist { wall: 0, topic: TopicIx(topic) }).await;
    }
    let publish = async |slot: u32, seq: u64, text: &str| {
        let mut bodies = Bodies::default();
        bodies.put(Class::Full, Body::text(text.as_bytes()));
        bench.hub.send(Command::Publish { slot: SlotIx(slot), seq, bodies }).await;
    };
    publish(1, 1, "somebody").await;
    let early = bench.open_wall("early").await.expect("there is room");
    let (_, ticket) = bench.expect(early.id.clone()).await;
    let mut there = bench.attach_to(early.id, ticket).await;
    let late = bench.open_wall("late").await.expect("there is room");
    publish(1, 2, "gone").await;
    bench.hub.send(Command::Forget { slot: SlotIx(1), seq: 2 }).await;
    assert_eq!(
        read(&mut there).await.as_deref(),
        Some("gone"),
        "whoever is there is told before it is forgotten"
    );
    let (_, ticket) = bench.expect(late.id.clone()).await;
    let mut client = bench.attach_to(late.id, ticket).await;
    assert_eq!(close(&mut client).await, (1012, "too far behind; come back".to_owned()));
    let fresh = bench.open_wall("late").await.expect("there is room");
    assert!(fresh.picture.frames.is_empty() && fresh.picture.seq == 2);
    // The place is free, and who was there before is not mistaken for who is there now.
    bench.hub.send(Command::Declare { slot: SlotIx(1), topic: TopicIx(3) }).await;
    bench.hub.send(Command::Enlist { wall: 0, topic: TopicIx(3) }).await;
    publish(1, 3, "somebody else").await;
    assert_eq!(read(&mut there).await.as_deref(), Some("somebody else"));
}
