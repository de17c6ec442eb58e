//! The disk of the data folder is full, and then it is not.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use proxy::store::verify_audit;
use reqwest::Method;
use serde_json::Value;

use super::writers::{Answer, agents, path, standing, write};
use crate::harness::{
    ANYWHERE, SOON, Speaker,
    process::{Folder, Process, rollcall},
    ready, still, system_clock, until,
};

/// How a disk is made full.
enum Disk {
    /// By a file that takes all of it: a small one of our own, which only root may mount.
    Small(PathBuf),
    /// By a limit of the process: none of its files may become larger.
    Limit,
}

/// Enough for a start, and not for a hundred records.
const BYTES: u32 = 1_500_000;

impl Disk {
    #[expect(clippy::print_stdout, reason = "whoever runs the tests is to see what was left out")]
    fn mounted(folder: &Path) -> Option<Self> {
        let place = folder.join("small");
        std::fs::create_dir(&place).unwrap();
        let size = format!("size={BYTES}");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&place).output();
        let is_mounted = output.is_ok_and(|output| output.status.success());
        if !is_mounted {
            println!(
                "not on a small disk: only root may mount one, and not in every container; the other way is tried alone"
            );
        }
        is_mounted.then_some(Self::Small(place))
    }

    fn data(&self, folder: &Path) -> PathBuf {
        match self {
            Self::Small(place) => place.join("data"),
            Self::Limit => folder.join("data"),
        }
    }

    fn fill(&self, process: &Process) {
        match self {
            // The last blocks too.
            Self::Small(place) => {
                let filler = std::fs::File::create(place.join("filler")).unwrap();
                for bytes in [4_096, 1] {
                    while std::io::Write::write_all(&mut &filler, &vec![7; bytes]).is_ok() {}
                }
            }
            Self::Limit => limit(process, "0"),
        }
    }

    fn make_room(&self, process: &Process) {
        match self {
            Self::Small(place) => std::fs::remove_file(place.join("filler")).unwrap(),
            Self::Limit => limit(process, "unlimited"),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Small(place) = self {
            // Whoever still uses it is ended with the test.
            let _ = Command::new("umount").arg("--lazy").arg(place).status();
        }
    }
}

/// Sets the size above which a process may not let its files grow.
fn limit(process: &Process, bytes: &str) {
    let pid = process.id().to_string();
    let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:unlimited")]).status();
    assert!(set.unwrap().success());
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_written_upstream_and_everything_is_read() {
    let folder = Folder::new();
    if let Some(small) = Disk::mounted(folder.path()) {
        is_refused_and_recovers(&small, folder.path()).await;
    }
    is_refused_and_recovers(&Disk::Limit, folder.path()).await;
}

async fn is_refused_and_recovers(disk: &Disk, folder: &Path) {
    let simulator = simulator::start(still(60, 4), system_clock()).await.unwrap();
    let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
    let data = disk.data(folder);
    let config = format!(
        "data = {data:?}\n[genesys]\nbase_url = \"{}\"\n[rules]\nhours = \"00:00-24:00\"\nmachine_a_minute = 10000\n\
         [[machine]]\nid = \"writer\"\nsecret = \"writer\"\nroles = [\"viewer\", \"supervisor\", \"auditor\"]\n",
        simulator.base_url()
    );
    let file = folder.join("rollcall.toml");
    std::fs::write(&file, config).unwrap();
    // A write beyond the limit is an error then, and not a signal.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(rollcall().get_program());
    command.arg("serve").arg("--config").arg(&file).arg("--listen").arg(ANYWHERE.to_string());
    command
        .env("GENESYSCLOUD_OAUTHCLIENT_ID", "simulator")
        .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "simulator");
    let mut process = Process::start(&mut command).unwrap();
    let base = process.base_url().await;
    ready(&base).await;
    let client = Speaker::sign_in(&base, "writer", "writer").await;
    let users = agents(&upstream, 2).await;
    assert_eq!(write(&client, &users[0], "before").await, Answer::Done);

    disk.fill(&process);
    for n in 0..5 {
        let answer = client
            .call(
                Method::PATCH,
                &path(&users[0]),
                Some(&serde_json::json!({ "message": format!("full {n}") })),
            )
            .await;
        assert_eq!(answer.status().as_u16(), 503);
        assert!(answer.headers().contains_key("retry-after"));
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "audit.unavailable", "{body}");
    }
    assert_eq!(standing(&upstream).await[&users[0]], "before", "nothing was sent");
    // Reads go on.
    let page = client.get("/rollcall/audit?outcome=accepted").await;
    assert_eq!(page["total"], 1, "{page}");
    client.get("/api/v2/users?pageSize=1").await;
    let health = client.call(Method::GET, "/readyz", None).await;
    assert!(health.status().is_success());
    verify_audit(&data, None, None).unwrap();

    disk.make_room(&process);
    until(SOON, "it goes on", || async {
        (write(&client, &users[1], "after").await == Answer::Done).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(standing(&upstream).await[&users[1]], "after");
    process.signal("TERM");
    assert!(process.end().await.success(), "{}", process.stderr());
    verify_audit(&data, None, None).unwrap();
    simulator.stop().await;
}
