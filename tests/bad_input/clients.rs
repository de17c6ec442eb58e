//! Clients that break HTTP or WebSocket: they are told once, closed, and no other screen notices.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{
    Watch,
    harness::{House, SOON, Socket, still},
};

/// A head that does not come is waited for 15 s.
const SLOW: Duration = Duration::from_secs(20);

/// A plain channel's socket, to be spoken to in raw bytes.
async fn raw(house: &House) -> TcpStream {
    let channel = house.machine.send(Method::POST, "/api/v2/notifications/channels", &Value::Null).await;
    let id = channel["id"].as_str().unwrap();
    let address = house.proxy.address();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /channels/{id} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
    stream
}

/// A client's frame: masked, as RFC 6455 demands.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        n @ 0..126 => frame.push(0x80 | u8::try_from(n).unwrap()),
        n @ 126..65_536 => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(n).unwrap().to_be_bytes());
        }
        n => {
            frame.push(0x80 | 127);
            frame.extend((n as u64).to_be_bytes());
        }
    }
    frame.extend([1, 2, 3, 4]);
    frame.extend(payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// Reads until the end, which comes; returns the close code, if there was one.
async fn closed(mut stream: TcpStream, what: &str) -> Option<u16> {
    let mut bytes = Vec::new();
    // An end by reset is an end as well.
    let _ =
        timeout(SOON, stream.read_to_end(&mut bytes)).await.unwrap_or_else(|_| panic!("{what}: not closed"));
    let (first, rest) = bytes.split_first()?;
    assert_eq!(*first, 0x88, "{what}: {bytes:?}");
    Some(u16::from_be_bytes([rest[1], rest[2]]))
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_frames_are_closed_with_the_reason() {
    let house = House::start(still(10, 2)).await;
    let mut watch = Watch::begin(&house.upstream, &house.machine).await;
    let huge = masked(0x81, &vec![b'x'; 300_000]);
    let pieces = [masked(0x01, &[b'x'; 60_000]), masked(0x00, &[b'x'; 60_000]).repeat(5)].concat();
    let cases: [(&str, Vec<u8>, u16); 15] = [
        ("an unmasked frame", vec![0x81, 0x02, b'h', b'i'], 1002),
        ("an unmasked ping", vec![0x89, 0x00], 1002),
        ("a reserved opcode", masked(0x83, b"x"), 1002),
        ("a reserved control opcode", masked(0x8b, b"x"), 1002),
        ("a reserved bit", masked(0xc1, b"x"), 1002),
        ("a continuation of nothing", masked(0x80, b"x"), 1002),
        ("a text within a text", [masked(0x01, b"a"), masked(0x81, b"b")].concat(), 1002),
        ("a ping in pieces", masked(0x09, b"x"), 1002),
        ("a ping of 200 bytes", masked(0x89, &[b'x'; 200]), 1002),
        ("a text that is not UTF-8", masked(0x81, &[0xff, 0xfe]), 1007),
        ("binary junk", masked(0x82, &[0x00, 0xff, 0x80, 0x13]), 1007),
        ("an oversize text", huge, 1009),
        ("an oversize text in pieces", pieces, 1009),
        (
            "a length that nobody has",
            vec![0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
            1009,
        ),
        ("no frame at all", b"GET / HTTP/1.1\r\n\r\n".to_vec(), 1002),
    ];
    for (what, bytes, code) in cases {
        let mut stream = raw(&house).await;
        // A server that closes early may reset what it did not read.
        let _ = stream.write_all(&bytes).await;
        assert_eq!(closed(stream, what).await, Some(code), "{what}");
        watch.still_hears(what).await;
    }
    // Half a frame, and gone.
    let mut half = raw(&house).await;
    half.write_all(&[0x81]).await.unwrap();
    drop(half);
    watch.still_hears("half a frame").await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_without_reading_is_closed() {
    let house = House::start(still(10, 2)).await;
    let mut watch = Watch::begin(&house.upstream, &house.machine).await;
    let mut stream = raw(&house).await;
    let pings = masked(0x89, &[b'x'; 125]).repeat(1_000);
    let flood = async { while stream.write_all(&pings).await.is_ok() {} };
    timeout(SLOW, flood).await.expect("pings without end are not taken without end");
    watch.still_hears("a flood of pings").await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_broken_requests_are_closed() {
    let house = House::start(still(10, 2)).await;
    let mut watch = Watch::begin(&house.upstream, &house.machine).await;
    let address = house.proxy.address();
    let began = Instant::now();
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
    let mut slow_body = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /oauth/token HTTP/1.1\r\nHost: {address}\r\nContent-Length: 9\r\n\r\n");
    slow_body.write_all(head.as_bytes()).await.unwrap();

    let broken: [&[u8]; 4] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is TLS\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
    ];
    for bytes in broken {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("closed at once");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{bytes:?}: {answer}");
    }
    let endless = [b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec(), vec![b'x'; 1_000_000]].concat();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(&endless).await;
    let mut answer = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("closed at once");
    watch.still_hears("broken heads").await;

    let mut answer = Vec::new();
    let _ = timeout(SLOW, slow.read_to_end(&mut answer))
        .await
        .expect("a slow head is not waited for without end");
    assert!(began.elapsed() > Duration::from_secs(5), "a slow head is waited for a while");
    let mut answer = Vec::new();
    let _ = timeout(SLOW, slow_body.read_to_end(&mut answer)).await.expect("nor is a slow body");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("in time"), "{answer}");
    watch.still_hears("a slow head and a slow body").await;
    house.stop().await;
}

/// A client that sends head and body apart, as Python's own does, keeps its connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_outlives_answers_that_did_not_need_the_body() {
    let house = House::start(still(5, 1)).await;
    let host = house.proxy.address();
    let mut stream = TcpStream::connect(host).await.unwrap();
    for path in ["/api/v2/notifications/channels", "/api/v2/nowhere", "/oauth/token"] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 4\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // Long enough for an answer that does not wait for the body.
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(b"null").await.unwrap();
        let mut answer = [0; 4_096];
        let read = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]);
        assert!(answer.starts_with("HTTP/1.1 40"), "{path}: {answer}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_band_junk_from_a_wall_subscribes_to_nothing() {
    let house = House::start(still(10, 2)).await;
    let mut watch = Watch::begin(&house.upstream, &house.machine).await;
    let wall: &mut Socket = &mut watch.wall;
    let subscribe = r#"{"message":"subscribe","topics":["v2.users.x.presence"]}"#;
    for said in ["", "{", "null", subscribe] {
        wall.say(said).await;
        let answer = wall.find(|frame| frame.get("result").is_some()).await;
        assert_eq!(answer["result"], "400", "{said:?}: {answer}");
    }
    watch.still_hears("junk from a wall").await;
    house.stop().await;
}
