//! Where a store can be: each test of the store goes through all of them.
#![expect(dead_code, reason = "each test file uses its own part")]

#[path = "../../../tests/harness/database.rs"]
pub mod database;

use std::path::Path;

use database::Own;
use proxy::{
    audit::chain::Head,
    store::{Store, StoreError, verify_audit},
};
use tempfile::TempDir;

/// A folder of a test's own, and a database if the store is in one.
pub struct Place {
    folder: TempDir,
    pub own: Option<Own>,
}

impl Place {
    /// A file in a folder, and a database where there is a server.
    pub fn all() -> Vec<Self> {
        let folder = || TempDir::new().expect("a temporary folder");
        let database = Own::new().map(|own| Self { folder: folder(), own: Some(own) });
        [Self { folder: folder(), own: None }].into_iter().chain(database).collect()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub async fn try_open(&self) -> Result<Store, StoreError> {
        match &self.own {
            Some(own) => Store::connect(self.folder(), own.database()).await,
            None => Store::open(Some(self.folder())),
        }
    }

    pub async fn open(&self) -> Store {
        self.try_open().await.expect("it can be used")
    }

    pub fn verify(&self, known: Option<Head>) -> Result<Head, StoreError> {
        let database = self.own.as_ref().map(Own::database);
        verify_audit(self.folder(), database.as_ref(), known)
    }

    /// Statements of somebody who goes behind Rollcall's back.
    pub fn sql(&self, sql: &str) {
        match &self.own {
            Some(own) => own.sql(sql),
            None => {
                let file = rusqlite::Connection::open(self.folder().join("rollcall.db")).expect("a file");
                file.execute_batch(sql).expect("done");
            }
        }
    }
}
