//! Crates that must not come in, not even by another's hand.

use super::workspace::Workspace;

/// Checks all packages of the graph against `bans.deny` of deny.toml.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for ban in &workspace.deny.bans.deny {
        for package in workspace.packages.iter().filter(|package| package.name == ban.name) {
            faults.push(format!(
                "{} {} has come in ({}); `cargo tree --target all -i {}` shows through whom",
                package.name, package.version, ban.reason, package.name
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::{Ban, Bans, Deny, Package};

    #[test]
    fn a_banned_crate_is_a_fault() {
        let package = |name: &str| Package { name: name.to_owned(), ..Package::default() };
        let ban = Ban { name: "openssl-sys".to_owned(), reason: "one TLS stack".to_owned() };
        let mut workspace = Workspace {
            packages: vec![package("rustls")],
            deny: Deny { bans: Bans { deny: vec![ban] }, ..Deny::default() },
            ..Workspace::default()
        };
        assert_eq!(check(&workspace), [""; 0]);
        workspace.packages.push(package("openssl-sys"));
        assert!(check(&workspace)[0].contains("one TLS stack"));
    }
}
