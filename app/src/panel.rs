//! The status panel: how this page, the proxy and its channels upstream are. `?` opens it, or a finger that stays; Escape, `?`
//! or a tap closes it. It asks the proxy while it is open and never else.
//!
//! It is a dialog of the browser's own, which keeps the focus, tells screen readers what it is and closes by Escape; and it is
//! written as text, because most pages never show it and all of them load it.

mod rows;
mod told;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::prelude::{document, window_event_listener_untyped};
use told::Told;
use wasm_bindgen::{JsCast as _, prelude::wasm_bindgen};
use web_sys::{AbortController, Element, Event};

use crate::{
    clock::BrowserClock,
    net,
    net::http,
    playlist::Stage,
    view::{modal, part},
    words::{self, Word},
};

#[wasm_bindgen]
extern "C" {
    /// A key or a pointer.
    type Touch;
    #[wasm_bindgen(method, getter, structural)]
    fn key(this: &Touch) -> Option<String>;
    #[wasm_bindgen(method, getter, structural, js_name = ctrlKey)]
    fn ctrl(this: &Touch) -> bool;
    #[wasm_bindgen(method, getter, structural, js_name = metaKey)]
    fn meta(this: &Touch) -> bool;
    #[wasm_bindgen(method, getter, structural, js_name = pointerType)]
    fn pointer(this: &Touch) -> Option<String>;
}

/// The proxy is asked this often, once at a time. It makes its answer from what stands there already.
const ASK_MS: i64 = 3_000;

/// So long it may take; after that it is silent.
const ANSWER_MS: i64 = 5_000;

/// How long a finger stays to open it: longer than a tap, shorter than anybody's patience.
const HOLD_MS: i64 = 600;

/// The panel of a page.
pub struct Panel {
    stage: Rc<Stage>,
    clock: Rc<BrowserClock>,
    dialog: Element,
    told: RefCell<Told>,
    asked_ms: Cell<i64>,
    /// The question that waits for its answer.
    question: RefCell<Option<AbortController>>,
    /// Since when a finger stays.
    down_ms: Cell<Option<i64>>,
    /// The finger that opened it was not lifted yet.
    held: Cell<bool>,
    written: RefCell<String>,
}

impl Panel {
    /// A closed panel at the end of the page, which listens to keys and fingers for as long as the page lives; nothing where
    /// the page has no body.
    pub fn start(stage: Rc<Stage>, clock: Rc<BrowserClock>) -> Option<Rc<Self>> {
        let dialog = document().create_element("dialog").ok()?;
        dialog.set_class_name("status");
        part::set(&dialog, "aria-labelledby", "status");
        document().body()?.append_child(&dialog).ok()?;
        let panel = Rc::new(Self {
            stage,
            clock,
            dialog,
            told: RefCell::default(),
            // The first time at once.
            asked_ms: Cell::new(i64::MIN),
            question: RefCell::default(),
            down_ms: Cell::default(),
            held: Cell::default(),
            written: RefCell::default(),
        });
        for what in ["keydown", "pointerdown", "pointerup", "pointercancel", "click"] {
            let this = panel.clone();
            window_event_listener_untyped(what, move |event| this.hear(&event));
        }
        Some(panel)
    }

    fn hear(self: &Rc<Self>, event: &Event) {
        let touch = event.unchecked_ref::<Touch>();
        match event.type_().as_str() {
            "keydown" => {
                let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                let types = target.is_some_and(|element| part::takes_text(&element));
                if touch.key().as_deref() == Some("?") && !types && !touch.ctrl() && !touch.meta() {
                    event.prevent_default();
                    if self.is_open() { self.close() } else { self.open() }
                }
            }
            "pointerdown" => {
                self.held.set(false);
                let is_finger = touch.pointer().as_deref() == Some("touch");
                self.down_ms.set(is_finger.then(|| self.now_ms()));
            }
            "click" => {
                // The end of the touch that opened it is no tap.
                if self.is_open() && !self.held.take() {
                    self.close();
                }
            }
            // The finger was lifted, or moves the page.
            _ => self.down_ms.set(None),
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().steady.as_ms()
    }

    fn is_open(&self) -> bool {
        self.dialog.has_attribute("open")
    }

    fn open(self: &Rc<Self>) {
        // Whatever language is spoken now.
        let words = [Word::Status, Word::Close].map(words::text);
        self.dialog.set_inner_html(&rows::frame(words));
        self.written.take();
        self.tick();
        modal::show(&self.dialog);
        self.tick();
    }

    fn close(&self) {
        modal::close(&self.dialog);
    }

    /// To be called a few times a second.
    pub fn tick(self: &Rc<Self>) {
        let now_ms = self.now_ms();
        if self.is_open() {
            let waited_ms = now_ms.saturating_sub(self.asked_ms.get());
            match self.question.take() {
                None if waited_ms < ASK_MS => {}
                None => {
                    self.asked_ms.set(now_ms);
                    self.ask();
                }
                // That there is no answer is told where it is waited for.
                Some(question) if waited_ms >= ANSWER_MS => question.abort(),
                question => drop(self.question.replace(question)),
            }
            self.write();
        } else if self.down_ms.get().is_some_and(|down_ms| now_ms - down_ms >= HOLD_MS) {
            self.down_ms.set(None);
            self.held.set(true);
            self.open();
        }
    }

    fn ask(self: &Rc<Self>) {
        // Without one nothing could be given up, and a page that cannot make one cannot open a wall.
        let Ok(question) = AbortController::new() else { return };
        let (this, signal) = (self.clone(), question.signal());
        self.question.replace(Some(question));
        net::spawn(async move {
            // Without an answer what was told before stays, and that there is none is said.
            let answer = http::status(&signal).await.ok();
            if !signal.aborted() {
                this.question.take();
            }
            this.told.borrow_mut().hear(answer);
            this.write();
        });
    }

    /// Writes what is so, when it is not what stands there.
    fn write(&self) {
        let rows = rows::all(&self.stage.link().page(), &self.told.borrow());
        if *self.written.borrow() != rows
            && let Some(place) = self.dialog.last_element_child()
        {
            place.set_inner_html(&rows);
            self.written.replace(rows);
        }
    }
}
