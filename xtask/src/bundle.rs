//! `cargo xtask bundle`: the app as a browser downloads it, in dist/.
//!
//! Reads the same index.html and Trunk.toml as Trunk, so that `trunk serve` stays possible, but needs nothing that
//! cargo does not bring: wasm-bindgen is linked in. There is no wasm-opt step: it makes the
//! program an eighth smaller but the compressed download no smaller, and would be one more tool to install. Every file but the pages carries a hash of its content in its name and may be cached
//! for ever; each has a `.br` and a `.gz` beside it; build.json lists them. Equal inputs give equal bytes.
//!
//! There are two pages, each with a program of its own, in one folder: the wall, which is Trunk's target, and the console.

mod dist;
mod glue;
mod order;
mod page;
#[cfg(test)]
mod probe;
mod slim;
mod trunk;

use crate::process::root;
use crate::{Command, build, machine, only_flags};
use anyhow::{Context as _, Result, ensure};
pub use dist::Pace;
use dist::{Dist, File, content_hash};
use page::{Asset, Page};
use std::collections::BTreeMap;
use std::path::Path;
use trunk::Trunk;

pub use dist::{compressed_sizes, page_text};

/// The command.
pub const COMMAND: Command = Command {
    name: "bundle",
    summary: "the app for the browser, in dist/",
    help: "\
Usage: cargo xtask bundle [--quick]

Compiles the app to wasm, runs wasm-bindgen, and writes dist/: index.html and console.html, the files they name with a hash
of their content in the name, each also compressed (.br, .gz), and build.json, which lists them. A debug server reads dist/
when it starts; a release server embeds it. Does nothing when nothing has changed.

--quick gives a large and slow app in a fraction of the time, to look at while working on it. Sizes and benchmarks
mean nothing with it.
",
    run,
};

/// What the bundler itself adds to the outcome: a changed bundler bundles again.
const BUNDLER: &[&str] = &[
    include_str!("bundle.rs"),
    include_str!("bundle/boot.js"),
    include_str!("bundle/dist.rs"),
    include_str!("bundle/glue.rs"),
    include_str!("bundle/order.rs"),
    include_str!("bundle/page.rs"),
    include_str!("bundle/page/tag.rs"),
    include_str!("bundle/slim.rs"),
];

/// The page beside that of Trunk.toml.
pub const CONSOLE: &str = "console.html";

/// The feature that makes the console of the app, with which the keys of its words begin.
const CONSOLE_FEATURE: &str = "console";

/// Of the workspace's Cargo.toml.
const QUICK_PROFILE: &str = "wasm-quick";

fn run(args: &[String]) -> Result<()> {
    only_flags(args, &["--quick"])?;
    machine::wasm_target()?;
    let pace = if args.is_empty() { Pace::Small } else { Pace::Quick };
    println!("{}", bundle(root(), pace)?);
    Ok(())
}

/// Brings dist/ up to date and says in a line what there is.
pub fn bundle(root: &Path, pace: Pace) -> Result<String> {
    let trunk = Trunk::read(root)?;
    let mut entries = Vec::new();
    for name in [trunk.build.target.as_str(), CONSOLE] {
        entries.push(Entry::read(root, name, pace)?);
    }
    let dist = Dist::new(&root.join(&trunk.build.dist));
    // Beside the program, not in dist/: what a build started from is no part of what it gives.
    let stamp = entries[0].program.with_extension("bundled");

    let inputs = inputs(&entries);
    // The other pace writes to the same folder.
    let made = || Ok::<_, anyhow::Error>(format!("{inputs} {}", dist.build()?));
    let known = std::fs::read_to_string(&stamp).ok();
    let fresh = known.is_some() && known == made().ok() && dist.is_whole();
    if !fresh {
        let mut all: BTreeMap<String, File> = BTreeMap::new();
        for entry in &entries {
            // What both pages have is there once.
            all.extend(files(entry)?.into_iter().map(|file| (file.name.clone(), file)));
        }
        dist.write(&all.into_values().collect::<Vec<_>>(), pace)?;
        std::fs::write(&stamp, made()?).with_context(|| format!("cannot write {}", stamp.display()))?;
    }
    Ok(format!("{}/, build {}{}", trunk.build.dist, dist.build()?, if fresh { ", unchanged" } else { "" }))
}

/// A page with all that it is made of.
struct Entry {
    name: String,
    page: Page,
    program: std::path::PathBuf,
    wasm: Vec<u8>,
    sources: Sources,
}

impl Entry {
    fn read(root: &Path, name: &str, pace: Pace) -> Result<Self> {
        let page = Page::read(root, name)?;
        let program = program(&page, pace)?;
        let wasm = std::fs::read(&program).with_context(|| format!("cannot read {}", program.display()))?;
        let sources = Sources::read(root, &page)?;
        Ok(Self { name: name.to_owned(), page, program, wasm, sources })
    }
}

