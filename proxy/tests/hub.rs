//! The hub by its commands, with a real socket: what a client was promised by the answer to its
//! upgrade holds, however long the socket takes to arrive.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use protocol::{ChannelId, Clock, Timestamp};
use proxy::{
    metrics::RelayMetrics,
    relay::{
        Audience, Body, Class, Command, Hub, HubHandle, Owner, SlotIx, SubscribeMode, Ticket,
        entitle::{Entitlement, Topics},
    },
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    time::timeout,
};

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(0)
    }
}

const TOPIC: &str = "v2.users.u.presence";

struct Bench {
    hub: HubHandle,
    owner: Owner,
    channel: ChannelId,
}

impl Bench {
    /// A hub with one slot and a plain channel that listens to it.
    async fn set_up() -> Self {
        let mut topics = Topics::default();
        let topic = topics.declare(TOPIC);
        topics.entitle(TOPIC, Entitlement::Permitted);
        let topics = Arc::new(RwLock::new(topics));
        let (handle, commands) = proxy::relay::line();
        let hub =
            Hub::new(topics, Audience::default(), Arc::new(Still), String::new(), RelayMetrics::default());
        tokio::spawn(hub.run(commands));
        handle.send(Command::Declare { slot: SlotIx(0), topic }).await;
        let owner = Owner::new("machine test");
        let made = handle.ask(|reply| Command::OpenChannel { owner: owner.clone(), reply }).await;
        let channel = made.flatten().expect("there is room").id;
        let bench = Self { hub: handle, owner, channel };
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
        let mut bodies = [const { None }; proxy::relay::CLASSES];
        bodies[Class::Api.index()] = Some(Body::text(text.as_bytes()));
        self.hub.send(Command::Publish { slot: SlotIx(0), seq, bodies }).await;
    }

    /// What the route does before it answers 101.
    async fn accept_upgrade(&self) -> Ticket {
        let channel = self.channel.clone();
        let expected = self.hub.ask(|reply| Command::Expect { channel, reply }).await.flatten();
        let (owner, ticket) = expected.expect("the channel is there");
        assert_eq!(owner, self.owner);
        ticket
    }

    async fn attach(&self, ticket: Ticket) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("listens");
        let (stream, _) = listener.accept().await.expect("connected");
        self.hub.attach(self.channel.clone(), ticket, stream, &[]).await;
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
