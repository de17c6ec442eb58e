//! What the page's address says: which wall, and how it should look.

/// Dark or light, when the address says so; otherwise the style sheet asks the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// For dim rooms.
    Dark,
    /// For bright ones.
    Light,
}

impl Theme {
    /// The word in `data-theme`.
    #[must_use]
    pub fn as_data(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

/// The wall's name in `/wall/{id}`, still percent-encoded; `None` for the default wall.
#[must_use]
pub fn wall_in(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/wall/")?.trim_end_matches('/');
    (!id.is_empty()).then_some(id)
}

/// The theme in a query such as `?theme=light`.
#[must_use]
pub fn theme_in(query: &str) -> Option<Theme> {
    match option(query, "theme")? {
        "dark" => Some(Theme::Dark),
        "light" => Some(Theme::Light),
        _ => None,
    }
}

/// The language in a query such as `?lang=de`, whatever it says.
#[must_use]
pub fn lang_in(query: &str) -> Option<&str> {
    option(query, "lang").filter(|tag| !tag.is_empty())
}

fn option<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let pairs = query.trim_start_matches('?').split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_names_the_wall() {
        assert_eq!(wall_in("/wall/support%20floor"), Some("support%20floor"));
        assert_eq!(wall_in("/wall/main/"), Some("main"));
        assert_eq!(wall_in("/wall/"), None);
        assert_eq!(wall_in("/"), None);
    }

    #[test]
    fn the_query_names_the_theme() {
        assert_eq!(theme_in("?lang=de&theme=light"), Some(Theme::Light));
        assert_eq!(theme_in("?theme=dark"), Some(Theme::Dark));
        assert_eq!(theme_in("?theme=pink"), None);
        assert_eq!(theme_in(""), None);
    }
}
