//! The store on a real disk: what is kept over a restart, and what it says of a folder that it cannot use.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use protocol::Timestamp;
use proxy::store::{Alias, Attempts, Sample, Store, StoreError};
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
    let folder = Folder::new();
    let data = folder.0.join("made").join("when needed");
    let store = Store::open(Some(&data)).expect("it is made");
    let from = Timestamp::from_ms;
    store.keep_samples(vec![sample(30, "a", 1), sample(30, "b", 2)], from(0));
    store.keep_samples(vec![sample(60, "a", 3)], from(0));
    // Said twice, kept once.
    store.keep_samples(vec![sample(60, "a", 4)], from(0));
    store.close().await;
    assert!(matches!(store.samples().await, Err(StoreError::Closed)));

    let store = Store::open(Some(&data)).expect("it is there");
    let kept = [sample(30, "a", 1), sample(30, "b", 2), sample(60, "a", 4)];
    assert_eq!(store.samples().await.expect("read"), kept);
    store.keep_samples(vec![sample(90, "b", 5)], from(60_000));
    assert_eq!(store.samples().await.expect("read"), [sample(60, "a", 4), sample(90, "b", 5)]);
    // Without an orderly end: what was committed is there.
    drop(store);
    // Its thread lets go of the folder a moment later.
    let store = loop {
        match Store::open(Some(&data)) {
            Err(StoreError::InUse { .. }) => tokio::task::yield_now().await,
            opened => break opened.expect("it is there"),
        }
    };
    assert_eq!(store.samples().await.expect("read").len(), 2);
    store.close().await;
}

#[tokio::test]
async fn made_up_names_and_their_key_outlive_the_process() {
    let folder = Folder::new();
    let alias = |who: &str, name: &str| Alias { who: who.to_owned(), name: name.to_owned() };
    let store = Store::open(Some(&folder.0)).expect("it is made");
    let fresh = store.names([1; 32]).await.expect("read");
    assert_eq!((fresh.key, fresh.aliases.len()), ([1; 32], 0));
    store.keep_aliases(vec![alias("b", "Calm Otter"), alias("a", "Keen Owl")]);
    store.keep_aliases(vec![alias("c", "Swift Swan")]);
    store.close().await;

    let store = Store::open(Some(&folder.0)).expect("it is there");
    let kept = store.names([2; 32]).await.expect("read");
    assert_eq!(kept.key, [1; 32], "the first one stays");
    let expected = [alias("a", "Keen Owl"), alias("b", "Calm Otter"), alias("c", "Swift Swan")];
    assert_eq!(kept.aliases, expected);
    assert!(!format!("{kept:?}").contains('1'), "a key is printed nowhere: {kept:?}");
    store.close().await;
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
            "DROP TABLE audit; DROP TABLE audit_head; DROP TABLE attempts; DROP TABLE aliases; DROP TABLE names_key; PRAGMA user_version = 1",
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
        .execute_batch("ALTER TABLE samples ADD COLUMN mood TEXT; PRAGMA user_version = 7")
        .expect("altered");
    drop(newer);
    let before = std::fs::read(&file).expect("read");
    assert_eq!(
        refused(&folder.0),
        format!(
            "the data file {} was written by a newer Rollcall (schema 7, this one knows 5); start that version, or \
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
