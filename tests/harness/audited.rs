//! Every write and every refusal of every test is in its audit log.

use std::{collections::BTreeMap, path::PathBuf};

use proxy::{
    config::Config,
    guard::ENDS,
    store::{Database, export_audit, verify_audit},
};
use serde_json::Value;
use tempfile::TempDir;

use super::http;

/// Where a proxy's log is.
pub struct Log {
    folder: PathBuf,
    database: Option<Database>,
    /// The folder, where the test named none.
    _own: Option<TempDir>,
}

impl Log {
    /// That of a proxy that is about to start; it gets a folder if it has none.
    pub fn of(config: &mut Config) -> Self {
        let own = config.data.is_none().then(|| TempDir::new().unwrap());
        if let Some(own) = &own {
            config.data = Some(own.path().to_owned());
        }
        let folder = config.data.clone().unwrap();
        Self { folder, database: config.store.clone(), _own: own }
    }

    /// Stops the proxy and looks for each write that it says it has answered.
    pub async fn check(&self, base: &str, stop: impl Future<Output = ()>) {
        let answered = answered(base).await;
        stop.await;
        verify_audit(&self.folder, self.database.as_ref(), None).unwrap();
        let mut recorded = BTreeMap::new();
        export_audit(&self.folder, self.database.as_ref(), |text| {
            let record: Value = serde_json::from_str(text).unwrap();
            if let Some(outcome) = record["outcome"].as_str() {
                *recorded.entry(outcome.to_owned()).or_insert(0) += 1;
            }
        })
        .unwrap();
        for (outcome, answered) in answered {
            let recorded = recorded.get(outcome).copied().unwrap_or(0);
            // More may be there: of a run before, or answered after the figures were read.
            assert!(
                recorded >= answered,
                "{answered} writes ended as {outcome}, and {recorded} are in the audit log"
            );
        }
    }
}

/// Writes by how they ended, but for those that could not be recorded.
async fn answered(base: &str) -> BTreeMap<&'static str, u64> {
    let text = http().get(format!("{base}/metrics")).send().await.unwrap().text().await.unwrap();
    let count = |outcome: &&'static str| {
        let sample = format!("rollcall_writes_total{{outcome=\"{outcome}\"}} ");
        let count = text.lines().find_map(|line| line.strip_prefix(&sample)?.parse().ok());
        (*outcome, count.unwrap_or_else(|| panic!("/metrics tells how many writes ended as {outcome}")))
    };
    ENDS.iter().filter(|outcome| **outcome != "unrecorded").map(count).collect()
}
