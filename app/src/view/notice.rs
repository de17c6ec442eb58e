//! A page that has only words to show.

use leptos::prelude::*;

use super::part::fixed;

/// A heading and a sentence.
#[component]
pub fn Notice(title: &'static str, words: String) -> impl IntoView {
    view! {
        <main class="notice">
            <h1>{title}</h1>
            <p use:fixed="role=status">{words}</p>
        </main>
    }
}
