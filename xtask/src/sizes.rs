//! What a first visit of a wall and of the console downloads.

use crate::bundle;
use crate::process::root;
use anyhow::{Result, ensure};

/// A page with what a first visit of it may download: wasm, scripts, styles and one language together, compressed. A kilobyte
/// is 1,000 bytes.
struct Budget {
    page: &'static str,
    what: &'static str,
    max_bytes: u64,
    mend: &'static str,
}

/// The wall's is the budget of the design: it is opened by any screen, at any hour. The console is opened once a day, at a
/// desk; what it may weigh is what it does, and a little room.
const BUDGETS: [Budget; 2] = [
    Budget {
        page: "index.html",
        what: "first visit of a wall",
        max_bytes: 220_000,
        mend: "docs/adr/0005-download-over-bound.md says what makes it smaller",
    },
    Budget {
        page: bundle::CONSOLE,
        what: "first visit of the console",
        max_bytes: 300_000,
        mend: "docs/adr/0005-download-over-bound.md says what made the wall smaller",
    },
];

/// The sizes of dist/, and their sum for a first visit of each page.
pub struct Sizes {
    files: Vec<(String, [u64; 3])>,
    /// The texts of the pages, in the order of [`BUDGETS`].
    pages: [String; 2],
}

impl Sizes {
    /// Measures the compressed files of dist/.
    pub fn measure() -> Result<Self> {
        let dist = root().join("dist");
        let [wall, console] = BUDGETS.each_ref().map(|budget| bundle::page_text(&dist, budget.page));
        Ok(Self { files: bundle::compressed_sizes(&dist)?, pages: [wall?, console?] })
    }

    /// One line a file, and each sum against its bound.
    pub fn table(&self) -> String {
        let mut text = format!("  {:<36}{:>10}{:>10}{:>10}\n", "KB", "raw", "gzip", "brotli");
        for (name, sizes) in &self.files {
            text.push_str(&row(name, sizes));
        }
        for (budget, page) in BUDGETS.iter().zip(&self.pages) {
            text.push_str(&row(budget.what, &self.first_visit(page)));
            text.push_str(&format!("  {:<36}{:>30.1}\n", "bound", kilobytes(budget.max_bytes)));
        }
        text
    }

    /// Fails when a download has outgrown its budget.
    pub fn check(&self) -> Result<()> {
        for (budget, page) in BUDGETS.iter().zip(&self.pages) {
            let [_, _, brotli] = self.first_visit(page);
            ensure!(
                brotli <= budget.max_bytes,
                "a {} downloads {:.1} KB, more than the {:.1} KB that it may have; {}:\n{}",
                budget.what,
                kilobytes(brotli),
                kilobytes(budget.max_bytes),
                budget.mend,
                self.table()
            );
        }
        Ok(())
    }

    /// What a page names: it preloads its program, and links all else.
    fn first_visit(&self, page: &str) -> [u64; 3] {
        // One language is fetched; the largest counts.
        let named = || self.files.iter().filter(|(name, _)| page.contains(&format!("/{name}")));
        let words = named().filter(|(name, _)| name.starts_with("words-")).map(|(_, sizes)| *sizes);
        let mut sum = words.max_by_key(|[_, _, brotli]| *brotli).unwrap_or_default();
        for (name, sizes) in named() {
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

    fn file(name: &str, brotli: u64) -> (String, [u64; 3]) {
        (name.to_owned(), [brotli * 4, brotli * 2, brotli])
    }

    fn page(names: &[&str]) -> String {
        names.iter().map(|name| format!("<link href=\"/{name}\">")).collect()
    }

    #[test]
    fn a_first_visit_is_wasm_scripts_and_styles_and_has_a_bound() {
        let pages = [page(&["wall_bg.wasm"]), String::new()];
        let small = Sizes { files: vec![file("wall_bg.wasm", 100_000), file("index.html", 200_000)], pages };
        assert_eq!(small.first_visit(&small.pages[0]), [400_000, 200_000, 100_000]);
        small.check().unwrap();
        assert!(small.table().contains("220.0"));
        let names = ["wall_bg.wasm", "wall.js", "words-ar.json", "words-de.json", "style.css"];
        let big = Sizes {
            files: names
                .into_iter()
                .zip([300_000, 12_000, 3_001, 2_000, 5_000])
                .map(|(n, s)| file(n, s))
                .collect(),
            pages: [page(&names), String::new()],
        };
        assert!(big.check().unwrap_err().to_string().contains("320.0 KB, more than the 220.0 KB"));
    }

    #[test]
    fn each_page_bears_what_it_names_alone() {
        let files =
            vec![file("wall_bg.wasm", 210_000), file("console_bg.wasm", 290_000), file("probe.js", 1_000)];
        let pages = [page(&["wall_bg.wasm", "probe.js"]), page(&["console_bg.wasm", "probe.js"])];
        let sizes = Sizes { files, pages };
        sizes.check().unwrap();
        assert_eq!(sizes.pages.each_ref().map(|page| sizes.first_visit(page)[2]), [211_000, 291_000]);
        let swapped = Sizes { files: sizes.files, pages: [sizes.pages[1].clone(), sizes.pages[0].clone()] };
        assert!(
            swapped.check().unwrap_err().to_string().contains("a first visit of a wall downloads 291.0 KB")
        );
    }
}
