//! A client that sends and never reads.

use std::time::Duration;

use futures_util::SinkExt as _;
use serde_json::json;
use tokio::{net::TcpSocket, time::Instant};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

use super::{AUTHORIZATION, free, harness::until, house};

/// Whose second changes stand when nobody hears of it.
const AGENTS: usize = 20;

/// The proxy waits half a minute for a reader, once. Of each agent two answers come after that.
const MADE_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_sent_is_made_though_it_never_reads_an_answer() {
    let house = house(120).await;
    let users = free(&house).await;
    let users = &users[..AGENTS];
    let slow = json!({ "kind": "slow", "route": "PATCH /api/v2/users", "delaySeconds": 2, "seconds": 3_600 });
    house.upstream.send(reqwest::Method::POST, "/simulator/faults", &slow).await;

    let address = house.machine.base.strip_prefix("http://").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    // So that the answers are soon too many for it.
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let mut request = format!("ws://{address}/api/v2/users/presence").into_client_request().unwrap();
    request.headers_mut().insert(AUTHORIZATION, format!("Bearer {}", house.machine.bearer).parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    for presence in ["break", "meal"] {
        for user in users {
            let update = json!({ "userId": user, "presence": presence });
            socket.send(Message::text(update.to_string())).await.unwrap();
        }
    }
    // Each is refused under its long name.
    let refused = json!({ "id": "x".repeat(15_000), "presence": "busy" }).to_string();
    let sends = async { while socket.send(Message::text(refused.clone())).await.is_ok() {} };
    let made = until(MADE_WITHIN, "the second change of each is made", async || {
        let truth = house.truth().await;
        let meals = truth["agents"].as_array().unwrap().iter().filter(|agent| {
            agent["presence"]["systemPresence"] == "Meal" && users.iter().any(|user| agent["id"] == **user)
        });
        (meals.count() == AGENTS).then_some(())
    });
    let began = Instant::now();
    let ((), ()) = tokio::join!(made, sends);
    assert!(began.elapsed() > Duration::from_secs(29), "a client that is not waited for is no test");
    house.stop().await;
}
