//! Release builds carry the app: every file of dist/ becomes an entry of a table that
//! `proxy/src/assets.rs` includes. Debug builds read dist/ when they start, so that the app can be
//! bundled anew without compiling the server. Reasons: docs/adr/0002-embedded-app.md.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(embedded_app)");
    if from_cargo("PROFILE") != "release" {
        return ExitCode::SUCCESS;
    }
    println!("cargo::rustc-cfg=embedded_app");
    let dist = Path::new(&from_cargo("CARGO_MANIFEST_DIR")).join("../dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    match embed(&dist, &Path::new(&from_cargo("OUT_DIR")).join("app.rs")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error=a release build carries the app, and dist/ has none ({error})");
            println!("cargo::error=run `cargo xtask build`: it makes the app and then this build");
            ExitCode::FAILURE
        }
    }
}

/// Writes the table: names and contents, in the order of the names.
fn embed(dist: &Path, table: &Path) -> io::Result<()> {
    let dist = dist.canonicalize()?;
    for page in ["index.html", "console.html"] {
        fs::metadata(dist.join(page))?;
    }
    let mut files: Vec<PathBuf> =
        fs::read_dir(&dist)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    files.sort();
    let mut rust = String::from("&[\n");
    for path in files {
        // A file that is being written ends in .part; folders are none of the bundle's.
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() || name.ends_with(".part") {
            continue;
        }
        rust.push_str(&format!("    ({name:?}, include_bytes!({path:?}).as_slice()),\n"));
    }
    rust.push_str("]\n");
    fs::write(table, rust)
}

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script where it is by its environment")]
fn from_cargo(variable: &str) -> String {
    std::env::var(variable).unwrap_or_default()
}
