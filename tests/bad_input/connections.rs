//! What is left of a connection after its answer.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::harness::{House, still};

/// Far below the time after which the server gives up a client that sends nothing.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A wall whose network went silently asks again on the next of the connections that its browser kept, one after the other,
/// and waits for each: there must be none to keep.
#[tokio::test]
async fn nothing_that_a_page_asks_for_leaves_a_connection_behind() {
    let house = House::start(still(5, 1)).await;
    let address = house.proxy.address();
    let ask = |method: &'static str, path: &'static str| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(AT_ONCE, stream.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        assert!(read.is_ok(), "{method} {path} was answered, and the connection kept");
        let head = answer.split("\r\n\r\n").next().unwrap();
        assert!(head.contains("\r\nconnection: close"), "{method} {path} says so: {head}");
    };
    for path in ["/", "/walls", "/wall/floor", "/no-such-file.js", "/rollcall/walls", "/rollcall/status"] {
        ask("GET", path).await;
    }
    ask("POST", "/rollcall/walls/floor/channel").await;

    // Programs ask often, and keep theirs.
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        let request = format!("GET /api/v2/no-such-thing HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4_096];
        let read = timeout(AT_ONCE, stream.read(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).to_ascii_lowercase();
        assert!(answer.starts_with("http/1.1 404") && !answer.contains("connection: close"), "{answer}");
    }
    house.stop().await;
}
