//! Which permissions a call needs: one line for each route in `permissions.txt`, of the form
//! `METHOD template MODE permission...`.
//!
//! | mode | means |
//! | --- | --- |
//! | NO | none |
//! | ALL | all of them |
//! | ANY | one of them |
//! | OWN | all of them, unless the user in the path is the caller, or the open question about it is answered so |

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use axum::http::StatusCode;
use protocol::UserId;

use crate::{
    config::Answers,
    oauth::{Caller, Rights},
    refusal::Refusal,
};

/// The table, a line for each route of the API that a wallboard needs, simulated or not.
const PERMISSIONS: &str = include_str!("permissions.txt");

/// The table by method and template, the names of parameters left out.
static BY_ROUTE: LazyLock<HashMap<String, Requirement>> =
    LazyLock::new(|| PERMISSIONS.lines().filter_map(Requirement::read).collect());

/// What a call or a topic needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub(crate) mode: Mode,
    pub(crate) permissions: Vec<&'static str>,
}

/// How the permissions belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// All are needed.
    All,
    /// One is enough.
    Any,
    /// All are needed for what belongs to somebody else.
    Own,
}

impl Requirement {
    /// Reads a line of the table; none for a route that needs nothing.
    fn read(line: &'static str) -> Option<(String, Self)> {
        let mut words = line.split(' ');
        let (method, template) = (words.next()?, words.next()?);
        let mode = match words.next()? {
            "ALL" => Mode::All,
            "ANY" => Mode::Any,
            "OWN" => Mode::Own,
            _ => return None,
        };
        Some((key(method, template), Self { mode, permissions: words.collect() }))
    }

    /// What is missing to somebody with these rights; empty when nothing is.
    pub(crate) fn missing(&self, rights: &Rights) -> Vec<&'static str> {
        let missing: Vec<_> =
            self.permissions.iter().copied().filter(|permission| !rights.include(permission)).collect();
        let one_is_there = missing.len() < self.permissions.len();
        if self.mode == Mode::Any && one_is_there { Vec::new() } else { missing }
    }

    /// The refusal that names what is missing.
    pub(crate) fn refusal(&self, missing: &[&str]) -> Refusal {
        let (code, sentence) = match self.mode {
            Mode::All | Mode::Own => ("missing.permissions", "You are missing the following permission(s):"),
            Mode::Any => (
                "missing.any.permissions",
                "You must have at least one of the following permissions assigned:",
            ),
        };
        let text = format!("Unable to perform the requested action. {sentence}");
        let list = missing.join(", ");
        Refusal::new(StatusCode::FORBIDDEN, code, format!("{text} {list}")).with_parameter(
            &format!("{text} {{permissions}}"),
            "permissions",
            list,
        )
    }
}

/// Refuses a call for which the caller lacks a permission.
pub(super) fn check(
    answers: &Answers,
    caller: &Caller,
    (method, route): (&str, &str),
    path: &str,
) -> Result<(), Refusal> {
    // What GET needs, HEAD needs, where it has no line of its own.
    let requirement = BY_ROUTE
        .get(&key(method, route))
        .or_else(|| (method == "HEAD").then(|| BY_ROUTE.get(&key("GET", route))).flatten());
    let Some(requirement) = requirement else { return Ok(()) };
    let others_are_free = if route.ends_with("/routingstatus") {
        !answers.routing_status_of_others_needs_permission
    } else {
        answers.presence_of_others_is_free
    };
    if requirement.mode == Mode::Own && (others_are_free || is_about(path, caller.user.as_ref())) {
        return Ok(());
    }
    let missing = requirement.missing(&caller.rights);
    if missing.is_empty() { Ok(()) } else { Err(requirement.refusal(&missing)) }
}

/// The names of all permissions that some route needs.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let all: BTreeSet<&'static str> =
        BY_ROUTE.values().flat_map(|requirement| requirement.permissions.iter().copied()).collect();
    all.into_iter()
}

fn is_about(path: &str, user: Option<&UserId>) -> bool {
    let named = path.strip_prefix("/api/v2/users/").and_then(|rest| rest.split('/').next());
    user.is_some_and(|user| named.is_some_and(|named| named.eq_ignore_ascii_case(user.as_str())))
}

/// Method and template, whatever the parameters are called.
fn key(method: &str, template: &str) -> String {
    let mut key = format!("{method} ");
    for part in template.split('/').skip(1) {
        key.push('/');
        key.push_str(if part.starts_with('{') { "{}" } else { part });
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(list: &[&str]) -> Rights {
        Rights::of_list(Some(&list.iter().map(|name| (*name).to_owned()).collect()))
    }

    #[test]
    fn all_needs_all_and_any_needs_one() {
        let (a, b) = ("routing:queue:view", "routing:queue:edit");
        let requirement = |mode| Requirement { mode, permissions: vec![a, b] };
        assert_eq!(requirement(Mode::All).missing(&rights(&[a])), [b]);
        assert!(requirement(Mode::Any).missing(&rights(&[b])).is_empty());
        assert_eq!(requirement(Mode::Any).missing(&rights(&[])), [a, b]);
        assert!(requirement(Mode::All).missing(&rights(&[a, b])).is_empty());
    }

    /// The API's own description, where the machine has it.
    #[test]
    fn the_table_says_what_the_api_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/genesys-cloud/openapi-slice.json");
        let Ok(slice) = std::fs::read_to_string(path) else { return };
        let slice: serde_json::Value = serde_json::from_str(&slice).unwrap();
        let lines: HashMap<String, &str> = PERMISSIONS
            .lines()
            .map(|line| {
                let words: Vec<&str> = line.splitn(3, ' ').collect();
                (format!("{} {}", words[0], words[1]), words[2])
            })
            .collect();
        let mut compared = 0;
        for (template, methods) in slice["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                // Some routes of the slice do not say what they need.
                let Some(needs) = operation.get("x-required-permissions") else { continue };
                let mut expected = vec![needs["mode"].as_str().unwrap()];
                expected.extend(
                    needs["permissions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()),
                );
                let route = format!("{} {template}", method.to_uppercase());
                let line = lines[&route];
                // Where the slice says nothing and FACTS expects something, the table says OWN.
                let is_ours = line.starts_with("OWN") && expected == ["NO"];
                assert!(is_ours || line == expected.join(" "), "{route}: {line}");
                compared += 1;
            }
        }
        assert_eq!(compared, lines.len());
    }

    #[test]
    fn every_line_of_the_table_can_be_read() {
        let mut routes = BTreeSet::new();
        for line in PERMISSIONS.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(words.len() >= 3 && words[1].starts_with("/api/v2/"), "{line}");
            assert_eq!(words[2] == "NO", Requirement::read(line).is_none(), "{line}");
            assert_eq!(words[2] == "NO", words.len() == 3, "{line}");
            assert!(words[3..].iter().all(|name| *name == "admin" || name.split(':').count() == 3), "{line}");
            assert!(routes.insert((words[0], words[1])), "{line}: twice");
        }
    }
}
