//! What crates and folders must not know of the world outside.

use super::rust::Code;
use super::workspace::Workspace;

/// Crates without sockets, framework, environment or clock.
const PURE: &[&str] = &["protocol", "board", "rules"];
const PURE_MUST_NOT_NEED: &[&str] =
    &["axum", "hyper", "js-sys", "leptos", "reqwest", "tokio", "wasm-bindgen", "web-sys"];

/// A place in the tree, paths that its code must not name, and the reason.
struct Silence {
    places: &'static [&'static str],
    paths: &'static [&'static str],
    reason: &'static str,
}

const SILENCES: &[Silence] = &[
    Silence {
        places: &["protocol/src/", "board/src/", "rules/src/"],
        paths: &["std::env", "SystemTime", "Instant", "Timestamp::now", "Zoned::now"],
        reason: "a pure crate takes time and settings as arguments",
    },
    Silence {
        places: &["simulator/src/"],
        paths: &["proxy::", "board::"],
        reason: "the simulator must not share the mistakes of what it tests",
    },
    Silence {
        places: &[
            "simulator/src/world/",
            "simulator/src/world.rs",
            "simulator/src/act/",
            "simulator/src/act.rs",
            "simulator/src/fault/",
            "simulator/src/audit/",
            "simulator/src/audit.rs",
            "simulator/src/scenario.rs",
        ],
        paths: &[
            "std::env",
            "SystemTime",
            "Instant",
            "Timestamp::now",
            "Zoned::now",
            "tokio",
            "axum",
            "crate::rest",
        ],
        reason: "the same seed must make the same world; time comes in as an argument, faces look at it from outside",
    },
    Silence {
        places: &["proxy/src/relay/", "proxy/src/relay.rs"],
        paths: &["board::", "protocol::event", "protocol::fact"],
        reason: "the relay knows slots, classes and bytes, not what they mean",
    },
];

/// Checks manifests and sources.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for member in workspace.members.iter().filter(|member| PURE.contains(&member.name.as_str())) {
        for needed in member.needs().filter(|needed| PURE_MUST_NOT_NEED.contains(needed)) {
            faults.push(format!(
                "`{}` is pure and must not depend on `{needed}`; do that in its caller",
                member.name
            ));
        }
    }
    for silence in SILENCES {
        for (name, file) in workspace.below(silence.places).filter(|(name, _)| name.ends_with(".rs")) {
            let code = Code::read(&file.text);
            for path in silence.paths {
                if let Some(line) = code.names(path) {
                    faults.push(format!("{name}:{line} names `{path}`: {}", silence.reason));
                }
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(name: &str, text: &str) -> Vec<String> {
        check(&Workspace::of_files(&[(name, text)]))
    }

    #[test]
    fn a_pure_crate_with_a_runtime_is_a_fault() {
        let faults =
            check(&Workspace::of_members(&[("protocol", &["serde", "tokio"]), ("proxy", &["tokio"])]));
        assert_eq!(faults, ["`protocol` is pure and must not depend on `tokio`; do that in its caller"]);
    }

    #[test]
    fn a_clock_in_a_pure_crate_is_a_fault() {
        assert_eq!(faults("board/src/apply.rs", "use std::time::Instant;\n").len(), 1);
        assert_eq!(faults("board/src/apply.rs", "fn f() {\n    let t = jiff::Timestamp::now();\n}").len(), 1);
        assert_eq!(faults("protocol/src/id.rs", "use std::{env, fmt};").len(), 1);
        assert!(faults("protocol/src/id.rs", "\n\nuse std::env;")[0].starts_with("protocol/src/id.rs:3 "));
    }

    #[test]
    fn words_and_other_places_are_free() {
        assert_eq!(faults("board/src/apply.rs", "//! No Instant here.\nlet s = \"SystemTime\";"), [""; 0]);
        assert_eq!(faults("proxy/src/clock.rs", "use std::time::Instant;"), [""; 0]);
        assert_eq!(faults("simulator/src/world.rs", "use crate::board::Board; let board = 1;"), [""; 0]);
    }

    #[test]
    fn the_simulated_world_has_no_clock_of_its_own() {
        assert_eq!(faults("simulator/src/act/talk.rs", "let now = std::time::Instant::now();").len(), 1);
        assert_eq!(faults("simulator/src/world.rs", "use tokio::time;").len(), 1);
        assert_eq!(faults("simulator/src/server.rs", "use tokio::time;"), [""; 0]);
    }

    #[test]
    fn the_simulator_stays_by_itself() {
        assert_eq!(faults("simulator/src/world.rs", "use board::Board;").len(), 1);
        assert_eq!(faults("simulator/src/world.rs", "let x = proxy::build();").len(), 1);
    }

    #[test]
    fn the_relay_reads_no_events() {
        assert_eq!(faults("proxy/src/relay/hub.rs", "use protocol::{slot::Slot, event::Event};").len(), 1);
        assert_eq!(faults("proxy/src/relay.rs", "use protocol::fact;").len(), 1);
        assert_eq!(faults("proxy/src/relay/hub.rs", "use protocol::slot::{event, Slot};"), [""; 0]);
    }
}
