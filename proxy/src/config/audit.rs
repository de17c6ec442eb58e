//! `[audit]`: what is recorded, and for how long.

use super::document::{Faults, Key, Reported, Section};

/// What the audit log goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditConfig {
    /// For how many days records are kept; 0: for ever. Key `keep_days`, no variable; default 400.
    pub keep_days: u32,
    /// Whether changes of presence that were made elsewhere are recorded too. Key `observe`, no variable; default no.
    pub observe: bool,
}

impl Default for AuditConfig {
    /// A year and some weeks: what happened in the same weeks of last year can be looked up.
    fn default() -> Self {
        Self { keep_days: 400, observe: false }
    }
}

/// A hundred years: more is a typing error.
const DAYS_MAX: i64 = 36_525;

const KEEP_DAYS: Key = Key { name: "keep_days", example: "400" };
const OBSERVE: Key = Key { name: "observe", example: "true" };
/// Every key of the section.
pub(super) const KEYS: &[Key] = &[KEEP_DAYS, OBSERVE];

pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<AuditConfig, Reported> {
    section.refuse_others(&[KEYS], &[], faults);
    let (keep_days, observe) = (section.number(&KEEP_DAYS, faults), section.flag(&OBSERVE, faults));
    let standard = AuditConfig::default();
    let observe = observe?.unwrap_or(standard.observe);
    let Some(found) = keep_days? else { return Ok(AuditConfig { observe, ..standard }) };
    let days = u32::try_from(found.value).ok().filter(|_| found.value <= DAYS_MAX);
    let Some(keep_days) = days else {
        let wrong = format!("must be from 0, for ever, to {DAYS_MAX}");
        return Err(section.fault(found.place, &KEEP_DAYS, &wrong, faults));
    };
    Ok(AuditConfig { keep_days, observe })
}
