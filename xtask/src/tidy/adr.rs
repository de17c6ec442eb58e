//! Decisions are numbered without a gap: `docs/adr/NNNN-title.md`.

use super::workspace::Workspace;

const FOLDER: &str = "docs/adr/";

/// Checks the names in docs/adr.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    let mut next = 1;
    for (path, _) in workspace.below(&[FOLDER]) {
        match number(&path[FOLDER.len()..]) {
            None => faults.push(format!("{path}: a decision is called NNNN-title.md, in lower case")),
            Some(number) if number != next => {
                faults.push(format!("{path}: number {next:04} is next"));
                next = number + 1;
            }
            Some(_) => next += 1,
        }
    }
    faults
}

fn number(name: &str) -> Option<u32> {
    let (digits, title) = name.strip_suffix(".md")?.split_once('-')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let valid = digits.len() == 4 && !title.is_empty() && title.chars().all(plain);
    digits.parse().ok().filter(|_| valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(names: &[&str]) -> Vec<String> {
        let files: Vec<_> = names.iter().map(|name| (*name, "")).collect();
        check(&Workspace::of_files(&files))
    }

    #[test]
    fn consecutive_numbers_pass() {
        assert_eq!(
            faults(&["docs/adr/0001-one-writer.md", "docs/adr/0002-dirty-slots.md", "docs/x.md"]),
            [""; 0]
        );
    }

    #[test]
    fn gaps_repeats_and_other_names_are_faults() {
        assert_eq!(
            faults(&["docs/adr/0001-a.md", "docs/adr/0003-b.md"]),
            ["docs/adr/0003-b.md: number 0002 is next"]
        );
        assert_eq!(faults(&["docs/adr/0001-a.md", "docs/adr/0001-b.md"]).len(), 1);
        assert_eq!(faults(&["docs/adr/notes.md"]).len(), 1);
        assert_eq!(faults(&["docs/adr/1-a.md"]).len(), 1);
        assert_eq!(faults(&["docs/adr/0001-Big_Title.md"]).len(), 1);
    }
}
