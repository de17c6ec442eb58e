//! Rollcall as `serve`, with a simulator that stands still in a process of its own.

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, bail};
use futures_util::StreamExt as _;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::connect_async;

use crate::{drive::PAYLOAD, process::Process};

/// How long it may take until it is ready.
const START_MAX: Duration = Duration::from_secs(60);

/// Agents whose presence is changed, in turn; and each screen listens to all of them.
pub const AGENTS: usize = 100;

/// What every message of ours begins with; behind it stands its number.
pub const MARK: &str = "bench-";

const CLIENT: (&str, &str) = ("bench", "bench-secret");

/// A proxy and the simulator behind it.
pub struct Rollcall {
    pub url: String,
    pub users: Vec<String>,
    http: Client,
    bearer: String,
    simulator_url: String,
    simulator_bearer: String,
    padding: usize,
    _simulator: Process,
    _folder: TempDir,
}

impl Rollcall {
    /// Starts both and waits until the proxy is ready. The process is the proxy's.
    pub async fn start(program: &Path) -> Result<(Process, Self)> {
        Self::start_with(program, &[]).await
    }

    /// The same with an organisation of another size.
    pub async fn start_with(program: &Path, organisation: &[&str]) -> Result<(Process, Self)> {
        let mut command = Command::new(program);
        command.env("RUST_LOG", "warn").args([
            "simulator",
            "--events-per-second",
            "0",
            "--listen",
            "127.0.0.1:0",
        ]);
        command.args(organisation);
        let (simulator, simulator_url) = start(&mut command).await.context("rollcall simulator")?;
        // The data folder is beside the configuration: of a server that is still ending, none may be in it.
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("rollcall.toml");
        std::fs::write(
            &config,
            format!(
                "[genesys]\nbase_url = \"{simulator_url}\"\n\n[[machine]]\nid = \"{}\"\nsecret = \"{}\"\n\
                 roles = [\"viewer\"]\n",
                CLIENT.0, CLIENT.1
            ),
        )?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&config)
            .env("RUST_LOG", "warn")
            .env("GENESYSCLOUD_OAUTHCLIENT_ID", "simulator")
            .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "simulator");
        let (proxy, url) = start(&mut command).await.context("rollcall serve")?;
        let http = Client::new();
        wait_until_ready(&http, &url).await?;
        let mut rollcall = Self {
            bearer: token(&http, &url, CLIENT).await.context("the proxy's token")?,
            simulator_bearer: token(&http, &simulator_url, ("simulator", "simulator"))
                .await
                .context("the simulator's token")?,
            users: Vec::new(),
            url,
            http,
            simulator_url,
            padding: 0,
            _simulator: simulator,
            _folder: folder,
        };
        rollcall.users = rollcall.user_ids().await.context("the simulator's users")?;
        rollcall.padding = rollcall.missing_bytes().await.context("one delivery to begin with")?;
        Ok((proxy, rollcall))
    }

    /// A channel of the vendor's API with all users' presences; where its socket is.
    pub async fn plain_channel(&self) -> Result<String> {
        let Self { http, url, bearer, .. } = self;
        let channels = format!("{url}/api/v2/notifications/channels");
        let post = http.post(&channels).bearer_auth(bearer).header("content-length", "0");
        let channel = answer(post.send().await?).await?;
        let id = channel["id"].as_str().context("no channel id")?;
        let topic = |user: &String| json!({ "id": format!("v2.users.{user}.presence") });
        let topics: Vec<Value> = self.users.iter().map(topic).collect();
        let put = http.put(format!("{channels}/{id}/subscriptions")).bearer_auth(bearer).json(&topics);
        answer(put.send().await?).await?;
        Ok(channel["connectUri"].as_str().context("no connectUri")?.to_owned())
    }

    /// A wall with its snapshot, as the page asks for it; where its socket is.
    pub async fn wall_channel(&self) -> Result<String> {
        let post = self.http.post(format!("{}/rollcall/walls/floor/channel", self.url));
        let channel = answer(post.bearer_auth(&self.bearer).send().await?).await?;
        Ok(channel["connectUri"].as_str().context("no connectUri")?.to_owned())
    }

    /// Changes one presence: number `n` in the order of all.
    pub fn publish(&self, n: u64) -> impl Future<Output = Result<()>> + use<> {
        let key = format!("{MARK}{n:020}");
        let user = &self.users[n as usize % self.users.len()];
        let patch = self
            .http
            .patch(format!("{}/api/v2/users/{user}/presences/PURECLOUD", self.simulator_url))
            .bearer_auth(&self.simulator_bearer)
            .json(&json!({ "message": format!("{key}{}", "x".repeat(self.padding)) }));
        async move {
            let response = patch.send().await?;
            if !response.status().is_success() {
                bail!("a PATCH of a presence: {}", response.status());
            }
            Ok(())
        }
    }

    /// Changes that were overtaken before they reached a screen, as the proxy counts them.
    pub async fn overtaken(&self) -> Result<u64> {
        let metrics = self.http.get(format!("{}/metrics", self.url)).send().await?.text().await?;
        let line = metrics.lines().find_map(|line| line.strip_prefix("rollcall_overtaken_total "));
        line.and_then(|number| number.trim().parse().ok()).context("/metrics has no rollcall_overtaken_total")
    }

    /// Lets so much happen a second; 0 for a world that stands still.
    pub async fn pace(&self, events_per_second: u64) -> Result<()> {
        let post = self.http.post(format!("{}/simulator/scenario", self.simulator_url));
        answer(post.json(&json!({ "eventsPerSecond": events_per_second })).send().await?).await?;
        Ok(())
    }

    /// Calls that the simulator was asked, by route.
    pub async fn calls(&self) -> Result<BTreeMap<String, u64>> {
        let truth =
            answer(self.http.get(format!("{}/simulator/truth", self.simulator_url)).send().await?).await?;
        let calls = truth["calls"].as_object().context("no calls in the truth")?;
        Ok(calls.iter().map(|(route, count)| (route.clone(), count.as_u64().unwrap_or_default())).collect())
    }

    /// The messages that the simulator knows, a user each.
    pub async fn truth(&self) -> Result<Vec<String>> {
        let truth =
            answer(self.http.get(format!("{}/simulator/truth", self.simulator_url)).send().await?).await?;
        let agents = truth["agents"].as_array().context("no agents in the truth")?;
        let message = |user: &String| {
            let agent = agents.iter().find(|agent| agent["id"].as_str() == Some(user));
            agent.and_then(|a| a["presence"]["message"].as_str()).unwrap_or_default().to_owned()
        };
        Ok(self.users.iter().map(message).collect())
    }

    async fn user_ids(&self) -> Result<Vec<String>> {
        let get = self.http.get(format!("{}/api/v2/users?pageSize={AGENTS}", self.simulator_url));
        let page = answer(get.bearer_auth(&self.simulator_bearer).send().await?).await?;
        let users = page["entities"].as_array().context("no entities")?;
        Ok(users.iter().filter_map(|user| user["id"].as_str().map(str::to_owned)).collect())
    }

    /// How much longer a message must be for its frame to have the size that all servers deliver.
    async fn missing_bytes(&self) -> Result<usize> {
        let (mut socket, _) = connect_async(self.plain_channel().await?).await?;
        sleep(Duration::from_millis(500)).await;
        self.publish(0).await?;
        let delivery = async {
            loop {
                let message = socket.next().await.context("the socket has ended")??;
                if find(&message.clone().into_data(), MARK.as_bytes()).is_some() {
                    return anyhow::Ok(message.len());
                }
            }
        };
        let length = timeout(Duration::from_secs(10), delivery).await.context("no event after 10 s")??;
        Ok(PAYLOAD.saturating_sub(length))
    }
}

