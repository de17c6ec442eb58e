//! Whether what is written fits the table of keys: no unknown key, the right shapes, within the bounds. All faults of a
//! file are found in one go; what is sound is turned into JSON for the type.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use url::{Host, Url};

use super::{
    keys::{ID_CHARS_MAX, Key, NAME_CHARS_MAX, NAMES_MAX, Shape, URL_CHARS_MAX},
    node::{Format, Is, Node},
};
use crate::config::document::{Faults, Place, Reported};

/// How unlike a known key an unknown one may be to be taken for it.
const ALIKE_MIN: f64 = 0.7;

/// Where in a file faults are found.
pub(super) struct Spot {
    pub(super) format: Format,
    /// What stands before each sentence: the section, or which tile of a wall; empty at the top of a file.
    pub(super) label: String,
}

impl Spot {
    fn fault(&self, place: Place, key: &Key, wrong: &str, faults: &mut Faults<'_>) -> Reported {
        let sentence = format!("{} {wrong}; write e.g. {}", key.name, self.line(key));
        faults.at(place, self.about(&sentence))
    }

    fn line(&self, key: &Key) -> String {
        let example = match self.format {
            Format::Toml => key.example.to_owned(),
            // Of the shapes only tables are written in another way.
            Format::Json => key.example.replace("{ ", "{ \"").replace(" = ", "\": ").replace(", ", ", \""),
        };
        let plain = matches!(key.shape, Shape::Table(_) | Shape::Tables { .. });
        self.format.line(key.name, if plain { &example } else { key.example })
    }

    /// A sentence with what stands before it.
    pub(super) fn about(&self, sentence: &str) -> String {
        if self.label.is_empty() { sentence.to_owned() } else { format!("{} {sentence}", self.label) }
    }

    fn inner(&self, label: &str) -> Self {
        Self { format: self.format, label: self.about(label) }
    }
}

/// A table by its keys, as JSON.
pub(super) fn table(
    spot: &Spot,
    node: &Node,
    keys: &[Key],
    faults: &mut Faults<'_>,
) -> Result<Map<String, Value>, Reported> {
    let Is::Table(entries) = &node.is else {
        let wrong = format!("is {}, not a section with keys", node.is.words());
        return Err(faults.at(node.place, spot.about(&wrong)));
    };
    let mut outcome = Ok(());
    let mut sound = Map::new();
    for (name, value) in entries {
        let Some(key) = keys.iter().find(|key| key.name == name) else {
            outcome = Err(unknown(spot, name, value.place, keys, faults));
            continue;
        };
        match self::value(spot, key, value, faults) {
            Ok(value) => drop(sound.insert(name.clone(), value)),
            Err(reported) => outcome = Err(reported),
        }
    }
    for key in keys.iter().filter(|key| key.required && !entries.iter().any(|(name, _)| name == key.name)) {
        let sentence = format!("{} is missing; write {}", key.name, spot.line(key));
        outcome = Err(faults.at(node.place, spot.about(&sentence)));
    }
    outcome.map(|()| sound)
}

fn unknown(spot: &Spot, name: &str, place: Place, keys: &[Key], faults: &mut Faults<'_>) -> Reported {
    let alike = |key: &&Key| (strsim::jaro_winkler(name, key.name) * 1e6) as u64;
    let nearest =
        keys.iter().max_by_key(alike).filter(|key| strsim::jaro_winkler(name, key.name) >= ALIKE_MIN);
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    let meant = nearest.map(|key| format!("write {}, or ", key.name)).unwrap_or_default();
    let sentence = format!("{name} is not known; {meant}use one of {}", names.join(", "));
    faults.at(place, spot.about(&sentence))
}

