//! The tables are complete, and mean the same in all languages.

use std::collections::{BTreeMap, BTreeSet};

use protocol::Language;

use super::{
    console::{self, Say},
    key::{Counted, Word},
    table::{self, CATEGORIES, Table, fill},
};

const TABLES: [(Language, &str); 8] = [
    (Language::Arabic, include_str!("../../words/ar.json")),
    (Language::German, include_str!("../../words/de.json")),
    (Language::English, include_str!("../../words/en.json")),
    (Language::Spanish, include_str!("../../words/es.json")),
    (Language::French, include_str!("../../words/fr.json")),
    (Language::Italian, include_str!("../../words/it.json")),
    (Language::Japanese, include_str!("../../words/ja.json")),
    (Language::Portuguese, include_str!("../../words/pt.json")),
];

/// What is written as in English: the key, and the languages in which that is right.
const AS_IN_ENGLISH: &[(&str, &str)] = &[
    ("agent", "de fr"),
    ("agents", "fr"),
    ("agents-counted.one", "fr"),
    ("agents-counted.other", "fr"),
    ("app", "de it"),
    ("by-name", "de"),
    ("by-team", "de"),
    ("console", "fr it pt"),
    ("console-conversations", "fr"),
    ("console-media-chat", "de es fr pt"),
    ("console-media-message", "fr"),
    ("console-media-video", "de it"),
    ("console-message", "fr"),
    ("console-page", "fr"),
    ("days-and-hours", "es pt"),
    ("filter", "de"),
    ("kind-agents", "fr"),
    ("live", "de"),
    ("milliseconds", "de es fr it ja pt"),
    ("region", "de"),
    ("state-offline", "de it pt"),
    ("team", "de"),
    ("tile-service-level", "ar de it ja"),
    ("version", "de fr"),
];

type Words = BTreeMap<String, String>;

/// Puts the English table in use, for tests that show words.
pub fn speak_english() {
    speak(Language::English);
}

/// Puts a table in use, for this test alone: each has a thread of its own.
pub fn speak(language: Language) {
    let words = read(language);
    table::put(Table::of(language, |key| words.get(key).cloned()).expect("the table is complete"));
    assert!(console::take(&|key| words.get(key).cloned()), "the console's words are complete");
}

/// The same for what only the console says.
pub fn speak_of_console() {
    if table::current().is_none() {
        speak_english();
    }
}

fn read(language: Language) -> Words {
    let (_, text) = TABLES.iter().find(|(of, _)| *of == language).unwrap();
    serde_json::from_str(text).unwrap_or_else(|error| panic!("app/words/{}.json: {error}", language.code()))
}

/// The plural categories of a language by the Unicode CLDR.
fn categories(language: Language) -> &'static [&'static str] {
    match language {
        Language::Arabic => &CATEGORIES,
        Language::English | Language::German => &["one", "other"],
        Language::French | Language::Italian | Language::Portuguese | Language::Spanish => {
            &["one", "many", "other"]
        }
        Language::Japanese => &["other"],
    }
}

/// The names in braces.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default()).collect()
}

