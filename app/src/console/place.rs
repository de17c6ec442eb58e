//! Which page of the console it is. The address says so, and the browser's arrows go from one to the other.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// A page of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list of agents.
    Agents,
    /// Writes in figures.
    Activity,
    /// The audit log.
    Audit,
}

impl Place {
    /// All of them, in the order of the navigation.
    pub const ALL: [Self; 3] = [Self::Agents, Self::Activity, Self::Audit];

    /// Its address.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Agents => "/console",
            Self::Activity => "/console/activity",
            Self::Audit => "/console/audit",
        }
    }

    /// The page of an address.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let path = path.trim_end_matches('/');
        Self::ALL.into_iter().find(|place| place.path() == path).unwrap_or(Self::Agents)
    }
}

/// The page that is shown, which follows the browser's arrows.
#[must_use]
pub fn follow() -> RwSignal<Place> {
    let here = || Place::of(&window().location().pathname().unwrap_or_default());
    let place = RwSignal::new(here());
    window_event_listener_untyped("popstate", move |_| place.set(here()));
    place
}

/// Goes to a page; what else the address says stays.
pub fn go(place: RwSignal<Place>, to: Place) {
    let query = window().location().search().unwrap_or_default();
    let address = format!("{}{query}", to.path());
    if let Ok(history) = window().history() {
        // A browser that keeps no history shows the page all the same.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&address));
    }
    place.set(to);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_page() {
        for place in Place::ALL {
            assert_eq!(Place::of(place.path()), place);
        }
        assert_eq!((Place::of("/console/"), Place::of("/console/none")), (Place::Agents, Place::Agents));
    }
}