fn program(page: &Page, pace: Pace) -> Result<std::path::PathBuf> {
    let (manifest, bin, profile, features) = page.program().context("the page has no program")?;
    let profile = match pace {
        Pace::Small => profile,
        Pace::Quick => QUICK_PROFILE,
    };
    let mut args =
        vec!["--manifest-path", manifest, "--bin", bin, "--profile", profile, "--target", machine::WASM];
    args.extend(features.iter().flat_map(|features| ["--features", *features]));
    build::cargo_build(bin, &args)
}

/// The files of the page that no compiler makes.
struct Sources {
    css: String,
    words: Vec<Words>,
    others: Vec<(String, Vec<u8>)>,
}

/// What the app says in one language.
struct Words {
    language: String,
    table: Vec<u8>,
}

impl Sources {
    fn read(root: &Path, page: &Page) -> Result<Self> {
        let mut css = String::new();
        let mut words = Vec::new();
        let mut others = Vec::new();
        let is_console = page.program().is_some_and(|(.., features)| features == Some(CONSOLE_FEATURE));
        for asset in page.assets() {
            let read = || {
                std::fs::read(root.join(asset.file()))
                    .with_context(|| format!("cannot read {}", asset.file()))
            };
            match asset {
                Asset::Rust { .. } => {}
                Asset::Css { href } => {
                    let text = String::from_utf8(read()?).with_context(|| format!("{href} is not UTF-8"))?;
                    self_contained(&text).with_context(|| href.clone())?;
                    css.push_str(&text);
                }
                Asset::Words { href } => words.extend(tables(&root.join(href), is_console)?),
                Asset::Icon { .. } | Asset::Script { .. } => others.push((asset.file().to_owned(), read()?)),
            }
        }
        Ok(Self { css, words, others })
    }

    fn bytes(&self, file: &str) -> Result<Vec<u8>> {
        let found = self.others.iter().find(|(name, _)| name == file);
        found.map(|(_, bytes)| bytes.clone()).with_context(|| format!("{file} has not been read"))
    }
}

/// The tables in a folder by language, without the blanks that are there for those who write them, and for walls without
/// what only the console says.
fn tables(folder: &Path, is_console: bool) -> Result<Vec<Words>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut tables = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let language = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let read = || -> Result<Vec<u8>> {
            ensure!(path.extension().is_some_and(|ending| ending == "json"), "expected de.json and the like");
            let mut table: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(&path)?)?;
            let is_its_own =
                |key: &str| key.split_once('-').is_some_and(|(owner, _)| owner == CONSOLE_FEATURE);
            table.retain(|key, _| is_console || !is_its_own(key));
            Ok(serde_json::to_vec(&table)?)
        };
        tables.push(Words { language, table: read().with_context(|| path.display().to_string())? });
    }
    tables.sort_by(|a, b| a.language.cmp(&b.language));
    Ok(tables)
}

/// The stylesheets become one file in another place, so that a reference to a neighbour would break.
fn self_contained(css: &str) -> Result<()> {
    ensure!(!css.contains("@import"), "@import does not survive bundling; list the file in index.html");
    for (at, _) in css.match_indices("url(") {
        let target = css[at + 4..].trim_start_matches(['"', '\'', ' ']);
        let stays = ["data:", "#", "/"].iter().any(|prefix| target.starts_with(prefix));
        ensure!(stays, "a relative url(...) does not survive bundling; use data: or a path from the root");
    }
    Ok(())
}

