//! The table in use.

use std::cell::Cell;

use protocol::Language;

use super::key::{Counted, Word};

/// All words of one language, in the order of [`Word::ALL`]. A page knows a few tables in its life, so they stay.
pub struct Table {
    /// Of which language.
    pub language: Language,
    words: Vec<&'static str>,
    forms: Vec<Forms>,
}

/// The forms of one noun, by plural category.
type Forms = [Option<&'static str>; CATEGORIES.len()];

/// The plural categories of the Unicode CLDR.
pub const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// The one that every language has.
const OTHER: usize = 5;

thread_local! {
    static CURRENT: Cell<Option<&'static Table>> = const { Cell::new(None) };
}

/// The table in use, if one is there already.
pub fn current() -> Option<&'static Table> {
    #[cfg(test)]
    if CURRENT.get().is_none() {
        super::tests::speak_english();
    }
    CURRENT.get()
}

/// From now on this table is in use.
pub fn put(table: Table) {
    CURRENT.set(Some(Box::leak(Box::new(table))));
}

impl Table {
    /// A table of whatever `find` knows by key; `None` when a word is missing.
    pub fn of(language: Language, find: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let find = |key: &str| find(key).map(|text| &*Box::leak(text.into_boxed_str()));
        let words = Word::ALL.iter().map(|word| find(word.key())).collect::<Option<_>>()?;
        let forms = |noun: &Counted| CATEGORIES.map(|category| find(&format!("{}.{category}", noun.key())));
        Some(Self { language, words, forms: Counted::ALL.iter().map(forms).collect() })
    }

    /// A word.
    pub fn word(&self, word: Word) -> &'static str {
        self.words.get(word as usize).copied().unwrap_or_default()
    }

    /// A noun in the form of a plural category, or in the one that every language has.
    pub fn form(&self, noun: Counted, category: usize) -> &'static str {
        let Some(forms) = self.forms.get(noun as usize) else { return "" };
        forms.get(category).copied().flatten().or(forms[OTHER]).unwrap_or_default()
    }
}

/// Puts parts into a sentence, each in the place of its name in braces. Parts are not searched for names again.
pub fn fill(sentence: &str, parts: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(sentence.len() + 16);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        text.push_str(before);
        text.push_str(parts.iter().find(|(part, _)| *part == name).map_or("", |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    text
}
