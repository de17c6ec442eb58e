//! The page that Trunk and we both read.
//!
//! The parser is strict rather than complete: it knows the few forms that index.html needs and refuses all others, so
//! that nothing which Trunk would bundle can be left out here unnoticed.

mod tag;

use anyhow::{Context as _, Result, bail, ensure};
use std::ops::Range;
use std::path::Path;
use tag::{Tag, Token, tokens};

/// A file that index.html asks the bundler for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asset {
    /// The program: `<link data-trunk rel="rust">`.
    Rust { manifest: String, bin: String, profile: String, features: Option<String> },
    /// A stylesheet: `<link data-trunk rel="css">`.
    Css { href: String },
    /// The icon: `<link data-trunk rel="icon">`.
    Icon { href: String },
    /// A classic script: `<script data-trunk>`.
    Script { src: String },
    /// The folder with a table of words for each language: `<link data-trunk rel="copy-dir">`.
    Words { href: String },
}

/// index.html with the places where assets stand.
pub struct Page {
    text: String,
    assets: Vec<(Range<usize>, Asset)>,
}

impl Page {
    /// Reads the page and checks that every file it names exists.
    pub fn read(root: &Path, name: &str) -> Result<Self> {
        let path = root.join(name);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let page = Self::parse(text).context(name.to_owned())?;
        for asset in page.assets() {
            let file = asset.file();
            ensure!(root.join(file).exists(), "{name} names {file}, which does not exist");
        }
        Ok(page)
    }

    fn parse(text: String) -> Result<Self> {
        let mut assets = Vec::new();
        for token in tokens(&text) {
            let Token { tag, range } = token?;
            let line = text[..range.start].matches('\n').count() + 1;
            let asset = asset_of(&tag).with_context(|| format!("line {line}, <{}>", tag.name))?;
            if let Some(asset) = asset {
                assets.push((range, asset));
            }
        }
        let page = Self { text, assets };
        let programs = page.assets().filter(|asset| matches!(asset, Asset::Rust { .. })).count();
        ensure!(programs == 1, "there must be one <link data-trunk rel=\"rust\">, not {programs}");
        Ok(page)
    }

    /// Manifest, name and profile of the page's program, and the features with which it is built.
    pub fn program(&self) -> Option<(&str, &str, &str, Option<&str>)> {
        self.assets().find_map(|asset| match asset {
            Asset::Rust { manifest, bin, profile, features } => {
                Some((manifest.as_str(), bin.as_str(), profile.as_str(), features.as_deref()))
            }
            Asset::Css { .. } | Asset::Icon { .. } | Asset::Script { .. } | Asset::Words { .. } => None,
        })
    }

    /// The assets, in the order of the page.
    pub fn assets(&self) -> impl Iterator<Item = &Asset> {
        self.assets.iter().map(|(_, asset)| asset)
    }

    /// The page with each asset's tag replaced. A line that becomes empty goes.
    pub fn render(&self, mut replacement: impl FnMut(&Asset) -> String) -> String {
        let mut html = String::new();
        let mut done = 0;
        for (range, asset) in &self.assets {
            html.push_str(&self.text[done..range.start]);
            done = range.end;
            let new = replacement(asset);
            if new.is_empty() && html.ends_with([' ', '\n']) && self.text[done..].starts_with('\n') {
                html.truncate(html.trim_end_matches(' ').len());
                done += 1;
            }
            html.push_str(&new);
        }
        html.push_str(&self.text[done..]);
        html
    }
}

impl Asset {
    /// The file in the workspace.
    pub fn file(&self) -> &str {
        match self {
            Self::Rust { manifest, .. } => manifest,
            Self::Css { href } | Self::Icon { href } | Self::Words { href } => href,
            Self::Script { src } => src,
        }
    }
}

fn asset_of(tag: &Tag) -> Result<Option<Asset>> {
    for name in tag.attributes.keys() {
        let inline = name == "style" || name.starts_with("on");
        ensure!(!inline, "the content security policy forbids the attribute `{name}`");
    }
    let bundled = tag.attributes.contains_key("data-trunk");
    match tag.name.as_str() {
        "style" => bail!("the content security policy forbids inline styles; make it a file"),
        "script" if !bundled => bail!("a script must be a file with data-trunk; inline ones are forbidden"),
        "script" => {
            tag.only(&["data-trunk", "src"])?;
            Ok(Some(Asset::Script { src: tag.value("src")? }))
        }
        "link" if bundled => link(tag).map(Some),
        _ if bundled => bail!("data-trunk has no meaning here"),
        _ => Ok(None),
    }
}