/// Starts one command and reads from what it prints where it listens.
async fn start(command: &mut Command) -> Result<(Process, String)> {
    let mut process = Process::start(command.stdout(Stdio::piped()))?;
    let stdout = process.child.stdout.take().context("no stdout")?;
    let mut lines = BufReader::new(stdout).lines();
    let greeting = async {
        while let Some(line) = lines.next_line().await? {
            if line.starts_with("http://") {
                return Ok(line.trim_end_matches('/').to_owned());
            }
        }
        bail!("it has ended before it listened")
    };
    let url = timeout(START_MAX, greeting).await.context("it does not say where it listens")??;
    // Whoever prints needs somebody who reads.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((process, url))
}

async fn wait_until_ready(http: &Client, url: &str) -> Result<()> {
    let late = Instant::now() + START_MAX;
    loop {
        let ready = http.get(format!("{url}/readyz")).send().await;
        if ready.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        if Instant::now() >= late {
            bail!("rollcall is not ready after {START_MAX:?}");
        }
        sleep(Duration::from_millis(50)).await;
    }
}

async fn token(http: &Client, url: &str, (id, secret): (&str, &str)) -> Result<String> {
    let post = http
        .post(format!("{url}/oauth/token"))
        .basic_auth(id, Some(secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    let token = answer(post.send().await?).await?;
    Ok(token["access_token"].as_str().context("no access_token")?.to_owned())
}

async fn answer(response: Response) -> Result<Value> {
    let (status, url) = (response.status(), response.url().path().to_owned());
    let text = response.text().await?;
    if !status.is_success() {
        bail!("{url}: {status}: {text}");
    }
    serde_json::from_str(&text).with_context(|| format!("{url}: not JSON"))
}

/// The first place of `needle`.
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}
