//! `[local]`: what a page on this machine may do while there is no sign-in.

use super::{
    document::{Faults, Key, Reported, Section},
    role::{Role, Roles},
};

/// The session that a page is given by itself while Rollcall is bound to loopback without sign-in.
#[derive(Clone, Debug)]
pub struct LocalConfig {
    /// The roles of that session; an empty list lets no page in. Key `roles` under `[local]`, no
    /// variable; default `["viewer"]`.
    pub roles: Roles,
}

/// A list of roles, here and under `[[machine]]`.
pub(super) const ROLES: Key = Key { name: "roles", example: "[\"viewer\"]" };
/// Every key of the section.
pub(super) const KEYS: &[Key] = &[ROLES];

pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<LocalConfig, Reported> {
    section.refuse_others(&[KEYS], &[], faults);
    let roles = roles(section, faults)?;
    Ok(LocalConfig { roles: roles.unwrap_or_else(|| Roles::from_iter([Role::Viewer])) })
}

/// The roles of a section, when it names any.
pub(super) fn roles(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<Option<Roles>, Reported> {
    let Some(found) = section.texts(&ROLES, faults)? else { return Ok(None) };
    let roles: Result<Roles, _> = found.value.iter().map(|word| word.parse::<Role>()).collect();
    match roles {
        Ok(roles) => Ok(Some(roles)),
        Err(unknown) => {
            let sentence = format!("roles: {unknown}; write e.g. {ROLES}");
            Err(faults.at(found.place, section.about(&sentence)))
        }
    }
}
