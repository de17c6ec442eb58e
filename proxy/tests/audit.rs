//! The audit log on a real disk, in a file and in PostgreSQL: whatever is done to it behind its back is found, and the record named.

#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod places;

use places::Place;
use protocol::Timestamp;
use proxy::{
    audit::{Action, Actor, Kind, Outcome, Record, chain::Head, key},
    store::{Query, Store},
};
use serde_json::json;

fn record(id: &str, kind: Kind, user: &str, at: i64) -> Record {
    let closed = kind == Kind::Closed;
    let actor = Actor { kind: "machine".to_owned(), name: "scheduler".to_owned() };
    Record {
        asked: json!({ "presence": "Available" }),
        outcome: closed.then_some(Outcome::Accepted),
        answered_ms: closed.then_some(12),
        ..Record::new(id.to_owned(), kind, Timestamp::from_ms(at), actor, user.into(), Action::Presence)
    }
}

/// A log of ten writes, each of two records.
async fn written(place: &Place) {
    let store = place.open().await;
    for n in 0..10 {
        let (id, user) = (format!("w{n}"), format!("u{}", n % 3));
        store.append(vec![record(&id, Kind::Opened, &user, n)]).await.unwrap();
        store.append(vec![record(&id, Kind::Closed, &user, n)]).await.unwrap();
    }
    store.close().await;
}

/// What `verify` says after a hand of SQL was at the log, in each place.
async fn after(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    for place in Place::all() {
        written(&place).await;
        let whole = place.verify(None).unwrap();
        assert_eq!(whole.seq, 20);
        place.sql(sql);
        // With the head that was put aside before.
        found.push(place.verify(Some(whole)).expect_err("it is not whole").to_string());
    }
    found
}

#[tokio::test]
async fn whatever_is_done_to_a_record_it_is_named() {
    for (sql, named) in [
        (
            "UPDATE audit SET text = replace(text, 'Available', 'Offline') WHERE seq = 7",
            "record 7 was altered",
        ),
        (
            "UPDATE audit SET seal = (SELECT seal FROM audit WHERE seq = 6) WHERE seq = 7",
            "record 7 was altered",
        ),
        // What it is found by is as good as the record.
        (
            "UPDATE audit SET at_ms = 0 WHERE seq = 7",
            "record 7 is as it was sealed, and is filed under something else",
        ),
        ("UPDATE audit SET user_id = 'x' WHERE seq = 7", "record 7 is as it was sealed"),
        ("UPDATE audit SET actor = 'x' WHERE seq = 7", "record 7 is as it was sealed"),
        ("UPDATE audit SET action = 'skill' WHERE seq = 7", "record 7 is as it was sealed"),
        ("UPDATE audit SET outcome = 'refused' WHERE seq = 8", "record 8 is as it was sealed"),
        ("UPDATE audit SET outcome = NULL WHERE seq = 8", "record 8 is as it was sealed"),
        ("UPDATE audit SET id = 'x' WHERE seq = 7", "record 7 is as it was sealed"),
        ("UPDATE audit SET kind = 'seen' WHERE seq = 7", "record 7 is as it was sealed"),
        ("UPDATE audit SET tag = 'x' WHERE seq = 7", "record 7 is as it was sealed"),
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
        for found in after(sql).await {
            assert!(found.contains(named), "{sql}: {found}");
        }
    }
}

#[tokio::test]
async fn a_log_goes_on_after_a_restart_and_is_searched() {
    for place in Place::all() {
        written(&place).await;
        let store = place.open().await;
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
        let actor = Some("scheduler".to_owned());
        let some = Query { from_ms: Some(3), to_ms: Some(5), actor, ..Query::default() };
        assert_eq!(find(some).await.total, 4);
        assert_eq!(find(Query { actor: Some("nobody".to_owned()), ..Query::default() }).await.total, 0);
        // While it is written.
        assert_eq!(place.verify(None).unwrap().seq, 21);
        store.close().await;
    }
}

#[tokio::test]
async fn many_at_once_are_in_one_chain() {
    for place in Place::all() {
        let store = place.open().await;
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
        assert_eq!(place.verify(None).unwrap().seq, 256);
        store.close().await;
    }
}

