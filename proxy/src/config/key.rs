//! `[[key]]`: read-only keys of screens that nobody signs in at, one section each.

use std::sync::Arc;

use protocol::{WallId, wall::Names};

use super::{
    demo,
    document::{Faults, Key, Place, Reported, Section},
    secret::{self, Secret},
};

/// A key that opens some walls to look at, and nothing else.
#[derive(Clone, Debug)]
pub struct ScreenKey {
    /// What the log calls it. Key `name`, no variable, no default.
    pub name: Arc<str>,
    /// The key itself, from the key `secret` or the file that `secret_file` names; no variable, no default.
    pub secret: Secret,
    /// The walls that it opens. Key `walls`, no variable, no default.
    pub walls: Vec<WallId>,
    /// How agents are named at most; a wall that is stricter stays so. Key `names`, no variable; default `full`.
    pub names: Names,
    /// Whether pages of other sites may show these walls with it, in a frame. Key `embed`, no variable; default no.
    pub embed: bool,
}

const NAME: Key = Key { name: "name", example: "\"lobby\"" };
const SECRET: Key = Key { name: "secret", example: "\"...\"" };
const SECRET_FILE: Key = Key { name: "secret_file", example: "\"/run/secrets/lobby\"" };
const WALLS: Key = Key { name: "walls", example: "[\"floor\"]" };
const NAMES: Key = Key { name: "names", example: "\"initials\"" };
const EMBED: Key = Key { name: "embed", example: "true" };
/// Every key of the section.
pub(super) const KEYS: &[Key] = &[NAME, SECRET, SECRET_FILE, WALLS, NAMES, EMBED];

/// Long enough for any name; it stands in the log and in the screen's cookie.
const NAME_CHARS_MAX: usize = 60;

/// A key stands in addresses that machines keep; nobody has to remember it, and nobody may guess it.
const SECRET_CHARS_MIN: usize = 16;

/// Reads all of them. What is unknown because its own section is faulty is not checked against.
pub(super) fn read(
    sections: &[Section<'_>],
    walls: Option<&[WallId]>,
    upstream_is_loopback: Option<bool>,
    faults: &mut Faults<'_>,
) -> Result<Vec<ScreenKey>, Reported> {
    let mut outcome = Ok(());
    let mut keys: Vec<ScreenKey> = Vec::new();
    for section in sections {
        match read_one(section, walls, upstream_is_loopback, faults) {
            Ok((key, place)) => {
                let fault = if keys.iter().any(|other| other.name == key.name) {
                    Some(format!("name \"{}\" is taken by another [[key]]; choose another", key.name))
                } else if keys.iter().any(|other| other.secret.is(key.secret.expose())) {
                    Some(
                        "the secret is that of another [[key]]; choose another, or one key for all"
                            .to_owned(),
                    )
                } else {
                    None
                };
                match fault {
                    Some(sentence) => outcome = Err(faults.at(place, section.about(&sentence))),
                    None => keys.push(key),
                }
            }
            Err(reported) => outcome = Err(reported),
        }
    }
    outcome.map(|()| keys)
}

fn read_one(
    section: &Section<'_>,
    walls: Option<&[WallId]>,
    upstream_is_loopback: Option<bool>,
    faults: &mut Faults<'_>,
) -> Result<(ScreenKey, Place), Reported> {
    section.refuse_others(&[KEYS], &[], faults);
    let name = name(section, faults);
    let secret = secret(section, upstream_is_loopback, faults);
    let walls = opened(section, walls, faults);
    let names = names(section, faults);
    let embed = section.flag(&EMBED, faults);
    let (name, place) = name?;
    let embed = embed?.unwrap_or(false);
    Ok((ScreenKey { name, secret: secret?, walls: walls?, names: names?, embed }, place))
}

fn name(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<(Arc<str>, Place), Reported> {
    let found = section.required(&NAME, faults)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !found.value.chars().all(is_name) || found.value.len() > NAME_CHARS_MAX {
        let wrong = format!("must be at most {NAME_CHARS_MAX} letters, digits, hyphens and underscores");
        return Err(section.fault(found.place, &NAME, &wrong, faults));
    }
    Ok((found.value.into(), found.place))
}

fn secret(
    section: &Section<'_>,
    upstream_is_loopback: Option<bool>,
    faults: &mut Faults<'_>,
) -> Result<Secret, Reported> {
    let found = secret::read(section, &SECRET, &SECRET_FILE, faults)?;
    let found = found.ok_or_else(|| section.missing(&SECRET_FILE, faults))?;
    if found.value.expose().chars().count() < SECRET_CHARS_MIN {
        let sentence = format!(
            "the secret is shorter than {SECRET_CHARS_MIN} characters and could be guessed; make one with \
             `openssl rand -hex 20`"
        );
        return Err(faults.at(found.place, section.about(&sentence)));
    }
    if upstream_is_loopback == Some(false) && demo::is_demo_key(&found.value) {
        let sentence = "the secret is the demo's, which everybody knows; choose a secret of your own";
        return Err(faults.at(found.place, section.about(sentence)));
    }
    Ok(found.value)
}

fn opened(
    section: &Section<'_>,
    known: Option<&[WallId]>,
    faults: &mut Faults<'_>,
) -> Result<Vec<WallId>, Reported> {
    let found = section.texts(&WALLS, faults)?.filter(|found| !found.value.is_empty());
    let found = found.ok_or_else(|| section.missing(&WALLS, faults))?;
    let walls: Vec<WallId> = found.value.iter().map(|id| WallId::new(id)).collect();
    let unknown = known.and_then(|known| walls.iter().find(|wall| !known.contains(wall)));
    if let (Some(unknown), Some(known)) = (unknown, known) {
        let known: Vec<&str> = known.iter().map(WallId::as_str).collect();
        let sentence = format!("walls: there is no wall \"{unknown}\"; use some of {}", known.join(", "));
        return Err(faults.at(found.place, section.about(&sentence)));
    }
    Ok(walls)
}

fn names(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<Names, Reported> {
    let Some(found) = section.text(&NAMES, faults)? else { return Ok(Names::Full) };
    Names::parse(found.value).ok_or_else(|| {
        let all: Vec<&str> = Names::ALL.iter().map(|names| names.as_str()).collect();
        let wrong = format!("must be one of {}", all.join(", "));
        section.fault(found.place, &NAMES, &wrong, faults)
    })
}
