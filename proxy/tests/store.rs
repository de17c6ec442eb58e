//! The store on a real disk, in a file and in PostgreSQL: what is kept over a restart, and what it says of a folder that it cannot use.

mod places;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use places::{Place, database::Own};
use protocol::Timestamp;
use proxy::{
    config::Secret,
    store::{Alias, Attempts, Database, Sample, Store, StoreError},
};
use rusqlite::Connection;

/// A folder of a test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("rollcall-store-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The system clears its temporary folder, if this does not.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sample(seconds: i64, queue: &str, waiting: u32) -> Sample {
    Sample { at: Timestamp::from_ms(seconds * 1_000), queue: queue.into(), waiting }
}

fn refused(folder: &Path) -> String {
    Store::open(Some(folder)).err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn samples_outlive_the_process_and_old_ones_go() {
    for place in Place::all() {
        let store = place.open().await;
        let from = Timestamp::from_ms;
        store.keep_samples(vec![sample(30, "a", 1), sample(30, "b", 2)], from(0));
        store.keep_samples(vec![sample(60, "a", 3)], from(0));
        // Said twice, kept once.
        store.keep_samples(vec![sample(60, "a", 4)], from(0));
        store.close().await;
        assert!(matches!(store.samples().await, Err(StoreError::Closed)));

        let store = place.open().await;
        let kept = [sample(30, "a", 1), sample(30, "b", 2), sample(60, "a", 4)];
        assert_eq!(store.samples().await.expect("read"), kept);
        store.keep_samples(vec![sample(90, "b", 5)], from(60_000));
        assert_eq!(store.samples().await.expect("read"), [sample(60, "a", 4), sample(90, "b", 5)]);
        // Without an orderly end: what was committed is there.
        drop(store);
        // Its thread lets go of the folder a moment later.
        let store = loop {
            match place.try_open().await {
                Err(StoreError::InUse { .. } | StoreError::DatabaseInUse { .. }) => {
                    tokio::task::yield_now().await;
                }
                opened => break opened.expect("it is there"),
            }
        };
        assert_eq!(store.samples().await.expect("read").len(), 2);
        store.close().await;
    }
}

#[tokio::test]
async fn made_up_names_and_their_key_outlive_the_process() {
    let alias = |who: &str, name: &str| Alias { who: who.to_owned(), name: name.to_owned() };
    for place in Place::all() {
        let store = place.open().await;
        let fresh = store.names([1; 32]).await.expect("read");
        assert_eq!((fresh.key, fresh.aliases.len()), ([1; 32], 0));
        store.keep_aliases(vec![alias("b", "Calm Otter"), alias("a", "Keen Owl")]);
        store.keep_aliases(vec![alias("c", "Swift Swan")]);
        store.close().await;

        let store = place.open().await;
        let kept = store.names([2; 32]).await.expect("read");
        assert_eq!(kept.key, [1; 32], "the first one stays");
        let expected = [alias("a", "Keen Owl"), alias("b", "Calm Otter"), alias("c", "Swift Swan")];
        assert_eq!(kept.aliases, expected);
        assert!(!format!("{kept:?}").contains('1'), "a key is printed nowhere: {kept:?}");
        // Two have other names now, one of them that of a third.
        let others = vec![alias("d", "Bold Bear"), alias("a", "Swift Swan"), alias("b", "Grey Goose")];
        store.keep_aliases(others);
        store.close().await;

        let store = place.open().await;
        let expected = [alias("a", "Swift Swan"), alias("b", "Grey Goose"), alias("d", "Bold Bear")];
        assert_eq!(store.names([2; 32]).await.expect("read").aliases, expected);
        store.close().await;
    }
}

#[tokio::test]
async fn attempts_are_kept_by_shard() {
    for place in Place::all() {
        let store = place.open().await;
        let tried = Attempts { shard: 4, count: 2, at: Timestamp::from_ms(30) };
        store.keep_attempts(Attempts { count: 1, ..tried });
        store.keep_attempts(tried);
        store.keep_attempts(Attempts { shard: 2, ..tried });
        assert_eq!(store.attempts().await.expect("read"), [Attempts { shard: 2, ..tried }, tried]);
        store.close().await;
    }
}

#[tokio::test]
async fn a_file_of_an_older_version_keeps_what_is_in_it() {
    let folder = Folder::new();
    let store = Store::open(Some(&folder.0)).expect("it is made");
    store.keep_samples(vec![sample(30, "a", 1)], Timestamp::from_ms(0));
    store.close().await;
    // As the first version wrote it.
    let older = Connection::open(folder.0.join("rollcall.db")).expect("opened");
    older
        .execute_batch(
            "DROP TABLE audit; DROP TABLE audit_head; DROP TABLE audit_checkpoint; DROP TABLE skill_restores; DROP TABLE answers; DROP TABLE attempts; DROP TABLE aliases; DROP TABLE names_key; PRAGMA user_version = 1",
        )
        .expect("altered");
    drop(older);
    let store = Store::open(Some(&folder.0)).expect("it is there");
    assert_eq!(store.samples().await.expect("read"), [sample(30, "a", 1)]);
    assert_eq!(store.names([3; 32]).await.expect("read").key, [3; 32]);
    let tried = Attempts { shard: 4, count: 2, at: Timestamp::from_ms(30) };
    store.keep_attempts(Attempts { count: 1, ..tried });
    store.keep_attempts(tried);
    assert_eq!(store.attempts().await.expect("read"), [tried]);
    store.close().await;
}

#[tokio::test]
async fn without_a_folder_nothing_is_written() {
    let store = Store::open(None).expect("memory");
    store.keep_samples(vec![sample(30, "a", 1)], Timestamp::from_ms(0));
    assert_eq!(store.samples().await.expect("read"), [sample(30, "a", 1)]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_what_mends_it() {
    let folder = Folder::new();
    let file = folder.0.join("a file");
    std::fs::write(&file, "").expect("written");
    let data = file.join("data");
    let said = refused(&data);
    assert!(said.starts_with(&format!("the data folder {} cannot be written: ", data.display())), "{said}");
    assert!(said.ends_with("name another with --data DIR, or data = \"...\" in the configuration"), "{said}");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_as_it_is() {
    let folder = Folder::new();
    Store::open(Some(&folder.0)).expect("it is made").close().await;
    let file = folder.0.join("rollcall.db");
    let newer = Connection::open(&file).expect("opened");
    newer
        .execute_batch("ALTER TABLE samples ADD COLUMN mood TEXT; PRAGMA user_version = 10")
        .expect("altered");
    drop(newer);
    let before = std::fs::read(&file).expect("read");
    assert_eq!(
        refused(&folder.0),
        format!(
            "the data file {} was written by a newer Rollcall (schema 10, this one knows 9); start that version, or \
             name another folder with --data DIR",
            file.display()
        )
    );
    assert_eq!(std::fs::read(&file).expect("read"), before);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = Folder::new();
    let file = folder.0.join("rollcall.db");
    std::fs::write(&file, "what is this? ".repeat(1_000)).expect("written");
    let said = refused(&folder.0);
    assert!(said.starts_with(&format!("the data file {} cannot be used: ", file.display())), "{said}");
    assert!(said.contains("move it away"), "{said}");
}

/// Why a database is refused.
async fn refused_database(database: Database) -> String {
    let folder = Folder::new();
    Store::connect(&folder.0, database).await.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_named_with_what_mends_it() {
    // Nobody listens there.
    let nobody = Database::parse("postgres://rollcall@127.0.0.1:1/wall").expect("an address");
    let said = refused_database(nobody).await;
    assert!(said.starts_with("the database rollcall@127.0.0.1:1/wall cannot be reached: "), "{said}");
    assert!(said.ends_with("start it, or correct url under [store]"), "{said}");

    let Some(own) = Own::new() else { return };
    let url = own.url();
    // A password that is wrong, and none.
    let role = "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'locked') THEN
        CREATE ROLE locked LOGIN PASSWORD 'locked'; END IF; END $$";
    own.at_server(role);
    let locked = Database::parse(&url.replace("//rollcall@", "//locked@")).expect("an address");
    for database in [locked.clone(), locked.clone().with_password(&Secret::new("canary"))] {
        let said = refused_database(database).await;
        assert!(said.contains("does not let Rollcall in: "), "{said}");
        assert!(said.ends_with("set ROLLCALL_STORE_PASSWORD, or password_file under [store]"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    // The right one, but it may not make anything there.
    let said = refused_database(locked.with_password(&Secret::new("locked"))).await;
    assert!(said.contains("permission denied for database"), "{said}");
    // No such database.
    let said = refused_database(Database::parse(&format!("{url}x")).expect("an address")).await;
    assert!(said.contains("does not exist") && said.contains("createdb --encoding UTF8"), "{said}");
    // TLS is asked for where there is none.
    let said =
        refused_database(Database::parse(&format!("{url}?sslmode=require")).expect("an address")).await;
    assert!(said.contains("cannot be reached") && said.contains("TLS"), "{said}");

    // A schema of a newer version is left as it is.
    let folder = Folder::new();
    Store::connect(&folder.0, own.database()).await.expect("it is made").close().await;
    own.sql("UPDATE schema_version SET version = 70; ALTER TABLE samples ADD COLUMN mood TEXT");
    let said = refused_database(own.database()).await;
    let newer = "was written by a newer Rollcall (schema 70, this one knows 9); start that version, or name another database with url under [store]";
    assert!(said.contains(newer), "{said}");
    assert_eq!(own.texts("SELECT version::text FROM schema_version"), ["70"]);
}

#[tokio::test]
async fn a_database_of_another_encoding_is_refused() {
    let Some(own) = Own::new() else { return };
    own.at_server("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    let latin = Database::parse(&own.url().replace(own.name(), "latin")).expect("an address");
    let said = refused_database(latin).await;
    own.at_server("DROP DATABASE latin WITH (FORCE)");
    assert!(said.contains("its encoding is LATIN1") && said.contains("--encoding UTF8"), "{said}");
}
