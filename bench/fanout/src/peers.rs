//! The servers that are compared: how each is started, listened to and published to.

use std::{fmt, net::TcpListener, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, bail};
use futures_util::SinkExt as _;
use tokio::{
    net::TcpStream,
    process::Command,
    time::{Instant, sleep},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{process::Process, rollcall::Rollcall};

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long a server may take until it answers.
const START_MAX: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Raw,
    Ws,
    Nats,
    Rollcall,
}

impl Peer {
    pub const ALL: [Self; 4] = [Self::Raw, Self::Ws, Self::Nats, Self::Rollcall];
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Raw => "raw",
            Self::Ws => "ws",
            Self::Nats => "nats",
            Self::Rollcall => "rollcall",
        })
    }
}

/// Where the programs lie.
pub struct Servers {
    pub rollcall: PathBuf,
    pub peers: PathBuf,
}

/// One running server.
pub struct Server {
    pub peer: Peer,
    pub process: Process,
    pub url: String,
    pub rollcall: Option<Rollcall>,
}

impl Servers {
    /// Starts one; `None` when it is not installed.
    pub async fn start(&self, peer: Peer) -> Result<Option<Server>> {
        if peer == Peer::Rollcall {
            let (process, rollcall) = Rollcall::start(&self.rollcall).await?;
            return Ok(Some(Server { peer, process, url: rollcall.url.clone(), rollcall: Some(rollcall) }));
        }
        let port = free_port()?;
        let mut command = match peer {
            Peer::Raw => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["raw-server", "--port", &port.to_string()]);
                command
            }
            Peer::Ws => {
                let mut command = Command::new("node");
                command.arg(self.peers.join("ws-server.mjs")).arg(port.to_string());
                command
            }
            Peer::Nats => match nats(port)? {
                Some(command) => command,
                None => return Ok(None),
            },
            Peer::Rollcall => unreachable!("started above"),
        };
        let process = Process::start(&mut command)?;
        let url = format!("ws://127.0.0.1:{port}/");
        let mut server = Server { peer, process, url, rollcall: None };
        server.wait_until_open(port).await?;
        if peer == Peer::Nats {
            std::fs::remove_file(nats_file())?;
        }
        Ok(Some(server))
    }
}

impl Server {
    async fn wait_until_open(&mut self, port: u16) -> Result<()> {
        let late = Instant::now() + START_MAX;
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = self.process.child.try_wait()? {
                bail!("{} has ended ({status}) before it listened", self.peer);
            }
            if Instant::now() >= late {
                bail!("{} does not listen after {START_MAX:?}", self.peer);
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Where one screen connects.
    pub async fn screen_url(&self) -> Result<String> {
        match &self.rollcall {
            Some(rollcall) => rollcall.plain_channel().await,
            None => Ok(self.url.clone()),
        }
    }

    /// Connects one screen, ready to receive.
    pub async fn connect(&self) -> Result<Socket> {
        let (mut socket, _) = connect_async(self.screen_url().await?).await.context("a screen")?;
        if self.peer == Peer::Nats {
            socket.send(Message::binary("CONNECT {\"verbose\":false}\r\nSUB t 1\r\nPING\r\n")).await?;
        }
        Ok(socket)
    }

    /// Connects who publishes; Rollcall's publisher is a client of the simulator instead.
    pub async fn publisher(&self) -> Result<Socket> {
        if self.peer == Peer::Nats {
            let (mut socket, _) = connect_async(self.url.as_str()).await?;
            socket.send(Message::binary("CONNECT {\"verbose\":false}\r\n")).await?;
            return Ok(socket);
        }
        Ok(connect_async(format!("{}?pub", self.url)).await?.0)
    }
}

/// A port that nobody has at the moment.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn nats(port: u16) -> Result<Option<Command>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("nats-server").is_file()) {
        return Ok(None);
    }
    let own = free_port()?;
    let text = format!(
        "listen: \"127.0.0.1:{own}\"\nwebsocket {{ listen: \"127.0.0.1:{port}\", no_tls: true }}\n\
         log_file: \"/dev/null\"\n"
    );
    std::fs::write(nats_file(), text)?;
    let mut command = Command::new("nats-server");
    command.arg("-c").arg(nats_file());
    Ok(Some(command))
}

fn nats_file() -> PathBuf {
    std::env::temp_dir().join(format!("fanout-nats-{}.conf", std::process::id()))
}
