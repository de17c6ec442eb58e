//! Records a second: the store with 64 writers, each of which waits for the disk, beside bare SQLite that commits the same rows 64 a
//! transaction, in turn on the same disk.

use std::{path::Path, time::Instant};

use anyhow::{Context as _, Result, ensure};
use protocol::Timestamp;
use proxy::{
    audit::{Action, Actor, Kind, Outcome, Record},
    store::{Database, Store, export_audit, verify_audit},
};
use rusqlite::{Connection, params};
use serde_json::json;

use crate::median;

const WRITERS: usize = 64;
const ROUNDS: usize = 5;
const BOUND: f64 = 0.5;

/// A record as a write's end leaves one.
fn record(writer: usize, n: usize) -> Record {
    let presence = json!({
        "id": "6a3af858-942f-489d-9700-5f9bcdcdae9b", "source": "PURECLOUD", "primary": true, "message": "back at two",
        "presenceDefinition": { "id": "6a3af858-942f-489d-9700-5f9bcdcdae9b", "systemPresence": "Meal" },
        "modifiedDate": "2026-01-02T03:04:05.678Z",
    });
    Record {
        asked: json!({ "presenceDefinition": { "id": "lunch" }, "message": "back at two" }),
        after: presence,
        outcome: Some(Outcome::Accepted),
        answered_ms: Some(42),
        etag: Some("\"0123456789abcdef\"".to_owned()),
        correlation_id: Some("00000000-0000-4000-8000-000000000000".to_owned()),
        ..Record::new(
            format!("00000000-0000-4000-8000-{writer:04}{n:08}"),
            Kind::Closed,
            Timestamp::from_ms(1_767_323_045_678 + n as i64),
            Actor { kind: "machine".to_owned(), name: "scheduler".to_owned() },
            format!("00000000-0000-4000-8000-{writer:012}").as_str().into(),
            Action::Presence,
        )
    }
}

/// Records a second that 64 writers get acknowledged.
async fn of_store(store: &Store, each: usize) -> Result<f64> {
    let began = Instant::now();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..each {
                    store.append(vec![record(writer, n)]).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for writer in writers {
        writer.await??;
    }
    Ok((WRITERS * each) as f64 / began.elapsed().as_secs_f64())
}

/// Rows a second that SQLite commits, 64 a transaction: a table and indexes as the store's, texts and seals ready-made.
fn of_sqlite(file: &Path, texts: &[String]) -> Result<f64> {
    let mut bare = Connection::open(file)?;
    bare.execute_batch(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = full;
        CREATE TABLE audit (seq INTEGER NOT NULL PRIMARY KEY, at_ms INTEGER NOT NULL, user_id TEXT NOT NULL, actor TEXT NOT NULL,
            action TEXT NOT NULL, outcome TEXT, id TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, seal BLOB NOT NULL, tag TEXT) STRICT;
        CREATE INDEX audit_of_user ON audit (user_id, seq);
        CREATE INDEX audit_of_write ON audit (id, kind)",
    )?;
    let rows: Vec<Record> = texts.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
    let began = Instant::now();
    let mut seq = 0;
    for rows in rows.chunks(WRITERS) {
        let transaction = bare.transaction()?;
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?;
            for row in rows {
                let text = &texts[seq];
                seq += 1;
                let outcome = row.outcome.map(Outcome::name);
                let (kind, action) = (row.kind.name(), row.action.name());
                let (user, actor) = (row.user_id.as_str(), &row.actor.name);
                insert.execute(params![
                    seq,
                    row.at.as_ms(),
                    user,
                    actor,
                    action,
                    outcome,
                    row.id,
                    kind,
                    text,
                    [7_u8; 32],
                    row.compliance_tag
                ])?;
            }
        }
        transaction.commit()?;
    }
    Ok(rows.len() as f64 / began.elapsed().as_secs_f64())
}

/// Prints them, and whether the bound is met.
pub async fn measure(place: &Path, server: Option<&str>, quick: bool) -> Result<()> {
    let each = if quick { 30 } else { 300 };
    let (mut ours, mut bare, mut of_server, mut ratios) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir_in(place)?;
        let store = Store::open(Some(folder.path()))?;
        let rate = of_store(&store, each).await?;
        store.close().await;
        let head = verify_audit(folder.path(), None, None)?;
        ensure!(head.seq == (WRITERS * each) as u64, "{} records of {}", head.seq, WRITERS * each);
        let mut texts = Vec::new();
        export_audit(folder.path(), None, |text| texts.push(text.to_owned()))?;
        let beside = of_sqlite(&folder.path().join("bare.db"), &texts)?;
        ours.push(rate);
        bare.push(beside);
        ratios.push(rate / beside);
        if let Some(url) = server {
            let folder = tempfile::tempdir_in(place)?;
            let database =
                Database::parse(url).map_err(anyhow::Error::msg).context("the server's address")?;
            let store = Store::connect(folder.path(), database.clone()).await?;
            of_server.push(of_store(&store, each).await?);
            store.close().await;
            // Its key goes with the folder, so that the next round begins anew.
            anew(url).await?;
        }
    }
    println!("{WRITERS} writers, {each} records each, median of {ROUNDS} rounds in turn");
    println!("  rollcall on SQLite      {:>9.0} records/s", median(ours));
    println!("  bare SQLite, 64 a commit {:>8.0} records/s", median(bare));
    if !of_server.is_empty() {
        println!("  rollcall on PostgreSQL  {:>9.0} records/s", median(of_server));
    }
    let ratio = median(ratios);
    let is_met = if ratio >= BOUND { "met" } else { "NOT MET" };
    println!(
        "bound  {is_met}  records a second at {WRITERS} writers, of bare SQLite's: {ratio:.2} (at least {BOUND})"
    );
    Ok(())
}

/// Empties the database.
async fn anew(url: &str) -> Result<()> {
    let url = url.to_owned();
    let dropped = tokio::task::spawn_blocking(move || {
        ::postgres::Client::connect(&url, ::postgres::NoTls)?.batch_execute("DROP SCHEMA rollcall CASCADE")
    });
    Ok(dropped.await??)
}
