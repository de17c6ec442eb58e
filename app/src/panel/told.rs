//! What the proxy told of itself, read by name. Typed, the answer would be 2 KB of the page's program, for a table that most
//! pages never show.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The proxy's last answer.
#[derive(Default)]
pub struct Told {
    status: JsValue,
    /// The proxy did not answer when it was asked last.
    pub is_silent: bool,
}

impl Told {
    /// Takes an answer, or that there is none.
    pub fn hear(&mut self, answer: Option<JsValue>) {
        self.is_silent = answer.is_none();
        if let Some(answer) = answer {
            self.status = answer;
        }
    }

    /// What stands under a path such as `topics.left`; undefined where nothing does.
    fn at(&self, path: &str) -> JsValue {
        // What is no object has no members.
        let member = |of: JsValue, name: &str| Reflect::get(&of, &name.into()).unwrap_or_default();
        path.split('.').fold(self.status.clone(), member)
    }

    /// A number, when it was told.
    #[must_use]
    pub fn number(&self, path: &str) -> Option<f64> {
        self.at(path).as_f64()
    }

    /// A text; empty where there is none.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        self.at(path).as_string().unwrap_or_default()
    }
}
