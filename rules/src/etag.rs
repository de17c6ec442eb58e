//! The version of what is written. Genesys Cloud has none: it is made of what is compared, which of a presence is the
//! definition, the message and the date.

use protocol::{entity::UserSkill, event::routing_status::UserRoutingStatus};

use crate::agent::Standing;

/// The tag of what is not there.
const NONE: &str = "\"none\"";

/// The strong entity tag of a presence, with its quotes; `"none"` for none.
#[must_use]
pub fn of(standing: Option<&Standing>) -> String {
    let Some(standing) = standing else { return NONE.to_owned() };
    let date = standing.modified.as_ms().to_string();
    of_parts([standing.definition.as_str(), &standing.message, &date])
}

/// That of a routing status: its word and its beginning.
#[must_use]
pub fn of_routing_status(standing: &UserRoutingStatus) -> String {
    let Some(status) = &standing.status else { return NONE.to_owned() };
    let since = standing.start_time.map_or_else(String::new, |since| since.as_ms().to_string());
    of_parts([status.as_str(), &since])
}

/// That of skills, in whatever order they come: each with proficiency and state.
#[must_use]
pub fn of_skills<'a>(skills: impl IntoIterator<Item = &'a UserSkill>) -> String {
    let part = |skill: &UserSkill| {
        let state = skill.state.as_deref().unwrap_or_default();
        format!("{} {:?} {state}", skill.id, skill.proficiency)
    };
    let mut parts: Vec<String> = skills.into_iter().map(part).collect();
    parts.sort_unstable();
    of_parts(parts.iter().map(String::as_str))
}

fn of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    // FNV-1a: nobody gains by a collision, which says that somebody's own view is current.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("\"{hash:016x}\"")
}

/// Whether an `If-Match` header lets a change of what has this tag through: `*` for anything that is there, else one of the
/// tags in a list. A weak tag (`W/`) never matches, as RFC 9110, 13.1.1, wants it.
#[must_use]
pub fn matches(if_match: &str, current: &str) -> bool {
    if if_match.trim() == "*" {
        return current != NONE;
    }
    if_match.split(',').any(|tag| tag.trim() == current)
}

#[cfg(test)]
mod tests {
    use protocol::{Timestamp, presence::RoutingStatus};

    use super::*;

    fn standing(definition: &str, message: &str, ms: i64) -> Standing {
        let modified = Timestamp::from_ms(ms);
        Standing { definition: definition.into(), system: None, message: message.to_owned(), modified }
    }

    #[test]
    fn a_tag_changes_with_definition_message_and_date() {
        let tag = of(Some(&standing("d", "m", 1)));
        for other in
            [standing("e", "m", 1), standing("d", "n", 1), standing("d", "m", 2), standing("dm", "", 1)]
        {
            assert_ne!(of(Some(&other)), tag, "{other:?}");
        }
        assert_eq!(of(Some(&standing("d", "m", 1))), tag);
    }

    #[test]
    fn a_list_of_tags_matches_by_any_strong_one() {
        let tag = of(Some(&standing("d", "", 1)));
        assert!(matches(&tag, &tag));
        assert!(matches(&format!("\"x\" , {tag}"), &tag));
        assert!(matches("*", &tag));
        assert!(!matches("*", &of(None)));
        assert!(!matches(&format!("W/{tag}"), &tag));
        assert!(!matches("", &tag));
        assert!(!matches(&tag, &of(Some(&standing("d", "", 2)))));
    }

    #[test]
    fn skills_have_one_tag_in_any_order() {
        let skill = |id: &str, proficiency: f64, state: &str| UserSkill {
            id: id.into(),
            proficiency: Some(proficiency),
            state: Some(state.to_owned()),
            ..UserSkill::default()
        };
        let (a, b) = (skill("a", 1.0, "active"), skill("b", 2.0, "active"));
        let tag = of_skills([&a, &b]);
        assert_eq!(of_skills([&b, &a]), tag);
        for other in [skill("b", 2.5, "active"), skill("b", 2.0, "inactive"), skill("c", 2.0, "active")] {
            assert_ne!(of_skills([&a, &other]), tag, "{other:?}");
        }
    }

    #[test]
    fn a_routing_status_has_a_tag_of_word_and_date() {
        let status = |word: &str, ms: i64| UserRoutingStatus {
            status: Some(RoutingStatus::parse(word)),
            start_time: Some(Timestamp::from_ms(ms)),
            ..UserRoutingStatus::default()
        };
        let tag = of_routing_status(&status("IDLE", 1));
        assert_ne!(of_routing_status(&status("IDLE", 2)), tag);
        assert_ne!(of_routing_status(&status("OFF_QUEUE", 1)), tag);
        assert_eq!(of_routing_status(&UserRoutingStatus::default()), NONE);
    }
}
