//! `[[machine]]`: programs that ask this Rollcall for a token, one section each.

use super::{
    demo,
    document::{Faults, Key, Place, Reported, Section},
    local::{self, ROLES},
    role::Roles,
    secret::{self, Secret},
};

/// A program that may ask `POST /oauth/token` for a token.
#[derive(Clone, Debug)]
pub struct MachineClient {
    /// Its name, the client id of its requests. Key `id`, no variable, no default.
    pub id: String,
    /// Its secret, from the key `secret` or the file that `secret_file` names; no variable, no default.
    pub secret: Secret,
    /// What its tokens may do. Key `roles`, no variable, no default.
    pub roles: Roles,
}

const ID: Key = Key { name: "id", example: "\"reporting\"" };
const SECRET: Key = Key { name: "secret", example: "\"...\"" };
const SECRET_FILE: Key = Key { name: "secret_file", example: "\"/run/secrets/reporting\"" };
/// Every key of the section.
pub(super) const KEYS: &[Key] = &[ID, SECRET, SECRET_FILE, ROLES];

/// Long enough for any name; an id is compared with each request's.
const ID_CHARS_MAX: usize = 100;

/// Reads all of them; `upstream_is_loopback` is unknown when `[genesys]` is faulty.
pub(super) fn read(
    sections: &[Section<'_>],
    upstream_is_loopback: Option<bool>,
    faults: &mut Faults<'_>,
) -> Result<Vec<MachineClient>, Reported> {
    let mut outcome = Ok(());
    let mut machines: Vec<MachineClient> = Vec::new();
    for section in sections {
        match read_one(section, upstream_is_loopback, faults) {
            Ok((machine, place)) if machines.iter().any(|other| other.id == machine.id) => {
                let sentence =
                    format!("id \"{}\" is taken by another [[machine]]; choose another", machine.id);
                outcome = Err(faults.at(place, section.about(&sentence)));
            }
            Ok((machine, _)) => machines.push(machine),
            Err(reported) => outcome = Err(reported),
        }
    }
    outcome.map(|()| machines)
}

fn read_one(
    section: &Section<'_>,
    upstream_is_loopback: Option<bool>,
    faults: &mut Faults<'_>,
) -> Result<(MachineClient, Place), Reported> {
    section.refuse_others(&[KEYS], &[], faults);
    let id = id(section, faults);
    let secret = secret::read(section, &SECRET, &SECRET_FILE, faults)
        .and_then(|found| found.ok_or_else(|| section.missing(&SECRET_FILE, faults)));
    let roles = roles(section, faults);
    let ((id, place), secret, roles) = (id?, secret?.value, roles?);
    if upstream_is_loopback == Some(false) && demo::is_well_known(&id, &secret) {
        let sentence = format!(
            "id \"{id}\" with its well-known secret is for the demo only; choose a secret of your own"
        );
        return Err(faults.at(place, section.about(&sentence)));
    }
    Ok((MachineClient { id, secret, roles }, place))
}

fn id(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<(String, Place), Reported> {
    let found = section.required(&ID, faults)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !found.value.chars().all(is_name) || found.value.len() > ID_CHARS_MAX {
        let wrong = format!("must be at most {ID_CHARS_MAX} letters, digits, hyphens, underscores and dots");
        return Err(section.fault(found.place, &ID, &wrong, faults));
    }
    Ok((found.value.to_owned(), found.place))
}

fn roles(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<Roles, Reported> {
    match local::roles(section, faults)? {
        Some(roles) if !roles.is_empty() => Ok(roles),
        Some(_) | None => Err(section.missing(&ROLES, faults)),
    }
}
