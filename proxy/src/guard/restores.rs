//! Skills that are changed for a while: what they are to be again, and when. Kept in the store before the change is sent, so
//! that no end of the process loses one.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use protocol::{SkillId, Timestamp, UserId};
use rules::{
    Code,
    skills::{Level, One, State},
};
use serde_json::{Value, json};
use tracing::{info, warn};

use super::{Asked, Change, Done, Guard, IfMatch, Stands};
use crate::{
    audit::{Actor, Outcome},
    caller::Caller,
    problem::Problem,
    store::{Restore, Store, StoreError},
};

/// A restore that could not be made is tried again after so long.
const AGAIN_MS: i64 = 10_000;

type Key = (UserId, SkillId);

/// Restores that are to come.
#[derive(Debug)]
pub(super) struct Restores {
    store: Store,
    all: Mutex<BTreeMap<Key, Restore>>,
    /// Those that could not be made, and until when they wait.
    put_off: Mutex<BTreeMap<Key, Timestamp>>,
}

impl Restores {
    pub(super) fn new(store: Store) -> Self {
        Self { store, all: Mutex::default(), put_off: Mutex::default() }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Key, Restore>> {
        self.all.lock().expect("nobody panics while holding the list of restores")
    }

    fn put_off(&self) -> MutexGuard<'_, BTreeMap<Key, Timestamp>> {
        self.put_off.lock().expect("nobody panics while holding the list of what waits")
    }

    fn of(&self, user: &UserId, skill: &SkillId) -> Option<Restore> {
        self.all().get(&(user.clone(), skill.clone())).cloned()
    }

    async fn keep(&self, restore: Restore) -> Result<(), StoreError> {
        self.store.keep_restore(restore.clone()).await?;
        self.all().insert(key(&restore), restore);
        Ok(())
    }

    /// Forgets one, unless another took its place.
    async fn forget(&self, restore: &Restore) -> Result<(), StoreError> {
        let key = key(restore);
        if self.all().get(&key) != Some(restore) {
            return Ok(());
        }
        self.store.forget_restore(restore.clone()).await?;
        self.put_off().remove(&key);
        let mut all = self.all();
        if all.get(&key) == Some(restore) {
            all.remove(&key);
        }
        Ok(())
    }
}

fn key(restore: &Restore) -> Key {
    (restore.user.clone(), restore.skill.clone())
}

/// What a temporary change put into the store, and what it took the place of.
pub(super) struct Promised {
    kept: Restore,
    before: Option<Restore>,
}

