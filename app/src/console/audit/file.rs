//! The log as a file: everything that was looked for, page after page, given to the browser to keep.

use std::collections::HashMap;

use js_sys::{Array, Object, Reflect};
use leptos::prelude::document;
use wasm_bindgen::{JsCast as _, prelude::wasm_bindgen};
use web_sys::HtmlElement;

use super::{
    super::ask::{self, No},
    records::{Page, Sought, csv},
};

/// Records at a time: as many as the proxy gives.
const AT_ONCE: u32 = 500;

/// Pages at most, 20,000 records: more is a matter for `rollcall audit export`, which needs no page to stay open.
const PAGES_MAX: u64 = 40;

/// Reads what is sought and saves it, as CSV or as JSON lines.
///
/// # Errors
/// When a page cannot be read; nothing is saved then.
pub async fn save(sought: &Sought, names: &HashMap<String, String>, is_csv: bool) -> Result<(), No> {
    let mut records = Vec::new();
    let mut lines = String::new();
    for number in 1..=PAGES_MAX {
        let query = sought.query(number, AT_ONCE, ask::escaped);
        let answer = ask::get(&format!("/rollcall/audit?{query}")).await?;
        let page: Page = answer.read()?;
        if is_csv {
            records.extend(page.entities);
        } else {
            let raw: serde_json::Value = answer.read()?;
            for record in raw["entities"].as_array().into_iter().flatten() {
                lines.push_str(&record.to_string());
                lines.push('\n');
            }
        }
        if number >= page.page_count {
            break;
        }
    }
    let name_of = |id: &str| names.get(id).cloned().unwrap_or_default();
    let (text, kind, name) = if is_csv {
        (csv(&records, name_of), "text/csv", "rollcall-audit.csv")
    } else {
        (lines, "application/x-ndjson", "rollcall-audit.jsonl")
    };
    download(&text, kind, name)
}

#[wasm_bindgen]
extern "C" {
    /// A file in the making.
    type Blob;
    #[wasm_bindgen(constructor)]
    fn new(parts: &Array, options: &Object) -> Blob;

    /// The browser's addresses of such files.
    type URL;
    #[wasm_bindgen(static_method_of = URL, js_name = createObjectURL)]
    fn create_object_url(blob: &Blob) -> String;
    #[wasm_bindgen(static_method_of = URL, js_name = revokeObjectURL)]
    fn revoke_object_url(address: &str);
}

fn download(text: &str, kind: &str, name: &str) -> Result<(), No> {
    let options = Object::new();
    Reflect::set(&options, &"type".into(), &kind.into())?;
    let address = URL::create_object_url(&Blob::new(&Array::of1(&text.into()), &options));
    let link: HtmlElement = document().create_element("a")?.unchecked_into();
    link.set_attribute("href", &address)?;
    link.set_attribute("download", name)?;
    link.click();
    URL::revoke_object_url(&address);
    Ok(())
}
