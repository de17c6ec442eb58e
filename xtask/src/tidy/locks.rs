//! Workspaces of their own have lock files of their own, which a change of ours can leave behind: their builds
//! are `--locked`, and would fail long after the change.

use super::workspace::Workspace;
use crate::process::{cargo, output};

/// Asks cargo about every manifest of `bench/`.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let manifests = workspace.below(&["bench/"]).filter(|(name, _)| name.ends_with("/Cargo.toml"));
    manifests.filter_map(|(name, _)| fault_of(name)).collect()
}

fn fault_of(manifest: &str) -> Option<String> {
    let asked = ["metadata", "--format-version", "1", "--locked", "--manifest-path", manifest];
    output(cargo().args(asked)).err().map(|error| {
        format!("{manifest}: its lock file is out of date; `cargo metadata --manifest-path {manifest}` mends it ({error})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_without_its_lock_file_is_a_fault() {
        let faults = check(&Workspace::of_files(&[("bench/nowhere/Cargo.toml", "[workspace]")]));
        assert_eq!(faults.len(), 1);
        assert!(
            faults[0].starts_with("bench/nowhere/Cargo.toml: its lock file is out of date"),
            "{faults:?}"
        );
        assert_eq!(check(&Workspace::of_files(&[("bench/run", "")])), [""; 0]);
    }
}
