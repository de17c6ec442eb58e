//! Which language a screen speaks: the address says it, else the wall, else the browser, else it is English.

use protocol::Language;

/// A language, and the place whose way of writing numbers and times is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The language.
    pub language: Language,
    /// The whole tag, as in `de-CH`.
    pub locale: String,
}

/// The first of the wishes that can be met.
#[must_use]
pub fn choose(address: Option<&str>, wall: Option<&str>, browser: &[String]) -> Choice {
    // A browser that wants the same language also says from where.
    let with_place = |tag: &str| {
        let language = Language::of_tag(tag)?;
        let is_bare = tag.len() == language.code().len();
        let of_browser = browser.iter().find(|wish| is_bare && Language::of_tag(wish) == Some(language));
        Some(Choice { language, locale: of_browser.map_or(tag, |wish| wish).replace('_', "-") })
    };
    let wishes = address.into_iter().chain(wall).chain(browser.iter().map(String::as_str));
    wishes
        .into_iter()
        .find_map(with_place)
        .unwrap_or(Choice { language: Language::English, locale: Language::English.code().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: Option<&str>, wall: Option<&str>, browser: &[&str], locale: &str) {
        let browser: Vec<String> = browser.iter().map(|tag| (*tag).to_owned()).collect();
        assert_eq!(choose(address, wall, &browser).locale, locale, "{address:?}, {wall:?}, {browser:?}");
    }

    #[test]
    fn the_address_comes_before_the_wall_and_the_wall_before_the_browser() {
        check(Some("ja"), Some("de"), &["fr-FR"], "ja");
        check(None, Some("de"), &["fr-FR"], "de");
        check(None, None, &["fr-FR"], "fr-FR");
        check(None, None, &[], "en");
    }

    #[test]
    fn what_is_not_spoken_is_passed_over() {
        check(Some("nl"), Some("tlh"), &["sv-SE", "pt-PT", "en"], "pt-PT");
        check(None, None, &["nl-NL"], "en");
    }

    #[test]
    fn numbers_are_written_as_at_the_browsers_place_if_it_speaks_the_language() {
        check(Some("de"), None, &["en-US", "de-CH"], "de-CH");
        check(Some("de-AT"), None, &["de-CH"], "de-AT");
        check(None, Some("pt_BR"), &["pt-PT"], "pt-BR");
    }
}
