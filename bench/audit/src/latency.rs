//! What the gate adds to a write: the same PATCH through Rollcall and through a server that only forwards it, in turn.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use axum::{Router, body::Bytes, extract::State, http::Uri, routing::patch};
use protocol::{Clock, Timestamp};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::{net::TcpListener, process::Command, time::sleep};

use crate::{percentile, process::Process};

const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The simulated organisation's time.
#[derive(Debug)]
struct Now(Instant);

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_767_323_045_678 + self.0.elapsed().as_millis() as i64)
    }
}

/// Somebody with a token.
#[derive(Clone)]
struct Speaker {
    http: Client,
    base: String,
    bearer: String,
}

impl Speaker {
    async fn sign_in(base: &str, id: &str) -> Result<Self> {
        let http = Client::builder().no_proxy().build()?;
        let request = http.post(format!("{base}/oauth/token")).basic_auth(id, Some(id));
        let answer =
            request.form(&[("grant_type", "client_credentials")]).send().await?.error_for_status()?;
        let token: Value = answer.json().await?;
        let bearer = token["access_token"].as_str().context("a token")?.to_owned();
        Ok(Self { http, base: base.to_owned(), bearer })
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.bearer);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

/// A server that passes a PATCH on, and nothing else.
async fn forwarder(upstream: Speaker) -> Result<String> {
    async fn forward(State(upstream): State<Speaker>, uri: Uri, body: Bytes) -> String {
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let answer = upstream.call(Method::PATCH, uri.path(), Some(&body)).await;
        answer.map_or_else(|error| error.to_string(), |answer| answer.to_string())
    }
    let listener = TcpListener::bind(ANYWHERE).await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/{*path}", patch(forward)).with_state(upstream);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(format!("http://{address}"))
}

/// Prints both, and the difference.
pub async fn measure(rollcall: &Path, place: &Path, quick: bool) -> Result<()> {
    let writes = if quick { 100 } else { 1_000 };
    let config = simulator::Config {
        listen: ANYWHERE,
        agents: 100,
        // As many calls as are made.
        calls_per_minute: 1_000_000,
        queues: 10,
        events_per_second: Some(0.0),
        ..Default::default()
    };
    let simulator = simulator::start(config, Arc::new(Now(Instant::now()))).await?;
    let upstream = Speaker::sign_in(&simulator.base_url(), "simulator").await?;
    let folder = tempfile::tempdir_in(place)?;
    let port = TcpListener::bind(ANYWHERE).await?.local_addr()?;
    let file = folder.path().join("rollcall.toml");
    std::fs::write(
        &file,
        format!(
            "[genesys]\nbase_url = \"{}\"\n[rules]\nhours = \"00:00-24:00\"\nmachine_a_minute = 100000\n\
             [[machine]]\nid = \"bench\"\nsecret = \"bench\"\nroles = [\"viewer\", \"supervisor\"]\n",
            simulator.base_url()
        ),
    )?;
    let mut command = Command::new(rollcall);
    command.args(["--log", "error", "serve", "--config"]).arg(&file).args(["--listen", &port.to_string()]);
    command
        .env("GENESYSCLOUD_OAUTHCLIENT_ID", "simulator")
        .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "simulator");
    let _process = Process::start(command.stdout(std::process::Stdio::null()))?;
    let base = format!("http://{port}");
    let began = Instant::now();
    let http = Client::builder().no_proxy().build()?;
    while !http.get(format!("{base}/readyz")).send().await.is_ok_and(|answer| answer.status().is_success()) {
        ensure!(began.elapsed() < Duration::from_secs(60), "the proxy is not ready within a minute");
        sleep(Duration::from_millis(50)).await;
    }
    let guarded = Speaker::sign_in(&base, "bench").await?;
    let bare = Speaker { base: forwarder(upstream.clone()).await?, ..upstream.clone() };
    let truth = upstream.call(Method::GET, "/simulator/truth", None).await?;
    let agents = truth["agents"].as_array().context("agents")?.iter();
    let idle = agents.filter(|agent| agent["routingStatus"]["status"] == "IDLE");
    let idle: Vec<&str> = idle.filter_map(|agent| agent["id"].as_str()).collect();
    ensure!(!idle.is_empty(), "nobody is idle");
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for n in 0..writes {
        let path = format!("/api/v2/users/{}/presences/purecloud", idle[n % idle.len()]);
        for (speaker, times, word) in [(&guarded, &mut with, "guarded"), (&bare, &mut without, "bare")] {
            let began = Instant::now();
            let body = json!({ "message": format!("{word} {n}") });
            let answer = speaker.call(Method::PATCH, &path, Some(&body)).await?;
            times.push(began.elapsed().as_secs_f64() * 1_000.0);
            ensure!(answer["message"] == body["message"], "{word}: {answer}");
        }
        // Within each agent's limit.
        sleep(Duration::from_millis(10)).await;
    }
    with.sort_by(f64::total_cmp);
    without.sort_by(f64::total_cmp);
    println!("{writes} writes one after the other, in turn; milliseconds");
    for (name, times) in [("a bare forward", &without), ("through the gate", &with)] {
        println!("  {name:<18} p50 {:>6.2}  p99 {:>6.2}", percentile(times, 50), percentile(times, 99));
    }
    println!("  added              p50 {:>6.2}", percentile(&with, 50) - percentile(&without, 50));
    Ok(())
}
