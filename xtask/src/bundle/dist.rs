//! The folder that is served: hashed names, compressed neighbours, a list of all.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Brotli's best. It takes a second for the whole app, once a build, and is paid back by each visit.
const BROTLI_QUALITY: i32 = 11;
/// For those who wait for the outcome and throw it away.
const BROTLI_QUICK: i32 = 1;
/// The largest window that every browser accepts.
const BROTLI_WINDOW: i32 = 22;

const BUILD: &str = "build.json";

/// A file of dist/.
pub struct File {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl File {
    /// A file that may be cached for ever: other content has another name.
    pub fn hashed(stem: &str, ending: &str, bytes: Vec<u8>) -> Self {
        Self { name: format!("{stem}-{}{ending}", content_hash(&[&bytes])), bytes }
    }
}

/// 64 bits of SHA-256 over the parts and their lengths, in hexadecimal.
pub fn content_hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// build.json: names the build by its content and lists its files, without the compressed neighbours.
#[derive(Serialize, Deserialize)]
struct Build {
    build: String,
    files: Vec<String>,
}

impl Build {
    fn of(files: &[(String, Vec<u8>)]) -> Self {
        let mut sorted: Vec<_> = files.iter().collect();
        sorted.sort();
        let parts: Vec<&[u8]> = sorted.iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes]).collect();
        Self { build: content_hash(&parts), files: sorted.iter().map(|(name, _)| name.clone()).collect() }
    }
}

/// The folder.
pub struct Dist {
    folder: PathBuf,
}

/// What a bundle is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// To be downloaded.
    Small,
    /// To be looked at once while the app is worked on.
    Quick,
}

impl Dist {
    /// A folder that need not exist yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The build id.
    pub fn build(&self) -> Result<String> {
        Ok(self.list()?.build)
    }

    /// Whether all that build.json lists is there and unchanged, and nothing else: another tool may write here too.
    pub fn is_whole(&self) -> bool {
        let Ok(list) = self.list() else { return false };
        let read = |name: &String| std::fs::read(self.folder.join(name)).map(|bytes| (name.clone(), bytes));
        let Ok(files) = list.files.iter().map(read).collect::<Result<Vec<_>, _>>() else { return false };
        let expected = names_on_disk(&list.files);
        Build::of(&files).build == list.build && self.present().is_ok_and(|present| present == expected)
    }

