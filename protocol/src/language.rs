//! The languages that the app speaks.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "their English names")]
pub enum Language {
    Arabic,
    English,
    French,
    German,
    Italian,
    Japanese,
    Portuguese,
    Spanish,
}

impl Language {
    /// All of them, by code.
    pub const ALL: [Self; 8] = [
        Self::Arabic,
        Self::German,
        Self::English,
        Self::Spanish,
        Self::French,
        Self::Italian,
        Self::Japanese,
        Self::Portuguese,
    ];

    /// The two letters of its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Arabic => "ar",
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Italian => "it",
            Self::Japanese => "ja",
            Self::Portuguese => "pt",
            Self::Spanish => "es",
        }
    }

    /// Its name in itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Arabic => "العربية",
            Self::English => "English",
            Self::French => "Français",
            Self::German => "Deutsch",
            Self::Italian => "Italiano",
            Self::Japanese => "日本語",
            Self::Portuguese => "Português",
            Self::Spanish => "Español",
        }
    }

    /// Whether it is written from right to left.
    #[must_use]
    pub const fn is_right_to_left(self) -> bool {
        match self {
            Self::Arabic => true,
            Self::English
            | Self::French
            | Self::German
            | Self::Italian
            | Self::Japanese
            | Self::Portuguese
            | Self::Spanish => false,
        }
    }

    /// The language of a tag: `de`, `de-CH` and `de_CH` are German. `None` for what the app does not speak.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let code = tag.split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_of_a_language_with_or_without_its_region() {
        for tag in ["de", "DE", "de-CH", "de_AT", "de-Latn-DE"] {
            assert_eq!(Language::of_tag(tag), Some(Language::German), "{tag}");
        }
        for tag in ["", "-", "nl", "deu", "*"] {
            assert_eq!(Language::of_tag(tag), None, "{tag}");
        }
    }

    #[test]
    fn languages_stand_by_code() {
        assert!(Language::ALL.is_sorted_by_key(|language| language.code()));
    }
}
