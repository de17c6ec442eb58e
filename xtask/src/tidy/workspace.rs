//! What the rules look at: packages, tracked files, their text, deny.toml.

use crate::process::{cargo, output, root};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::Command;

/// A package as `cargo metadata` describes it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub id: String,
    /// Absent for a package that lies in a folder.
    pub source: Option<String>,
    pub license: Option<String>,
    pub dependencies: Vec<Dependency>,
}

/// A dependency as the manifest declares it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Dependency {
    pub name: String,
    /// Absent for an ordinary one, else `dev` or `build`.
    pub kind: Option<String>,
}

impl Package {
    /// Names of what this package needs to build, tests aside.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        self.dependencies.iter().filter(|it| it.kind.as_deref() != Some("dev")).map(|it| it.name.as_str())
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

/// deny.toml, as far as these rules read it; cargo-deny reads all of it.
#[derive(Debug, Default, Deserialize)]
pub struct Deny {
    pub licenses: Licenses,
    pub bans: Bans,
}

/// `[licenses]`.
#[derive(Debug, Default, Deserialize)]
pub struct Licenses {
    pub allow: Vec<String>,
}

/// `[bans]`.
#[derive(Debug, Default, Deserialize)]
pub struct Bans {
    pub deny: Vec<Ban>,
}

/// A crate that must not come in, and why.
#[derive(Debug, Default, Deserialize)]
pub struct Ban {
    #[serde(rename = "crate")]
    pub name: String,
    pub reason: String,
}

/// A tracked file.
#[derive(Debug, Default)]
pub struct File {
    pub bytes: u64,
    /// Empty unless it is Rust or Markdown.
    pub text: String,
}

/// Everything, read once.
#[derive(Debug, Default)]
pub struct Workspace {
    pub packages: Vec<Package>,
    pub members: Vec<Package>,
    pub deny: Deny,
    pub files: BTreeMap<String, File>,
}

impl Workspace {
    /// Reads the workspace that xtask belongs to.
    pub fn read() -> Result<Self> {
        // All platforms, so cargo may have to fetch crates that a build here does not need.
        let text = output(cargo().args(["metadata", "--format-version", "1", "--locked", "--all-features"]))?;
        let metadata: Metadata = serde_json::from_str(&text).context("the answer of cargo metadata")?;
        let deny = std::fs::read_to_string(root().join("deny.toml")).context("deny.toml")?;
        let deny = toml::from_str(&deny).context("deny.toml")?;
        let member = |package: &&Package| metadata.workspace_members.contains(&package.id);
        let members = metadata.packages.iter().filter(member).cloned().collect();
        Ok(Self { packages: metadata.packages, members, deny, files: files()? })
    }

    /// Files below any of the places, with their names.
    pub fn below<'a>(&'a self, places: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a File)> {
        let files = self.files.iter().map(|(name, file)| (name.as_str(), file));
        files.filter(|(name, _)| places.iter().any(|place| name.starts_with(place)))
    }
}

/// What git tracks or would track; ignored files are nobody's business.
fn files() -> Result<BTreeMap<String, File>> {
    let mut git = Command::new("git");
    git.current_dir(root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let names = output(&mut git).context("tidy needs the git repository")?;
    let mut files = BTreeMap::new();
    for name in names.split_terminator('\0') {
        let path = root().join(name);
        // A file that git still lists may be gone already.
        let Ok(data) = std::fs::symlink_metadata(&path) else { continue };
        let readable = data.is_file() && (name.ends_with(".rs") || name.ends_with(".md"));
        let text =
            if readable { std::fs::read_to_string(&path).context(name.to_owned())? } else { String::new() };
        files.insert(name.to_owned(), File { bytes: data.len(), text });
    }
    Ok(files)
}

#[cfg(test)]
impl Workspace {
    /// A workspace of these files alone.
    pub fn of_files(files: &[(&str, &str)]) -> Self {
        let file = |text: &str| File { bytes: text.len() as u64, text: text.to_owned() };
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), file(text))).collect();
        Self { files, ..Self::default() }
    }

    /// A workspace of these members alone, each with its dependencies.
    pub fn of_members(members: &[(&str, &[&str])]) -> Self {
        let dependency = |name: &&str| Dependency { name: (*name).to_owned(), kind: None };
        let member = |(name, needs): &(&str, &[&str])| Package {
            name: (*name).to_owned(),
            dependencies: needs.iter().map(dependency).collect(),
            ..Package::default()
        };
        Self { members: members.iter().map(member).collect(), ..Self::default() }
    }
}
