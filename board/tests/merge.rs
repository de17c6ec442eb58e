//! Which of two facts wins, seen on the board: repeats, stale events and a re-read at any point end in
//! the board of a fresh snapshot, and nothing older ever stands over something newer.

#[path = "merge/audit.rs"]
mod audit;
#[path = "merge/dated.rs"]
mod dated;
#[path = "merge/rig.rs"]
mod rig;
#[path = "merge/undated.rs"]
mod undated;

use proptest::{prelude::ProptestConfig, test_runner::FileFailurePersistence};

fn config(cases: u32) -> ProptestConfig {
    let failure_persistence = Some(Box::new(FileFailurePersistence::WithSource("regressions")) as _);
    ProptestConfig { cases, failure_persistence, ..ProptestConfig::default() }
}
