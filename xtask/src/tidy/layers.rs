//! Who may know whom.

use super::workspace::Workspace;

/// Each crate of ours and those of ours it may depend on, tests aside. ARCHITECTURE.md says why.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("board", &["protocol"]),
    ("rules", &["protocol"]),
    ("app", &["board", "protocol"]),
    ("proxy", &["board", "protocol", "rules"]),
    ("simulator", &["protocol"]),
    ("rollcall", &["protocol", "proxy", "simulator"]),
    ("xtask", &[]),
    ("audit-bench", &["protocol", "proxy", "simulator"]),
    ("fanout", &["protocol"]),
    ("simulator-bench", &["protocol", "simulator"]),
];

/// Checks the manifests of the workspace.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for member in &workspace.members {
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(name, _)| *name == member.name) else {
            faults
                .push(format!("`{}` has no place yet; give it one in xtask/src/tidy/layers.rs", member.name));
            continue;
        };
        for needed in member.needs() {
            let ours = workspace.members.iter().any(|other| other.name == needed);
            if ours && !allowed.contains(&needed) {
                faults.push(format!(
                    "`{}` must not depend on `{needed}`, only on {allowed:?}; move what both need downwards",
                    member.name
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::Dependency;

    #[test]
    fn the_intended_order_is_accepted() {
        let workspace = Workspace::of_members(&[
            ("protocol", &["serde"]),
            ("board", &["protocol"]),
            ("proxy", &["board", "protocol", "axum"]),
        ]);
        assert_eq!(check(&workspace), [""; 0]);
    }

    #[test]
    fn an_arrow_upwards_is_a_fault() {
        let workspace = Workspace::of_members(&[("simulator", &["proxy"]), ("proxy", &[])]);
        let faults = check(&workspace);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("`simulator` must not depend on `proxy`"), "{faults:?}");
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        assert!(check(&Workspace::of_members(&[("helpers", &[])]))[0].contains("has no place yet"));
    }

    #[test]
    fn tests_may_know_more() {
        let mut workspace = Workspace::of_members(&[("board", &["xtask"]), ("xtask", &[])]);
        workspace.members[0].dependencies =
            vec![Dependency { name: "xtask".to_owned(), kind: Some("dev".to_owned()) }];
        assert_eq!(check(&workspace), [""; 0]);
    }
}
