//! The page for a wall that does not exist: which was asked for, and which there are. And the page that says no.

use std::fmt::{self, Write as _};

use protocol::wall::WallDefinition;

/// More of an address helps nobody to see what is wrong with it.
const ASKED_CHARS_MAX: usize = 80;

/// A page without script or style of its own.
pub(super) fn page<'a>(
    walls: &[WallDefinition],
    asked: &str,
    stylesheets: impl Iterator<Item = &'a str>,
    icons: impl Iterator<Item = &'a str>,
) -> String {
    let mut links = String::new();
    for wall in walls {
        let (id, title) = (Escaped(wall.id.as_str()), Escaped(&wall.title));
        line(&mut links, format_args!("<li><a href=\"/wall/{id}\">{title}</a></li>"));
    }
    let is_long = asked.chars().count() > ASKED_CHARS_MAX;
    let shown: String = asked.chars().take(ASKED_CHARS_MAX).chain(is_long.then_some('…')).collect();
    // Who may open none is not told which there are.
    let list = if walls.is_empty() {
        String::new()
    } else {
        format!("<p>These are the walls of this Rollcall:</p>\n<ul class=\"notice-links\">\n{links}</ul>\n")
    };
    let heading = format!("There is no wall “{}”", Escaped(&shown));
    shell("No such wall", &format!("<h1>{heading}</h1>\n{list}"), stylesheets, icons)
}

/// A page that says no, in words.
pub(super) fn refused<'a>(
    heading: &str,
    words: &str,
    stylesheets: impl Iterator<Item = &'a str>,
    icons: impl Iterator<Item = &'a str>,
) -> String {
    let (heading, words) = (Escaped(heading), Escaped(words));
    shell(&heading.to_string(), &format!("<h1>{heading}</h1>\n<p>{words}</p>\n"), stylesheets, icons)
}

/// Both arguments are markup already.
fn shell<'a>(
    title: &str,
    body: &str,
    stylesheets: impl Iterator<Item = &'a str>,
    icons: impl Iterator<Item = &'a str>,
) -> String {
    let mut head = String::new();
    for name in icons {
        line(
            &mut head,
            format_args!("<link rel=\"icon\" type=\"image/svg+xml\" href=\"/{}\">", Escaped(name)),
        );
    }
    for name in stylesheets {
        line(&mut head, format_args!("<link rel=\"stylesheet\" href=\"/{}\">", Escaped(name)));
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Rollcall</title>\n{head}</head>\n<body>\n<main class=\"notice\">\n{body}</main>\n</body>\n</html>\n"
    )
}

fn line(text: &mut String, line: fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a string does not fail");
}

/// A text as it may stand between tags and between double quotes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // What cannot be seen, or turns the direction of the text, is shown as missing.
                c if c.is_control() || is_direction(c) => f.write_char(char::REPLACEMENT_CHARACTER)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walls() -> Vec<WallDefinition> {
        vec![
            WallDefinition {
                id: "floor".into(),
                title: "Support & <Sales>".to_owned(),
                ..WallDefinition::default()
            },
            WallDefinition { id: "b".into(), title: "B".to_owned(), ..WallDefinition::default() },
        ]
    }

    #[test]
    fn the_page_says_what_was_asked_for_and_lists_what_there_is() {
        let page = page(&walls(), "flor", ["style-1.css"].into_iter(), ["icon-1.svg"].into_iter());
        for part in [
            "There is no wall “flor”",
            "<li><a href=\"/wall/floor\">Support &amp; &lt;Sales&gt;</a></li>",
            "<li><a href=\"/wall/b\">B</a></li>",
            "<link rel=\"stylesheet\" href=\"/style-1.css\">",
            "<link rel=\"icon\" type=\"image/svg+xml\" href=\"/icon-1.svg\">",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    }

    #[test]
    fn what_was_asked_for_stays_text() {
        let asked = "<script>alert('1')</script>\"&\u{202e}\0";
        let page = page(&walls(), asked, [].into_iter(), [].into_iter());
        assert!(!page.contains("<script"));
        assert!(
            page.contains("“&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;\u{fffd}\u{fffd}”")
        );
    }

    #[test]
    fn a_long_name_is_cut() {
        let page = page(&walls(), &"ü".repeat(10_000), [].into_iter(), [].into_iter());
        assert!(page.contains(&format!("“{}…”", "ü".repeat(ASKED_CHARS_MAX))));
        assert!(page.len() < 2_000);
    }
}
