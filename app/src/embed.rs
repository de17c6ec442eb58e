//! The page in a frame of another site.
//!
//! There are no cookies there. The key comes in the fragment of the address, is taken out of it at once, and buys a
//! token that is held in memory. What scripts inside hear as events, the page around the frame is told too.

use std::cell::RefCell;

use js_sys::{Date, Object, Reflect};
use leptos::prelude::{document, window};
use protocol::WallId;
use wasm_bindgen::{JsCast as _, JsValue};

use crate::net::http::{self, Failure};

/// A token is renewed when less than this part of its life is left.
const RENEWED_AT: f64 = 0.2;

/// A key that opens nothing is not shown again for so long: each time counts as a wrong one against everybody at this
/// address, and only a person can mend it.
const WRONG_KEY_RETRY_MS: f64 = 600_000.0;

/// The fragment's parameter that carries the key.
const KEY: &str = "key=";

thread_local! {
    static FRAME: RefCell<Option<Frame>> = const { RefCell::new(None) };
}

/// What the page knows of its frame.
struct Frame {
    wall: WallId,
    key: String,
    token: Option<Token>,
    /// The proxy's no to the key, and until when that is its answer.
    refused: Option<(Failure, f64)>,
    parents: Vec<String>,
}

/// What a key buys.
#[derive(Clone)]
struct Token {
    text: String,
    renewed_from: f64,
}

/// Takes the key out of the address of `/embed/{wall}`, and says which wall it is. Nothing for any other page.
pub fn begin() -> Option<WallId> {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    let id = path.strip_prefix("/embed/").map(|id| id.trim_end_matches('/')).filter(|id| !id.is_empty())?;
    let wall = WallId::new(&String::from(js_sys::decode_uri_component(id).ok()?));
    let hash = location.hash().unwrap_or_default();
    let key = key_in(&hash).and_then(|key| js_sys::decode_uri_component(key).ok());
    let key = key.map(String::from).unwrap_or_default();
    // The address without its fragment; a page that cannot change its address is still a page.
    set_address("");
    let frame = Frame { wall: wall.clone(), key, token: None, refused: None, parents: Vec::new() };
    FRAME.with_borrow_mut(|own| *own = Some(frame));
    Some(wall)
}

/// Whether this page is one in a frame.
#[must_use]
pub fn is_framed() -> bool {
    FRAME.with_borrow(Option::is_some)
}

/// What a request sends to say who it is: nothing where a cookie does, else a token, bought anew when it is time.
///
/// # Errors
/// When the key buys none.
pub async fn bearer() -> Result<Option<String>, Failure> {
    let asked = FRAME.with_borrow(|frame| {
        let asked = |frame: &Frame| {
            (frame.wall.clone(), frame.key.clone(), frame.token.clone(), frame.refused.clone())
        };
        frame.as_ref().map(asked)
    });
    let Some((wall, key, token, refused)) = asked else { return Ok(None) };
    if let Some(token) = token.filter(|token| Date::now() < token.renewed_from) {
        return Ok(Some(token.text));
    }
    if let Some((failure, _)) = refused.filter(|(_, until)| Date::now() < *until) {
        return Err(failure);
    }
    let bought = http::buy_token(&wall, &key).await;
    if let Err(failure @ Failure::Refused { status: 403, .. }) = &bought {
        let refused = Some((failure.clone(), Date::now() + WRONG_KEY_RETRY_MS));
        FRAME.with_borrow_mut(|frame| frame.iter_mut().for_each(|frame| frame.refused.clone_from(&refused)));
    }
    let bought = bought?;
    let life_ms = bought.expires_in_s * 1_000.0;
    let token =
        Token { text: bought.token.clone(), renewed_from: Date::now() + life_ms * (1.0 - RENEWED_AT) };
    FRAME.with_borrow_mut(|frame| {
        if let Some(frame) = frame {
            frame.token = Some(token);
            frame.parents = bought.parents;
        }
    });
    Ok(Some(bought.token))
}

/// The proxy does not know the token any more; says whether there was one.
pub fn forget_token() -> bool {
    FRAME.with_borrow_mut(|frame| frame.as_mut().and_then(|frame| frame.token.take()).is_some())
}

/// Puts the key back for as long as the page takes to load again.
pub fn before_reload() {
    let key = FRAME.with_borrow(|frame| frame.as_ref().map(|frame| frame.key.clone()));
    if let Some(key) = key {
        set_address(&format!("#{KEY}{}", String::from(js_sys::encode_uri_component(&key))));
    }
}

/// Tells the page around the frame, if it is one of those it is meant for.
pub fn tell(name: &str, detail: &JsValue) {
    let Some((wall, parents)) = FRAME.with_borrow(|frame| {
        frame.as_ref().map(|frame| (frame.wall.as_str().to_owned(), frame.parents.clone()))
    }) else {
        return;
    };
    let own = window();
    let Ok(Some(parent)) = own.parent() else { return };
    if parent == own {
        return;
    }
    let said = Object::new();
    for (member, value) in [("source", "rollcall"), ("type", name), ("wall", &wall)] {
        // Fails only for objects that are sealed.
        let _ = Reflect::set(&said, &member.into(), &value.into());
    }
    let said = match detail.dyn_ref::<Object>() {
        Some(detail) => Object::assign(&Object::assign(&Object::new(), detail), &said),
        None => said,
    };
    for origin in heard_by(&parents, ancestor().as_deref()) {
        // The browser delivers it to a page of this origin and to no other.
        let _ = parent.post_message(&said, origin);
    }
}

/// The origin of the page around the frame, where the browser says it; Firefox does not.
fn ancestor() -> Option<String> {
    let list = Reflect::get(&window().location(), &"ancestorOrigins".into()).ok()?;
    Reflect::get_u32(&list, 0).ok()?.as_string()
}

/// Whom to address: the one that it is, else each that it may be.
fn heard_by<'a>(parents: &'a [String], ancestor: Option<&str>) -> Vec<&'a str> {
    let is_it = |origin: &&String| ancestor.is_none_or(|ancestor| ancestor == **origin);
    parents.iter().filter(is_it).map(String::as_str).collect()
}

fn key_in(hash: &str) -> Option<&str> {
    hash.trim_start_matches('#').split('&').find_map(|part| part.strip_prefix(KEY))
}

/// The page's own address with another fragment, in place of the one in the history.
fn set_address(fragment: &str) {
    let location = window().location();
    let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    if let Ok(history) = window().history() {
        let address = format!("{path}{query}{fragment}");
        // Refused only to pages without an origin of their own, which get no answers from the proxy either.
        let _ = history.replace_state_with_url(&JsValue::NULL, &document().title(), Some(&address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_one_part_of_the_fragment() {
        assert_eq!(key_in("#key=a%20b"), Some("a%20b"));
        assert_eq!(key_in("#top&key=x&more"), Some("x"));
        assert_eq!(key_in("#monkey=x"), None);
        assert_eq!(key_in(""), None);
    }

    #[test]
    fn only_the_page_that_it_is_meant_for_is_addressed() {
        let parents = ["https://a.example".to_owned(), "https://b.example".to_owned()];
        assert_eq!(heard_by(&parents, Some("https://b.example")), ["https://b.example"]);
        assert!(heard_by(&parents, Some("https://c.example")).is_empty());
        assert_eq!(heard_by(&parents, None), ["https://a.example", "https://b.example"]);
        assert!(heard_by(&[], None).is_empty());
    }
}
