//! The app as browsers fetch it: the files of dist/, with the headers that go with them.
//!
//! Release builds carry the files, debug builds read them when they start. Either way they end in one
//! table by name, so that nothing outside it can be asked for. It knows nothing of walls but their
//! names, for the page that says that one does not exist.

pub mod encoding;
mod not_found;
mod policy;

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use protocol::wall::WallDefinition;
use sha2::{Digest as _, Sha256};

use self::encoding::Encoding;
use crate::config::Origin;

/// The page of walls. Pages are served at addresses of their own and not under their names.
const INDEX: &str = "index.html";
/// The page of the console.
const CONSOLE: &str = "console.html";
/// Names the build; made by `cargo xtask bundle`.
const BUILD: &str = "build.json";
/// The build id of an app that names none.
const UNNAMED_BUILD: &str = "dev";

/// For a name that changes with its content: a year, which caches take for as long as they like.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, but asked about before each use.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// What is said in place of an app that is not there.
const NOT_BUILT: &str = "The app has not been built. Run `cargo xtask bundle` where Rollcall's sources are, \
                         then start Rollcall again.\n";

/// Rollcall's own picture, at an address that stays.
const ICON: &str = "icon.svg";

/// The app's files, in every encoding there is of each.
pub struct Assets {
    build: String,
    index: Page,
    console: Page,
    files: BTreeMap<String, Asset>,
}

/// A page, once it is built.
struct Page {
    asset: Option<Asset>,
    policy: HeaderValue,
    text: String,
}

impl Page {
    fn take(name: &str, raw: &BTreeMap<String, Bytes>, files: &mut BTreeMap<String, Asset>) -> Self {
        let text = String::from_utf8_lossy(&raw.get(name).cloned().unwrap_or_default()).into_owned();
        Self { asset: files.remove(name), policy: policy::of_page(&text), text }
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let Some(asset) = &self.asset else {
            return text(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", NOT_BUILT.to_owned());
        };
        let mut response = asset.answer(request);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        response
    }
}

impl Assets {
    /// Takes the files that a release build carries, or reads dist/ as it is now.
    pub fn load() -> Self {
        Self::of(source::files())
    }

    /// Names the app that is served; a page of another build loads itself anew.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// The page of walls, at whatever address it was asked for; 503 when there is none.
    pub fn index(&self, request: &HeaderMap) -> Response {
        self.index.answer(request)
    }

    /// The page of the console, likewise.
    pub fn console(&self, request: &HeaderMap) -> Response {
        self.console.answer(request)
    }

    /// A file that the page names, with or without the slash before it.
    pub fn file(&self, path: &str, request: &HeaderMap) -> Option<Response> {
        let name = path.strip_prefix('/').unwrap_or(path);
        // The one file that walls name, whose hash nobody knows: it may be another tomorrow.
        if name == ICON {
            let mut response = self.files.get(self.icons().next()?)?.answer(request);
            response.headers_mut().insert(header::CACHE_CONTROL, ASK_FIRST);
            return Some(response);
        }
        self.files.get(name).map(|asset| asset.answer(request))
    }

    /// The page of a wall in a frame of one of these sites.
    pub fn framed_index(&self, request: &HeaderMap, parents: &[Origin]) -> Response {
        framed(self.index(request), parents)
    }

    /// Says no in words.
    pub fn refused_page(&self, status: StatusCode, heading: &str, words: &str) -> Response {
        self.own_page(status, not_found::refused(heading, words, self.stylesheets(), self.icons()))
    }

    /// Says that there is no wall of the name that was asked for, and lists those there are.
    pub fn not_found_page(&self, walls: &[WallDefinition], asked: &str) -> Response {
        let page = not_found::page(walls, asked, self.stylesheets(), self.icons());
        self.own_page(StatusCode::NOT_FOUND, page)
    }

    fn own_page(&self, status: StatusCode, page: String) -> Response {
        let mut response = text(status, "text/html; charset=utf-8", page);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy::of_page(""));
        response
    }

    fn stylesheets(&self) -> impl Iterator<Item = &str> {
        let of_walls = |name: &&str| name.ends_with(".css") && self.index.text.contains(*name);
        self.files.keys().map(String::as_str).filter(of_walls)
    }

    fn icons(&self) -> impl Iterator<Item = &str> {
        let is_icon = |name: &&str| name.starts_with("icon") && name.ends_with(".svg");
        self.files.keys().map(String::as_str).filter(is_icon)
    }

    fn of(files: Vec<(String, Bytes)>) -> Self {
        let mut raw: BTreeMap<String, Bytes> = files.into_iter().collect();
        let build = raw.remove(BUILD).and_then(|json| build_id(&json));
        let is_neighbour = |name: &str| {
            let plain = Encoding::ALL.iter().find_map(|encoding| name.strip_suffix(encoding.ending()?));
            plain.is_some_and(|plain| raw.contains_key(plain))
        };
        let mut files: BTreeMap<String, Asset> = raw
            .keys()
            .filter(|name| !is_neighbour(name))
            .map(|name| (name.clone(), Asset::of(name, &raw)))
            .collect();
        Self {
            build: build.unwrap_or_else(|| UNNAMED_BUILD.to_owned()),
            index: Page::take(INDEX, &raw, &mut files),
            console: Page::take(CONSOLE, &raw, &mut files),
            files,
        }
    }
}

