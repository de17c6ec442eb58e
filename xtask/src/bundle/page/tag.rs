//! Opening tags of an HTML page, found by a strict scanner.

use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeMap;
use std::ops::Range;

/// An opening tag.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

impl Tag {
    /// The value of an attribute that must be there and say something.
    pub fn value(&self, name: &str) -> Result<String> {
        let value =
            self.attributes.get(name).with_context(|| format!("the attribute `{name}` is missing"))?;
        ensure!(!value.is_empty(), "the attribute `{name}` is empty");
        Ok(value.clone())
    }

    /// Refuses attributes that would be ignored.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        for name in self.attributes.keys() {
            ensure!(known.contains(&name.as_str()), "the bundler does not know the attribute `{name}`");
        }
        Ok(())
    }
}

/// A tag and where it stands. A script's place includes its closing tag.
#[derive(Debug)]
pub struct Token {
    pub tag: Tag,
    pub range: Range<usize>,
}

/// The opening tags of a page, in order; ends after the first error.
pub fn tokens(html: &str) -> impl Iterator<Item = Result<Token>> {
    let mut scanner = Scanner { html, at: 0 };
    std::iter::from_fn(move || match scanner.next_tag() {
        Ok(token) => token.map(Ok),
        Err(error) => {
            let line = html[..scanner.at].matches('\n').count() + 1;
            scanner.at = html.len();
            Some(Err(error.context(format!("line {line}"))))
        }
    })
}

struct Scanner<'a> {
    html: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.html[self.at..]
    }

    fn next_tag(&mut self) -> Result<Option<Token>> {
        loop {
            let Some(offset) = self.rest().find('<') else { return Ok(None) };
            self.at += offset;
            if self.rest().starts_with("<!--") {
                self.skip_past("-->").context("a comment does not end")?;
            } else if self.rest().starts_with("<!") || self.rest().starts_with("</") {
                self.skip_past(">").context("a tag does not end")?;
            } else {
                return self.open_tag().map(Some);
            }
        }
    }

    fn open_tag(&mut self) -> Result<Token> {
        let start = self.at;
        self.at += 1;
        let name = self.name()?.to_ascii_lowercase();
        let mut attributes = BTreeMap::new();
        loop {
            let spaces = self.skip_spaces();
            if self.eat(">") {
                break;
            }
            ensure!(
                spaces,
                "<{name}>: write attributes with a space between them and without `/` at the end"
            );
            let attribute = self.name()?.to_ascii_lowercase();
            let value = if self.eat("=") { self.quoted(&attribute)? } else { String::new() };
            ensure!(!attributes.contains_key(&attribute), "<{name}>: `{attribute}` stands twice");
            attributes.insert(attribute, value);
        }
        let tag = Tag { name, attributes };
        if tag.name == "script" && tag.attributes.contains_key("src") {
            ensure!(self.eat("</script>"), "<script src=...> must be followed by </script> at once");
        }
        Ok(Token { tag, range: start..self.at })
    }

    fn name(&mut self) -> Result<String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        if end == 0 {
            bail!("a name is missing after {:?}", &self.html[self.at.saturating_sub(1)..self.at]);
        }
        let name = rest[..end].to_owned();
        self.at += end;
        Ok(name)
    }

    fn quoted(&mut self, attribute: &str) -> Result<String> {
        ensure!(self.eat("\""), "the value of `{attribute}` must stand in double quotes");
        let end =
            self.rest().find('"').with_context(|| format!("the value of `{attribute}` does not end"))?;
        let value = self.rest()[..end].to_owned();
        self.at += end + 1;
        ensure!(!value.contains('&'), "the value of `{attribute}` must not need unescaping");
        Ok(value)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn skip_spaces(&mut self) -> bool {
        let trimmed = self.rest().trim_start().len();
        let begin = self.at;
        self.at = self.html.len() - trimmed;
        self.at > begin
    }

    fn skip_past(&mut self, text: &str) -> Option<()> {
        let offset = self.rest().find(text)?;
        self.at += offset + text.len();
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(html: &str) -> Vec<String> {
        tokens(html).map(|token| token.unwrap().tag.name).collect()
    }

    fn refused(html: &str) -> String {
        let error = tokens(html).find_map(Result::err).unwrap_or_else(|| panic!("accepted: {html}"));
        format!("{error:#}")
    }

    #[test]
    fn tags_are_found_between_text_and_comments() {
        assert_eq!(names("<!DOCTYPE html><p>a</p><!-- <b> --><i\n class=\"x\">"), ["p", "i"]);
    }

    #[test]
    fn a_script_takes_its_closing_tag_along() {
        let html = "<script src=\"a.js\"></script>";
        let token = tokens(html).next().unwrap().unwrap();
        assert_eq!(token.range, 0..html.len());
    }

    #[test]
    fn loose_html_is_refused() {
        assert!(refused("<p class=x>").contains("double quotes"));
        assert!(refused("<p class=\"a\" class=\"b\">").contains("twice"));
        assert!(refused("<br/>").contains("without `/`"));
        assert!(refused("<p class=\"a>").contains("does not end"));
        assert!(refused("a\n<!-- b").starts_with("line 2: a comment"));
        assert!(refused("<script src=\"a.js\">go()</script>").contains("at once"));
    }
}