impl Guard {
    /// Takes up what the last run left to be restored.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn take_up_restores(&self) -> Result<(), StoreError> {
        let kept = self.restores.store.restores().await?;
        let mut all = self.restores.all();
        for restore in kept {
            all.entry(key(&restore)).or_insert(restore);
        }
        Ok(())
    }

    /// What is to be restored of an agent.
    #[must_use]
    pub fn restores_of(&self, user: &UserId) -> Vec<Restore> {
        self.restores.all().values().filter(|restore| restore.user == *user).cloned().collect()
    }

    /// Writes down what a temporary change is to be again, before it is sent. One that is changed once more becomes what it was
    /// before the first of them.
    pub(super) async fn promise(
        &self,
        caller: &Caller,
        asked: &Asked,
        (stands, sent): (&Stands, &Value),
    ) -> Result<Option<Promised>, StoreError> {
        let (Change::Skill(one), Some(until), Stands::Skill(Some(held))) =
            (&asked.change, asked.until, stands)
        else {
            return Ok(None);
        };
        let stands = Level::of(held);
        let before = self.restores.of(&asked.user, &one.skill);
        let origin = before.as_ref().filter(|before| before.left.contains(&stands));
        let mut left = vec![Level {
            proficiency: sent["proficiency"].as_f64(),
            state: sent["state"].as_str().unwrap_or_default().to_owned(),
        }];
        // Should nobody know whether this change is made, it may be as the one before left it.
        left.extend(origin.map(|_| stands.clone()));
        let kept = Restore {
            user: asked.user.clone(),
            skill: one.skill.clone(),
            until,
            by: whom(caller),
            tag: asked.compliance_tag.clone(),
            before: origin.map_or(stands, |origin| origin.before.clone()),
            left,
        };
        self.restores.keep(kept.clone()).await?;
        Ok(Some(Promised { kept, before }))
    }

    /// The change was made: nothing but what it left is to be restored.
    pub(super) async fn is_kept(&self, promised: Promised) {
        let mut kept = promised.kept;
        if kept.left.len() > 1 {
            kept.left.truncate(1);
            if let Err(error) = self.restores.keep(kept).await {
                warn!(%error, "a restore still takes what was before its change for its own");
            }
        }
    }

    /// A change for good ends what was to be restored of the skills that it is about: of one that is named, and of those of a list that
    /// it changed.
    pub(super) async fn ends_restores(&self, asked: &Asked, stands: &Stands) {
        if asked.until.is_some() || asked.restores.is_some() {
            return;
        }
        let over: Vec<Restore> = match (&asked.change, stands) {
            (Change::Skill(one), _) => self.restores.of(&asked.user, &one.skill).into_iter().collect(),
            (Change::Skills(_), Stands::Skills(skills)) => {
                let stays = |restore: &Restore| {
                    let held = skills.iter().find(|held| held.id == restore.skill);
                    held.is_some_and(|held| restore.left.contains(&Level::of(held)))
                };
                self.restores_of(&asked.user).into_iter().filter(|restore| !stays(restore)).collect()
            }
            _ => Vec::new(),
        };
        for restore in over {
            if let Err(error) = self.restores.forget(&restore).await {
                warn!(%error, user.id = %restore.user, "a restore that a change for good ends could not be forgotten");
            }
        }
    }

    /// Whether what a change restores is no longer what is to be restored.
    pub(super) fn was_restored_otherwise(&self, asked: &Asked) -> bool {
        let restores = asked.restores.as_ref();
        restores
            .is_some_and(|restores| self.restores.of(&asked.user, &restores.skill).as_ref() != Some(restores))
    }

    /// Takes a promise back: the change was refused.
    pub(super) async fn take_back(&self, promised: Promised) {
        let Promised { kept, before } = promised;
        let taken_back = match before {
            Some(before) => self.restores.keep(before).await,
            None => self.restores.forget(&kept).await,
        };
        if let Err(error) = taken_back {
            // At its time the skill stands as it is to be, and nothing is sent.
            warn!(%error, user.id = %kept.user, "a restore that is not needed could not be taken back");
        }
    }

    /// A change that is so already is temporary only if it was before: then it stays so for longer, or not so long.
    pub(super) async fn prolong(&self, asked: &Asked) -> Result<(), StoreError> {
        let (Change::Skill(one), Some(until)) = (&asked.change, asked.until) else { return Ok(()) };
        match self.restores.of(&asked.user, &one.skill) {
            Some(restore) => self.restores.keep(Restore { until, ..restore }).await,
            None => Ok(()),
        }
    }

    /// Makes a skill again what it was, unless somebody else changed it since, and forgets about it. When it could not be made
    /// it stays to be restored. It is filed under the tag of the change, unless there is another. It goes on when nobody waits for
    /// it any more.
    ///
    /// # Errors
    /// As the gate refuses it.
    pub async fn restore(
        self: &Arc<Self>,
        caller: &Caller,
        restore: &Restore,
        (if_match, compliance_tag): (Option<IfMatch>, Option<String>),
    ) -> Result<Done, Problem> {
        let (guard, caller, restore) = (self.clone(), caller.clone(), restore.clone());
        let write = async move { guard.restore_here(&caller, &restore, (if_match, compliance_tag)).await };
        let ended = tokio::spawn(crate::gate::with_same_id(write)).await;
        ended.unwrap_or_else(|error| Err(Problem::Unsettled(error.to_string())))
    }

    async fn restore_here(
        &self,
        caller: &Caller,
        restore: &Restore,
        (if_match, compliance_tag): (Option<IfMatch>, Option<String>),
    ) -> Result<Done, Problem> {
        let Level { proficiency, state } = &restore.before;
        let one = One {
            skill: restore.skill.clone(),
            proficiency: *proficiency,
            state: State::parse(state).ok(),
            only_from: restore.left.clone(),
        };
        let said =
            json!({ "restore": { "skillId": restore.skill, "until": restore.until, "by": restore.by } });
        let compliance_tag = compliance_tag.or_else(|| restore.tag.clone());
        let asked = Asked {
            if_match,
            compliance_tag,
            restores: Some(restore.clone()),
            ..Asked::new(restore.user.clone(), Change::Skill(one), said)
        };
        let done = self.write_here(caller, &asked).await;
        let is_over = match &done {
            Ok(_) => true,
            Err(problem) => is_final(problem),
        };
        if is_over && let Err(error) = self.restores.forget(restore).await {
            // It is tried once more, and finds the skill as it is to be.
            warn!(%error, user.id = %restore.user, "a restore that was made could not be forgotten");
        }
        done
    }

    /// Makes every restore whose time has come.
    pub(super) async fn restore_due(&self) {
        let now = self.clock.now();
        let due: Vec<Restore> =
            self.restores.all().values().filter(|restore| restore.until <= now).cloned().collect();
        for restore in due {
            if self.restores.put_off().get(&key(&restore)).is_some_and(|until| now < *until) {
                continue;
            }
            match self.restore_here(&Caller::rollcall(&restore.by), &restore, (None, None)).await {
                Ok(done) if done.outcome == Outcome::Superseded => {
                    info!(user.id = %restore.user, "a temporary skill was changed by somebody else, and stays so");
                }
                Ok(_) => {}
                Err(problem) => {
                    warn!(error = %problem, user.id = %restore.user, "a temporary skill could not be restored");
                    self.restores.put_off().insert(key(&restore), now.plus_ms(AGAIN_MS));
                }
            }
        }
    }
}

/// Whether trying again would end the same way.
fn is_final(problem: &Problem) -> bool {
    if let Problem::UpstreamRefused { status, .. } = problem {
        return ![401, 408, 429].contains(status);
    }
    // What If-Match does not name may be restored all the same, at its time.
    matches!(problem, Problem::Refused(refusal) if refusal.code != Code::VersionMismatch)
}

/// In whose name something is restored.
fn whom(caller: &Caller) -> String {
    let Actor { kind, name } = Actor::of(caller);
    if name.is_empty() { kind } else { name }
}