#[track_caller]
fn nothing(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults in app/words:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_language_has_every_word_and_no_other() {
    assert_eq!(TABLES.map(|(language, _)| language), Language::ALL);
    let mut faults = Vec::new();
    for language in Language::ALL {
        let (words, code) = (read(language), language.code());
        let mut expected: BTreeSet<String> = Word::ALL.iter().map(|word| word.key().to_owned()).collect();
        expected.extend(Say::ALL.iter().map(|word| word.key().to_owned()));
        for noun in Counted::ALL {
            expected.extend(categories(language).iter().map(|category| format!("{}.{category}", noun.key())));
        }
        let missing = expected.iter().filter(|key| !words.contains_key(*key));
        faults.extend(missing.map(|key| format!("{code}.json lacks \"{key}\"")));
        let unknown = words.keys().filter(|key| !expected.contains(*key));
        faults
            .extend(unknown.map(|key| format!("{code}.json has \"{key}\", which src/words/key.rs does not")));
    }
    nothing(&faults);
}

#[test]
fn every_language_has_the_same_placeholders_and_nothing_to_escape() {
    let english = read(Language::English);
    let mut faults = Vec::new();
    for language in Language::ALL {
        for (key, text) in read(language) {
            let plain = key.split('.').next().unwrap_or(&key);
            let meant = if plain == key { english[&key].as_str() } else { "{n}" };
            if placeholders(&text) != placeholders(meant) {
                faults.push(format!(
                    "{}.json, \"{key}\": \"{text}\" has not the names of \"{meant}\"",
                    language.code()
                ));
            }
            if text.trim() != text || text.is_empty() || text.contains(['<', '>', '&', '"', '\t', '\n']) {
                faults.push(format!(
                    "{}.json, \"{key}\": {text:?} is empty, has blanks around it or needs escaping",
                    language.code()
                ));
            }
        }
    }
    nothing(&faults);
}

#[test]
fn nothing_is_left_in_english_by_accident() {
    let english = read(Language::English);
    let mut faults = Vec::new();
    for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
        for (key, text) in read(language) {
            let is_same = english.get(&key) == Some(&text) && fill(&text, &[]).contains(char::is_alphabetic);
            let is_meant = AS_IN_ENGLISH
                .iter()
                .any(|(of, codes)| *of == key && codes.split(' ').any(|code| code == language.code()));
            if is_same != is_meant {
                let what = if is_same {
                    "is written as in English"
                } else {
                    "is not written as in English any more"
                };
                faults.push(format!("{}.json, \"{key}\" {what}: \"{text}\"", language.code()));
            }
        }
    }
    nothing(&faults);
}

#[test]
fn a_table_that_lacks_a_word_is_none_and_a_form_that_is_missing_is_the_last() {
    let mut words = read(Language::English);
    let table = |words: &Words| Table::of(Language::English, |key| words.get(key).cloned());
    let whole = table(&words).unwrap();
    let (one, many, other) = (1, 4, 5);
    assert_eq!(whole.form(Counted::Agents, one), "{n} agent");
    assert_eq!(whole.form(Counted::Agents, many), whole.form(Counted::Agents, other));
    words.remove("walls");
    assert!(table(&words).is_none());
}

#[test]
fn parts_are_put_in_by_name_and_are_not_read_again() {
    assert_eq!(fill("{a} of {b}", &[("a", "{b}"), ("b", "2")]), "{b} of 2");
    assert_eq!(fill("{gone}!", &[]), "!");
    assert_eq!(fill("a {b", &[("b", "2")]), "a {b");
}

#[test]
fn numbers_have_their_nouns() {
    assert_eq!(super::counted(Counted::Agents, 1), "1 agent");
    assert_eq!(super::counted(Counted::Agents, 0), "0 agents");
}

/// What views say is in their source, and nowhere else.
#[test]
#[expect(clippy::disallowed_methods, reason = "it runs where it is built")]
fn every_word_is_said_somewhere() {
    fn read_all(folder: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_all(&path, text);
            } else if !["key.rs", "console.rs", "tests.rs"]
                .iter()
                .any(|name| path.ends_with(format!("words/{name}")))
            {
                text.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut source = String::new();
    read_all(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut source);
    let is_said = |word: &str| {
        source
            .match_indices(word)
            .any(|(at, _)| !source[at + word.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    let words = Word::ALL.iter().map(|word| format!("Word::{word:?}"));
    let nouns = Counted::ALL.iter().map(|noun| format!("Counted::{noun:?}"));
    let of_console = Say::ALL.iter().map(|word| format!("Say::{word:?}"));
    let unsaid: Vec<String> = words.chain(nouns).chain(of_console).filter(|word| !is_said(word)).collect();
    assert!(unsaid.is_empty(), "no view says {unsaid:?}; take them out of key.rs and of app/words");
}
