//! What the page may load and do: its content security policy.

use std::collections::BTreeSet;

use axum::http::HeaderValue;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use protocol::wall::{TileKind, WallDefinition};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::config::Origin;

/// The policy of a page: what it loads comes from here, the scripts that stand in it are named by
/// their hashes, and no other site may frame it. `'self'` covers our sockets too (Chromium, Firefox,
/// Safari 15.4 and later).
pub(super) fn of_page(html: &str) -> HeaderValue {
    let mut scripts = String::from("'self' 'wasm-unsafe-eval'");
    for script in inline_scripts(html) {
        scripts.push_str(&format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script))));
    }
    let policy = format!(
        "default-src 'none'; script-src {scripts}; connect-src 'self'; style-src 'self'; \
         {IMAGES}; font-src 'self'; base-uri 'none'; form-action 'none'; {FRAMED_BY_NONE}"
    );
    HeaderValue::try_from(policy).expect("hashes in base64 are fit for a header")
}

/// Nobody frames a page, unless it is said otherwise.
const FRAMED_BY_NONE: &str = "frame-ancestors 'none'";

/// The same policy for a page that these sites may frame.
pub(super) fn framed_by(policy: &HeaderValue, parents: &[Origin]) -> HeaderValue {
    if parents.is_empty() {
        return policy.clone();
    }
    let parents: Vec<&str> = parents.iter().map(Origin::as_str).collect();
    let text = policy.to_str().unwrap_or(FRAMED_BY_NONE);
    let text = text.replace(FRAMED_BY_NONE, &format!("frame-ancestors {}", parents.join(" ")));
    HeaderValue::try_from(text).unwrap_or_else(|_| policy.clone())
}

const IMAGES: &str = "img-src 'self' data:";

/// The same policy for a page that shows what the tiles of these walls are of: pictures and pages of other sites, and
/// of no other than are named.
pub(super) fn showing<'a>(
    policy: &HeaderValue,
    walls: impl Iterator<Item = &'a WallDefinition>,
) -> HeaderValue {
    let (mut images, mut pages) = (BTreeSet::new(), BTreeSet::new());
    for tile in walls.flat_map(|wall| &wall.tiles) {
        let Some(url) = &tile.url else { continue };
        let from =
            Url::parse(url).map_or_else(|_| "'self'".to_owned(), |url| url.origin().ascii_serialization());
        match tile.kind {
            TileKind::Page => drop(pages.insert(from)),
            TileKind::Image if from != "'self'" => drop(images.insert(from)),
            TileKind::Image
            | TileKind::Queue
            | TileKind::QueueTable
            | TileKind::AgentGrid
            | TileKind::AgentTable
            | TileKind::States
            | TileKind::Kpi
            | TileKind::Gauge
            | TileKind::Series
            | TileKind::Alarms
            | TileKind::Clock
            | TileKind::Text => {}
        }
    }
    if images.is_empty() && pages.is_empty() {
        return policy.clone();
    }
    let list =
        |sources: BTreeSet<String>| sources.into_iter().fold(String::new(), |list, one| list + " " + &one);
    let mut text = policy.to_str().unwrap_or_default().replace(IMAGES, &format!("{IMAGES}{}", list(images)));
    if !pages.is_empty() {
        text.push_str(&format!("; frame-src{}", list(pages)));
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| policy.clone())
}

/// The texts of scripts without `src`. Our bundler writes none; Trunk does.
fn inline_scripts(html: &str) -> Vec<&str> {
    // Lower case keeps every place: only ASCII letters change.
    let lower = html.to_ascii_lowercase();
    let mut scripts = Vec::new();
    let mut at = 0;
    while let Some(found) = lower[at..].find('<') {
        at += found;
        if lower[at..].starts_with("<!--") {
            let Some(end) = lower[at..].find("-->") else { break };
            at += end;
        } else if lower[at..].starts_with("<script") {
            let Some(start) = lower[at..].find('>').map(|end| at + end + 1) else { break };
            let Some(end) = lower[start..].find("</script").map(|end| start + end) else { break };
            let attributes = &lower[at + "<script".len()..start - 1];
            if !attributes.split_ascii_whitespace().any(|word| word.starts_with("src=")) {
                scripts.push(&html[start..end]);
            }
            at = end;
        }
        at += 1;
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_show_what_its_tiles_are_of_and_no_more() {
        let wall: WallDefinition = serde_json::from_str(
            r#"{"title": "W", "kind": "tiles", "tiles": [
                {"type": "image", "url": "https://img.example.com/a.svg?x=1", "text": "A"},
                {"type": "image", "url": "/icon.svg", "text": "B"},
                {"type": "page", "url": "https://news.example.com:8443/b", "text": "C"}]}"#,
        )
        .unwrap();
        let plain = of_page("");
        let policy = showing(&plain, [&wall].into_iter());
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("img-src 'self' data: https://img.example.com;"), "{policy}");
        assert!(policy.ends_with("; frame-src https://news.example.com:8443"), "{policy}");
        assert_eq!(showing(&plain, [].into_iter()), plain, "without such tiles nothing is framed");
    }

    #[test]
    fn inline_scripts_are_found_and_others_left() {
        let html = "<!DOCTYPE html><!-- <script>no()</script> --><script src=\"/a.js\"></script>\
                    <SCRIPT type=\"module\">\nconst ü = 1 < 2;\n</SCRIPT><p>a &lt; b</p><script></script>";
        assert_eq!(inline_scripts(html), ["\nconst ü = 1 < 2;\n", ""]);
        assert_eq!(inline_scripts("<script>open"), [""; 0]);
        assert_eq!(inline_scripts("<!-- <script>open</script>"), [""; 0]);
    }

    #[test]
    fn the_policy_names_inline_scripts_by_their_hash() {
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        let hash = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
        assert_eq!(
            of_page("<script>alert(1)</script>").to_str().unwrap(),
            format!(
                "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {hash}; connect-src 'self'; \
                 style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; \
                 form-action 'none'; frame-ancestors 'none'"
            )
        );
        assert!(!of_page("<script src=\"/a.js\"></script>").to_str().unwrap().contains("sha256"));
    }
}
