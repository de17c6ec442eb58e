//! Every package comes under a licence that deny.toml allows.

use super::spdx::satisfied;
use super::workspace::{Package, Workspace};

/// Checks all packages of the graph, for all platforms.
pub fn check(workspace: &Workspace) -> Vec<String> {
    workspace.packages.iter().filter_map(|package| fault(package, &workspace.deny.licenses.allow)).collect()
}

fn fault(package: &Package, allowed: &[String]) -> Option<String> {
    let Package { name, version, .. } = package;
    let Some(licence) = &package.license else {
        return Some(format!("{name} {version} does not say its licence; do without it"));
    };
    match satisfied(licence, allowed) {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "{name} {version} is under {licence:?}, which deny.toml does not allow; do without it"
        )),
        Err(error) => Some(format!("{name} {version}: {error:#}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(licence: Option<&str>) -> Option<String> {
        let package =
            Package { name: "a".to_owned(), license: licence.map(str::to_owned), ..Package::default() };
        fault(&package, &["MIT".to_owned()])
    }

    #[test]
    fn allowed_licences_pass() {
        assert_eq!(fault_of(Some("MIT OR GPL-3.0-only")), None);
    }

    #[test]
    fn other_absent_and_broken_licences_are_faults() {
        assert!(fault_of(Some("GPL-3.0-only")).unwrap().contains("does not allow"));
        assert!(fault_of(None).unwrap().contains("does not say"));
        assert!(fault_of(Some("MIT OR")).unwrap().contains("missing"));
    }

    #[test]
    fn our_own_licence_is_allowed() {
        let deny = std::fs::read_to_string(crate::process::root().join("deny.toml")).unwrap();
        let deny: crate::tidy::workspace::Deny = toml::from_str(&deny).unwrap();
        assert!(satisfied("MIT AND Apache-2.0", &deny.licenses.allow).unwrap());
    }
}
