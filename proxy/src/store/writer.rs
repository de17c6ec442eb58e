//! The store's thread: takes all jobs that wait into one transaction, so that the disk is waited for once.

use std::fs::File;

use protocol::Timestamp;
use rusqlite::{Connection, Transaction};
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use super::{
    Alias, Attempts, Names, Restore, Sample, StoreError, attempts,
    audit::{self, Found, Query},
    names, restores,
    samples::{keep, read},
};
use crate::audit::{Record, chain::Head};

/// Jobs in one transaction: none should wait long for the others.
const GROUP_MAX: usize = 64;

/// What the store is asked.
#[derive(Debug)]
pub(super) enum Job {
    /// Keep samples, and none from before a moment.
    KeepSamples { samples: Vec<Sample>, from: Timestamp },
    /// Give all samples.
    ReadSamples { reply: oneshot::Sender<Result<Vec<Sample>, StoreError>> },
    /// Keep how a shard's attempts stand.
    KeepAttempts { attempts: Attempts },
    /// Give all of those.
    ReadAttempts { reply: oneshot::Sender<Result<Vec<Attempts>, StoreError>> },
    /// Keep made-up names.
    KeepAliases { aliases: Vec<Alias> },
    /// Give all that is kept of names; `fresh` is the key if there is none yet.
    ReadNames { fresh: [u8; 32], reply: oneshot::Sender<Result<Names, StoreError>> },
    /// Append to the audit log; the reply, if anybody waits for it, comes when the records are on the disk.
    Append { records: Vec<Record>, reply: Option<oneshot::Sender<Result<(), StoreError>>> },
    /// Give records of the audit log.
    FindRecords { query: Query, reply: oneshot::Sender<Result<Found, StoreError>> },
    /// Give the texts of writes that were opened and not closed.
    LeftOpen { reply: oneshot::Sender<Result<Vec<String>, StoreError>> },
    /// Keep what a skill is to be again.
    KeepRestore { restore: Restore, reply: oneshot::Sender<Result<(), StoreError>> },
    /// Forget it.
    ForgetRestore { restore: Restore, reply: oneshot::Sender<Result<(), StoreError>> },
    /// Give all of those.
    ReadRestores { reply: oneshot::Sender<Result<Vec<Restore>, StoreError>> },
    /// Close the file.
    Close { reply: oneshot::Sender<()> },
}

/// What is answered once the transaction is on the disk.
enum Answer {
    Samples(oneshot::Sender<Result<Vec<Sample>, StoreError>>, Result<Vec<Sample>, StoreError>),
    Attempts(oneshot::Sender<Result<Vec<Attempts>, StoreError>>, Result<Vec<Attempts>, StoreError>),
    Names(oneshot::Sender<Result<Names, StoreError>>, Result<Names, StoreError>),
    Appended(oneshot::Sender<Result<(), StoreError>>, Result<(), StoreError>),
    Restores(oneshot::Sender<Result<Vec<Restore>, StoreError>>, Result<Vec<Restore>, StoreError>),
    Found(oneshot::Sender<Result<Found, StoreError>>, Result<Found, StoreError>),
    LeftOpen(oneshot::Sender<Result<Vec<String>, StoreError>>, Result<Vec<String>, StoreError>),
}

impl Answer {
    /// Answers, unless the whole transaction `failed`. An asker that went away needs no answer.
    fn give(self, failed: Option<&String>) {
        let failure = failed.map(|error| StoreError::Failed(error.clone()));
        match self {
            Self::Samples(reply, outcome) => drop(reply.send(failure.map_or(outcome, Err))),
            Self::Attempts(reply, outcome) => drop(reply.send(failure.map_or(outcome, Err))),
            Self::Names(reply, outcome) => drop(reply.send(failure.map_or(outcome, Err))),
            Self::Appended(reply, outcome) => drop(reply.send(failure.map_or(outcome, Err))),
            Self::Restores(reply, outcome) => drop(reply.send(failure.map_or(outcome, Err))),
            Self::Found(reply, outcome) => drop(reply.send(failure.map_or(outcome, Err))),
            Self::LeftOpen(reply, outcome) => drop(reply.send(failure.map_or(outcome, Err))),
        }
    }
}

/// Where the audit log stands, and what seals it.
pub(super) struct Log {
    pub(super) key: [u8; 32],
    pub(super) head: Head,
    /// Holds the data folder for this process.
    pub(super) lock: Option<File>,
}

