//! What is promised, and whether it holds. `cargo xtask bench` collects the lines that begin with `bound`.

use std::fmt;

use crate::{
    drive::{Load, Outcome},
    peers::Peer,
};

/// One line a bound.
#[derive(Default)]
pub struct Bounds(Vec<String>);

impl Bounds {
    /// `measured` has to be at most `limit`, or below it when `strictly`.
    pub fn at_most(&mut self, what: &str, unit: &str, limit: f64, measured: f64) {
        self.push(what, unit, ("at most", limit), measured, measured <= limit);
    }

    pub fn below(&mut self, what: &str, unit: &str, limit: f64, measured: f64) {
        self.push(what, unit, ("below", limit), measured, measured < limit);
    }

    fn push(&mut self, what: &str, unit: &str, (word, limit): (&str, f64), measured: f64, met: bool) {
        let verdict = if met { "met    " } else { "NOT MET" };
        let part = (measured / limit - 1.0) * 100.0;
        let (part, side) = if part <= 0.0 { (-part, "under") } else { (part, "over") };
        self.0.push(format!(
            "bound  {verdict}  {what}: {measured:.2} {unit}, {word} {limit:.2} ({part:.0} % {side})"
        ));
    }

    /// CPU a delivery against the others of the same run, and how often is written.
    pub fn relay(&mut self, outcomes: &[Outcome], main: Load, fast: Load) {
        let of = |peer, load| outcomes.iter().find(|o: &&Outcome| o.peer == peer && o.load == load);
        if let Some(ours) = of(Peer::Rollcall, main) {
            let load = format!("{} x {}", main.screens, main.rate);
            for (peer, factor) in [(Peer::Ws, 1.0), (Peer::Raw, 1.2)] {
                let Some(other) = of(peer, main) else { continue };
                let limit = other.cpu_us_per_delivery * factor;
                if peer == Peer::Ws {
                    let what = format!("relay, CPU a delivery at {load}, against ws");
                    self.below(&what, "us", limit, ours.cpu_us_per_delivery);
                } else {
                    let what = format!("relay, CPU a delivery at {load}, against {factor} x raw");
                    self.at_most(&what, "us", limit, ours.cpu_us_per_delivery);
                }
            }
        }
        if let Some(writes) = of(Peer::Rollcall, fast).and_then(|ours| ours.writes_per_delivery) {
            let what = format!("relay, writes an event and screen at {} events/s", fast.rate);
            self.below(&what, "writes", 1.0, writes);
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
