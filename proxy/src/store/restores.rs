//! Skills that were changed for a while: what they are to be again, and when.

use protocol::{SkillId, Timestamp, UserId};
use rules::skills::Level;
use serde_json::{Value, json};

use super::sql::{Sql, SqlError};

/// A skill that is to be restored.
#[derive(Clone, Debug, PartialEq)]
pub struct Restore {
    /// Of whom.
    pub user: UserId,
    /// Which.
    pub skill: SkillId,
    /// When.
    pub until: Timestamp,
    /// For whom.
    pub by: String,
    /// What whoever that is files the change under.
    pub tag: Option<String>,
    /// What it is to be again.
    pub before: Level,
    /// What it was changed to: once it is something else, somebody else changed it. While nobody knows whether the last change was
    /// made, what it was before that, too.
    pub left: Vec<Level>,
}

/// Keeps one in the place of any other of the same skill.
pub(super) fn keep(sql: &mut dyn Sql, restore: &Restore) -> Result<(), SqlError> {
    let Restore { user, skill, until, by, tag, before, left } = restore;
    sql.execute(
        "INSERT INTO skill_restores (user_id, skill_id, until_ms, actor, before, changed, tag)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (user_id, skill_id) DO UPDATE SET until_ms = excluded.until_ms, actor = excluded.actor,
            before = excluded.before, changed = excluded.changed, tag = excluded.tag",
        &[
            user.as_str().into(),
            skill.as_str().into(),
            until.as_ms().into(),
            by.as_str().into(),
            text(before).into(),
            texts(left).into(),
            tag.as_deref().into(),
        ],
    )?;
    Ok(())
}

/// Forgets that of a skill.
pub(super) fn forget(sql: &mut dyn Sql, user: &UserId, skill: &SkillId) -> Result<(), SqlError> {
    let of = [user.as_str().into(), skill.as_str().into()];
    sql.execute("DELETE FROM skill_restores WHERE user_id = ?1 AND skill_id = ?2", &of)?;
    Ok(())
}

pub(super) fn read(sql: &mut dyn Sql) -> Result<Vec<Restore>, SqlError> {
    let rows = sql
        .query("SELECT user_id, skill_id, until_ms, actor, before, changed, tag FROM skill_restores", &[])?;
    let restores = rows.iter().map(|row| {
        Ok(Restore {
            user: UserId::new(&row.text(0)?),
            skill: SkillId::new(&row.text(1)?),
            until: Timestamp::from_ms(row.integer(2)?),
            by: row.text(3)?,
            tag: row.optional_text(6)?,
            before: level(&row.text(4)?),
            left: levels(&row.text(5)?),
        })
    });
    restores.collect()
}

fn text(level: &Level) -> String {
    said(level).to_string()
}

/// One as itself, as it was always written, several as a list.
fn texts(levels: &[Level]) -> String {
    match levels {
        [level] => text(level),
        levels => Value::from_iter(levels.iter().map(said)).to_string(),
    }
}

fn said(level: &Level) -> Value {
    json!({ "proficiency": level.proficiency, "state": level.state })
}

fn level(text: &str) -> Level {
    of(&serde_json::from_str(text).unwrap_or_default())
}

fn levels(text: &str) -> Vec<Level> {
    let kept: Value = serde_json::from_str(text).unwrap_or_default();
    kept.as_array().map_or_else(|| vec![of(&kept)], |kept| kept.iter().map(of).collect())
}

fn of(kept: &Value) -> Level {
    Level {
        proficiency: kept["proficiency"].as_f64(),
        state: kept["state"].as_str().unwrap_or_default().to_owned(),
    }
}