/// The features of its package with which a program is built.
const FEATURES: &str = "data-cargo-features";

fn link(tag: &Tag) -> Result<Asset> {
    let rel = tag.value("rel")?;
    match rel.as_str() {
        "rust" => {
            tag.only(&[
                "data-trunk",
                "rel",
                "href",
                "data-bin",
                "data-cargo-profile",
                "data-wasm-opt",
                FEATURES,
            ])?;
            ensure!(tag.value("data-wasm-opt")? == "0", "data-wasm-opt must be \"0\": we run no wasm-opt");
            Ok(Asset::Rust {
                manifest: tag.value("href")?,
                bin: tag.value("data-bin")?,
                profile: tag.value("data-cargo-profile")?,
                features: tag.attributes.contains_key(FEATURES).then(|| tag.value(FEATURES)).transpose()?,
            })
        }
        "css" => {
            tag.only(&["data-trunk", "rel", "href"])?;
            Ok(Asset::Css { href: tag.value("href")? })
        }
        "copy-dir" => {
            tag.only(&["data-trunk", "rel", "href"])?;
            Ok(Asset::Words { href: tag.value("href")? })
        }
        "icon" => {
            tag.only(&["data-trunk", "rel", "href"])?;
            Ok(Asset::Icon { href: tag.value("href")? })
        }
        _ => bail!("the bundler does not know rel=\"{rel}\"; teach it in xtask/src/bundle/page.rs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::root;

    const RUST: &str = r#"<link data-trunk rel="rust" href="a/Cargo.toml" data-bin="a" data-cargo-profile="wasm" data-wasm-opt="0">"#;

    fn refused(html: &str) -> String {
        let Err(error) = Page::parse(html.to_owned()) else { panic!("accepted: {html}") };
        format!("{error:#}")
    }

    #[test]
    fn the_page_of_the_workspace_is_understood_and_all_its_files_exist() {
        let page = Page::read(root(), "index.html").unwrap();
        assert!(page.assets().any(|asset| matches!(asset, Asset::Icon { .. })));
        assert!(page.assets().any(|asset| matches!(asset, Asset::Css { .. })));
        assert!(page.assets().any(|asset| matches!(asset, Asset::Script { .. })));
        assert!(page.assets().any(|asset| matches!(asset, Asset::Words { .. })));
    }

    #[test]
    fn every_tag_for_trunk_is_an_asset_of_ours() {
        let text = std::fs::read_to_string(root().join("index.html")).unwrap();
        let written = text.matches("<link data-trunk").count() + text.matches("<script data-trunk").count();
        assert_eq!(Page::parse(text).unwrap().assets().count(), written);
    }

    #[test]
    fn a_tag_is_replaced_where_it_stands_and_an_emptied_line_goes() {
        let html = format!("<head>\n  <link data-trunk rel=\"css\" href=\"a.css\">\n  {RUST}\n</head>\n");
        let page = Page::parse(html).unwrap();
        let rendered = page.render(|asset| match asset {
            Asset::Rust { bin, .. } => format!("<b>{bin}</b>"),
            Asset::Css { .. } | Asset::Icon { .. } | Asset::Script { .. } | Asset::Words { .. } => {
                String::new()
            }
        });
        assert_eq!(rendered, "<head>\n  <b>a</b>\n</head>\n");
    }

    #[test]
    fn what_the_bundler_does_not_know_is_refused_with_its_place() {
        assert!(
            refused(&format!("{RUST}\n<link data-trunk rel=\"sass\" href=\"a.scss\">"))
                .starts_with("line 2, <link>")
        );
        assert!(refused(&RUST.replace("data-bin", "data-type")).contains("data-type"));
        assert!(refused(&RUST.replace("\"0\"", "\"z\"")).contains("wasm-opt"));
        assert!(refused(&format!("{RUST}{RUST}")).contains("not 2"));
        assert!(refused("<p>no program</p>").contains("not 0"));
    }

    #[test]
    fn what_the_content_security_policy_forbids_is_refused() {
        assert!(refused(&format!("{RUST}<style>p {{}}</style>")).contains("inline styles"));
        assert!(refused(&format!("{RUST}<p style=\"color: red\">")).contains("`style`"));
        assert!(refused(&format!("{RUST}<p onclick=\"go()\">")).contains("`onclick`"));
        assert!(refused(&format!("{RUST}<script>go()</script>")).contains("inline"));
    }
}
