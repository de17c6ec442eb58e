//! Sizes and names of tracked files.

use super::workspace::Workspace;
use std::collections::BTreeMap;

/// What is larger belongs to a release page: every clone carries it for ever.
const BYTES_MAX: u64 = 1_000_000;

/// Names that say nothing of what is inside, so that anything ends up there.
const VAGUE: &[&str] = &["common.rs", "helpers.rs", "manager.rs", "misc.rs", "util.rs", "utils.rs"];

/// Checks all tracked files.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (path, file) in &workspace.files {
        let name = path.rsplit('/').next().unwrap_or(path);
        if file.bytes > BYTES_MAX {
            faults.push(format!("{path} has {} bytes; a tracked file has at most {BYTES_MAX}", file.bytes));
        }
        if !path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)) {
            faults.push(format!("{path}: a name is made of ASCII letters, digits, `.`, `_` and `-`"));
        }
        if let Some(other) = seen.insert(path.to_ascii_lowercase(), path) {
            faults.push(format!("{path} and {other} are one file where case does not count"));
        }
        if VAGUE.contains(&name) {
            faults.push(format!("{path}: name the file after what is inside"));
        }
        // A module that several integration tests share has no other place.
        if name == "mod.rs" && !path.starts_with("tests/") && !path.contains("/tests/") {
            faults.push(format!("{path}: write foo.rs beside foo/ instead of foo/mod.rs"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::File;

    fn faults(name: &str) -> Vec<String> {
        check(&Workspace::of_files(&[(name, "")]))
    }

    #[test]
    fn good_names_pass() {
        for name in
            ["src/main.rs", ".github/workflows/ci.yml", "docs/adr/0001-one-writer.md", "tests/harness/mod.rs"]
        {
            assert_eq!(faults(name), [""; 0]);
        }
    }

    #[test]
    fn names_that_break_elsewhere_or_say_nothing_are_faults() {
        for name in ["docs/a b.md", "docs/größe.md", "src/utils.rs", "proxy/src/relay/mod.rs"] {
            assert_eq!(faults(name).len(), 1, "{name}");
        }
        assert_eq!(check(&Workspace::of_files(&[("README.md", ""), ("readme.md", "")])).len(), 1);
    }

    #[test]
    fn a_large_file_is_a_fault() {
        let mut workspace = Workspace::default();
        workspace.files.insert("a.bin".to_owned(), File { bytes: BYTES_MAX + 1, text: String::new() });
        assert!(check(&workspace)[0].contains("1000001 bytes"));
    }
}
