//! Progress: which step runs, how long each took.

use anyhow::{Context as _, Result};
use std::time::{Duration, Instant};

/// A row of named steps that ends at the first failure.
pub struct Steps {
    total: usize,
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Announces how many steps there will be.
    pub fn new(total: usize) -> Self {
        Self { total, done: Vec::new() }
    }

    /// Runs one step and times it.
    pub fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let place = format!("[{}/{}]", self.done.len() + 1, self.total);
        eprintln!("{place} {name} ...");
        let begin = Instant::now();
        let result = work().with_context(|| format!("{place} {name}"))?;
        let took = begin.elapsed();
        eprintln!("{place} {name}: {}", in_words(took));
        self.done.push((name.to_owned(), took));
        Ok(result)
    }

    /// One line a step, for the end of a long run.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for (name, took) in &self.done {
            text.push_str(&format!("  {name:<44}{:>12}\n", in_words(*took)));
        }
        let all = self.done.iter().map(|(_, took)| *took).sum();
        text.push_str(&format!("  {:<44}{:>12}\n", "all", in_words(all)));
        text
    }
}

fn in_words(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 10 {
        format!("{:.1} s", took.as_secs_f64())
    } else if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(in_words(Duration::from_millis(412)), "0.4 s");
        assert_eq!(in_words(Duration::from_secs(41)), "41 s");
        assert_eq!(in_words(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn a_failure_names_its_step() {
        let error = Steps::new(3).step("sizes", || -> Result<()> { anyhow::bail!("too big") }).unwrap_err();
        assert_eq!(format!("{error:#}"), "[1/3] sizes: too big");
    }
}
