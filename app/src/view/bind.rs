//! What of a view changes. The view library makes code of its own for each closure, up to a kilobyte a piece and a tenth of the
//! download together; through these it sees one type of each kind.

use std::sync::{Arc, Mutex};

use leptos::{prelude::*, tachys::reactive_graph::SharedReactiveFunction};

use super::part::yes_no;

/// A text, or the value of an attribute.
pub fn text(read: impl Fn() -> String + Send + 'static) -> SharedReactiveFunction<String> {
    Arc::new(Mutex::new(read))
}

/// The value of an attribute, which is not there at all while there is none.
pub fn maybe(
    read: impl Fn() -> Option<&'static str> + Send + 'static,
) -> SharedReactiveFunction<Option<&'static str>> {
    Arc::new(Mutex::new(read))
}

/// An attribute that says something by being there.
pub fn flag(is_there: impl Fn() -> bool + Send + 'static) -> SharedReactiveFunction<Option<&'static str>> {
    maybe(move || is_there().then_some(""))
}

/// An attribute that is `true` or `false`.
pub fn truth(is_so: impl Fn() -> bool + Send + 'static) -> SharedReactiveFunction<Option<&'static str>> {
    maybe(move || Some(yes_no(is_so())))
}

/// A part that is made anew when what it reads changes.
pub fn part(make: impl Fn() -> AnyView + Send + 'static) -> SharedReactiveFunction<AnyView> {
    Arc::new(Mutex::new(make))
}

/// A part that is not always there.
pub fn some_part<V: IntoView + 'static>(
    make: impl Fn() -> Option<V> + Send + 'static,
) -> SharedReactiveFunction<AnyView> {
    part(move || maybe_part(make()))
}

/// One of many: what makes it this one, and how it is made when it comes.
pub struct Item {
    key: String,
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Item {
    /// An item; `key` is its own among all.
    pub fn new<V: IntoView + 'static>(key: String, make: impl FnOnce() -> V + Send + 'static) -> Self {
        Self { key, make: Box::new(move || make().into_any()) }
    }
}

/// As many as there are: those that stay are kept, in their order.
pub fn items(read: impl Fn() -> Vec<Item> + Send + 'static) -> AnyView {
    fn items(read: Box<dyn Fn() -> Vec<Item> + Send>) -> AnyView {
        let make = |item: Item| (item.make)();
        view! { <For each=read key=|item: &Item| item.key.clone() children=make/> }.into_any()
    }
    items(Box::new(read))
}

/// Runs now and whenever what it reads changes.
pub fn effect(run: impl FnMut() + 'static) {
    fn effect(run: Box<dyn FnMut()>) {
        Effect::new(run);
    }
    effect(Box::new(run));
}

/// What something above this part of the page provides.
#[must_use]
pub fn context<T: Clone + 'static>() -> T {
    use_context().expect("what the page is made of is provided at its root")
}

/// A part that is there or not, for as long as what it stands in.
pub fn when<V: IntoView + 'static>(is_there: bool, make: impl FnOnce() -> V) -> AnyView {
    maybe_part(is_there.then(make))
}

/// A part, or nothing.
pub fn maybe_part<V: IntoView + 'static>(part: Option<V>) -> AnyView {
    part.map_or_else(|| ().into_any(), IntoAny::into_any)
}

/// Parts one after another.
pub fn all<V: IntoView + 'static>(parts: impl IntoIterator<Item = V>) -> AnyView {
    parts.into_iter().map(IntoAny::into_any).collect::<Vec<_>>().into_any()
}
