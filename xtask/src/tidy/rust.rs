//! Rust source as words: comments and literals aside, so that prose may name what code must not.

/// The words and signs of a file with their lines.
pub struct Code<'a> {
    tokens: Vec<(&'a str, usize)>,
}

impl<'a> Code<'a> {
    /// Splits a file into words (identifiers, numbers), `::`, and single other signs.
    pub fn read(text: &'a str) -> Self {
        let mut tokens = Vec::new();
        let mut at = 0;
        let mut line = 1;
        while let Some(first) = text[at..].chars().next() {
            let rest = &text[at..];
            let (length, token) = match first {
                '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
                '/' if rest.starts_with("/*") => (block_comment(rest), false),
                '"' => (string(rest), false),
                '\'' => (char_or_lifetime(rest), false),
                'r' | 'b' | 'c' if literal_prefix(rest).is_some() => {
                    (literal_prefix(rest).unwrap_or(1), false)
                }
                ':' if rest.starts_with("::") => (2, true),
                _ if is_word(first) => (rest.find(|c| !is_word(c)).unwrap_or(rest.len()), true),
                _ => (first.len_utf8(), !first.is_whitespace()),
            };
            if token {
                tokens.push((&rest[..length], line));
            }
            line += rest[..length].matches('\n').count();
            at += length;
        }
        Self { tokens }
    }

    /// The line where a path is named: `a::b` as such or through `a::{..., b}`; `a::` as the start of any path; a single
    /// word anywhere.
    pub fn names(&self, path: &str) -> Option<usize> {
        match path.split_once("::") {
            None => self.tokens.iter().find(|(token, _)| *token == path).map(|(_, line)| *line),
            Some((first, second)) => (0..self.tokens.len()).find_map(|at| self.path_at(at, first, second)),
        }
    }

    fn path_at(&self, at: usize, first: &str, second: &str) -> Option<usize> {
        let starts = self.is(at, first) && self.is(at + 1, "::");
        // `crate::board::` is a module of the file's own crate.
        let inner = second.is_empty() && at > 0 && self.is(at - 1, "::");
        if !starts || inner {
            return None;
        }
        let line = self.tokens[at].1;
        if second.is_empty() || self.is(at + 2, second) {
            return Some(line);
        }
        self.group(at + 2).into_iter().find(|(token, _)| *token == second).map(|(_, line)| line)
    }

    /// The first word of each member of a `{...}` group.
    fn group(&self, at: usize) -> Vec<(&'a str, usize)> {
        let mut heads = Vec::new();
        let mut depth = 0;
        if !self.is(at, "{") {
            return heads;
        }
        for place in at..self.tokens.len() {
            match self.tokens[place].0 {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ if depth == 1 && (place == at + 1 || self.is(place - 1, ",")) => {
                    heads.push(self.tokens[place]);
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        heads
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|(token, _)| *token == word)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `'a'` and `'\n'` are characters; `'a` alone is a lifetime, whose word may follow as any other.
fn char_or_lifetime(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    let Some((_, first)) = chars.next() else { return 1 };
    if first == '\\' {
        return rest[3..].find('\'').map_or(rest.len(), |end| end + 4);
    }
    match chars.next() {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}

/// The length of a prefixed literal (`r"..."`, `r#"..."#`, `b"..."`, `br#"..."#`, `c"..."`), if this is one.
fn literal_prefix(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c| !matches!(c, 'r' | 'b' | 'c'))?;
    if prefix > 2 {
        return None;
    }
    let after = &rest[prefix..];
    let hashes = after.find(|c| c != '#')?;
    if !after[hashes..].starts_with('"') {
        return None;
    }
    if !rest[..prefix].contains('r') {
        return (hashes == 0).then(|| prefix + string(after));
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let body = prefix + hashes + 1;
    Some(rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        Code::read(text).tokens.into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn comments_and_literals_are_left_out() {
        assert_eq!(words("a // b\n/* c /* d */ e */ f"), ["a", "f"]);
        assert_eq!(
            words(r##"x("Instant \" y", r#"SystemTime " "#, b"z", 'q', '\n', '\'')"##),
            ["x", "(", ",", ",", ",", ",", ",", ")"]
        );
        assert_eq!(words("break_even(brown, r)"), ["break_even", "(", "brown", ",", "r", ")"]);
        assert_eq!(words("fn f<'a>(x: &'a str)").len(), 12);
    }

    #[test]
    fn paths_are_found_in_every_form() {
        for text in [
            "use std::env;",
            "std::env::var(\"A\")",
            "use std::{fmt, env};",
            "use std::{io::{self}, env::var};",
        ] {
            assert_eq!(Code::read(text).names("std::env"), Some(1), "{text}");
        }
        for text in ["use std::fmt::{env};", "use std::{fmt::{env}};", "my_std::env", "env!(\"A\")"] {
            assert_eq!(Code::read(text).names("std::env"), None, "{text}");
        }
    }

    #[test]
    fn a_crate_is_told_from_a_module_of_the_same_name() {
        assert_eq!(Code::read("let b = board::Board::default();").names("board::"), Some(1));
        assert_eq!(Code::read("use crate::board::Board; let board = 1;").names("board::"), None);
    }

    #[test]
    fn lines_are_counted_through_comments_and_strings() {
        assert_eq!(Code::read("/* \n */\nlet s = \"\n\";\nInstant").names("Instant"), Some(5));
    }
}
