//! Where packages come from: one registry, or a folder of this workspace.

use super::workspace::{Package, Workspace};
use std::collections::{BTreeMap, BTreeSet};

/// Checks all packages of the graph.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    let mut registry: Option<&str> = None;
    for package in &workspace.packages {
        let Package { name, version, .. } = package;
        match package.source.as_deref() {
            None if workspace.members.iter().any(|member| member.id == package.id) => {}
            None => faults.push(format!("{name} {version} lies in a folder outside the workspace")),
            Some(source) if !source.starts_with("registry+") => {
                faults.push(format!("{name} {version} comes from {source}; only the registry is a source"));
            }
            Some(source) if *registry.get_or_insert(source) != source => {
                faults.push(format!("{name} {version} comes from a second registry, {source}"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// Says which crates come in several versions: it costs compile time only.
pub fn duplicates(packages: &[Package]) -> String {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    let several: Vec<String> = versions
        .iter()
        .filter(|(_, all)| all.len() > 1)
        .map(|(name, all)| format!("{name} {}", all.len()))
        .collect();
    let (all, several_len) = (packages.len(), several.len());
    format!("{all} packages; {several_len} crates in several versions: {}", several.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sources: &[Option<&str>]) -> Workspace {
        let package =
            |source: &Option<&str>| Package { source: source.map(str::to_owned), ..Package::default() };
        Workspace { packages: sources.iter().map(package).collect(), ..Workspace::default() }
    }

    #[test]
    fn one_registry_is_enough() {
        assert_eq!(check(&of(&[Some("registry+a"), Some("registry+a")])), [""; 0]);
        assert!(check(&of(&[Some("registry+a"), Some("registry+b")]))[0].contains("second registry"));
    }

    #[test]
    fn git_and_foreign_folders_are_faults() {
        assert!(check(&of(&[Some("git+https://example.org/a")]))[0].contains("only the registry"));
        assert!(check(&of(&[None]))[0].contains("outside the workspace"));
    }

    #[test]
    fn several_versions_are_named() {
        let package = |version: &str| Package {
            name: "syn".to_owned(),
            version: version.to_owned(),
            ..Package::default()
        };
        assert_eq!(
            duplicates(&[package("1"), package("2")]),
            "2 packages; 1 crates in several versions: syn 2"
        );
    }
}