fn value(spot: &Spot, key: &Key, node: &Node, faults: &mut Faults<'_>) -> Result<Value, Reported> {
    let mut wrong = |wrong: String| spot.fault(node.place, key, &wrong, faults);
    let text = || match &node.is {
        Is::Text(text) if text.trim().is_empty() => Err("is empty".to_owned()),
        Is::Text(text) => Ok(text.trim()),
        other @ (Is::Number(_) | Is::Bool | Is::Date | Is::Null | Is::List(_) | Is::Table(_)) => {
            Err(format!("must be a text, not {}", other.words()))
        }
    };
    match &key.shape {
        Shape::Id => text().and_then(id).map(Value::from).map_err(wrong),
        Shape::Text { chars, lines } => {
            let sound = text().and_then(|text| self::text(text, *chars, *lines));
            sound.map(Value::from).map_err(wrong)
        }
        Shape::Word(words) => text().and_then(|text| word(text, &words())).map(Value::from).map_err(wrong),
        Shape::Time => text().and_then(time).map(Value::from).map_err(wrong),
        Shape::Zone => text().and_then(zone).map(Value::from).map_err(wrong),
        Shape::Url => text().and_then(url).map(Value::from).map_err(wrong),
        Shape::Whole { min, max } => {
            let whole =
                number(node).filter(|n| n.fract() == 0.0 && (f64::from(*min)..=f64::from(*max)).contains(n));
            whole
                .map(|number| Value::from(number as u32))
                .ok_or_else(|| wrong(format!("must be a whole number from {min} to {max}")))
        }
        Shape::Number { min, max } => {
            let sound = number(node).filter(|number| (*min..=*max).contains(number));
            sound.map(Value::from).ok_or_else(|| wrong(format!("must be a number from {min} to {max}")))
        }
        Shape::Names => names(node).map_err(wrong),
        Shape::Table(keys) => table(&spot.inner(key.name), node, keys, faults).map(Value::Object),
        Shape::Tables { keys, max, one } => {
            let Is::List(items) = &node.is else {
                return Err(wrong(format!("must be a list of sections, not {}", node.is.words())));
            };
            if items.len() > *max {
                return Err(wrong(format!("has {} entries; at most {max} are allowed", items.len())));
            }
            let tables: Vec<_> = items
                .iter()
                .enumerate()
                .map(|(at, item)| table(&spot.inner(&format!("{one} {}:", at + 1)), item, keys, faults))
                .collect();
            let tables: Result<Vec<_>, Reported> = tables.into_iter().collect();
            Ok(Value::Array(tables?.into_iter().map(Value::Object).collect()))
        }
    }
}

fn number(node: &Node) -> Option<f64> {
    if let Is::Number(number) = node.is { Some(number) } else { None }
}

fn id(text: &str) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.chars().all(is_name) && text.len() <= ID_CHARS_MAX {
        return Ok(text.to_ascii_lowercase());
    }
    Err(format!("must be at most {ID_CHARS_MAX} letters, digits and hyphens"))
}

/// The id that a file's name stands for.
pub(super) fn id_of_file(stem: &str) -> Result<String, String> {
    if stem.is_empty() { Err("is empty".to_owned()) } else { id(stem) }
}

fn text(text: &str, chars: usize, lines: bool) -> Result<String, String> {
    let forbidden = |c: char| c.is_control() && !(lines && c == '\n');
    if text.chars().count() <= chars && !text.chars().any(forbidden) {
        return Ok(text.to_owned());
    }
    let one_line = if lines { "" } else { "one line of " };
    Err(format!("must be {one_line}at most {chars} characters"))
}

fn word(text: &str, words: &[&str]) -> Result<String, String> {
    if words.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("\"{}\" is not one of {}", short(text), words.join(", ")))
}

fn time(text: &str) -> Result<String, String> {
    let number = |part: &str, below: u32| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
            .is_some_and(|number| number < below)
    };
    if text.split_once(':').is_some_and(|(hour, minute)| number(hour, 24) && number(minute, 60)) {
        return Ok(text.to_owned());
    }
    Err("must be a time of day from 00:00 to 23:59".to_owned())
}

fn zone(text: &str) -> Result<String, String> {
    if TimeZone::get(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err(format!("\"{}\" is not a time zone of the form Area/City, nor UTC", short(text)))
}

/// What a page of ours may show: nothing that others on the way could change, and no script in disguise.
fn url(text: &str) -> Result<String, String> {
    let rule = "must be an https address, an http address of this machine, or a path that begins with one /";
    if text.len() > URL_CHARS_MAX || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(format!("{rule}, of at most {URL_CHARS_MAX} characters and without blanks"));
    }
    if text.starts_with('/') && !text.starts_with("//") {
        return Ok(text.to_owned());
    }
    let sound = Url::parse(text).ok().filter(|url| {
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
            None => false,
        };
        let is_named = url.username().is_empty() && url.password().is_none();
        is_named && url.host().is_some() && (url.scheme() == "https" || (url.scheme() == "http" && loopback))
    });
    sound.map(|_| text.to_owned()).ok_or_else(|| rule.to_owned())
}

fn names(node: &Node) -> Result<Value, String> {
    let rule = format!("must be a list of at most {NAMES_MAX} names");
    let Is::List(items) = &node.is else { return Err(rule) };
    if items.len() > NAMES_MAX {
        return Err(rule);
    }
    let mut names: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        let Is::Text(name) = &item.is else { return Err(rule) };
        let name = name.trim();
        if name.is_empty() || name.chars().any(char::is_control) || name.chars().count() > NAME_CHARS_MAX {
            return Err(format!("holds a name that is empty or longer than {NAME_CHARS_MAX} characters"));
        }
        if names
            .iter()
            .any(|other| other.as_str().is_some_and(|other| other.to_lowercase() == name.to_lowercase()))
        {
            return Err(format!("names \"{}\" twice", short(name)));
        }
        names.push(Value::from(name));
    }
    Ok(Value::Array(names))
}

/// A fault is one line.
fn short(text: &str) -> String {
    const CHARS: usize = 40;
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(CHARS).collect();
    if text.chars().count() > CHARS {
        short.push('…');
    }
    short
}
