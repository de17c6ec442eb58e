//! `[figures]`: what counts as today.

use super::document::{Faults, Key, Reported, Section};
use crate::period::Calendar;

/// How figures are counted.
#[derive(Clone, Debug)]
pub struct FiguresConfig {
    /// Where midnight is looked up: figures of today begin there. Genesys Cloud does not say in which time zone an
    /// organisation lives. Key `time_zone` under `[figures]`, no variable; default `UTC`.
    pub calendar: Calendar,
}

impl Default for FiguresConfig {
    fn default() -> Self {
        Self { calendar: Calendar::utc() }
    }
}

const TIME_ZONE: Key = Key { name: "time_zone", example: "\"Europe/Berlin\"" };
/// Every key of the section.
pub(super) const KEYS: &[Key] = &[TIME_ZONE];

pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<FiguresConfig, Reported> {
    section.refuse_others(&[KEYS], &[], faults);
    let Some(found) = section.text(&TIME_ZONE, faults)? else { return Ok(FiguresConfig::default()) };
    let Some(calendar) = Calendar::named(found.value) else {
        let wrong = format!("\"{}\" is no time zone", found.value);
        return Err(section.fault(found.place, &TIME_ZONE, &wrong, faults));
    };
    Ok(FiguresConfig { calendar })
}
