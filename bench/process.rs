//! Servers as processes: started, watched through /proc, ended with their holder.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use tokio::process::{Child, Command};

/// A running server. It ends when this is dropped.
pub struct Process {
    pub pid: u32,
    pub child: Child,
}

impl Process {
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self { pid: child.id().context("the server has ended at once")?, child })
    }
}

/// What a process has used so far, all its threads together.
#[derive(Clone, Copy)]
pub struct Used {
    /// User and system time. The kernel counts it in hundredths of a second.
    pub cpu_us: u64,
    /// System calls that write: write, writev and their like on files, pipes and sockets.
    pub writes: u64,
}

impl Used {
    pub fn by(pid: u32) -> Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the server has ended")?;
        let (_, rest) = stat.rsplit_once(')').context("/proc/PID/stat")?;
        let mut ticks = rest.split_whitespace().skip(11).map(str::parse::<u64>);
        let mut next = || ticks.next().context("/proc/PID/stat")?.context("/proc/PID/stat");
        let cpu_us = (next()? + next()?) * 10_000;
        Ok(Self { cpu_us, writes: number(pid, "io", "syscw:")? })
    }

    pub fn since(self, before: Self) -> Self {
        Self { cpu_us: self.cpu_us - before.cpu_us, writes: self.writes - before.writes }
    }
}

/// Memory in RAM, in KB.
pub fn resident_kb(pid: u32) -> Result<u64> {
    number(pid, "status", "VmRSS:")
}

fn number(pid: u32, file: &str, name: &str) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).context("the server has ended")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let line = line.with_context(|| format!("no {name} in /proc/PID/{file}"))?;
    let number = line.split_whitespace().next().with_context(|| format!("{name} in /proc/PID/{file}"))?;
    number.parse().with_context(|| format!("{name} in /proc/PID/{file}"))
}