#[tokio::test]
async fn a_log_without_its_key_is_not_gone_on_with() {
    for place in Place::all() {
        written(&place).await;
        let file = place.folder().join(key::FILE);
        let kept = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let refused = place.try_open().await.unwrap_err().to_string();
        assert!(refused.contains("audit.key is missing"), "{refused}");
        assert!(!file.exists(), "no other key takes its place");
        std::fs::write(&file, "no key").unwrap();
        let refused = place.try_open().await.unwrap_err().to_string();
        assert!(refused.contains("64 hexadecimal digits"), "{refused}");
        std::fs::write(&file, "5a".repeat(32)).unwrap();
        let refused = place.try_open().await.unwrap_err().to_string();
        assert!(refused.contains("is not sealed with"), "{refused}");
        std::fs::write(&file, kept).unwrap();
        assert_eq!(place.verify(None).unwrap().seq, 20);
        place.open().await.close().await;
    }
}

/// A log whose first seven records went by retention, in two steps.
async fn shortened(place: &Place) -> Head {
    written(place).await;
    let whole = place.verify(None).unwrap();
    let store = place.open().await;
    let before = |n| Timestamp::from_ms(n);
    assert_eq!(store.forget_records(before(3), 4).await.unwrap(), 4, "no more than so many at once");
    assert_eq!(store.forget_records(before(3), 4).await.unwrap(), 2);
    assert_eq!(store.forget_records(before(3), 4).await.unwrap(), 0);
    store.close().await;
    whole
}

#[tokio::test]
async fn what_retention_took_is_vouched_for_and_nothing_else() {
    for place in Place::all() {
        let whole = shortened(&place).await;
        assert_eq!(place.verify(Some(whole)).unwrap(), whole, "it ends where it did");
        // It goes on behind its checkpoint, also when nothing is left before it.
        let store = place.open().await;
        assert_eq!(store.forget_records(Timestamp::from_ms(100), 1_000).await.unwrap(), 14);
        store.close().await;
        assert_eq!(place.verify(Some(whole)).unwrap(), whole);
        let store = place.open().await;
        store.append(vec![record("w10", Kind::Refused, "u1", 10)]).await.unwrap();
        assert_eq!(store.find_records(Query { most: 9, ..Query::default() }).await.unwrap().total, 1);
        store.close().await;
        assert_eq!(place.verify(Some(whole)).unwrap().seq, 21);
    }
    for (sql, named) in [
        // Taken away by hand, with and without a checkpoint to match.
        ("DELETE FROM audit WHERE seq <= 9", "record 7 is missing"),
        (
            "UPDATE audit_checkpoint SET seq = 9, seal = (SELECT seal FROM audit WHERE seq = 9); DELETE FROM audit WHERE seq <= 9",
            "the checkpoint after record 9 was altered",
        ),
        ("DELETE FROM audit_checkpoint", "record 1 is missing"),
        ("DELETE FROM audit", "ends with record 6, and once went on to record 20"),
        ("UPDATE audit SET text = replace(text, 'u0', 'u1') WHERE seq = 7", "record 7 was altered"),
    ] {
        for place in Place::all() {
            shortened(&place).await;
            place.sql(sql);
            let found = place.verify(None).expect_err("it is not whole").to_string();
            assert!(found.contains(named), "{sql}: {found}");
        }
    }
}

/// When a record was is sealed, and by that retention goes: whoever can write the table cannot let records be taken away.
#[tokio::test]
async fn retention_goes_by_what_is_sealed_and_takes_nothing_that_was_altered() {
    for place in Place::all() {
        written(&place).await;
        place.sql("UPDATE audit SET at_ms = 0");
        let store = place.open().await;
        assert_eq!(store.forget_records(Timestamp::from_ms(3), 1_000).await.unwrap(), 6);
        place.sql("UPDATE audit SET text = replace(text, ':3', ':1') WHERE seq = 8");
        place.sql("UPDATE audit SET text = replace(text, 'u0', 'u9') WHERE seq = 7");
        let refused = store.forget_records(Timestamp::from_ms(100), 1_000).await.unwrap_err().to_string();
        assert!(refused.contains("record 7 is not as it was sealed"), "{refused}");
        store.close().await;
        let found = place.verify(None).expect_err("it is not whole").to_string();
        assert!(found.contains("record 7 was altered"), "{found}");
    }
}

