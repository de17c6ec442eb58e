//! Memory of a wall that listens while nothing happens.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::sleep;
use tokio_tungstenite::connect_async;

use crate::{
    bounds::Bounds,
    drive::{Received, Screen},
    peers::{Peer, Servers},
    process::resident_kb,
};

/// How many walls are open at the same time when it is looked.
const SCREENS: &[usize] = &[400, 2_000];
const QUICK_SCREENS: &[usize] = &[400];

/// Walls that come and go before the count begins, so that what is made once is not counted.
const WARM_UP: usize = 100;

/// DESIGN section 9.
const IDLE_KB_MAX: f64 = 8.0;

/// Opens walls, and looks at what the proxy has grown by.
pub async fn idle(servers: &Servers, quick: bool, bounds: &mut Bounds) -> Result<()> {
    let server = servers.start(Peer::Rollcall).await?.context("rollcall")?;
    let rollcall = server.rollcall.as_ref().context("rollcall")?;
    let received = Received::new()?;
    let open = async || -> Result<Screen> {
        let (socket, _) = connect_async(rollcall.wall_channel().await?).await?;
        Ok(Screen::listen(Peer::Rollcall, socket, false, received.clone()))
    };
    let mut screens = Vec::new();
    for _ in 0..WARM_UP {
        screens.push(open().await?);
    }
    screens.clear();
    sleep(Duration::from_secs(2)).await;
    let base_kb = resident_kb(server.process.pid)?;
    println!("\nidle walls, {base_kb} KB without");
    for &count in if quick { QUICK_SCREENS } else { SCREENS } {
        while screens.len() < count {
            screens.push(open().await.with_context(|| format!("wall {}", screens.len()))?);
        }
        sleep(Duration::from_secs(2)).await;
        let grown_kb = resident_kb(server.process.pid)?.saturating_sub(base_kb);
        let each_kb = grown_kb as f64 / count as f64;
        println!("{count} walls: {grown_kb} KB, {each_kb:.1} KB each");
        bounds.at_most(&format!("relay, an idle screen of {count}"), "KB", IDLE_KB_MAX, each_kb);
    }
    Ok(())
}