fn inputs(entries: &[Entry]) -> String {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for Entry { name, page, wasm, sources, .. } in entries {
        let html = page.render(|asset| format!("{asset:?}"));
        parts.extend([
            name.clone().into_bytes(),
            wasm.clone(),
            sources.css.clone().into_bytes(),
            html.into_bytes(),
        ]);
        for words in &sources.words {
            parts.extend([words.language.clone().into_bytes(), words.table.clone()]);
        }
        for (name, bytes) in &sources.others {
            parts.extend([name.clone().into_bytes(), bytes.clone()]);
        }
    }
    parts.extend(BUNDLER.iter().map(|text| text.as_bytes().to_vec()));
    content_hash(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A page and everything that it names: names are settled from the leaves up, as each file names those it loads.
fn files(entry: &Entry) -> Result<Vec<File>> {
    let Entry { name, page, wasm, sources, .. } = entry;
    let mut files = Vec::new();
    let mut program = Some(wasm.clone());
    let mut style = Some(File::hashed("style", ".css", slim::compact_css(&sources.css).into_bytes()));
    let mut tags = Vec::new();
    for asset in page.assets() {
        tags.push(match asset {
            Asset::Rust { bin, .. } => {
                let program = program.take().context("the page has two programs")?;
                start_tags(bin, program, &mut files)?
            }
            Asset::Css { .. } => {
                // The first of them stands for all.
                let tag =
                    style.as_ref().map(|file| format!("<link rel=\"stylesheet\" href=\"/{}\">", file.name));
                files.extend(style.take());
                tag.unwrap_or_default()
            }
            Asset::Icon { href } => {
                let icon = hashed_source(href, sources)?;
                let kind = if href.ends_with(".svg") { " type=\"image/svg+xml\"" } else { "" };
                let tag = format!("<link rel=\"icon\"{kind} href=\"/{}\">", icon.name);
                files.push(icon);
                tag
            }
            Asset::Words { .. } => {
                // The app fetches the one that it needs.
                let mut named = Vec::new();
                for words in &sources.words {
                    let file =
                        File::hashed(&format!("words-{}", words.language), ".json", words.table.clone());
                    named.push(format!("{}=/{}", words.language, file.name));
                    files.push(file);
                }
                format!("<meta name=\"words\" content=\"{}\">", named.join(" "))
            }
            Asset::Script { src } => {
                let script = hashed_source(src, sources)?;
                let tag = format!("<script src=\"/{}\"></script>", script.name);
                files.push(script);
                tag
            }
        });
    }
    let mut tags = tags.into_iter();
    let html = page.render(|_| tags.next().unwrap_or_default());
    files.push(File { name: name.clone(), bytes: html.into_bytes() });
    Ok(files)
}

/// Glue, wasm and the small file that starts them. The preloads let the browser fetch all three at once.
fn start_tags(bin: &str, program: Vec<u8>, files: &mut Vec<File>) -> Result<String> {
    let glue = glue::generate(bin, program).context("wasm-bindgen")?;
    let js = File::hashed(bin, ".js", glue.js.into_bytes());
    let wasm = File::hashed(bin, "_bg.wasm", glue.wasm);
    let boot = include_str!("bundle/boot.js").replace("{{glue}}", &js.name).replace("{{wasm}}", &wasm.name);
    let boot = File::hashed("boot", ".js", boot.into_bytes());
    let tags = format!(
        "<link rel=\"modulepreload\" href=\"/{}\">\n    \
         <link rel=\"preload\" href=\"/{}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n    \
         <script type=\"module\" src=\"/{}\"></script>",
        js.name, wasm.name, boot.name
    );
    files.extend([js, wasm, boot]);
    Ok(tags)
}

fn hashed_source(path: &str, sources: &Sources) -> Result<File> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.').with_context(|| format!("{path} has no extension"))?;
    Ok(File::hashed(stem, &format!(".{extension}"), sources.bytes(path)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stylesheet_that_would_break_when_moved_is_refused() {
        self_contained("a { background: url(data:image/png;base64,AA) } b { mask: url( '#m') }").unwrap();
        assert!(self_contained("@import \"other.css\";").is_err());
        assert!(self_contained("a { background: url(\"picture.png\") }").is_err());
    }

    #[test]
    fn a_table_of_words_is_of_the_language_it_is_named_by_and_must_be_flat() {
        let folder = std::env::temp_dir().join(format!("rollcall-words-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        write("ja.json", "{\n  \"b\": \"ビ\",\n  \"a\": \"エ\"\n}\n");
        write("de.json", "{\"console-a\": \"A\", \"walls\": \"W\"}");
        let of_console = tables(&folder, true).unwrap();
        assert_eq!(of_console[0].table, b"{\"console-a\":\"A\",\"walls\":\"W\"}");
        let read = tables(&folder, false).unwrap();
        assert_eq!(read[0].table, b"{\"walls\":\"W\"}", "what the console says is not for walls");
        assert_eq!(read.iter().map(|words| words.language.as_str()).collect::<Vec<_>>(), ["de", "ja"]);
        assert_eq!(read[1].table, "{\"a\":\"エ\",\"b\":\"ビ\"}".as_bytes());
        write("fr.json", "{\"a\": {\"one\": \"1\"}}");
        let nested = tables(&folder, false).err().map(|error| format!("{error:#}")).unwrap_or_default();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(nested.contains("fr.json"), "{nested}");
    }

    #[test]
    fn a_source_keeps_its_name_beside_the_hash() {
        let sources = Sources {
            css: String::new(),
            words: Vec::new(),
            others: vec![("app/icon.svg".to_owned(), b"<svg/>".to_vec())],
        };
        let file = hashed_source("app/icon.svg", &sources).unwrap();
        assert_eq!(file.name, format!("icon-{}.svg", content_hash(&[b"<svg/>"])));
    }
}
