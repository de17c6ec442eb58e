//! `[store]`: a database in place of the file in the data folder.

use super::{
    document::{Faults, Key, Reported, Section},
    secret::{self, Secret},
};
use crate::store::Database;

const URL: Key = Key { name: "url", example: "\"postgres://rollcall@db.example.com/rollcall\"" };
const PASSWORD: Key = Key { name: "password", example: "\"...\"" };
const PASSWORD_FILE: Key = Key { name: "password_file", example: "\"/run/secrets/store\"" };
/// Every key of the section.
pub(super) const KEYS: &[Key] = &[URL, PASSWORD, PASSWORD_FILE];

/// The variable that wins over the file.
const PASSWORD_VARIABLE: &str = "ROLLCALL_STORE_PASSWORD";

pub(super) fn read(
    section: &Section<'_>,
    env: &dyn Fn(&str) -> Option<String>,
    faults: &mut Faults<'_>,
) -> Result<Option<Database>, Reported> {
    section.refuse_others(&[KEYS], &[], faults);
    let url = section.text(&URL, faults);
    let password = password(section, env, faults);
    let (url, password) = (url?, password?);
    let Some(url) = url else {
        // A password alone would be one that goes nowhere, and the file is used unnoticed.
        let set = section.place_of(&PASSWORD).or(section.place_of(&PASSWORD_FILE));
        return set.map_or(Ok(None), |_| Err(section.missing(&URL, faults)));
    };
    let database =
        Database::parse(url.value).map_err(|wrong| section.fault(url.place, &URL, &wrong, faults))?;
    Ok(Some(match password {
        Some(password) => database.with_password(&password),
        None => database,
    }))
}

fn password(
    section: &Section<'_>,
    env: &dyn Fn(&str) -> Option<String>,
    faults: &mut Faults<'_>,
) -> Result<Option<Secret>, Reported> {
    // A file that is not used must not be needed; that both keys are set is a fault all the same.
    if let Some(password) = env(PASSWORD_VARIABLE).map(Secret::new) {
        secret::refuse_both(section, &PASSWORD, &PASSWORD_FILE, faults)?;
        return Ok(Some(password));
    }
    Ok(secret::read(section, &PASSWORD, &PASSWORD_FILE, faults)?.map(|found| found.value))
}
