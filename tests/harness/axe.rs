//! axe-core, which finds what keeps people from using a page.

use serde_json::{Value, json};

use super::{browser::Browser, packages::Packages};

const PACKAGES: Packages =
    Packages { manifest: include_str!("axe/package.json"), lock: include_str!("axe/package-lock.json") };

/// The rules of WCAG 2.2 AA, and what is good practice beyond them.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then(({ violations, passes }) => done({
            passes: passes.length,
            violations: violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} (${nodes.length} times) ${nodes[0].failureSummary}`),
        }), (error) => done({ passes: 0, violations: [String(error)] }));
";

/// A page of the app is told its theme, one that the browser draws by itself follows the browser.
const THEME: &str = "
    document.documentElement.dataset.theme = arguments[0];
    document.documentElement.style.colorScheme = arguments[0];
";

/// Its program.
pub struct Axe(String);

impl Axe {
    pub fn fetched() -> Self {
        Self(std::fs::read_to_string(PACKAGES.install().join("node_modules/axe-core/axe.min.js")).unwrap())
    }

    /// What it finds on the page that is open, in these themes.
    pub async fn findings(&self, browser: &Browser, what: &str, themes: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        browser.script(&self.0, vec![]).await;
        for theme in themes {
            browser.script(THEME, vec![json!(theme)]).await;
            let answer = browser.page.execute_async(RUN, vec![]).await.unwrap().json().clone();
            assert!(answer["passes"].as_u64() > Some(5), "{what}: axe has looked at something: {answer}");
            let violations = answer["violations"].as_array().unwrap().iter().map(Value::to_string);
            found.extend(violations.map(|violation| format!("{what}, {theme}: {violation}")));
        }
        found
    }
}
