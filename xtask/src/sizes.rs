//! What a first visit of a wall downloads.

use crate::bundle;
use crate::process::root;
use anyhow::{Result, ensure};

/// Wasm, scripts, styles and one language together, compressed: the budget of the design. A kilobyte is 1,000 bytes.
/// docs/adr/0005 has what keeps it below, for whoever has to make room.
const FIRST_VISIT_MAX_BYTES: u64 = 220_000;

/// The sizes of dist/, and their sum for a first visit.
pub struct Sizes {
    files: Vec<(String, [u64; 3])>,
}

impl Sizes {
    /// Measures the compressed files of dist/.
    pub fn measure() -> Result<Self> {
        Ok(Self { files: bundle::compressed_sizes(&root().join("dist"))? })
    }

    /// One line a file, and the sum against its bound.
    pub fn table(&self) -> String {
        let mut text = format!("  {:<36}{:>10}{:>10}{:>10}\n", "KB", "raw", "gzip", "brotli");
        for (name, sizes) in &self.files {
            text.push_str(&row(name, sizes));
        }
        text.push_str(&row("first visit: wasm, js, css, words", &self.first_visit()));
        text.push_str(&format!("  {:<36}{:>30.1}\n", "bound", kilobytes(FIRST_VISIT_MAX_BYTES)));
        text
    }

    /// Fails when the download has outgrown its budget.
    pub fn check(&self) -> Result<()> {
        let [_, _, brotli] = self.first_visit();
        ensure!(
            brotli <= FIRST_VISIT_MAX_BYTES,
            "a first visit downloads {:.1} KB, more than the {:.1} KB that it may have; docs/adr/0005-download-over-bound.md says \
             what makes it smaller:\n{}",
            kilobytes(brotli),
            kilobytes(FIRST_VISIT_MAX_BYTES),
            self.table()
        );
        Ok(())
    }

    fn first_visit(&self) -> [u64; 3] {
        // One language is fetched; the largest counts.
        let is_words = |name: &str| name.starts_with("words-");
        let words = self.files.iter().filter(|(name, _)| is_words(name)).map(|(_, sizes)| *sizes);
        let mut sum = words.max_by_key(|[_, _, brotli]| *brotli).unwrap_or_default();
        for (name, sizes) in &self.files {
            if [".wasm", ".js", ".css"].iter().any(|ending| name.ends_with(ending)) {
                for (total, size) in sum.iter_mut().zip(sizes) {
                    *total += size;
                }
            }
        }
        sum
    }
}

fn row(name: &str, [raw, gzip, brotli]: &[u64; 3]) -> String {
    let [raw, gzip, brotli] = [raw, gzip, brotli].map(|bytes| kilobytes(*bytes));
    format!("  {name:<36}{raw:>10.1}{gzip:>10.1}{brotli:>10.1}\n")
}

#[expect(clippy::cast_precision_loss, reason = "file sizes are far below 2^53")]
fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_visit_is_wasm_scripts_and_styles_and_has_a_bound() {
        let file = |name: &str, brotli| (name.to_owned(), [brotli * 4, brotli * 2, brotli]);
        let small = Sizes { files: vec![file("app_bg.wasm", 100_000), file("index.html", 200_000)] };
        assert_eq!(small.first_visit(), [400_000, 200_000, 100_000]);
        small.check().unwrap();
        assert!(small.table().contains("220.0"));
        let big = Sizes {
            files: vec![
                file("app_bg.wasm", 300_000),
                file("app.js", 12_000),
                file("words-ar.json", 3_001),
                file("words-de.json", 2_000),
                file("style.css", 5_000),
            ],
        };
        assert!(big.check().unwrap_err().to_string().contains("320.0 KB, more than the 220.0 KB"));
    }
}
