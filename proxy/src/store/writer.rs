//! The store's thread: takes all jobs that wait into one transaction, so that the disk is waited for once.

use std::{fs::File, thread, time::Duration};

use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

use super::{
    StoreError,
    audit::{self, Entry},
    engine::Engine,
    sql::{Sql, SqlError, part, whole},
};
use crate::audit::{
    Kind, Outcome, Record,
    chain::{Head, SealKey},
};

/// Jobs in one transaction: none should wait long for the others.
const GROUP_MAX: usize = 64;

/// Whoever was answered together comes back together: for so long at a time the next group waits for as many as the last one had,
/// and no longer than somebody comes. A commit for each half of them would cost several times as much; who writes alone never waits.
const GATHER: Duration = Duration::from_micros(50);

/// What the store is asked.
pub(super) enum Job {
    /// Anything that needs no more than the database.
    Do(Box<dyn Work>),
    /// Append to the audit log.
    Append(Append),
    /// Take the oldest records away; how many went.
    Forget { before_ms: i64, most: u32, reply: oneshot::Sender<Result<u64, StoreError>> },
    /// Close the store.
    Close { reply: oneshot::Sender<()> },
}

/// Records for the audit log.
pub(super) struct Append {
    pub(super) entries: Vec<Entry>,
    /// Whether a record that closes a write is passed over when the log has one already.
    pub(super) once: bool,
    /// Who waits for the disk, if anybody does.
    pub(super) reply: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl Append {
    fn answer(self, outcome: Result<(), &str>) {
        match (self.reply, outcome) {
            // An asker that went away needs no answer.
            (Some(reply), outcome) => drop(reply.send(outcome.map_err(StoreError::failed))),
            (None, Ok(())) => {}
            (None, Err(error)) => {
                warn!(error, records = self.entries.len(), "the audit log could not be written");
            }
        }
    }
}

/// Something to be done in the database, and its answer.
pub(super) trait Work: Send {
    /// Whether it changes nothing: then it is done after the transaction, and goes on when that cannot be committed.
    fn only_reads(&self) -> bool;
    /// Does it. When that fails nothing of it stays, and the others of its group stand.
    fn run(&mut self, sql: &mut dyn Sql);
    /// Answers, once it is on the disk or the whole group `failed`.
    fn answer(self: Box<Self>, failed: Option<&str>);
}

/// A piece of work in two steps: done, and answered.
pub(super) struct Asked<F, T> {
    pub(super) only_reads: bool,
    pub(super) work: Option<F>,
    pub(super) done: Option<Result<T, SqlError>>,
    /// Who waits for it, or what the log says when it fails.
    pub(super) then: Result<oneshot::Sender<Result<T, StoreError>>, &'static str>,
}

impl<F, T> Work for Asked<F, T>
where
    F: FnOnce(&mut dyn Sql) -> Result<T, SqlError> + Send,
    T: Send,
{
    fn only_reads(&self) -> bool {
        self.only_reads
    }

    fn run(&mut self, sql: &mut dyn Sql) {
        if let Some(work) = self.work.take() {
            self.done = Some(if self.only_reads { work(sql) } else { part(sql, work) });
        }
    }

    fn answer(self: Box<Self>, failed: Option<&str>) {
        let outcome = match (failed, self.done) {
            (Some(failed), _) => Err(StoreError::failed(failed)),
            (None, Some(done)) => done.map_err(|error| StoreError::failed(&error.reason)),
            (None, None) => Err(StoreError::Closed),
        };
        match (self.then, outcome) {
            // An asker that went away needs no answer.
            (Ok(reply), outcome) => drop(reply.send(outcome)),
            (Err(_), Ok(_)) => {}
            (Err(otherwise), Err(error)) => warn!(%error, "{otherwise}"),
        }
    }
}

/// Where the audit log stands, and what seals it.
pub(super) struct Log {
    pub(super) key: SealKey,
    pub(super) head: Head,
    /// Holds the data folder for this process.
    pub(super) lock: Option<File>,
}

/// A commit of which nobody knows whether it took effect, since the connection was lost on the way.
struct Doubt {
    /// Where the log stands if it did.
    head: Head,
    /// Writes that it opened. They were refused then, and nothing was sent.
    opened: Vec<Record>,
}

pub(super) struct Writer {
    engine: Engine,
    log: Log,
    doubt: Option<Doubt>,
    /// Whether the connection is one over which nobody has looked yet where the log stands.
    is_new: bool,
    /// Whether the last transaction failed; said once in the log.
    is_down: bool,
    /// Appends in the last transaction.
    last_group: usize,
}

/// What is committed together.
#[derive(Default)]
struct Group {
    works: Vec<Box<dyn Work>>,
    appends: Vec<Append>,
    reads: Vec<Box<dyn Work>>,
}

impl Group {
    fn len(&self) -> usize {
        self.works.len() + self.appends.len() + self.reads.len()
    }

