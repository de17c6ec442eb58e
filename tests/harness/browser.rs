//! A real browser: headless Chromium through chromedriver. The wall is spoken to as a user names its
//! parts.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use thirtyfour::{CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};
use tokio::time::{sleep, timeout};

/// A chromedriver of this test's own, ended with it.
struct Driver {
    process: Child,
    folder: PathBuf,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Both may be gone already; nothing depends on it.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A browser with one page.
pub struct Browser {
    pub page: WebDriver,
    driver: Driver,
}

const CHROMIUM: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

fn first_existing(candidates: &[&str]) -> String {
    let found = candidates.iter().find(|path| Path::new(path).exists());
    (*found.unwrap_or_else(|| panic!("install one of {candidates:?}; `cargo xtask test` says how")))
        .to_owned()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Browser {
    /// Starts a browser with a window of this size.
    pub async fn start(width: u32, height: u32) -> Self {
        // Fails only when a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("rollcall-browser-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let driver_path = first_existing(&["/usr/bin/chromedriver", "/usr/local/bin/chromedriver"]);
        let process = Command::new(driver_path)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let driver = Driver { process, folder };
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(&first_existing(&CHROMIUM)).unwrap();
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-background-timer-throttling",
            "--disable-renderer-backgrounding",
            &format!("--window-size={width},{height}"),
            &format!("--user-data-dir={}", driver.folder.display()),
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        capabilities.set("goog:loggingPrefs", json!({ "browser": "ALL" })).unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let page = timeout(Duration::from_secs(30), async {
            loop {
                match WebDriver::new(&url, capabilities.clone()).await {
                    Ok(page) => return page,
                    Err(_) => sleep(Duration::from_millis(100)).await,
                }
            }
        })
        .await
        .expect("chromedriver answers");
        Self { page, driver }
    }

    /// Opens a page and waits until its wall is live.
    pub async fn open_live(&self, url: &str) {
        self.page.goto(url).await.unwrap();
        self.wait_for_badge("live", Duration::from_secs(20)).await;
    }

    /// Runs a script in the page.
    pub async fn script(&self, text: &str, arguments: Vec<Value>) -> Value {
        self.page.execute(text, arguments).await.unwrap().json().clone()
    }

    /// The live badge's word.
    pub async fn badge(&self) -> String {
        let value =
            self.script("return document.querySelector('[data-live]')?.dataset.live ?? ''", vec![]).await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until there is something of this selector.
    pub async fn wait_for(&self, selector: &str) {
        let there = "return document.querySelector(arguments[0]) !== null";
        let wait = async {
            while self.script(there, vec![json!(selector)]).await != json!(true) {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("there is no {selector}"));
    }

    pub async fn wait_for_badge(&self, word: &str, limit: Duration) {
        let wait = async {
            while self.badge().await != word {
                sleep(Duration::from_millis(50)).await;
            }
        };
        if timeout(limit, wait).await.is_err() {
            panic!("the badge says {:?}, not {word:?}, after {limit:?}", self.badge().await);
        }
    }

    /// `data-state` by user.
    pub async fn states(&self) -> Value {
        let script = "return Object.fromEntries([...document.querySelectorAll('[data-user-id]')]
            .map(e => [e.dataset.userId, e.dataset.state]))";
        self.script(script, vec![]).await
    }

    /// Waiting and longest wait in seconds by queue.
    pub async fn queues(&self) -> Value {
        let script = "return Object.fromEntries([...document.querySelectorAll('[data-queue-id]')].map(e =>
            [e.dataset.queueId, {
                waiting: Number(e.querySelector('[data-field=waiting]').textContent),
                longest: Number(e.querySelector('[data-field=longest-wait]').dataset.seconds),
            }]))";
        self.script(script, vec![]).await
    }

    /// Whether any tile or card says that it is stale.
    pub async fn any_stale(&self) -> bool {
        let script = "return document.querySelector('[data-user-id][data-stale=true],[data-queue-id][data-stale=true]') !== null";
        self.script(script, vec![]).await == json!(true)
    }

    /// All processes of the browser itself, by their id; the driver that speaks to it is none of them.
    pub fn processes(&self) -> Vec<u32> {
        let mut parents: Vec<(u32, u32)> = Vec::new();
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let id = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
            // It may have ended meanwhile.
            let stat = std::fs::read_to_string(process.path().join("stat")).ok();
            // The name, in brackets, may hold anything; after it come state and parent.
            let parent =
                stat.as_deref().and_then(|stat| stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok());
            parents.extend(id.zip(parent));
        }
        let mut found = vec![self.driver.process.id()];
        let mut looked = 0;
        while let Some(parent) = found.get(looked).copied() {
            found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
            looked += 1;
        }
        found.split_off(1)
    }

    /// Everything the page wrote to the console.
    pub async fn console(&self) -> Vec<String> {
        let answer = self.page.get_log("browser").await.unwrap_or_default();
        answer.into_iter().map(|entry| format!("{entry:?}")).collect()
    }

    /// Ends the browser.
    pub async fn quit(self) {
        self.page.quit().await.unwrap();
        drop(self.driver);
    }
}
