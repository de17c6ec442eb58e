//! Skills that were changed for a while: what they are to be again, and when.

use protocol::{SkillId, Timestamp, UserId};
use rules::skills::Level;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

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
    /// What it is to be again.
    pub before: Level,
    /// What it was changed to: once it is something else, somebody else changed it.
    pub left: Level,
}

/// Keeps one in the place of any other of the same skill.
pub(super) fn keep(connection: &Connection, restore: &Restore) -> rusqlite::Result<()> {
    let Restore { user, skill, until, by, before, left } = restore;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO skill_restores (user_id, skill_id, until_ms, actor, before, changed)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![user.as_str(), skill.as_str(), until.as_ms(), by, text(before), text(left)])?;
    Ok(())
}

/// Forgets that of a skill.
pub(super) fn forget(connection: &Connection, user: &UserId, skill: &SkillId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM skill_restores WHERE user_id = ?1 AND skill_id = ?2")?
        .execute(params![user.as_str(), skill.as_str()])?;
    Ok(())
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Vec<Restore>> {
    let mut select = connection
        .prepare("SELECT user_id, skill_id, until_ms, actor, before, changed FROM skill_restores")?;
    let rows = select.query_map([], |row| {
        Ok(Restore {
            user: UserId::new(&row.get::<_, String>(0)?),
            skill: SkillId::new(&row.get::<_, String>(1)?),
            until: Timestamp::from_ms(row.get(2)?),
            by: row.get(3)?,
            before: level(&row.get::<_, String>(4)?),
            left: level(&row.get::<_, String>(5)?),
        })
    })?;
    rows.collect()
}

fn text(level: &Level) -> String {
    json!({ "proficiency": level.proficiency, "state": level.state }).to_string()
}

fn level(text: &str) -> Level {
    let kept: Value = serde_json::from_str(text).unwrap_or_default();
    Level {
        proficiency: kept["proficiency"].as_f64(),
        state: kept["state"].as_str().unwrap_or_default().to_owned(),
    }
}
