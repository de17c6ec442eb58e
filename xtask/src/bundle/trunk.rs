//! The part of Trunk.toml that bundling depends on.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::path::Path;

/// Trunk.toml, as far as it says what is built and where to.
#[derive(Deserialize)]
pub struct Trunk {
    pub build: Build,
}

/// `[build]`: a key that this bundler does not follow is refused, so that the two tools cannot part unnoticed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    pub target: String,
    pub dist: String,
}

impl Trunk {
    /// Reads Trunk.toml in the workspace.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join("Trunk.toml");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).context("Trunk.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::root;

    #[test]
    fn trunk_builds_the_same_page_into_the_folder_that_the_server_embeds() {
        let trunk = Trunk::read(root()).unwrap();
        assert_eq!((trunk.build.target.as_str(), trunk.build.dist.as_str()), ("index.html", "dist"));
    }

    #[test]
    fn a_build_key_that_the_bundler_does_not_follow_is_refused() {
        let text = "[build]\ntarget = \"index.html\"\ndist = \"dist\"\npublic_url = \"/wall/\"\n";
        assert!(toml::from_str::<Trunk>(text).is_err());
    }

    #[test]
    fn trunk_serve_passes_on_what_the_server_answers() {
        let text = std::fs::read_to_string(root().join("Trunk.toml")).unwrap();
        let trunk: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(trunk["serve"]["port"].as_integer(), Some(8090));
        let proxies = trunk["proxy"].as_array().unwrap();
        for path in ["/api/", "/rollcall/", "/oauth/", "/channels/"] {
            let passed = proxies.iter().any(|proxy| {
                let backend = proxy["backend"].as_str().unwrap();
                backend.ends_with(&format!("://127.0.0.1:8080{path}"))
            });
            assert!(passed, "Trunk.toml does not pass {path} on to the server");
        }
    }
}
