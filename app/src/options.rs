//! What the page's address says: which wall, and how it should look. The address wins over the wall's definition.

use protocol::{
    Language,
    wall::{Group, Kind, Palette, Sort, Theme, View, WallDefinition},
};

/// The wall's name in `/wall/{id}`, still percent-encoded; `None` for the default wall.
#[must_use]
pub fn wall_in(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/wall/")?.trim_end_matches('/');
    (!id.is_empty()).then_some(id)
}

/// Whether the address is that of all walls, whichever is the default one.
#[must_use]
pub fn is_list(path: &str) -> bool {
    path.trim_end_matches('/') == "/walls"
}

/// What the address asks for; what it leaves out is as the wall has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    theme: Option<Theme>,
    palette: Option<Palette>,
    kind: Option<Kind>,
    group: Option<Group>,
    sort: Option<Sort>,
    view: Option<View>,
    queues: Vec<String>,
    teams: Vec<String>,
    rotate: Option<u32>,
    /// How large the text is, in per cent.
    pub scale: Option<u32>,
    /// Shown unattended: nothing to click, pages turn by themselves.
    pub kiosk: bool,
    /// A picture of the wall on another page: it leaves that page alone.
    pub picture: bool,
    /// What in the address cannot be understood.
    pub bad: Vec<BadOption>,
}

/// An option whose value is none of those that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOption {
    /// As it stands in the address.
    pub option: String,
    /// What could stand there.
    pub allowed: String,
}

/// Text a quarter as large is unreadable, text four times as large leaves room for nothing.
const SCALE: std::ops::RangeInclusive<u32> = 25..=400;

/// Nobody waits longer for the next page than an hour.
const ROTATE: std::ops::RangeInclusive<u32> = 0..=3_600;

/// On a screen that nobody touches pages turn after so many seconds, unless it is said otherwise.
const KIOSK_ROTATE_S: u32 = 15;

