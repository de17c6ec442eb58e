//! The configuration file as its sections read it: values with their places, and the list of faults.
//!
//! Written over the parsed document rather than derived, so that every fault of a file is found in
//! one go and each names the key, the place and a value that mends it.

use std::{fmt, path::Path};

use crate::walls::node::Node;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A place in the file: its offset in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(usize);

impl Place {
    /// The place at this offset.
    pub(crate) const fn at(offset: usize) -> Self {
        Self(offset)
    }
}

/// A key of the file, with a value that could stand there.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// As it would be written in the file.
    pub(super) example: &'static str,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.example)
    }
}

/// A value and where its key stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// The sign that a fault has been written down: there is no value, and nothing more to say about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported;

/// All that is wrong with a configuration.
pub(crate) struct Faults<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<(Option<Place>, String)>,
}

impl<'a> Faults<'a> {
    /// No fault yet, in a file of this name and content.
    pub(crate) fn none(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// Notes a fault in the file.
    pub(crate) fn at(&mut self, place: Place, fault: impl Into<String>) -> Reported {
        self.found.push((Some(place), fault.into()));
        Reported
    }

    /// Notes a fault where the value came from, in the file or not.
    pub(super) fn at_source(&mut self, place: Option<Place>, fault: impl Into<String>) -> Reported {
        self.found.push((place, fault.into()));
        Reported
    }

    /// Notes a fault outside the file.
    pub(super) fn outside(&mut self, fault: impl Into<String>) -> Reported {
        self.at_source(None, fault)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// One line a fault: those of the file in its order, then those outside.
    pub(crate) fn into_lines(mut self) -> Vec<String> {
        self.found.sort_by_key(|(place, _)| place.map_or(usize::MAX, |place| place.0));
        let (file, text) = (self.file, self.text);
        let line = |(place, fault): (Option<Place>, String)| {
            place.map_or_else(
                || fault.clone(),
                |place| {
                    let (line, column) = line_and_column(text, place);
                    format!("{file}:{line}:{column}: {fault}")
                },
            )
        };
        self.found.into_iter().map(line).collect()
    }
}

/// Counted from 1, the column in characters, as editors do.
fn line_and_column(text: &str, place: Place) -> (usize, usize) {
    let before = text.get(..place.0).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Parses a file; all its syntax errors are noted.
pub(crate) fn parse<'a>(text: &'a str, faults: &mut Faults<'_>) -> Result<DeTable<'a>, Reported> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut outcome = Ok(document.into_inner());
    for error in errors {
        // The message alone: the error's Display quotes the line, and a secret may stand in it.
        let place = Place(error.span().map_or(0, |span| span.start));
        let mend = "write one key = \"value\" a line, texts in quotes, below its [section]";
        outcome = Err(faults.at(place, format!("not TOML: {}; {mend}", error.message())));
    }
    outcome
}

/// A table of the file, or the absence of one.
pub(super) struct Section<'a> {
    /// As it is written in the file, brackets included; empty for the top.
    name: &'static str,
    /// Where it begins; the top of the file and an absent section begin at 0.
    place: Place,
    table: Option<&'a DeTable<'a>>,
    /// The folder that relative paths start from.
    folder: &'a Path,
}

impl<'a> Section<'a> {
    /// The keys above the first section.
    pub(super) fn top(table: &'a DeTable<'a>, folder: &'a Path) -> Self {
        Self { name: "", place: Place(0), table: Some(table), folder }
    }

    /// The section `[word]`, where `name` is the word in its brackets.
    pub(super) fn one(&self, name: &'static str, faults: &mut Faults<'_>) -> Self {
        let word = word(name);
        let absent = Self { name, place: Place(0), table: None, folder: self.folder };
        let Some((place, value)) = self.get(word) else { return absent };
        let Some(table) = value.as_table() else {
            faults.at(place, format!("{word} is {}, not a section: write {name}", kind(value)));
            return absent;
        };
        Self { table: Some(table), place, ..absent }
    }

    /// The sections `[[word]]`, where `name` is the word in its double brackets; `[[section.word]]` within a section.
    pub(super) fn many(&self, name: &'static str, faults: &mut Faults<'_>) -> Vec<Self> {
        let word = word(name);
        let Some((place, value)) = self.get(word) else { return Vec::new() };
        let tables = value.as_array().map(|items| {
            let section = |item: &'a Spanned<DeValue<'a>>| {
                let table = item.get_ref().as_table()?;
                let place = Place(item.span().start);
                Some(Self { name, place, table: Some(table), folder: self.folder })
            };
            items.iter().map(section).collect::<Option<Vec<_>>>()
        });
        tables.flatten().unwrap_or_else(|| {
            faults.at(place, format!("{word} may stand more than once: write {name}, with double brackets"));
            Vec::new()
        })
    }

    /// Notes every key that is not among `keys` (for the top: nor a section).
    pub(super) fn refuse_others(&self, keys: &[&[Key]], sections: &[&str], faults: &mut Faults<'_>) {
        for (key, value) in self.table.into_iter().flatten() {
            let (word, place) = (key.get_ref().as_ref(), Place(key.span().start));
            let is_key = keys.iter().copied().flatten().any(|key| key.name == word);
            let is_section = sections.iter().any(|name| self::word(name) == word);
            if is_key || is_section {
                continue;
            }
            let keys: Vec<_> = keys.iter().copied().flatten().map(|key| key.name).collect();
            let fault = if self.name.is_empty() && (value.get_ref().is_table() || value.get_ref().is_array())
            {
                format!("[{word}] is not known; use one of {}", sections.join(", "))
            } else {
                self.about(&format!("{word} is not known; use one of {}", keys.join(", ")))
            };
            faults.at(place, fault);
        }
    }

