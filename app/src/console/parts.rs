//! What several pages of the console show alike.

use leptos::prelude::*;

use crate::view::{bind, part::fixed};

/// Why something is not there, told at once to those who listen; nothing while there are no words.
pub fn fault(words: impl Fn() -> String + Send + Sync + 'static) -> impl IntoView {
    // Who has heard it once is not told the same with every attempt.
    let words = Memo::new(move |_| words());
    bind::some_part(move || {
        let words = words.get();
        (!words.is_empty()).then(|| view! { <p class="console-fault" use:fixed="role=alert">{words}</p> })
    })
}

/// A choice among options, which is told what was chosen.
pub fn choice(
    tool: &'static str,
    label: &'static str,
    options: impl IntoView + 'static,
    choose: impl Fn(String) + 'static,
) -> impl IntoView {
    view! {
        <select
            class="console-select"
            data-tool=tool
            aria-label=label
            on:change=move |event| choose(event_target_value(&event))
        >
            {options}
        </select>
    }
}