/// A file and its compressed neighbours, the plain one last.
struct Asset {
    content_type: &'static str,
    cache: HeaderValue,
    variants: Vec<Variant>,
}

/// One encoding of a file. Encodings differ in their bytes, and so in their tags.
struct Variant {
    encoding: Encoding,
    bytes: Bytes,
    tag: HeaderValue,
}

impl Asset {
    fn of(name: &str, raw: &BTreeMap<String, Bytes>) -> Self {
        let variant = |encoding: Encoding| {
            let bytes = raw.get(&format!("{name}{}", encoding.ending().unwrap_or_default()))?.clone();
            let tag = tag(&bytes)?;
            Some(Variant { encoding, bytes, tag })
        };
        Self {
            content_type: content_type(name),
            cache: if is_hashed(name) { FOR_EVER } else { ASK_FIRST },
            variants: Encoding::ALL.into_iter().filter_map(variant).collect(),
        }
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let accepted = encoding::accepted(request);
        let wanted = self.variants.iter().find(|variant| accepted.contains(variant.encoding));
        let Some(variant) = wanted.or(self.variants.last()) else {
            return text(StatusCode::NOT_FOUND, self.content_type, String::new());
        };
        let is_known = knows(request, &variant.tag);
        let mut response =
            Response::new(if is_known { Body::empty() } else { Body::from(variant.bytes.clone()) });
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, self.cache.clone());
        headers.insert(header::ETAG, variant.tag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if !is_known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if let Some(name) = variant.encoding.name() {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
            }
        }
        guarded(response)
    }
}

/// A page as it is, but for who may put it into a frame.
pub fn framed(mut response: Response, parents: &[Origin]) -> Response {
    if let Some(policy) = response.headers_mut().get_mut(header::CONTENT_SECURITY_POLICY) {
        *policy = policy::framed_by(policy, parents);
    }
    response
}

/// A page that may show what the tiles of these walls are of.
pub fn showing<'a>(mut response: Response, walls: impl Iterator<Item = &'a WallDefinition>) -> Response {
    if let Some(policy) = response.headers_mut().get_mut(header::CONTENT_SECURITY_POLICY) {
        *policy = policy::showing(policy, walls);
    }
    response
}

/// A short answer of our own, not to be kept.
fn text(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(header::CACHE_CONTROL, ASK_FIRST);
    guarded(response)
}

/// What goes with every answer: the type is what we say it is, and addresses of walls stay here.
fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Whether the browser says that it holds the bytes of this tag.
fn knows(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let held = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    held.flat_map(|list| list.split(',')).any(|held| {
        let held = held.trim();
        held == "*" || held.strip_prefix("W/").unwrap_or(held).as_bytes() == tag.as_bytes()
    })
}

/// 64 bits of the content's hash, in quotes as the header asks.
fn tag(bytes: &[u8]) -> Option<HeaderValue> {
    let hash: String = Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("\"{hash}\"")).ok()
}

/// Whether the name carries a hash of the content, as our bundler and Trunk write it: sixteen
/// hexadecimal digits between a hyphen and the ending, or `_bg` before it.
fn is_hashed(name: &str) -> bool {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let is_digit = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
    stem.rsplit_once('-').is_some_and(|(_, hash)| hash.len() == 16 && hash.bytes().all(is_digit))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn build_id(json: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Build<'a> {
        #[serde(borrow)]
        build: Cow<'a, str>,
    }
    serde_json::from_slice::<Build<'_>>(json).ok().map(|named| named.build.into_owned())
}

/// The files of a release build, in the program.
#[cfg(embedded_app)]
mod source {
    use bytes::Bytes;

    const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/app.rs"));

    pub(super) fn files() -> Vec<(String, Bytes)> {
        FILES.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes))).collect()
    }
}

/// The files of a debug build, beside the sources.
#[cfg(not(embedded_app))]
mod source {
    use std::{fs, path::Path};

    use bytes::Bytes;

    const DIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../dist");

    pub(super) fn files() -> Vec<(String, Bytes)> {
        read(Path::new(DIST))
    }

    /// What can be read; an app that is not there, or only in part, shows itself when it is asked for.
    pub(super) fn read(dist: &Path) -> Vec<(String, Bytes)> {
        let entries = fs::read_dir(dist).into_iter().flatten().flatten();
        let file = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            Some((name, Bytes::from(fs::read(entry.path()).ok()?)))
        };
        entries.filter_map(file).filter(|(name, _)| !name.ends_with(".part")).collect()
    }
}

#[cfg(test)]
mod tests;
