//! What is wrong with a body, said to people: which member, and what is expected there. Serde says it
//! to programmers, with the names of our types.

use axum::http::StatusCode;

use crate::refusal::Refusal;

/// What serde calls the types of JSON, and what people do.
const EXPECTED: [(&str, &str); 12] = [
    ("struct ", "an object"),
    ("a map", "an object"),
    ("a sequence", "an array"),
    ("tuple ", "an array"),
    ("a boolean", "true or false"),
    ("a string", "a text"),
    ("a borrowed string", "a text"),
    ("enum ", "a text"),
    ("string or map", "a text"),
    ("variant ", "a text"),
    ("u8", "a whole number from 0 to 255"),
    ("f64", "a number"),
];

/// The refusal of what is no JSON at all.
pub(super) fn not_json(error: &serde_json::Error) -> Refusal {
    Refusal::bad_request(format!("the body is not JSON: {error}"))
}

/// The refusal of a body that serde refuses, at this place (`.` is the whole) and in these words.
pub(super) fn about(path: &str, said: &str) -> Refusal {
    let said = said.replace('`', "");
    let member = if path == "." { "the body" } else { path };
    if let Some(name) = said.strip_prefix("missing field ") {
        return Refusal::bad_request(format!("{}: is missing", inside(path, name)));
    }
    if let Some((name, known)) = unknown(&said, "unknown field ") {
        return Refusal::bad_request(format!("{}: is not known; expected {known}", inside(path, name)));
    }
    if let Some((value, known)) = unknown(&said, "unknown variant ") {
        return Refusal::invalid_value(format!("{member}: expected one of {known}; not {value}"));
    }
    if said.starts_with("not a date") {
        return Refusal::new(StatusCode::BAD_REQUEST, "invalid.date", format!("{member}: {said}"));
    }
    if said.starts_with("data did not match any variant") {
        return Refusal::bad_request(format!("{member}: not of any form that is known"));
    }
    let wrong = ["invalid type: ", "invalid value: ", "invalid length "];
    let expected = wrong.iter().find(|start| said.starts_with(**start));
    match expected.and_then(|_| said.rsplit_once("expected ")) {
        Some((_, expected)) => Refusal::bad_request(format!("{member}: expected {}", in_words(expected))),
        None => Refusal::bad_request(format!("{member}: {said}")),
    }
}

/// What was not known, and what would have been.
fn unknown<'a>(said: &'a str, start: &str) -> Option<(&'a str, String)> {
    let rest = said.strip_prefix(start)?;
    let (name, known) = rest.rsplit_once(", expected ").or_else(|| rest.rsplit_once(", there are "))?;
    Some((name, known.trim_start_matches("one of ").replace(" or ", ", ")))
}

/// The address of a member of what stands at `path`, which may name the member already.
fn inside(path: &str, name: &str) -> String {
    match path {
        "." => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    }
}

fn in_words(expected: &str) -> &str {
    if let Some((_, words)) = EXPECTED.iter().find(|(start, _)| expected.starts_with(start)) {
        return words;
    }
    match expected {
        "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serdes_words_become_those_of_json() {
        for (path, said, expected) in [
            (".", "missing field `metrics`", "metrics: is missing"),
            ("filter", "missing field `type`", "filter.type: is missing"),
            ("[2]", "missing field `id`", "[2].id: is missing"),
            (".", "unknown field `a`, expected `b` or `c`", "a: is not known; expected b, c"),
            ("x.a", "unknown field `a`, there are no fields", "x.a: is not known; expected no fields"),
            (
                "filter.type",
                "unknown variant `x`, expected one of `and`, `or`",
                "filter.type: expected one of and, or; not x",
            ),
            (
                "pageSize",
                "invalid type: string \"expected u8\", expected usize",
                "pageSize: expected a whole number that is not negative",
            ),
            (".", "invalid type: integer `5`, expected struct Question", "the body: expected an object"),
            ("metrics", "invalid type: map, expected a sequence", "metrics: expected an array"),
            (
                "ringNumber",
                "invalid value: integer `300`, expected u8",
                "ringNumber: expected a whole number from 0 to 255",
            ),
        ] {
            assert_eq!(about(path, said).message(), expected);
        }
    }
}