#[tokio::test]
async fn how_a_write_ended_is_recorded_once() {
    for place in Place::all() {
        let store = place.open().await;
        store.append(vec![record("w", Kind::Opened, "u", 0)]).await.unwrap();
        store.append_once(record("w", Kind::Closed, "u", 1)).await.unwrap();
        store.append_once(record("w", Kind::Closed, "u", 1)).await.unwrap();
        assert_eq!(store.find_records(Query { most: 9, ..Query::default() }).await.unwrap().total, 2);
        store.close().await;
    }
}

#[tokio::test]
async fn two_do_not_write_one_log() {
    for place in Place::all() {
        let store = place.open().await;
        let second = match &place.own {
            // From another machine, with a folder of its own.
            Some(own) => {
                let folder = tempfile::tempdir().unwrap();
                Store::connect(folder.path(), own.database()).await
            }
            None => place.try_open().await,
        };
        let refused = second.unwrap_err().to_string();
        assert!(refused.contains("is in use by another Rollcall; stop that one"), "{refused}");
        store.append(vec![record("w", Kind::Refused, "u", 0)]).await.unwrap();
        // Somebody who does not ask: the log is not gone on with behind what it does not know.
        place.sql("UPDATE audit_head SET seq = 7");
        let refused = store.append(vec![record("w", Kind::Refused, "u", 0)]).await.unwrap_err().to_string();
        assert!(refused.contains("somebody else has written to the audit log"), "{refused}");
        store.close().await;
    }
}

#[tokio::test]
async fn a_log_from_before_there_were_tags_is_gone_on_with() {
    for place in Place::all() {
        written(&place).await;
        let before = place.verify(None).unwrap();
        let version = match place.own {
            Some(_) => "UPDATE schema_version SET version = 7",
            None => "PRAGMA user_version = 7",
        };
        place.sql(&format!(
            "DROP INDEX audit_by_time; ALTER TABLE audit DROP COLUMN tag; ALTER TABLE skill_restores DROP COLUMN tag; {version}"
        ));
        assert_eq!(place.verify(None).unwrap(), before, "it is read as it is");

        let store = place.open().await;
        let tagged = |id: &str, tag: &str| Record {
            compliance_tag: Some(tag.to_owned()),
            ..record(id, Kind::Refused, "u1", 10)
        };
        store.append(vec![tagged("w10", "case 7"), tagged("w11", "case 8")]).await.unwrap();
        let find = async |tag: &str| {
            let tag = Some(tag.to_owned());
            store.find_records(Query { tag, most: 100, ..Query::default() }).await.unwrap()
        };
        let found = find("case 7").await;
        assert_eq!((found.total, found.texts.len()), (1, 1));
        assert!(found.texts[0].contains("\"w10\"") && found.texts[0].contains("case 7"));
        assert_eq!(find("case").await.total, 0);
        let all = Query { most: 100, ..Query::default() };
        assert_eq!(store.find_records(all).await.unwrap().total, 22);
        store.close().await;
        assert_eq!(place.verify(Some(before)).unwrap().seq, 22);
        // The tag is within what is sealed.
        place.sql("UPDATE audit SET text = replace(text, 'case 7', 'case 9') WHERE seq = 21");
        let found = place.verify(None).unwrap_err().to_string();
        assert!(found.contains("record 21 was altered"), "{found}");
    }
}

#[tokio::test]
async fn records_are_in_the_log_as_they_were_given() {
    for place in Place::all() {
        let store = place.open().await;
        let given =
            Record { conflicts: 2, address: Some("::1".to_owned()), ..record("w", Kind::Closed, "u", 1) };
        store.append(vec![given.clone()]).await.unwrap();
        let found = store.find_records(Query { most: 1, ..Query::default() }).await.unwrap();
        assert!(found.texts[0].starts_with(r#"{"seq":1,"id":"w","#), "{}", found.texts[0]);
        assert_eq!(serde_json::from_str::<Record>(&found.texts[0]).unwrap(), given);
        store.close().await;
    }
}
