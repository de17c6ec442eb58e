//! Licence expressions: which of the licences they name must be allowed together.

use anyhow::{Context as _, Result, bail, ensure};

/// Whether an SPDX expression can be satisfied with allowed licences only. `OR` lets us choose, `AND` does not and binds
/// more tightly; `WITH` makes another licence of the one before it, which must be allowed as such.
pub fn satisfied(expression: &str, allowed: &[String]) -> Result<bool> {
    // Old manifests write MIT/Apache-2.0 and mean OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut parser = Parser { words: spaced.split_whitespace().collect(), at: 0, allowed };
    let answer = parser.any_of().with_context(|| format!("licence expression {expression:?}"))?;
    ensure!(parser.at == parser.words.len(), "licence expression {expression:?} goes on after its end");
    Ok(answer)
}

struct Parser<'a> {
    words: Vec<&'a str>,
    at: usize,
    allowed: &'a [String],
}

impl Parser<'_> {
    fn any_of(&mut self) -> Result<bool> {
        let mut answer = self.all_of()?;
        while self.eat("OR") {
            answer |= self.all_of()?;
        }
        Ok(answer)
    }

    fn all_of(&mut self) -> Result<bool> {
        let mut answer = self.one()?;
        while self.eat("AND") {
            answer &= self.one()?;
        }
        Ok(answer)
    }

    fn one(&mut self) -> Result<bool> {
        if self.eat("(") {
            let answer = self.any_of()?;
            ensure!(self.eat(")"), "a bracket is not closed");
            return Ok(answer);
        }
        let mut licence = self.name()?.to_owned();
        if self.eat("WITH") {
            licence = format!("{licence} WITH {}", self.name()?);
        }
        Ok(self.allowed.contains(&licence))
    }

    fn name(&mut self) -> Result<&str> {
        let word = self.words.get(self.at).context("a licence is missing at the end")?;
        if matches!(*word, "OR" | "AND" | "WITH" | "(" | ")") {
            bail!("a licence is missing before {word:?}");
        }
        self.at += 1;
        Ok(word)
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at) == Some(&word);
        self.at += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(expression: &str) -> bool {
        let allowed = ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        satisfied(expression, &allowed).unwrap()
    }

    #[test]
    fn a_choice_needs_one_and_a_sum_needs_all() {
        assert!(allows("MIT"));
        assert!(allows("GPL-3.0-only OR MIT"));
        assert!(allows("MIT/Apache-2.0"));
        assert!(allows("Apache-2.0 AND ISC"));
        assert!(!allows("GPL-3.0-only"));
        assert!(!allows("MIT AND GPL-3.0-only"));
    }

    #[test]
    fn and_binds_more_tightly_than_or() {
        assert!(allows("MIT OR GPL-3.0-only AND GPL-2.0-only"));
        assert!(!allows("(MIT OR GPL-3.0-only) AND GPL-2.0-only"));
    }

    #[test]
    fn an_exception_is_allowed_by_name_only() {
        assert!(allows("Apache-2.0 WITH LLVM-exception"));
        assert!(!allows("MIT WITH LLVM-exception"));
    }

    #[test]
    fn broken_expressions_are_errors() {
        for expression in ["", "MIT OR", "(MIT", "MIT Apache-2.0", "OR MIT", "MIT WITH"] {
            assert!(satisfied(expression, &["MIT".to_owned()]).is_err(), "{expression:?}");
        }
    }
}
