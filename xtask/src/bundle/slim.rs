//! What is written and a page does not need: exports of a library that nobody calls and all that only they use, long names
//! between wasm and JavaScript, comments and blanks. Together a twentieth of the download.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};
use walrus::{Module, passes};

/// Classes that a library of the view library exports, streams of bodies for its server functions; the app has none.
const UNCALLED: &[&str] = &["IntoUnderlyingByteSource", "IntoUnderlyingSink", "IntoUnderlyingSource"];

/// Takes it out of the program; answers with the JavaScript that fits to what is left.
pub fn slim(module: &mut Module, js: &str) -> Result<String> {
    let js = UNCALLED.iter().try_fold(js.to_owned(), |js, class| without_class(module, &js, class))?;
    passes::gc::run(module);
    let names = shorten(module);
    Ok(compact(&renamed(&js, &names)))
}

fn without_class(module: &mut Module, js: &str, class: &str) -> Result<String> {
    let begins = [class.to_lowercase(), format!("__wbg_{}", class.to_lowercase())];
    let methods = module.exports.iter().filter(|export| {
        begins
            .iter()
            .any(|begin| export.name.strip_prefix(begin.as_str()).is_some_and(|rest| rest.starts_with('_')))
    });
    let methods: Vec<_> = methods.map(walrus::Export::id).collect();
    ensure!(!methods.is_empty(), "the program no longer exports {class}; take it from the list in slim.rs");
    for method in methods {
        module.exports.delete(method);
    }
    let js = cut(js, &format!("export class {class} {{"), &format!("{class}.prototype.free;\n"))?;
    cut(&js, &format!("const {class}Finalization"), ";\n")
}

/// The text without what stands from `begin` up to and with `end`.
fn cut(text: &str, begin: &str, end: &str) -> Result<String> {
    let (before, rest) =
        text.split_once(begin).with_context(|| format!("wasm-bindgen no longer writes {begin:?}"))?;
    let (_, after) =
        rest.split_once(end).with_context(|| format!("wasm-bindgen no longer writes {end:?}"))?;
    Ok(format!("{before}{after}"))
}

/// Gives what goes between wasm and JavaScript names of two letters. The old ones carry hashes, which no compression shortens.
fn shorten(module: &mut Module) -> HashMap<String, String> {
    let mut names = HashMap::new();
    let mut short = |name: &mut String| {
        let number = names.len();
        let new: &String = names.entry(name.clone()).or_insert_with(|| short_name(number));
        name.clone_from(new);
    };
    for import in module.imports.iter_mut() {
        short(&mut import.name);
    }
    let is_generated = |name: &str| name.starts_with("__wb") || name.starts_with("wasm_bindgen__");
    for export in module.exports.iter_mut().filter(|export| is_generated(&export.name)) {
        short(&mut export.name);
    }
    names
}

/// `$0`, `$1`, ... `$z`, `$10`: wasm-bindgen writes no such names of its own.
fn short_name(mut number: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(DIGITS[number % 36]));
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits.push('$');
    digits.iter().rev().collect()
}

fn renamed(js: &str, names: &HashMap<String, String>) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut text = String::with_capacity(js.len());
    let mut rest = js;
    while let Some(begin) = rest.find(is_part) {
        let (before, from) = rest.split_at(begin);
        let (name, after) = from.split_at(from.find(|c| !is_part(c)).unwrap_or(from.len()));
        text.push_str(before);
        text.push_str(names.get(name).map_or(name, String::as_str));
        rest = after;
    }
    text + rest
}

/// Without the comments about types and the indentation. Lines stay: the texts in them are nowhere longer than one.
fn compact(js: &str) -> String {
    let mut text = String::with_capacity(js.len());
    let mut in_comment = false;
    for line in js.lines().map(str::trim).filter(|line| !line.is_empty()) {
        in_comment |= line.starts_with("/**");
        if !in_comment {
            text.push_str(line);
            text.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    text
}

/// A style sheet without comments and the blanks that are there for those who write it.
pub fn compact_css(css: &str) -> String {
    const TIGHT: [char; 4] = ['{', '}', ';', ','];
    let mut text = String::with_capacity(css.len());
    let mut rest = css;
    let mut blank = false;
    while let Some(sign) = rest.chars().next() {
        let taken = match sign {
            '/' if rest.starts_with("/*") => {
                blank = true;
                rest = rest.split_once("*/").map_or("", |(_, after)| after);
                continue;
            }
            '"' | '\'' => 1 + rest[1..].find(sign).map_or(rest.len() - 1, |end| end + 1),
            _ if sign.is_whitespace() => {
                blank = true;
                rest = &rest[sign.len_utf8()..];
                continue;
            }
            _ => sign.len_utf8(),
        };
        // Behind a colon a blank means nothing, before one it divides two selectors.
        if blank
            && !TIGHT.contains(&sign)
            && !text.ends_with(TIGHT)
            && !text.ends_with(':')
            && !text.is_empty()
        {
            text.push(' ');
        }
        if sign == '}' && text.ends_with(';') {
            text.pop();
        }
        blank = false;
        // `0.5rem` is `.5rem`.
        let mut after = rest.chars().skip(1);
        let has_fraction = after.next() == Some('.') && after.next().is_some_and(|c| c.is_ascii_digit());
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '#' | '_' | '-');
        if sign == '0' && has_fraction && !text.ends_with(is_part) {
            rest = &rest[1..];
            continue;
        }
        text.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_as_wholes() {
        let names = HashMap::from([("__wbg_a_1".to_owned(), "$0".to_owned())]);
        assert_eq!(
            renamed("wasm.__wbg_a_1(x); __wbg_a_12, \"__wbg_a_1\"", &names),
            "wasm.$0(x); __wbg_a_12, \"$0\""
        );
        let short: Vec<String> = [0, 35, 36, 1_296].into_iter().map(short_name).collect();
        assert_eq!(short, ["$0", "$z", "$10", "$100"]);
    }

    #[test]
    fn comments_and_indentation_go() {
        assert_eq!(
            compact("/**\n * @param {x} y\n */\n  f(y) {\n\n    return y;\n  }\n"),
            "f(y) {\nreturn y;\n}\n"
        );
        assert_eq!(compact("/** one line */\na\n"), "a\n");
    }

    #[test]
    fn styles_keep_their_meaning() {
        let css = "/* a */\n.a .b,\n.c > .d :hover {\n  margin: 0 calc(1px + 0.25px) -0.5em 10.5%; /* b */\n  content: \"/* ; */  x\";\n}\n@media (x) { a { b: c; } }\n";
        let compact = ".a .b,.c > .d :hover{margin:0 calc(1px + .25px) -0.5em 10.5%;content:\"/* ; */  x\"}@media (x){a{b:c}}";
        assert_eq!(compact_css(css), compact);
    }

    #[test]
    fn what_is_to_be_cut_must_be_there() {
        assert_eq!(cut("a<b>c", "<", ">").unwrap(), "ac");
        assert_eq!(cut("a", "<", ">").unwrap_err().to_string(), "wasm-bindgen no longer writes \"<\"");
    }
}
