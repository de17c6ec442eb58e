//! Remakes the pictures of the documentation: `cargo xtask shots`. The same seed and the same date make the same walls: the
//! clock moves by being advanced alone, and that of the pages stands still.
#![expect(clippy::unwrap_used, reason = "a picture that cannot be made ends the program")]
#![expect(clippy::print_stdout, reason = "it says what it made")]

mod console;
#[path = "../harness/mod.rs"]
mod harness;

use std::{path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use harness::{House, browser::Browser, standing_clock, still};
use reqwest::Method;
use serde_json::{Value, json};
use simulator::Client;
use tokio::time::sleep;

/// A screen: its name, width and height in pixels of the page, pixels of the picture for each, and how good the picture is
/// in per cent. A picture of twice the size may be half as good.
type Screen = (&'static str, u32, u32, f64, u32);

const LARGE: Screen = ("1080p", 1920, 1080, 1.0, 60);
const LAPTOP: Screen = ("laptop", 1366, 768, 1.0, 60);
const PHONE: Screen = ("phone", 390, 844, 2.0, 55);
const SCREENS: [Screen; 4] = [LARGE, ("4k", 3840, 2160, 1.0, 30), LAPTOP, PHONE];
/// A television that hangs on its side.
const PORTRAIT: Screen = ("portrait", 1080, 1920, 1.0, 60);

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

const THEMES: [&str; 2] = ["dark", "light"];

/// The hours before the last one.
const MORNING_S: u32 = 4 * 3_600;
/// Between two samples of how many wait; the line of an hour has so many.
const SAMPLE_S: u32 = 30;
const SAMPLES: u32 = 120;
/// The last of them are of a rush.
const RUSH_SAMPLES: u32 = 6;
/// The proxy looks at its clock once a second, and what it then reads is there a moment later.
const LOOKED: Duration = Duration::from_millis(1_100);

/// Time stands still in a page unless it is told to pass.
const STAND_STILL: &str = "
    let now = 1000;
    performance.now = () => now;
    Date.now = () => now;
    window.pass = (ms) => { now += ms; };";
/// Some parts of a wall are counted at most so often.
const PASSES: &str = "window.pass(500)";

/// First picture, words and sizes are there.
const DRAWN: &str = "return document.querySelector('h1') !== null && document.fonts.status === 'loaded'
    && [...document.querySelectorAll('[data-live]')].every(badge => !['connecting', 'reconnecting'].includes(badge.dataset.live))";

/// Which ones are wanted: those whose name holds one of the words that the program was given; all when there are none.
fn is_wanted(name: &str) -> bool {
    let mut words = std::env::args().skip(1).peekable();
    words.peek().is_none() || words.any(|word| name.contains(&word))
}

/// A browser that is looked through.
struct Camera<'a> {
    browser: &'a Browser,
    folder: &'a Path,
}

impl Camera<'_> {
    async fn tell(&self, command: &str, what: Value) -> Value {
        self.browser.page.cdp().send_raw(command, what).await.unwrap()
    }

    /// What all pages have in common.
    async fn load(&self) {
        self.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": STAND_STILL })).await;
        self.tell("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
        self.tell("Emulation.setTimezoneOverride", json!({ "timezoneId": "Europe/Madrid" })).await;
    }

    /// A page at an address, on a screen, in a theme; touched by a script, if there is anything to touch.
    async fn shoot(&self, name: &str, url: &str, screen: Screen, theme: &str, touch: &str) {
        if !is_wanted(name) {
            return;
        }
        self.open(url, screen, theme).await;
        for _ in 0..2 {
            sleep(Duration::from_millis(400)).await;
            self.browser.script(PASSES, vec![]).await;
        }
        sleep(Duration::from_millis(400)).await;
        if !touch.is_empty() {
            self.browser.script(touch, vec![]).await;
        }
        self.take(name, screen).await;
    }

    /// A page at an address, on a screen, in a theme, once it is drawn.
    async fn open(&self, url: &str, (_, width, height, scale, _): Screen, theme: &str) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", metrics).await;
        let wishes = json!([
            { "name": "prefers-color-scheme", "value": theme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.tell("Emulation.setEmulatedMedia", json!({ "features": wishes })).await;
        self.browser.page.goto(url).await.unwrap();
        while self.browser.script(DRAWN, vec![]).await != json!(true) {
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// A picture of what is there a moment later.
    async fn take(&self, name: &str, (.., quality): Screen) {
        sleep(Duration::from_millis(400)).await;
        let answer =
            self.tell("Page.captureScreenshot", json!({ "format": "webp", "quality": quality })).await;
        let picture = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        std::fs::write(self.folder.join(format!("{name}.webp")), &picture).unwrap();
        println!("{name}.webp, {} KB", picture.len() / 1_024);
    }
}

async fn advance(house: &House, seconds: u32) {
    house.upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": seconds })).await;
    sleep(LOOKED).await;
}

/// A morning as any other, of which the last hour is known in detail and the last minutes are busy.
async fn live_a_morning(house: &House) {
    house.scenario("calm", None).await;
    for _ in 0..MORNING_S / 1_200 {
        advance(house, 1_200).await;
    }
    for sample in 0..SAMPLES {
        if sample == SAMPLES - RUSH_SAMPLES {
            house.scenario("rush", None).await;
        }
        advance(house, SAMPLE_S).await;
    }
    house.scenario("rush", Some(0.0)).await;
    // The world stands still; what was read last is looked at for alarms.
    for _ in 0..2 {
        advance(house, 5).await;
    }
}

#[tokio::main]
async fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
    std::fs::create_dir_all(&folder).unwrap();
    let browser = Browser::start(1920, 1080).await;
    let camera = Camera { browser: &browser, folder: &folder };
    camera.load().await;
    console::take(&camera).await;

    let clock = standing_clock("2026-03-10T08:22:00Z");
    let world = simulator::Config { seed: 7, ..still(64, 5) };
    let house = House::start_with(clock, world, |_| {}).await;
    live_a_morning(&house).await;
    let base = house.proxy.base_url();
    let wall = |path: &str| {
        let mark = if path.contains('?') { '&' } else { '?' };
        if path.contains("lang=") { format!("{base}{path}") } else { format!("{base}{path}{mark}lang=en") }
    };
    for screen in SCREENS {
        for (name, path) in WALLS {
            for theme in THEMES {
                let url = format!("{}&theme={theme}", wall(path));
                camera.shoot(&format!("{name}-{}-{theme}", screen.0), &url, screen, theme, "").await;
            }
        }
    }
    let alarms = "document.querySelector('.alarm-open').click()";
    let tools = "document.querySelector('[data-tool=find]').click()";
    for theme in THEMES {
        let of = |name: &str| format!("{name}-{theme}");
        let themed = |path: &str| format!("{}&theme={theme}", wall(path));
        camera.shoot(&of("alarms"), &themed("/wall/floor"), LARGE, theme, alarms).await;
        camera.shoot(&of("tools"), &themed("/wall/floor"), LAPTOP, theme, tools).await;
        camera.shoot(&of("404"), &wall("/wall/none"), LAPTOP, theme, "").await;
        camera.shoot(&of("empty"), &themed("/wall/floor?queues=Night&teams=Night"), LAPTOP, theme, "").await;
    }
    let dark = |path: &str| format!("{}&theme=dark", wall(path));
    camera.shoot("portrait", &dark("/wall/floor"), PORTRAIT, "dark", "").await;
    camera.shoot("contrast", &wall("/wall/floor?theme=contrast"), LARGE, "dark", "").await;
    for palette in ["protan", "deutan", "tritan"] {
        camera.shoot(palette, &dark(&format!("/wall/floor?palette={palette}")), LAPTOP, "dark", "").await;
    }
    for (language, name) in [("ar", "arabic"), ("de", "german")] {
        let url = dark(&format!("/wall/floor?lang={language}"));
        camera.shoot(name, &url, LAPTOP, "dark", "").await;
    }
    // Nobody vouches for what is shown: the sockets upstream are gone, and what was missed cannot be read.
    house.fault("server_error", 600).await;
    house.fault("close_sockets", 1).await;
    for _ in 0..3 {
        advance(&house, SAMPLE_S).await;
    }
    for theme in THEMES {
        let url = format!("{}&theme={theme}", wall("/wall/floor"));
        camera.shoot(&format!("stale-{theme}"), &url, LARGE, theme, "").await;
    }
    house.stop().await;
    without_permission(&camera).await;
    browser.quit().await;
}

/// A client that may see everything but figures of interval and day.
async fn without_permission(camera: &Camera<'_>) {
    let permissions = [
        "routing:queue:view",
        "presence:presenceDefinition:view",
        "analytics:queueObservation:view",
        "directory:user:view",
    ];
    let client = Client::new("simulator", "simulator").with_permissions(permissions);
    let world = simulator::Config { seed: 7, clients: vec![client], ..still(24, 3) };
    let house = House::start_with(standing_clock("2026-03-10T11:00:00Z"), world, |_| {}).await;
    sleep(2 * LOOKED).await;
    for theme in THEMES {
        let url = format!("{}/wall/floor?lang=en&theme={theme}", house.proxy.base_url());
        camera.shoot(&format!("no-permission-{theme}"), &url, LAPTOP, theme, "").await;
    }
    house.stop().await;
}
