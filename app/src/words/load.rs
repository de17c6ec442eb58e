//! Fetches the table of the screen's language, and the next one when the language changes.

use std::{cell::RefCell, time::Duration};

use js_sys::Reflect;
use leptos::prelude::{ArcRwSignal, Update as _, document, set_timeout, window};
use protocol::Language;
use wasm_bindgen::JsValue;

use super::{
    choice::{Choice, choose},
    number,
    table::{self, Table},
};
use crate::{
    net::{self, http},
    options,
};

/// How soon a table that did not come is asked for again.
const RETRY: Duration = Duration::from_secs(2);

/// What stands on the page while it has no words of its own; the only ones that are part of the program.
const WITHOUT_WORDS: &str = "The words of this page could not be loaded. Trying again…";

thread_local! {
    /// What the wall's definition says.
    static OF_WALL: RefCell<Option<String>> = const { RefCell::new(None) };
    /// What is shown, or on its way.
    static CHOSEN: RefCell<Option<Choice>> = const { RefCell::new(None) };
    /// Counts up with each table that came.
    static CHANGES: ArcRwSignal<u32> = ArcRwSignal::new(0);
    static WAITING: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
}

/// Counts up with each table that came; 0 while there is none.
pub fn changes() -> ArcRwSignal<u32> {
    CHANGES.with(Clone::clone)
}

/// Asks for the table of the language that address and browser want.
pub fn start() {
    settle();
}

/// Takes what the wall's definition says about the language.
pub fn wall_says(wish: Option<&str>) {
    OF_WALL.replace(wish.map(str::to_owned));
    settle();
}

/// Runs `then` once there are words, at once if there are some.
pub fn when_there(then: impl FnOnce() + 'static) {
    if table::current().is_some() {
        then();
    } else {
        WAITING.with_borrow_mut(|waiting| waiting.push(Box::new(then)));
    }
}

/// Sees to it that the words are those that are wished for.
fn settle() {
    let browser: Vec<String> =
        window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect();
    let address = address();
    let choice = OF_WALL.with_borrow(|wall| choose(address.as_deref(), wall.as_deref(), &browser));
    if CHOSEN.with_borrow(|chosen| chosen.as_ref() == Some(&choice)) {
        return;
    }
    CHOSEN.replace(Some(choice.clone()));
    if table::current().is_some_and(|table| table.language == choice.language) {
        show(&choice, None);
    } else {
        fetch(choice);
    }
}

fn fetch(choice: Choice) {
    net::spawn(async move {
        let answer = http::json(&file_of(choice.language)).await.ok();
        // In the meantime another one may have been chosen.
        if !CHOSEN.with_borrow(|chosen| chosen.as_ref() == Some(&choice)) {
            return;
        }
        let find = |words: &JsValue, key: &str| Reflect::get(words, &key.into()).ok()?.as_string();
        let table = answer.and_then(|words| Table::of(choice.language, |key| find(&words, key)));
        match table {
            Some(table) => show(&choice, Some(table)),
            None => {
                if let Some(boot) = document().get_element_by_id("boot") {
                    boot.set_text_content(Some(WITHOUT_WORDS));
                }
                set_timeout(move || fetch(choice), RETRY);
            }
        }
    });
}

fn show(choice: &Choice, table: Option<Table>) {
    if !number::set_locale(&choice.locale) {
        // Every browser knows the language, if not the place.
        number::set_locale(choice.language.code());
    }
    if let Some(table) = table {
        table::put(table);
    }
    if let Some(root) = document().document_element() {
        // Names of attributes that are valid.
        let _ = root.set_attribute("lang", &choice.locale);
        let direction = if choice.language.is_right_to_left() { "rtl" } else { "ltr" };
        let _ = root.set_attribute("dir", direction);
    }
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
    changes().update(|changes| *changes += 1);
    for then in WAITING.take() {
        then();
    }
}

fn address() -> Option<String> {
    let query = window().location().search().unwrap_or_default();
    options::lang_in(&query).map(str::to_owned)
}

/// Where the table is, by the name that the bundler wrote into the page. Trunk writes none and leaves the names alone.
pub(super) fn file_of(language: Language) -> String {
    let code = language.code();
    let named = document()
        .query_selector("meta[name=words]")
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"))
        .and_then(|files| {
            let file = files.split(' ').filter_map(|entry| entry.split_once('=')).find(|(of, _)| *of == code);
            file.map(|(_, file)| file.to_owned())
        });
    named.unwrap_or_else(|| format!("/words/{code}.json"))
}