impl Options {
    /// Reads the address's query, by the value of a name.
    #[must_use]
    pub fn read(value: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut bad = Vec::new();
        let list = |name: &str| -> Vec<String> {
            let text = value(name).unwrap_or_default();
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        // Which language it is, the words find out by themselves.
        if let Some(lang) = value("lang").filter(|lang| !lang.is_empty() && Language::of_tag(lang).is_none())
        {
            let allowed = Language::ALL.map(Language::code).join(", ");
            bad.push(BadOption { option: format!("lang={lang}"), allowed });
        }
        let kiosk = value("kiosk").is_some_and(|text| !matches!(text.as_str(), "0" | "false"));
        Self {
            theme: word(value, "theme", Theme::parse, Theme::ALL, Theme::as_str, &mut bad),
            palette: word(value, "palette", Palette::parse, Palette::ALL, Palette::as_str, &mut bad),
            kind: word(value, "kind", Kind::parse, SHOWN_KINDS, Kind::as_str, &mut bad),
            group: word(value, "group", Group::parse, Group::ALL, Group::as_str, &mut bad),
            sort: word(value, "sort", Sort::parse, Sort::ALL, Sort::as_str, &mut bad),
            view: word(value, "view", View::parse, View::ALL, View::as_str, &mut bad),
            queues: list("queues"),
            teams: list("teams"),
            rotate: number(value, "rotate", ROTATE, &mut bad),
            scale: number(value, "scale", SCALE, &mut bad),
            kiosk,
            picture: false,
            bad,
        }
    }

    /// Of a picture of a wall on another page: as the wall has it, and nothing to click.
    #[must_use]
    pub fn of_picture() -> Self {
        Self { kiosk: true, picture: true, ..Self::default() }
    }

    /// The wall as this address shows it.
    #[must_use]
    pub fn over(&self, wall: &WallDefinition) -> WallDefinition {
        let list =
            |own: &[String], of_wall: &[String]| if own.is_empty() { of_wall.to_vec() } else { own.to_vec() };
        let of_kiosk = (self.kiosk && wall.rotate == 0).then_some(KIOSK_ROTATE_S);
        let rotate = self.rotate.or(of_kiosk).unwrap_or(wall.rotate);
        WallDefinition {
            theme: self.theme.unwrap_or(wall.theme),
            palette: self.palette.unwrap_or(wall.palette),
            kind: self.kind.unwrap_or(wall.kind),
            group: self.group.unwrap_or(wall.group),
            sort: self.sort.unwrap_or(wall.sort),
            view: self.view.unwrap_or(wall.view),
            queues: list(&self.queues, &wall.queues),
            teams: list(&self.teams, &wall.teams),
            rotate,
            ..wall.clone()
        }
    }
}

/// What a wall can be shown as: which walls to play, an address does not say.
const SHOWN_KINDS: &[Kind] =
    &[Kind::Floor, Kind::Queues, Kind::Agents, Kind::Focus, Kind::Leaderboard, Kind::Tiles];

fn word<T: Copy + PartialEq>(
    value: &dyn Fn(&str) -> Option<String>,
    name: &str,
    parse: fn(&str) -> Option<T>,
    all: &[T],
    as_str: fn(T) -> &'static str,
    bad: &mut Vec<BadOption>,
) -> Option<T> {
    let text = value(name)?;
    let found = parse(&text).filter(|found| all.contains(found));
    if found.is_none() {
        let words: Vec<&str> = all.iter().map(|one| as_str(*one)).collect();
        bad.push(BadOption { option: format!("{name}={text}"), allowed: words.join(", ") });
    }
    found
}

fn number(
    value: &dyn Fn(&str) -> Option<String>,
    name: &str,
    range: std::ops::RangeInclusive<u32>,
    bad: &mut Vec<BadOption>,
) -> Option<u32> {
    let text = value(name)?;
    let found = text.parse().ok().filter(|number| range.contains(number));
    if found.is_none() {
        let allowed = format!("{}–{}", range.start(), range.end());
        bad.push(BadOption { option: format!("{name}={text}"), allowed });
    }
    found
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

    fn options(pairs: &[(&str, &str)]) -> Options {
        let value =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Options::read(&value)
    }

    #[test]
    fn the_address_names_the_wall() {
        assert_eq!(wall_in("/wall/support%20floor"), Some("support%20floor"));
        assert_eq!(wall_in("/wall/main/"), Some("main"));
        assert_eq!(wall_in("/wall/"), None);
        assert_eq!(wall_in("/"), None);
        assert!(is_list("/walls") && is_list("/walls/") && !is_list("/") && !is_list("/wall/walls"));
    }

    #[test]
    fn the_address_wins_over_the_definition() {
        let wall = WallDefinition {
            theme: Theme::Dark,
            rotate: 30,
            teams: vec!["North".to_owned()],
            ..Default::default()
        };
        let shown =
            options(&[("theme", "light"), ("queues", "Billing, Orders,"), ("group", "team")]).over(&wall);
        assert_eq!((shown.theme, shown.group, shown.rotate), (Theme::Light, Group::Team, 30));
        assert_eq!(
            (shown.queues, shown.teams),
            (vec!["Billing".to_owned(), "Orders".to_owned()], wall.teams.clone())
        );
        assert_eq!(options(&[]).over(&wall), wall);
    }

    #[test]
    fn a_screen_that_nobody_touches_turns_its_pages() {
        let wall = WallDefinition::default();
        assert_eq!(options(&[("kiosk", "")]).over(&wall).rotate, KIOSK_ROTATE_S);
        assert_eq!(options(&[("kiosk", ""), ("rotate", "0")]).over(&wall).rotate, 0);
        for off in ["0", "false"] {
            assert_eq!(options(&[("kiosk", off)]).over(&wall).rotate, 0);
        }
        let own = WallDefinition { rotate: 40, ..wall };
        assert_eq!(options(&[("kiosk", "")]).over(&own).rotate, 40, "as the wall has it");
        let picture = Options::of_picture();
        assert!(picture.kiosk && picture.picture && !options(&[("kiosk", "")]).picture);
    }

    #[test]
    fn the_language_is_the_option_of_that_name() {
        assert_eq!(lang_in("?slang=de&lang=fr"), Some("fr"));
        assert_eq!((lang_in("?slang=de"), lang_in("?lang="), lang_in("")), (None, None, None));
    }

    #[test]
    fn what_cannot_be_understood_is_said_with_what_can() {
        let options = options(&[
            ("theme", "pink"),
            ("scale", "1000"),
            ("rotate", "soon"),
            ("lang", "tlh"),
            ("kind", "playlist"),
        ]);
        let said = options.bad.iter().map(|bad| (bad.option.as_str(), bad.allowed.as_str()));
        assert_eq!(
            said.collect::<Vec<_>>(),
            [
                ("lang=tlh", "ar, de, en, es, fr, it, ja, pt"),
                ("theme=pink", "auto, dark, light, contrast"),
                ("kind=playlist", "floor, queues, agents, focus, leaderboard, tiles"),
                ("rotate=soon", "0–3600"),
                ("scale=1000", "25–400")
            ]
        );
    }
}