    /// Writes the files, their compressed neighbours and the list, and removes all else. A reader never sees half a
    /// file, and the page changes only when all that it names is there.
    pub fn write(&self, files: &[File], pace: Pace) -> Result<()> {
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot create {}", self.folder.display()))?;
        let list =
            Build::of(&files.iter().map(|file| (file.name.clone(), file.bytes.clone())).collect::<Vec<_>>());
        for file in files {
            // Neighbours first: whoever finds a file finds them too.
            self.put(&format!("{}.br", file.name), &brotli(&file.bytes, pace)?)?;
            self.put(&format!("{}.gz", file.name), &gzip(&file.bytes)?)?;
            self.put(&file.name, &file.bytes)?;
        }
        self.put(BUILD, format!("{}\n", serde_json::to_string_pretty(&list)?).as_bytes())?;
        let expected = names_on_disk(&list.files);
        for name in self.present()?.difference(&expected) {
            let path = self.folder.join(name);
            let removed =
                if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            removed.with_context(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(())
    }

    fn list(&self) -> Result<Build> {
        let path = self.folder.join(BUILD);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}; `cargo xtask bundle` makes it", path.display()))?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    }

    fn present(&self) -> Result<BTreeSet<String>> {
        let entries = std::fs::read_dir(&self.folder).with_context(|| self.folder.display().to_string())?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        let half = self.folder.join(format!("{name}.part"));
        std::fs::write(&half, bytes).with_context(|| format!("cannot write {}", half.display()))?;
        std::fs::rename(&half, &path).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Each file of dist/ with its raw, gzip and brotli size.
pub fn compressed_sizes(folder: &Path) -> Result<Vec<(String, [u64; 3])>> {
    let size = |name: &str| {
        let path = folder.join(name);
        std::fs::metadata(&path).map(|data| data.len()).with_context(|| path.display().to_string())
    };
    let list = Dist::new(folder).list()?;
    let sizes = |name: String| {
        let sizes = [size(&name)?, size(&format!("{name}.gz"))?, size(&format!("{name}.br"))?];
        Ok((name, sizes))
    };
    list.files.into_iter().map(sizes).collect()
}

/// The text of a page of dist/.
pub fn page_text(folder: &Path, page: &str) -> Result<String> {
    let path = folder.join(page);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn names_on_disk(files: &[String]) -> BTreeSet<String> {
    let neighbours = files.iter().flat_map(|name| [name.clone(), format!("{name}.br"), format!("{name}.gz")]);
    neighbours.chain([BUILD.to_owned()]).collect()
}

fn brotli(bytes: &[u8], pace: Pace) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: match pace {
            Pace::Small => BROTLI_QUALITY,
            Pace::Quick => BROTLI_QUICK,
        },
        lgwin: BROTLI_WINDOW,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters).context("brotli")?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    // Its header carries neither name nor time, so that equal content gives equal bytes.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).context("gzip")?;
    encoder.finish().context("gzip")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    /// A folder of the test's own, gone with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("rollcall-dist-{name}-{}", std::process::id()));
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    fn files() -> Vec<File> {
        vec![
            File { name: "index.html".to_owned(), bytes: b"<p>wall</p>".to_vec() },
            File::hashed("app", ".js", b"export {}".repeat(100)),
        ]
    }

    #[test]
    fn what_is_written_is_whole_and_reads_back_compressed() {
        let folder = Folder::new("whole");
        let dist = Dist::new(&folder.0);
        assert!(!dist.is_whole());
        dist.write(&files(), Pace::Small).unwrap();
        assert!(dist.is_whole());

        let app = files().remove(1);
        let mut unzipped = Vec::new();
        let gz = std::fs::read(folder.0.join(format!("{}.gz", app.name))).unwrap();
        flate2::read::GzDecoder::new(&gz[..]).read_to_end(&mut unzipped).unwrap();
        assert_eq!(unzipped, app.bytes);
        let br = std::fs::read(folder.0.join(format!("{}.br", app.name))).unwrap();
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &br[..], &mut unpacked).unwrap();
        assert_eq!(unpacked, app.bytes);
    }

    #[test]
    fn a_changed_a_missing_and_a_foreign_file_are_noticed() {
        let folder = Folder::new("noticed");
        let dist = Dist::new(&folder.0);
        let page = folder.0.join("index.html");
        dist.write(&files(), Pace::Small).unwrap();
        std::fs::write(&page, "<p>other</p>").unwrap();
        assert!(!dist.is_whole());
        dist.write(&files(), Pace::Small).unwrap();
        std::fs::remove_file(&page).unwrap();
        assert!(!dist.is_whole());
        dist.write(&files(), Pace::Small).unwrap();
        std::fs::write(folder.0.join("app-0.js"), "").unwrap();
        assert!(!dist.is_whole());
        dist.write(&files(), Pace::Small).unwrap();
        assert!(dist.is_whole());
    }

    #[test]
    fn the_build_id_follows_content_and_not_order() {
        let files =
            |a: &str, b: &str| [(a.to_owned(), a.as_bytes().to_vec()), (b.to_owned(), b.as_bytes().to_vec())];
        assert_eq!(Build::of(&files("a", "b")).build, Build::of(&files("b", "a")).build);
        assert_ne!(Build::of(&files("a", "b")).build, Build::of(&files("a", "c")).build);
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(content_hash(&[b"ab", b"c"]), content_hash(&[b"a", b"bc"]));
    }
}