    /// Takes what waits, as far as there is room; gives the job that has to wait for everything before it.
    fn fill(&mut self, first: Option<Job>, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        let mut next = first;
        loop {
            if next.is_none() && self.len() < GROUP_MAX {
                next = jobs.try_recv().ok();
            }
            match next.take()? {
                Job::Do(work) if work.only_reads() => self.reads.push(work),
                Job::Do(work) => self.works.push(work),
                Job::Append(append) => self.appends.push(append),
                last @ (Job::Forget { .. } | Job::Close { .. }) => return Some(last),
            }
        }
    }
}

impl Writer {
    pub(super) fn new(engine: Engine, log: Log) -> Self {
        Self { engine, log, doubt: None, is_new: false, is_down: false, last_group: 0 }
    }

    /// Works until nobody can ask any more, or until it is closed.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut group = Group::default();
            let mut last = group.fill(Some(first), &mut jobs);
            while last.is_none() && (1..self.last_group).contains(&group.appends.len()) {
                let before = group.len();
                a_moment();
                last = group.fill(None, &mut jobs);
                if group.len() == before {
                    break;
                }
            }
            self.last_group = group.appends.len();
            self.work_off(group);
            match last {
                Some(Job::Forget { before_ms, most, reply }) => {
                    // An asker that went away needs no answer.
                    let _ = reply.send(self.forget(before_ms, most));
                }
                Some(Job::Close { reply }) => {
                    self.engine.close();
                    // Whoever asked may open it again at once.
                    drop(self.log.lock.take());
                    // An asker that went away needs no answer.
                    let _ = reply.send(());
                    return;
                }
                Some(Job::Do(_) | Job::Append(_)) | None => {}
            }
        }
    }

    fn work_off(&mut self, group: Group) {
        let Group { mut works, appends, mut reads } = group;
        if !works.is_empty() || !appends.is_empty() {
            match self.commit(&mut works, &appends) {
                Ok(appended) => {
                    self.is_well();
                    works.into_iter().for_each(|work| work.answer(None));
                    let appended = appended.as_ref().map(|_| ()).map_err(|error| error.reason.as_str());
                    appends.into_iter().for_each(|append| append.answer(appended));
                }
                Err(error) => {
                    let error = error.to_string();
                    if !std::mem::replace(&mut self.is_down, true) {
                        warn!(
                            error,
                            "nothing can be kept, and no agent can be changed, until this is mended"
                        );
                    }
                    works.into_iter().for_each(|work| work.answer(Some(&error)));
                    appends.into_iter().for_each(|append| append.answer(Err(&error)));
                }
            }
        }
        if reads.is_empty() {
            return;
        }
        let failed = self.ready().err().map(|error| error.to_string());
        if failed.is_none() {
            reads.iter_mut().for_each(|read| read.run(self.engine.sql()));
        }
        reads.into_iter().for_each(|read| read.answer(failed.as_deref()));
    }

    fn is_well(&mut self) {
        if std::mem::take(&mut self.is_down) {
            info!("what is to be kept is kept again");
        }
    }

    /// Does a group of jobs in one transaction. The error of the records alone is within the good end.
    fn commit(
        &mut self,
        works: &mut [Box<dyn Work>],
        appends: &[Append],
    ) -> Result<Result<Head, SqlError>, StoreError> {
        self.begin()?;
        let sql = self.engine.sql();
        works.iter_mut().for_each(|work| work.run(sql));
        let (key, before) = (&self.log.key, self.log.head);
        let append = |sql: &mut dyn Sql| {
            let entries = news(sql, appends)?;
            audit::append(sql, key, before, &entries)
        };
        let appended = match (appends, &*works) {
            ([], _) => Ok(before),
            // Nothing else is in the transaction that a part of their own would spare.
            (_, []) => match append(sql) {
                Ok(head) => Ok(head),
                Err(error) => {
                    return match sql.batch("ROLLBACK") {
                        Ok(()) => Ok(Err(error)),
                        Err(_) => Err(self.engine.failed(error)),
                    };
                }
            },
            _ => part(sql, append),
        };
        let head = *appended.as_ref().unwrap_or(&before);
        match sql.batch("COMMIT") {
            Ok(()) => self.log.head = head,
            Err(error) => {
                self.engine.roll_back();
                if error.is_lost && head != before {
                    self.doubt = Some(Doubt { head, opened: Vec::new() });
                    // Known at once if the server can be asked.
                    if self.ready().is_ok() && self.log.head == head {
                        return Ok(appended);
                    }
                    if let Some(doubt) = &mut self.doubt {
                        let entries = appends.iter().flat_map(|append| &append.entries);
                        doubt.opened = entries.filter_map(Entry::opened).collect();
                    }
                }
                return Err(self.engine.failed(error));
            }
        }
        Ok(appended)
    }

    /// Opens a transaction, over a new connection if the old one turns out to be lost.
    fn begin(&mut self) -> Result<(), StoreError> {
        self.ready()?;
        match self.engine.sql().batch("BEGIN") {
            Err(error) if error.is_lost => {
                self.ready()?;
                self.engine.sql().batch("BEGIN").map_err(|error| self.engine.failed(error))
            }
            begun => begun.map_err(|error| self.engine.failed(error)),
        }
    }

    /// Makes sure that there is a connection. After a new one the log has to stand where it was left.
    fn ready(&mut self) -> Result<(), StoreError> {
        self.is_new |= self.engine.ready()?;
        if !self.is_new {
            return Ok(());
        }
        let found = audit::head(self.engine.sql()).map_err(|error| self.engine.failed(error))?;
        if found != self.log.head {
            let Some(doubt) = self.doubt.as_ref().filter(|doubt| doubt.head == found) else {
                return Err(StoreError::failed("somebody else has written to the audit log"));
            };
            // Their askers were told that nothing was sent; so does the log.
            let closings: Vec<Entry> = doubt.opened.iter().map(never_sent).collect();
            let closings: Vec<&Entry> = closings.iter().collect();
            let key = &self.log.key;
            self.log.head = found;
            let closed = whole(self.engine.sql(), "BEGIN", |sql| audit::append(sql, key, found, &closings));
            match closed {
                Ok(head) => self.log.head = head,
                Err(error) => {
                    // In doubt itself. What is not closed then is settled by the next start.
                    let head = closings.iter().fold(found, |head, entry| head.append(key, entry.said()).1);
                    self.doubt = Some(Doubt { head, opened: Vec::new() });
                    return Err(self.engine.failed(error));
                }
            }
        }
        self.doubt = None;
        self.is_new = false;
        Ok(())
    }

    fn forget(&mut self, before_ms: i64, most: u32) -> Result<u64, StoreError> {
        self.ready()?;
        let key = &self.log.key;
        let gone = whole(self.engine.sql(), "BEGIN", |sql| audit::forget(sql, key, before_ms, most));
        gone.map_err(|error| self.engine.failed(error))
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own, which nothing else could do meanwhile")]
fn a_moment() {
    thread::sleep(GATHER);
}

/// What is to be appended: of records that close a write and may have been appended before, those that were not.
fn news<'a>(sql: &mut dyn Sql, appends: &'a [Append]) -> Result<Vec<&'a Entry>, SqlError> {
    let mut news = Vec::new();
    for append in appends {
        for entry in &append.entries {
            if !append.once || !audit::is_closed(sql, entry)? {
                news.push(entry);
            }
        }
    }
    Ok(news)
}

/// Closes a write that was refused, since it was not known whether its intent was recorded.
fn never_sent(opened: &Record) -> Entry {
    let closing = Record {
        kind: Kind::Closed,
        sent: serde_json::Value::Null,
        before: serde_json::Value::Null,
        outcome: Some(Outcome::Refused),
        code: Some("audit.unavailable".to_owned()),
        words: Some(
            "nothing was sent: the connection to the audit log was lost while it was opened".to_owned(),
        ),
        ..opened.clone()
    };
    closing.into()
}
