//! The outcomes as a table.

use crate::{
    drive::{Load, Outcome},
    peers::Peer,
};

pub const HEAD: &str = "\
| screens x rate | server | CPU us a delivery | of a core | writes a delivery | p50 ms | p99 ms | KB a socket (rollcall: with 100 topics) | delivered | overtaken |
| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |";

pub fn row(outcome: &Outcome) -> String {
    let Outcome { peer, delivered, overtaken, .. } = outcome;
    let writes = outcome.writes_per_delivery.map_or_else(String::new, |writes| format!("{writes:.3}"));
    format!(
        "| {} | {peer} | {:.2} | {:.2} | {writes} | {:.1} | {:.1} | {:.1} | {delivered} | {overtaken} |",
        load(outcome.load),
        outcome.cpu_us_per_delivery,
        outcome.cpu_share,
        outcome.p50_ms,
        outcome.p99_ms,
        outcome.kb_per_screen,
    )
}

pub fn not_installed(of: Load, peer: Peer) -> String {
    format!("| {} | {peer} | not installed | | | | | | | |", load(of))
}

fn load(Load { screens, rate, seconds }: Load) -> String {
    format!("{screens} x {rate}, {seconds} s")
}
