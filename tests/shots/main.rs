//! Remakes the pictures of the documentation: `cargo xtask shots`. The same seed and the same date make the same walls; what
//! moves by itself is stopped before it is looked at.
#![expect(clippy::unwrap_used, reason = "a picture that cannot be made ends the program")]
#![expect(clippy::print_stdout, reason = "it says what it made")]

#[path = "../harness/mod.rs"]
mod harness;

use std::{path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use harness::{House, browser::Browser, clock_from, still};
use reqwest::Method;
use serde_json::json;
use thirtyfour::extensions::cdp::ChromeDevTools;
use tokio::time::sleep;

/// Name, width, height, and pixels of the screen for one of the page.
const SCREENS: [(&str, u32, u32, f64); 4] = [
    ("1080p", 1920, 1080, 1.0),
    ("4k", 3840, 2160, 1.0),
    ("laptop", 1366, 768, 1.0),
    ("phone", 390, 844, 2.0),
];

/// Name and address of each kind of wall.
const WALLS: [(&str, &str); 8] = [
    ("floor", "/wall/floor"),
    ("queues", "/wall/queues"),
    ("agents", "/wall/agents"),
    ("focus", "/wall/focus"),
    ("leaderboard", "/wall/leaderboard"),
    ("tiles", "/wall/tiles"),
    ("counts", "/wall/lobby"),
    ("start", "/"),
];

/// A browser that is looked through.
struct Camera<'a> {
    browser: &'a Browser,
    tools: ChromeDevTools,
    folder: &'a Path,
}

impl Camera<'_> {
    async fn screen(&self, (_, width, height, scale): (&str, u32, u32, f64)) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
        self.tools.execute_cdp_with_params("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
    }

    async fn shoot(&self, url: &str, name: &str) {
        self.browser.page.goto(url).await.unwrap();
        self.look(name).await;
    }

    async fn look(&self, name: &str) {
        // First picture, words, sizes and highlights are done by then.
        sleep(Duration::from_millis(2_500)).await;
        let wanted = json!({ "format": "webp", "quality": 72 });
        let answer = self.tools.execute_cdp_with_params("Page.captureScreenshot", wanted).await.unwrap();
        let picture = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        std::fs::write(self.folder.join(format!("{name}.webp")), &picture).unwrap();
        println!("{name}.webp, {} KB", picture.len() / 1_024);
    }
}

#[tokio::main]
async fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
    std::fs::create_dir_all(&folder).unwrap();
    let world = simulator::Config { seed: 7, ..still(64, 5) };
    let house = House::start_with(clock_from("2026-03-10T13:00:00Z"), world, |_| {}).await;
    // Some hours of a working day, the last minutes of it busy.
    house.scenario("normal", None).await;
    for _ in 0..8 {
        house.upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": 600 })).await;
        sleep(Duration::from_millis(1_500)).await;
    }
    house.scenario("rush", Some(25.0)).await;
    sleep(Duration::from_secs(40)).await;
    house.scenario("rush", Some(0.0)).await;

    let browser = Browser::start(1920, 1080).await;
    let tools = ChromeDevTools::new(browser.page.handle().clone());
    let camera = Camera { browser: &browser, tools, folder: &folder };
    let base = house.proxy.base_url();
    let address = |path: &str, theme: &str| {
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{base}{path}{mark}theme={theme}&lang=en")
    };
    for screen in SCREENS {
        camera.screen(screen).await;
        for (wall, path) in WALLS {
            for theme in ["dark", "light"] {
                camera.shoot(&address(path, theme), &format!("{wall}-{}-{theme}", screen.0)).await;
            }
        }
    }
    camera.screen(SCREENS[0]).await;
    for theme in ["dark", "light"] {
        camera.shoot(&address("/wall/none", theme), &format!("404-{theme}")).await;
        camera.shoot(&address("/wall/floor?queues=none&teams=none", theme), &format!("empty-{theme}")).await;
    }
    camera.shoot(&address("/wall/floor?theme=contrast", "contrast"), "contrast").await;
    for palette in ["protan", "deutan", "tritan"] {
        camera.shoot(&address(&format!("/wall/floor?palette={palette}"), "dark"), palette).await;
    }
    camera.shoot(&format!("{base}/wall/floor?theme=dark&lang=ar"), "arabic").await;
    // Nobody vouches for what is shown: upstream is gone.
    browser.page.goto(&address("/wall/floor", "dark")).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    house.fault("silent_sockets", 120).await;
    sleep(Duration::from_secs(50)).await;
    camera.look("stale").await;
    browser.quit().await;
    house.stop().await;
}