    /// A text, without the blanks around it.
    pub(super) fn text(
        &self,
        key: &Key,
        faults: &mut Faults<'_>,
    ) -> Result<Option<Found<&'a str>>, Reported> {
        let Some((place, value)) = self.get(key.name) else { return Ok(None) };
        match value.as_str().map(str::trim) {
            None => Err(self.fault(place, key, &format!("must be a text, not {}", kind(value)), faults)),
            Some("") => Err(self.fault(place, key, "is empty", faults)),
            Some(text) => Ok(Some(Found { value: text, place })),
        }
    }

    /// Where a key stands, when it is there at all.
    pub(super) fn place_of(&self, key: &Key) -> Option<Place> {
        self.get(key.name).map(|(place, _)| place)
    }

    /// A list of texts.
    pub(super) fn texts(
        &self,
        key: &Key,
        faults: &mut Faults<'_>,
    ) -> Result<Option<Found<Vec<&'a str>>>, Reported> {
        let Some((place, value)) = self.get(key.name) else { return Ok(None) };
        let texts: Option<Vec<_>> =
            value.as_array().and_then(|items| items.iter().map(|item| item.get_ref().as_str()).collect());
        match texts {
            Some(value) => Ok(Some(Found { value, place })),
            None => Err(self.fault(place, key, "must be a list of texts", faults)),
        }
    }

    /// True or false.
    pub(super) fn flag(&self, key: &Key, faults: &mut Faults<'_>) -> Result<Option<bool>, Reported> {
        let Some((place, value)) = self.get(key.name) else { return Ok(None) };
        match value.as_bool() {
            Some(value) => Ok(Some(value)),
            None => {
                Err(self.fault(place, key, &format!("must be true or false, not {}", kind(value)), faults))
            }
        }
    }

    /// A whole number.
    pub(super) fn number(&self, key: &Key, faults: &mut Faults<'_>) -> Result<Option<Found<i64>>, Reported> {
        let Some((place, value)) = self.get(key.name) else { return Ok(None) };
        let number =
            value.as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        match number {
            Some(value) => Ok(Some(Found { value, place })),
            None => {
                Err(self.fault(place, key, &format!("must be a whole number, not {}", kind(value)), faults))
            }
        }
    }

    /// A text that must be there.
    pub(super) fn required(&self, key: &Key, faults: &mut Faults<'_>) -> Result<Found<&'a str>, Reported> {
        self.text(key, faults)?.ok_or_else(|| self.missing(key, faults))
    }

    /// Notes that a key is missing.
    pub(super) fn missing(&self, key: &Key, faults: &mut Faults<'_>) -> Reported {
        faults.at(self.place, self.about(&format!("{} is missing; write {key}", key.name)))
    }

    /// Notes what is wrong with a key, and adds the line that mends it.
    pub(super) fn fault(&self, place: Place, key: &Key, wrong: &str, faults: &mut Faults<'_>) -> Reported {
        faults.at(place, self.about(&format!("{} {wrong}; write e.g. {key}", key.name)))
    }

    /// A sentence with the section's name before it.
    pub(super) fn about(&self, sentence: &str) -> String {
        if self.name.is_empty() { sentence.to_owned() } else { format!("{} {sentence}", self.name) }
    }

    /// Where the section's name would be said: `client_id = "..." under [genesys]`.
    pub(super) fn line_for(&self, key: &Key) -> String {
        if self.name.is_empty() { key.to_string() } else { format!("{key} under {}", self.name) }
    }

    /// What is written in the section, with its places.
    pub(super) fn node(&self) -> Option<Node> {
        self.table.map(|table| Node::of_table(self.place, table))
    }

    /// The section's name as it is written, brackets included.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Where the section begins.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Whether the file has this section.
    pub(super) fn is_there(&self) -> bool {
        self.table.is_some()
    }

    /// Whether there is a file at all; else everything comes from the environment.
    pub(super) fn is_of_file(&self) -> bool {
        !self.folder.as_os_str().is_empty()
    }

    /// The folder that relative paths start from.
    pub(super) fn folder(&self) -> &'a Path {
        self.folder
    }

    fn get(&self, word: &str) -> Option<(Place, &'a DeValue<'a>)> {
        let (key, value) = self.table?.get_key_value(word)?;
        Some((Place(key.span().start), value.get_ref()))
    }
}

/// The key under which a section stands in the one around it.
fn word(name: &str) -> &str {
    let path = name.trim_matches(['[', ']']);
    path.rsplit_once('.').map_or(path, |(_, word)| word)
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_editors_count() {
        let text = "a = 1\nüb = 2\n";
        assert_eq!(line_and_column(text, Place(0)), (1, 1));
        assert_eq!(line_and_column(text, Place(text.find('b').unwrap())), (2, 2));
        assert_eq!(line_and_column(text, Place(usize::MAX)), (3, 1));
    }
}
