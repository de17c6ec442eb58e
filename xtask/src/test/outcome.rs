//! The closing lines of test programs, added up.

use anyhow::{Context as _, Result, ensure};
use std::fmt;

/// How many tests ended how.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    programs: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Outcome {
    /// Takes in a line of output; all but `test result: ...` are somebody else's.
    pub fn read(&mut self, line: &str) -> Result<()> {
        let Some(result) = line.strip_prefix("test result: ") else { return Ok(()) };
        self.programs += 1;
        self.passed += number_before(result, " passed;")?;
        self.failed += number_before(result, " failed;")?;
        self.ignored += number_before(result, " ignored;")?;
        Ok(())
    }

    /// Fails when nothing ran and, on the gate, when something was skipped.
    pub fn check(&self, gate: bool) -> Result<()> {
        ensure!(self.passed > 0, "no test ran");
        ensure!(
            !gate || self.ignored == 0,
            "{} tests were ignored; with CI=true a skip is a failure",
            self.ignored
        );
        Ok(())
    }
}

fn number_before(text: &str, words: &str) -> Result<u64> {
    let number = text.split(words).next().filter(|before| before.len() < text.len());
    let number = number.and_then(|before| before.rsplit(' ').next()?.parse().ok());
    number.with_context(|| format!("cannot read the closing line of a test program: {text:?}"))
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { programs, passed, failed, ignored } = self;
        write!(f, "tests: {passed} passed, {failed} failed, {ignored} ignored, in {programs} programs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Outcome {
        let mut outcome = Outcome::default();
        for line in lines {
            outcome.read(line).unwrap();
        }
        outcome
    }

    #[test]
    fn closing_lines_add_up() {
        let outcome = of(&[
            "running 2 tests",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ]);
        assert_eq!(outcome, Outcome { programs: 2, passed: 15, failed: 2, ignored: 1 });
    }

    #[test]
    fn a_skip_is_a_failure_on_the_gate_only() {
        let outcome = of(&["test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out"]);
        outcome.check(false).unwrap();
        assert!(outcome.check(true).is_err());
    }

    #[test]
    fn no_test_at_all_is_a_failure() {
        assert!(of(&["running 0 tests"]).check(false).is_err());
    }

    #[test]
    fn an_unknown_form_of_the_closing_line_is_an_error() {
        assert!(Outcome::default().read("test result: ok. all passed").is_err());
    }
}
