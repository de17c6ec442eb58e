//! Dark or light: as the address says, else as was chosen here before, else as the system is.

use leptos::prelude::*;
use protocol::wall::{Palette, Theme};

use super::option;
use crate::view::part::set;

/// What was chosen, kept by the browser.
const CHOSEN: &str = "rollcall.console.theme";

/// Makes the page look as it should.
pub fn begin() {
    let chosen = || window().local_storage().ok()??.get_item(CHOSEN).ok()?;
    show(option("theme").or_else(chosen).as_deref().and_then(Theme::parse).unwrap_or(Theme::Auto));
    if let (Some(root), Some(palette)) =
        (document().document_element(), option("palette").as_deref().and_then(Palette::parse))
    {
        set(&root, "data-palette", palette.as_str());
    }
}

/// From now on it looks like this.
pub fn choose(theme: Theme) {
    if let Ok(Some(kept)) = window().local_storage() {
        // A browser that keeps nothing forgets it with the page.
        let _ = kept.set_item(CHOSEN, theme.as_str());
    }
    show(theme);
}

fn show(theme: Theme) {
    let Some(root) = document().document_element() else { return };
    match theme {
        // The style sheet asks the system.
        Theme::Auto => drop(root.remove_attribute("data-theme")),
        Theme::Dark | Theme::Light | Theme::Contrast => set(&root, "data-theme", theme.as_str()),
    }
}
