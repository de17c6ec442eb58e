//! A PostgreSQL server of our own in a temporary folder, for tests: on a free port of this machine, gone with its owner.
//!
//! `cargo xtask test` starts one for all tests; those that end and start a server include this file and have one to themselves.

use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Where tests find the server's address.
pub const VARIABLE: &str = "ROLLCALL_TEST_POSTGRES";

/// It may do everything and needs no password.
const USER: &str = "rollcall";

/// Whom a server may be that root starts: it refuses to be root.
const SERVANTS: [&str; 2] = ["postgres", "nobody"];

/// One server for all tests, so that each may have some connections.
const SETTINGS: [&str; 5] = [
    "max_connections=100",
    "shared_buffers=32MB",
    "max_wal_size=128MB",
    "unix_socket_directories=",
    "autovacuum=off",
];

/// `locked` needs a password, which is its name; everybody else is let in.
const HBA: &str = "host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n";

/// From a start to the first answer, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server, ended with its owner.
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// User and group, where it may not be our own.
    servant: Option<(u32, u32)>,
    running: Option<Child>,
}

impl Server {
    /// The folder of the newest installed server's programs.
    pub fn programs() -> Option<PathBuf> {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
        let found = versions
            .map(|entry| entry.path())
            .filter_map(|folder| Some((version(&folder)?, folder.join("bin"))));
        let of_debian = found.filter(|(_, folder)| folder.join("initdb").is_file()).max();
        of_debian.map(|(_, folder)| folder).or_else(|| {
            let path = Command::new("pg_config").arg("--bindir").output().ok()?.stdout;
            let folder = PathBuf::from(String::from_utf8(path).ok()?.trim());
            folder.join("initdb").is_file().then_some(folder)
        })
    }

    /// Makes a cluster and starts it.
    pub fn start() -> Result<Self> {
        let programs = Self::programs()
            .context("there is no PostgreSQL server; on Debian: apt-get install postgresql")?;
        let is_root = printed(Command::new("id").arg("-u"))? == "0";
        let servant = if is_root { Some(servant()?) } else { None };
        // Free now; that somebody else takes it before the server does is told by its end.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = std::env::temp_dir().join(format!("rollcall-postgres-{}-{port}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut server = Self { programs, folder, port, servant, running: None };
        if let Some((user, group)) = servant {
            std::os::unix::fs::chown(&server.folder, Some(user), Some(group))?;
        }
        let mut init = server.program("initdb");
        init.args(["--username", USER, "--encoding", "UTF8", "--locale", "C", "--auth", "trust", "--pgdata"]);
        let made = init.arg(server.data()).stdout(Stdio::null()).output().context("cannot start initdb")?;
        ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim());
        fs::write(server.data().join("pg_hba.conf"), HBA)?;
        server.go_on()?;
        Ok(server)
    }

    /// Its address, with a database that is there.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it, and waits until it answers.
    pub fn go_on(&mut self) -> Result<()> {
        let log = fs::File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        self.running = Some(started.context("cannot start the PostgreSQL server")?);
        let tries = PATIENCE.as_millis() / 100;
        for _ in 0..tries {
            let asked = self
                .program("pg_isready")
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status();
            if asked.is_ok_and(|status| status.success()) {
                return Ok(());
            }
            let ended = self.running.as_mut().and_then(|child| child.try_wait().ok().flatten());
            ensure!(ended.is_none(), "the PostgreSQL server ended at its start:\n{}", self.said());
            // No event tells that a server is there.
            #[expect(clippy::disallowed_methods, reason = "waits for another program")]
            std::thread::sleep(Duration::from_millis(100));
        }
        anyhow::bail!("the PostgreSQL server did not answer within {PATIENCE:?}:\n{}", self.said())
    }

    /// Ends it: `fast` as an operator does, `immediate` as a crash.
    pub fn stop(&mut self, mode: &str) -> Result<()> {
        let Some(mut child) = self.running.take() else { return Ok(()) };
        let mut stop = self.program("pg_ctl");
        let status = stop.arg("-D").arg(self.data()).args(["-s", "-w", "-m", mode, "stop"]).status();
        if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
            child.kill()?;
        }
        child.wait()?;
        Ok(())
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        // A folder that the servant may be in.
        command.current_dir(&self.folder);
        if let Some((user, group)) = self.servant {
            use std::os::unix::process::CommandExt as _;
            command.uid(user).gid(group);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever does not go here is in the system's temporary folder.
        let _ = self.stop("immediate");
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn servant() -> Result<(u32, u32)> {
    let ids = |name: &str| {
        let id = |what| printed(Command::new("id").args([what, name])).ok()?.parse().ok();
        Some((id("-u")?, id("-g")?))
    };
    SERVANTS
        .iter()
        .find_map(|name| ids(name))
        .context("there is neither a user postgres nor nobody to run the server as")
}

fn printed(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
