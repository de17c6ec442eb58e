//! `[embed]`: whose pages may show a wall in a frame.

use super::{
    document::{Faults, Key, Reported, Section},
    origin::Origin,
};

/// Where walls may be framed.
#[derive(Clone, Debug, Default)]
pub struct EmbedConfig {
    /// The origins of the pages around them. Key `parents` under `[embed]`, no variable; default none.
    pub parents: Vec<Origin>,
}

const PARENTS: Key = Key { name: "parents", example: "[\"https://portal.example.com\"]" };
/// Every key of the section.
pub(super) const KEYS: &[Key] = &[PARENTS];

/// They all stand in one header of every framed page.
const PARENTS_MAX: usize = 50;

pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<EmbedConfig, Reported> {
    section.refuse_others(&[KEYS], &[], faults);
    let Some(found) = section.texts(&PARENTS, faults)? else { return Ok(EmbedConfig::default()) };
    if found.value.len() > PARENTS_MAX {
        let wrong = format!("must name at most {PARENTS_MAX} origins");
        return Err(section.fault(found.place, &PARENTS, &wrong, faults));
    }
    let mut parents = Vec::new();
    let mut outcome = Ok(());
    for (at, text) in found.value.iter().enumerate() {
        let fault = match Origin::parse(text) {
            Ok(origin) if origin.is_secure() || origin.is_loopback() => {
                parents.push(origin);
                continue;
            }
            Ok(_) => {
                "must begin with https:// unless it is this machine: others on the way could frame the wall"
            }
            Err(wrong) => wrong,
        };
        // The address itself is not repeated: it may carry a password.
        let wrong = format!("has a fault at entry {}: it {fault}", at + 1);
        outcome = Err(section.fault(found.place, &PARENTS, &wrong, faults));
    }
    outcome.map(|()| EmbedConfig { parents })
}