/// Works until nobody can ask any more, or until it is closed.
pub(super) fn run(mut connection: Connection, mut log: Log, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = Vec::new();
        let mut close = None;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Close { reply } => {
                    close = Some(reply);
                    break;
                }
                job @ (Job::KeepSamples { .. }
                | Job::ReadSamples { .. }
                | Job::KeepAttempts { .. }
                | Job::ReadAttempts { .. }
                | Job::KeepAliases { .. }
                | Job::ReadNames { .. }
                | Job::Append { .. }
                | Job::FindRecords { .. }
                | Job::KeepRestore { .. }
                | Job::ForgetRestore { .. }
                | Job::ReadRestores { .. }
                | Job::LeftOpen { .. }) => group.push(job),
            }
            next = if group.len() < GROUP_MAX { jobs.try_recv().ok() } else { None };
        }
        if !group.is_empty() {
            commit(&mut connection, &mut log, group);
        }
        if let Some(reply) = close {
            // Closing writes what is left in the log of the database into it; if that fails the log stays and serves.
            if let Err((_, error)) = connection.close() {
                warn!(%error, "the data file was not closed in order");
            }
            // Whoever asked may open it again at once.
            drop(log.lock.take());
            // An asker that went away needs no answer.
            let _ = reply.send(());
            return;
        }
    }
}

/// Does a group of jobs in one transaction and answers when it is on the disk.
fn commit(connection: &mut Connection, log: &mut Log, group: Vec<Job>) {
    let mut answers = Vec::new();
    let mut head = log.head;
    let committed = connection.transaction().and_then(|mut transaction| {
        for job in group {
            answers.extend(work(&mut transaction, (&log.key, &mut head), job));
        }
        transaction.commit()
    });
    if committed.is_ok() {
        log.head = head;
    }
    let failed = committed.err().map(|error| error.to_string());
    if let Some(error) = &failed {
        warn!(error, "the data file could not be written");
    }
    for answer in answers {
        answer.give(failed.as_ref());
    }
}

/// Does one job. One that fails is undone alone: the others of its group stand.
fn work(transaction: &mut Transaction<'_>, (key, head): (&[u8; 32], &mut Head), job: Job) -> Option<Answer> {
    match job {
        Job::KeepSamples { samples, from } => {
            let kept = transaction.savepoint().and_then(|part| {
                keep(&part, &samples, from)?;
                part.commit()
            });
            if let Err(error) = kept {
                warn!(%error, "samples of waiting conversations were not kept");
            }
            None
        }
        Job::ReadSamples { reply } => {
            let samples = read(transaction).map_err(|error| StoreError::Failed(error.to_string()));
            Some(Answer::Samples(reply, samples))
        }
        Job::KeepAttempts { attempts } => {
            let kept = transaction.savepoint().and_then(|part| {
                attempts::keep(&part, attempts)?;
                part.commit()
            });
            if let Err(error) = kept {
                warn!(%error, "attempts to get a channel were not kept");
            }
            None
        }
        Job::ReadAttempts { reply } => {
            let kept = attempts::read(transaction).map_err(|error| StoreError::Failed(error.to_string()));
            Some(Answer::Attempts(reply, kept))
        }
        Job::KeepAliases { aliases } => {
            let kept = transaction.savepoint().and_then(|part| {
                names::keep(&part, &aliases)?;
                part.commit()
            });
            if let Err(error) = kept {
                warn!(%error, "made-up names were not kept; after the next start they may be others");
            }
            None
        }
        Job::ReadNames { fresh, reply } => {
            let kept = names::read(transaction, fresh).map_err(|error| StoreError::Failed(error.to_string()));
            Some(Answer::Names(reply, kept))
        }
        Job::Append { records, reply } => {
            let appended = transaction.savepoint().and_then(|part| {
                let next = audit::append(&part, key, *head, &records)?;
                part.commit()?;
                *head = next;
                Ok(())
            });
            if let Err(error) = &appended {
                warn!(%error, records = records.len(), "the audit log could not be written");
            }
            let appended = appended.map_err(|error| StoreError::Failed(error.to_string()));
            reply.map(|reply| Answer::Appended(reply, appended))
        }
        Job::FindRecords { query, reply } => {
            let found =
                audit::find(transaction, &query).map_err(|error| StoreError::Failed(error.to_string()));
            Some(Answer::Found(reply, found))
        }
        Job::LeftOpen { reply } => {
            let open = audit::left_open(transaction).map_err(|error| StoreError::Failed(error.to_string()));
            Some(Answer::LeftOpen(reply, open))
        }
        Job::KeepRestore { restore, reply } => {
            let kept = transaction.savepoint().and_then(|part| {
                restores::keep(&part, &restore)?;
                part.commit()
            });
            let kept = kept.map_err(|error| StoreError::Failed(error.to_string()));
            Some(Answer::Appended(reply, kept))
        }
        Job::ForgetRestore { restore, reply } => {
            let forgotten = transaction.savepoint().and_then(|part| {
                restores::forget(&part, &restore.user, &restore.skill)?;
                part.commit()
            });
            let forgotten = forgotten.map_err(|error| StoreError::Failed(error.to_string()));
            Some(Answer::Appended(reply, forgotten))
        }
        Job::ReadRestores { reply } => {
            let kept = restores::read(transaction).map_err(|error| StoreError::Failed(error.to_string()));
            Some(Answer::Restores(reply, kept))
        }
        // Taken out before.
        Job::Close { .. } => None,
    }
}
