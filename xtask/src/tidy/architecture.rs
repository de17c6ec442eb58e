//! The map shows every crate.

use super::workspace::Workspace;

const MAP: &str = "ARCHITECTURE.md";

/// Checks that ARCHITECTURE.md names each member of the workspace.
pub fn check(workspace: &Workspace) -> Vec<String> {
    // Without a map there is nothing that could be out of date.
    let Some(map) = workspace.files.get(MAP) else { return Vec::new() };
    let names =
        |name: &str| map.text.contains(&format!("`{name}`")) || map.text.contains(&format!("`{name}/"));
    let missing = workspace.members.iter().filter(|member| !names(&member.name));
    missing.map(|member| format!("{MAP} does not name `{}`", member.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let members = Workspace::of_members(&[("proxy", &[]), ("board", &[])]).members;
        check(&Workspace { members, ..Workspace::of_files(&[(MAP, text)]) })
    }

    #[test]
    fn a_map_with_every_crate_passes() {
        assert_eq!(faults("`proxy/` serves, `board` knows."), [""; 0]);
    }

    #[test]
    fn a_crate_off_the_map_is_a_fault() {
        assert_eq!(faults("`proxy/` serves."), ["ARCHITECTURE.md does not name `board`"]);
    }
}
