//! `[[wall]]`: the walls, one section each.

use protocol::{WallId, wall::WallDefinition};

use super::document::{Faults, Found, Key, Reported, Section};

const ID: Key = Key { name: "id", example: "\"floor\"" };
const TITLE: Key = Key { name: "title", example: "\"Support floor\"" };
/// Every key of the section.
pub(super) const KEYS: &[Key] = &[ID, TITLE];

/// An id is part of an address that people type.
const ID_CHARS_MAX: usize = 60;
/// A title is one line at the top of a screen.
const TITLE_CHARS_MAX: usize = 120;

/// The wall there is when none is configured.
pub(super) fn default_wall(title: &str) -> WallDefinition {
    WallDefinition { id: WallId::new("floor"), title: title.to_owned(), ..WallDefinition::default() }
}

pub(super) fn read(
    sections: &[Section<'_>],
    faults: &mut Faults<'_>,
) -> Result<Vec<WallDefinition>, Reported> {
    if sections.is_empty() {
        return Ok(vec![default_wall("Floor")]);
    }
    let mut outcome = Ok(());
    let mut walls: Vec<WallDefinition> = Vec::new();
    for section in sections {
        section.refuse_others(&[KEYS], &[], faults);
        let (id, title) = (id(section, faults), title(section, faults));
        match (id, title) {
            (Ok(id), _) if walls.iter().any(|other| other.id == id.value) => {
                let sentence = format!("id \"{}\" is taken by another [[wall]]; choose another", id.value);
                outcome = Err(faults.at(id.place, section.about(&sentence)));
            }
            (Ok(id), Ok(title)) => {
                walls.push(WallDefinition { id: id.value, title, ..WallDefinition::default() });
            }
            (Err(reported), _) | (_, Err(reported)) => outcome = Err(reported),
        }
    }
    outcome.map(|()| walls)
}

fn id(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<Found<WallId>, Reported> {
    let found = section.required(&ID, faults)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !found.value.chars().all(is_name) || found.value.len() > ID_CHARS_MAX {
        let wrong = format!("must be at most {ID_CHARS_MAX} letters, digits and hyphens");
        return Err(section.fault(found.place, &ID, &wrong, faults));
    }
    Ok(Found { value: WallId::new(found.value), place: found.place })
}

fn title(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<String, Reported> {
    let found = section.required(&TITLE, faults)?;
    if found.value.chars().any(char::is_control) || found.value.chars().count() > TITLE_CHARS_MAX {
        let wrong = format!("must be one line of at most {TITLE_CHARS_MAX} characters");
        return Err(section.fault(found.place, &TITLE, &wrong, faults));
    }
    Ok(found.value.to_owned())
}
