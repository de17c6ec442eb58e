//! Numbers, shares and times of day as the language has them, by the browser's own knowledge.
//!
//! In every language the digits are 0 to 9, in Arabic too: durations, which change a thousand times a second, are written
//! with them, a card must not mix two kinds, and these have one width in every font.

use std::cell::RefCell;

use js_sys::{JsString, Object, Reflect};
use protocol::Timestamp;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::table::CATEGORIES;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Intl)]
    type NumberFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &Object) -> Result<NumberFormat, JsValue>;
    #[wasm_bindgen(method)]
    fn format(this: &NumberFormat, number: f64) -> String;

    #[wasm_bindgen(js_namespace = Intl)]
    type DateTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &Object) -> Result<DateTimeFormat, JsValue>;
    #[wasm_bindgen(method)]
    fn format(this: &DateTimeFormat, ms: f64) -> String;

    #[wasm_bindgen(js_namespace = Intl)]
    type PluralRules;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str) -> Result<PluralRules, JsValue>;
    #[wasm_bindgen(method)]
    fn select(this: &PluralRules, number: f64) -> JsString;
}

/// The browser's formats of one locale. Making one costs a thousand times its use, so they are kept.
struct Formats {
    locale: String,
    number: NumberFormat,
    percent: NumberFormat,
    plural: PluralRules,
    /// By time zone, and with seconds or without.
    times: Vec<(Option<String>, bool, DateTimeFormat)>,
}

thread_local! {
    static FORMATS: RefCell<Option<Formats>> = const { RefCell::new(None) };
}

/// From now on numbers are written as in this place; false when the browser does not know it.
pub fn set_locale(locale: &str) -> bool {
    let make = || {
        Ok::<_, JsValue>(Formats {
            locale: locale.to_owned(),
            number: NumberFormat::new(locale, &options(&[]))?,
            percent: NumberFormat::new(locale, &options(&[("style", "percent")]))?,
            plural: PluralRules::new(locale)?,
            times: Vec::new(),
        })
    };
    let formats = make().ok();
    let is_known = formats.is_some();
    if is_known {
        FORMATS.set(formats);
    }
    is_known
}

/// A number with the signs between its digits.
#[must_use]
pub fn number(value: f64) -> String {
    // Most are short, and alike in all languages.
    let is_plain = value.fract() == 0.0 && (0.0..1_000.0).contains(&value);
    let with_signs = FORMATS.with_borrow(|formats| {
        formats.as_ref().filter(|_| !is_plain).map(|formats| formats.number.format(value))
    });
    with_signs.unwrap_or_else(|| (value as i64).to_string())
}

/// A share of 0 to 100 in whole per cent, with its sign where the language puts it.
#[must_use]
pub fn percent(share: f64) -> String {
    let format = |formats: &Formats| formats.percent.format(share.round() / 100.0);
    FORMATS
        .with_borrow(|formats| formats.as_ref().map_or_else(|| format!("{}%", share.round() as i64), format))
}

/// A time of day where the viewer is, or in a time zone such as `Europe/Berlin`.
#[must_use]
pub fn clock_time(at: Timestamp, with_seconds: bool, zone: Option<&str>) -> String {
    FORMATS.with_borrow_mut(|formats| {
        let Some(formats) = formats else { return String::new() };
        let is_asked =
            |(of, seconds, _): &&_| Option::<String>::as_deref(of) == zone && *seconds == with_seconds;
        if formats.times.iter().find(is_asked).is_none() {
            let mut asked = vec![("hour", "numeric"), ("minute", "2-digit")];
            asked.extend(with_seconds.then_some(("second", "2-digit")));
            asked.extend(zone.map(|zone| ("timeZone", zone)));
            // A zone that the browser does not know; the definition was checked where it was read.
            let Ok(format) = DateTimeFormat::new(&formats.locale, &options(&asked)) else {
                return String::new();
            };
            formats.times.push((zone.map(str::to_owned), with_seconds, format));
        }
        let format = formats.times.iter().find(is_asked);
        format.map_or_else(String::new, |(_, _, format)| format.format(at.as_ms() as f64))
    })
}

/// Day and time where the viewer is, to the second.
#[cfg(feature = "console")]
#[must_use]
pub fn day_and_time(at: Timestamp) -> String {
    let format = |formats: &Formats| {
        let asked = [("dateStyle", "medium"), ("timeStyle", "medium")];
        let format = DateTimeFormat::new(&formats.locale, &options(&asked)).ok()?;
        Some(format.format(at.as_ms() as f64))
    };
    FORMATS.with_borrow(|formats| formats.as_ref().and_then(format)).unwrap_or_default()
}

/// Which form of a noun goes with a number, as an index of [`CATEGORIES`].
pub fn plural_category(n: usize) -> usize {
    let category = FORMATS
        .with_borrow(|formats| formats.as_ref().map(|formats| formats.plural.select(n as f64)))
        .map_or_else(|| if n == 1 { "one" } else { "other" }.to_owned(), String::from);
    CATEGORIES.iter().position(|known| *known == category).unwrap_or(CATEGORIES.len() - 1)
}

fn options(more: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (name, value) in [("numberingSystem", "latn")].iter().chain(more) {
        // A new object takes any property.
        let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    options
}
