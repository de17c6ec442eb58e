//! The audit log on a real disk: whatever is done to it behind its back is found, and the record named.

#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use std::path::Path;

use protocol::Timestamp;
use proxy::{
    audit::{Action, Actor, Kind, Outcome, Record, key},
    store::{Query, Store, verify_audit},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

fn record(id: &str, kind: Kind, user: &str, at: i64) -> Record {
    let closed = kind == Kind::Closed;
    Record {
        id: id.to_owned(),
        kind,
        at: Timestamp::from_ms(at),
        actor: Actor { kind: "machine".to_owned(), name: "scheduler".to_owned() },
        address: None,
        user_id: user.into(),
        action: Action::Presence,
        asked: json!({ "presence": "Available" }),
        sent: Value::Null,
        before: Value::Null,
        after: Value::Null,
        outcome: closed.then_some(Outcome::Accepted),
        code: None,
        words: None,
        warnings: Vec::new(),
        answered_ms: closed.then_some(12),
        etag: None,
        correlation_id: None,
    }
}

/// A log of ten writes, each of two records.
async fn written(folder: &Path) {
    let store = Store::open(Some(folder)).unwrap();
    for n in 0..10 {
        let (id, user) = (format!("w{n}"), format!("u{}", n % 3));
        store.append(vec![record(&id, Kind::Opened, &user, n)]).await.unwrap();
        store.append(vec![record(&id, Kind::Closed, &user, n)]).await.unwrap();
    }
    store.close().await;
}

/// What `verify` says after a hand of SQL was at the log.
async fn after(sql: &str) -> String {
    let folder = TempDir::new().unwrap();
    written(folder.path()).await;
    let whole = verify_audit(folder.path(), None).unwrap();
    assert_eq!(whole.seq, 20);
    let file = Connection::open(folder.path().join("rollcall.db")).unwrap();
    file.execute_batch(sql).unwrap();
    // With the head that was put aside before.
    let found = verify_audit(folder.path(), Some(whole)).expect_err("it is not whole");
    found.to_string()
}

#[tokio::test]
async fn whatever_is_done_to_a_record_it_is_named() {
    for (sql, named) in [
        (
            "UPDATE audit SET text = replace(text, 'Available', 'Offline') WHERE seq = 7",
            "record 7 was altered",
        ),
        ("UPDATE audit SET seal = zeroblob(32) WHERE seq = 7", "record 7 was altered"),
        ("DELETE FROM audit WHERE seq = 7", "record 7 is missing"),
        ("DELETE FROM audit WHERE seq = 1", "record 1 is missing"),
        (
            "UPDATE audit SET seq = 1000 WHERE seq = 7; UPDATE audit SET seq = 7 WHERE seq = 8; UPDATE audit SET seq = 8 WHERE seq = 1000",
            "record 8 stands where record 7 should be",
        ),
        ("DELETE FROM audit WHERE seq > 15", "ends with record 15, and once went on to record 20"),
        ("DELETE FROM audit", "ends with record 0, and once went on to record 20"),
        // The log's own head is put back as well: the one that was put aside tells.
        (
            "DELETE FROM audit WHERE seq > 15; UPDATE audit_head SET seq = 15, seal = (SELECT seal FROM audit WHERE seq = 15)",
            "ends with record 15, and once went on to record 20",
        ),
    ] {
        let found = after(sql).await;
        assert!(found.contains(named), "{sql}: {found}");
    }
}

#[tokio::test]
async fn a_log_goes_on_after_a_restart_and_is_searched() {
    let folder = TempDir::new().unwrap();
    written(folder.path()).await;
    let store = Store::open(Some(folder.path())).unwrap();
    store.append(vec![record("w10", Kind::Opened, "u1", 10)]).await.unwrap();
    let open = store.left_open().await.unwrap();
    assert_eq!(open.len(), 1);
    assert!(open[0].contains("\"w10\""), "{}", open[0]);

    let find = async |query: Query| store.find_records(Query { most: 3, ..query }).await.unwrap();
    let of_user = find(Query { user: Some("u1".to_owned()), ..Query::default() }).await;
    assert_eq!((of_user.total, of_user.texts.len()), (7, 3));
    assert!(of_user.texts[0].contains("\"w10\""), "the newest first");
    let second = find(Query { user: Some("u1".to_owned()), skip: 6, ..Query::default() }).await;
    assert_eq!(second.texts.len(), 1);
    assert!(second.texts[0].contains("\"w1\"") && second.texts[0].contains("opened"));
    assert_eq!(find(Query { outcome: Some("accepted".to_owned()), ..Query::default() }).await.total, 10);
    let some =
        Query { from_ms: Some(3), to_ms: Some(5), actor: Some("scheduler".to_owned()), ..Query::default() };
    assert_eq!(find(some).await.total, 4);
    assert_eq!(find(Query { actor: Some("nobody".to_owned()), ..Query::default() }).await.total, 0);
    // While it is written.
    assert_eq!(verify_audit(folder.path(), None).unwrap().seq, 21);
    store.close().await;
}

#[tokio::test]
async fn many_at_once_are_in_one_chain() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(Some(folder.path())).unwrap();
    let writers = (0..64).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            for m in 0..4 {
                store.append(vec![record(&format!("w{n}-{m}"), Kind::Refused, "u", 0)]).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(verify_audit(folder.path(), None).unwrap().seq, 256);
    store.close().await;
}

#[tokio::test]
async fn a_log_without_its_key_is_not_gone_on_with() {
    let folder = TempDir::new().unwrap();
    written(folder.path()).await;
    let file = folder.path().join(key::FILE);
    let kept = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let refused = Store::open(Some(folder.path())).unwrap_err().to_string();
    assert!(refused.contains("audit.key is missing"), "{refused}");
    assert!(!file.exists(), "no other key takes its place");
    std::fs::write(&file, "no key").unwrap();
    let refused = Store::open(Some(folder.path())).unwrap_err().to_string();
    assert!(refused.contains("64 hexadecimal digits"), "{refused}");
    std::fs::write(&file, kept).unwrap();
    assert_eq!(verify_audit(folder.path(), None).unwrap().seq, 20);
}
