//! Real processes: the binary `rollcall` as an operator starts it, and what it says.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use tokio::time::{sleep, timeout};

use super::until;

/// What would reach a child from the shell of whoever runs the tests, and decide how they end.
const NOT_INHERITED: [&str; 10] = [
    "GENESYSCLOUD_REGION",
    "GENESYSCLOUD_OAUTHCLIENT_ID",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "ALL_PROXY",
];

/// A debug binary on a busy machine may need this long to do what it is asked.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a process wrote so far, read by a thread of its own so that the process never waits for us.
struct Written {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Written {
    fn gather(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let into = bytes.clone();
        let reader = std::thread::spawn(move || {
            let mut chunk = [0; 8_192];
            while let Ok(read @ 1..) = pipe.read(&mut chunk) {
                into.lock().unwrap().extend_from_slice(&chunk[..read]);
            }
        });
        Self { bytes, reader: Some(reader) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    fn finish(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }
}

/// A process of this test's own, ended with it.
pub struct Process {
    child: Child,
    stdout: Written,
    stderr: Written,
}

impl Process {
    /// Starts a command, with its output kept.
    pub fn start(command: &mut Command) -> std::io::Result<Self> {
        for name in NOT_INHERITED {
            if !command.get_envs().any(|(set, _)| set == name) {
                command.env_remove(name);
            }
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = Written::gather(child.stdout.take().unwrap());
        let stderr = Written::gather(child.stderr.take().unwrap());
        Ok(Self { child, stdout, stderr })
    }

    /// Everything on stdout so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Everything on stderr so far: the log.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits until stdout or stderr holds a text.
    pub async fn says(&self, text: &str) {
        let wait = async {
            while !(self.stdout().contains(text) || self.stderr().contains(text)) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        // What it said instead is worth more than that it did not say this.
        if timeout(PATIENCE, wait).await.is_err() {
            panic!("never said {text:?}; stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr());
        }
    }

    /// The address that it says it is at.
    pub async fn base_url(&self) -> String {
        self.says("Ctrl-C").await;
        let stdout = self.stdout();
        let line = stdout.lines().find(|line| line.starts_with("http://")).unwrap();
        line.trim_end_matches('/').to_owned()
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, as an operator's shell or a service manager does.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it ends by itself.
    pub async fn end(&mut self) -> ExitStatus {
        let child = Mutex::new(&mut self.child);
        let status =
            until(PATIENCE, "the process ends", || async { child.lock().unwrap().try_wait().unwrap() });
        let status = status.await;
        self.stdout.finish();
        self.stderr.finish();
        status
    }

    /// Ends it at once; what it said stays readable.
    pub fn kill(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stdout.finish();
        self.stderr.finish();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A folder of this test's own, removed with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    pub fn within(place: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = place.join(format!("rollcall-test-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and returns where it is.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The system clears its temporary folder, if this does not.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The key of the screens of a process.
pub const SCREEN_KEY: &str = "canary-key-5e0d31aa/+=&";

/// `rollcall serve` with a configuration file.
pub struct Serve {
    pub process: Process,
    _folder: Folder,
}

impl Serve {
    /// For an organisation at `base_url`, with the machine client `reports` / `reports-secret` and a key for screens.
    pub fn start(base_url: &str, secret: &str, log: &str) -> Self {
        Self::start_with(base_url, secret, &["--log", log])
    }

    /// The same, told more on the command line.
    pub fn start_with(base_url: &str, secret: &str, arguments: &[&str]) -> Self {
        let folder = Folder::new();
        let config = format!(
            "[genesys]\nbase_url = \"{base_url}\"\n\n[[machine]]\nid = \"reports\"\nsecret = \"reports-secret\"\n\
             roles = [\"viewer\"]\n\n[[key]]\nname = \"lobby\"\nsecret = \"{SCREEN_KEY}\"\nwalls = [\"floor\"]\nembed = true\n"
        );
        let config = folder.write("rollcall.toml", &config);
        let mut command = rollcall();
        command.arg("serve").arg("--config").arg(config).args(["--listen", "127.0.0.1:0"]).args(arguments);
        command
            .env("GENESYSCLOUD_OAUTHCLIENT_ID", "simulator")
            .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", secret);
        Self { process: Process::start(&mut command).unwrap(), _folder: folder }
    }
}

/// The binary, with nothing of this shell's settings.
pub fn rollcall() -> Command {
    Command::new(env!("CARGO_BIN_EXE_rollcall"))
}
