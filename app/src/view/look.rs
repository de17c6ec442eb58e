//! How a page looks beyond what stands on it: theme, palette and size of its root.

use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*};
use protocol::{
    Timestamp,
    wall::{Palette, Theme, WallDefinition},
};

use super::bind;
use super::memo::Memo;
use super::part::{set, style};
use crate::{format::hundredths, options::Options, view::ticker::Ticker};

/// Keeps the page's root as the wall wants it.
pub fn keep(shown: Memo<WallDefinition>) {
    let options = bind::context::<Options>();
    if let (Some(root), Some(scale)) = (document().document_element(), options.scale) {
        style(&root, "--scale", &hundredths(scale));
    }
    let look = Memo::new(move || shown.with(|wall| (wall.theme, wall.palette)));
    let system = system();
    bind::effect(move || {
        let (theme, palette) = look.get();
        show(resolve(theme, system.get()), palette);
    });
}

fn show(theme: Theme, palette: Palette) {
    let Some(root) = document().document_element() else { return };
    set(&root, "data-theme", theme.as_str());
    set(&root, "data-palette", palette.as_str());
}

/// What the viewer's system prefers: contrast before brightness.
fn resolve(theme: Theme, system: Theme) -> Theme {
    match theme {
        Theme::Auto => system,
        Theme::Dark | Theme::Light | Theme::Contrast => theme,
    }
}

/// The system's wish, which may change while the page is open.
fn system() -> RwSignal<Theme> {
    const QUERIES: [(&str, Theme); 2] =
        [("(prefers-contrast: more)", Theme::Contrast), ("(prefers-color-scheme: light)", Theme::Light)];
    let read = || {
        let matches =
            |query: &str| window().match_media(query).ok().flatten().is_some_and(|query| query.matches());
        QUERIES.iter().find(|(query, _)| matches(query)).map_or(Theme::Dark, |(_, theme)| *theme)
    };
    let wish = RwSignal::new(read());
    if let Ok(handle) = set_interval_with_handle(
        move || {
            let now = read();
            if wish.get_untracked() != now {
                wish.set(now);
            }
        },
        LOOK_EVERY,
    ) {
        on_cleanup(move || handle.clear());
    }
    wish
}

/// A system changes between day and night, not within a second.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// About when the page was opened.
#[must_use]
pub fn page_time() -> Timestamp {
    bind::context::<Ticker>().now()
}
