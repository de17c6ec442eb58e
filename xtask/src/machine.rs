//! What the machine must have, and the line that mends what it lacks.

use crate::postgres::Server;
use crate::process::{cannot_start, output, run, which};
use anyhow::{Context as _, Result, bail, ensure};
use std::path::Path;
use std::process::Command;

/// The target of everything that runs in a browser.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The official SDK and the accessibility checks of the tests run on it.
const NODE_MAJOR_MIN: u32 = 20;

/// Makes sure that rustc can compile for the browser; adds the target when it is missing.
pub fn wasm_target() -> Result<()> {
    if wasm_target_present()? {
        return Ok(());
    }
    if which("rustup").is_none() {
        bail!(
            "rustc has no standard library for {WASM}, and rustup, which could add it, is not installed; \
             install rustup, or the package of your distribution that brings this target"
        );
    }
    // `target add` touches the toolchain of rust-toolchain.toml alone and never replaces rustup itself.
    run(Command::new("rustup").current_dir(crate::process::root()).args(["target", "add", WASM]))?;
    ensure!(wasm_target_present()?, "rustup has added {WASM}, but rustc still does not find it");
    Ok(())
}

fn wasm_target_present() -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.current_dir(crate::process::root()).args(["--print", "target-libdir", "--target", WASM]);
    let folder = output(&mut command).context("asking rustc where its libraries are")?;
    let Ok(mut files) = std::fs::read_dir(folder.trim()) else { return Ok(false) };
    Ok(files.any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libstd-"))))
}

/// Makes sure that headless Chromium can be driven; on Debian, root installs it.
pub fn browser() -> Result<()> {
    install(
        &["chromium", "chromium-driver"],
        "the browser tests need Chromium and chromedriver",
        browser_present,
    )
}

/// Makes sure that there is a Python that knows time zones: it checks what is reckoned here by code of its own.
pub fn python() -> Result<()> {
    let present = || output(Command::new("python3").args(["-c", "import zoneinfo"])).is_ok();
    install(
        &["python3-minimal", "libpython3-stdlib"],
        "the tests need Python 3.9 or later as `python3` in PATH",
        present,
    )
}

/// Starts a PostgreSQL server for the tests of the store; on Debian, root installs it. Without one, and without root, those tests are
/// passed over with a note, except on the gate.
pub fn postgres(gate: bool) -> Result<Option<Server>> {
    let need = "the tests of the store need PostgreSQL's server";
    let present = || Server::programs().is_some();
    match install(&["postgresql"], need, present) {
        Ok(()) => Server::start().map(Some),
        Err(error) if gate => Err(error),
        Err(error) => {
            println!("no tests with PostgreSQL: {error:#}");
            Ok(None)
        }
    }
}

/// Installs packages where `present` does not hold, as root on Debian; elsewhere says what is needed.
fn install(packages: &[&str], need: &str, present: impl Fn() -> bool) -> Result<()> {
    if present() {
        return Ok(());
    }
    let mend = format!("{need}; on Debian: apt-get install --no-install-recommends {}", packages.join(" "));
    if !is_debian() || !is_root() {
        bail!("{mend}");
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run(apt().args(["update", "-q"])).with_context(|| mend.clone())?;
    run(apt().args(["install", "-y", "-q", "--no-install-recommends"]).args(packages))
        .with_context(|| mend.clone())?;
    ensure!(present(), "apt-get has installed {}, but it is not in PATH", packages.join(" and "));
    Ok(())
}

fn browser_present() -> bool {
    which("chromium").is_some() && which("chromedriver").is_some()
}

fn is_debian() -> bool {
    // Ubuntu's package of this name only points to another package manager, so it does not count.
    std::fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=debian"))
        && Path::new("/usr/bin/apt-get").exists()
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Makes sure that Node is there and new enough.
pub fn node() -> Result<()> {
    let mend = format!("the tests need Node {NODE_MAJOR_MIN} or later as `node` in PATH");
    let mut command = Command::new("node");
    command.arg("--version");
    let version = output(&mut command).with_context(|| format!("{mend}; {}", cannot_start(&command)))?;
    let major = node_major(&version).with_context(|| format!("`node --version` printed {version:?}"))?;
    ensure!(major >= NODE_MAJOR_MIN, "{mend}; this is {}", version.trim());
    Ok(())
}

fn node_major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_number_of_node_is_read() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major("20.20.2"), None);
    }

    #[test]
    fn this_machine_can_compile_for_the_browser() {
        wasm_target().unwrap();
    }
}
