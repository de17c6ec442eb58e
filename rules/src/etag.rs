//! The version of an agent's presence. Genesys Cloud has none: it is made of what is compared, which is the definition,
//! the message and the date.

use crate::agent::Standing;

/// The strong entity tag of a presence, with its quotes; `"none"` for none.
#[must_use]
pub fn of(standing: Option<&Standing>) -> String {
    let Some(standing) = standing else { return "\"none\"".to_owned() };
    // FNV-1a: nobody gains by a collision, which says that somebody's own view is current.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let date = standing.modified.as_ms().to_string();
    for part in [standing.definition.as_str(), &standing.message, &date] {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("\"{hash:016x}\"")
}

/// Whether an `If-Match` header lets a change through: `*` for any presence, else one of the tags in a list. A weak tag
/// (`W/`) never matches, as RFC 9110, 13.1.1, wants it.
#[must_use]
pub fn matches(if_match: &str, standing: Option<&Standing>) -> bool {
    if if_match.trim() == "*" {
        return standing.is_some();
    }
    let current = of(standing);
    if_match.split(',').any(|tag| tag.trim() == current)
}

#[cfg(test)]
mod tests {
    use protocol::Timestamp;

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
        let now = standing("d", "", 1);
        let tag = of(Some(&now));
        assert!(matches(&tag, Some(&now)));
        assert!(matches(&format!("\"x\" , {tag}"), Some(&now)));
        assert!(matches("*", Some(&now)));
        assert!(!matches("*", None));
        assert!(!matches(&format!("W/{tag}"), Some(&now)));
        assert!(!matches("", Some(&now)));
        assert!(!matches(&tag, Some(&standing("d", "", 2))));
    }
}
