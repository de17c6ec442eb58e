//! What the routes do: the vendor's own reads and notifications, the walls, tokens, health.
//!
//! Reads are served from the board, or cached and shared; each answer holds a closed list of members.

pub mod activity;
pub mod alarms;
pub mod audit;
pub mod embed;
pub mod health;
pub mod notifications;
pub mod page;
pub mod presence;
pub mod presences;
pub mod publish;
pub mod queues;
pub mod routing_status;
pub mod session;
pub mod skills;
pub mod status;
pub mod temporary_skills;
pub mod token;
pub mod upgrade;
pub mod users;
pub mod walls;
pub mod write;

use std::collections::HashMap;

use axum::body::{Body, to_bytes};
use protocol::entity::Page;
use serde::de::DeserializeOwned;

use crate::{BODY_MAX_BYTES, problem::Problem};

/// Query parameters; arrays come repeated or comma-joined.
#[derive(Debug, Default)]
pub struct Params {
    values: HashMap<String, Vec<String>>,
    /// Each as it was first given, whole.
    texts: HashMap<String, String>,
}

impl Params {
    /// Reads a raw query.
    #[must_use]
    pub fn parse(query: Option<&str>) -> Self {
        let mut params = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let values = value.split(',').map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
            params.values.entry(name.to_string()).or_default().extend(values);
            let text = value.trim();
            if !text.is_empty() {
                params.texts.entry(name.into_owned()).or_insert_with(|| text.to_owned());
            }
        }
        params
    }

    /// All values of a parameter.
    #[must_use]
    pub fn list(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// A parameter that is one text, commas and all.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.texts.get(name).cloned()
    }

    /// Whether a list holds a word, in any case.
    #[must_use]
    pub fn has(&self, name: &str, word: &str) -> bool {
        self.list(name).iter().any(|value| value.eq_ignore_ascii_case(word))
    }

    /// Refuses parameters that are not among these.
    ///
    /// # Errors
    /// Names the first, and those that are known.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let mut names: Vec<&String> =
            self.values.keys().filter(|name| !known.contains(&name.as_str())).collect();
        names.sort_unstable();
        let Some(name) = names.first() else { return Ok(()) };
        Err(Problem::BadRequest(format!("{name} cannot be asked for here; known: {}", known.join(", "))))
    }

    /// Page number and size within bounds.
    ///
    /// # Errors
    /// When one is not a number in its range.
    pub fn paging(&self, size_max: u32) -> Result<(u32, u32), Problem> {
        let number = |name: &str, default: u32, max: u32| match self.list(name).first() {
            None => Ok(default),
            Some(text) => match text.parse::<u32>() {
                Ok(n) if (1..=max).contains(&n) => Ok(n),
                Ok(_) | Err(_) => {
                    Err(Problem::BadRequest(format!("{name} must be a whole number from 1 to {max}")))
                }
            },
        };
        Ok((number("pageNumber", 1, 1_000_000)?, number("pageSize", 25, size_max)?))
    }
}

/// The address of a list without its page: what else was asked for goes along to its neighbours.
#[must_use]
pub fn list_uri(path: &str, query: Option<&str>) -> String {
    let is_page = |pair: &&str| pair.starts_with("pageSize=") || pair.starts_with("pageNumber=");
    let kept = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !is_page(pair));
    let kept: Vec<&str> = kept.collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// One page of a list, with the totals and addresses that Genesys gives.
pub fn page<T, U>(all: &[T], (number, size): (u32, u32), base: &str, show: impl Fn(&T) -> U) -> Page<U> {
    let total = all.len() as u32;
    let pages = total.div_ceil(size);
    let start = (number as usize - 1) * size as usize;
    let entities = all.iter().skip(start).take(size as usize).map(show).collect();
    let join = if base.contains('?') { '&' } else { '?' };
    let uri = |n: u32| format!("{base}{join}pageSize={size}&pageNumber={n}");
    Page {
        entities,
        page_size: Some(size),
        page_number: Some(number),
        total: Some(total),
        page_count: Some(pages),
        first_uri: Some(uri(1)),
        next_uri: (number < pages).then(|| uri(number + 1)),
        previous_uri: (number > 1).then(|| uri(number - 1)),
        last_uri: Some(uri(pages.max(1))),
        self_uri: Some(uri(number)),
    }
}

/// A body as JSON; absent, empty and `null` are `None`.
///
/// # Errors
/// When it is too large or not what was expected.
pub async fn json<T: DeserializeOwned>(body: Body, expected: &str) -> Result<Option<T>, Problem> {
    let bytes = to_bytes(body, BODY_MAX_BYTES).await.map_err(|_| Problem::TooLarge)?;
    let text = bytes.trim_ascii();
    if text.is_empty() || text == b"null" {
        return Ok(None);
    }
    serde_json::from_slice(text)
        .map(Some)
        .map_err(|e| Problem::BadRequest(format!("the body is not {expected}: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_come_repeated_or_joined() {
        let params = Params::parse(Some("id=a,b&id=c%2Cd&expand=Presence"));
        assert_eq!(params.list("id"), ["a", "b", "c", "d"]);
        assert!(params.has("expand", "presence"));
        assert_eq!(params.paging(100).unwrap(), (1, 25));
        assert!(Params::parse(Some("pageSize=101")).paging(100).is_err());
    }

    #[test]
    fn what_was_asked_for_goes_along_to_the_next_page() {
        let query = "pageSize=7&expand=presence&id=a%2Cb&pageNumber=2";
        assert_eq!(list_uri("/x", Some(query)), "/x?expand=presence&id=a%2Cb");
        assert_eq!(list_uri("/x", Some("pageSize=7")), "/x");
        assert_eq!(list_uri("/x", None), "/x");
    }

    #[test]
    fn pages_tell_where_the_next_one_is() {
        let all: Vec<u32> = (0..5).collect();
        let second = page(&all, (2, 2), "/x?a=1", |n| *n);
        assert_eq!(second.entities, [2, 3]);
        assert_eq!(second.next_uri.as_deref(), Some("/x?a=1&pageSize=2&pageNumber=3"));
        assert_eq!(page(&all, (3, 2), "/x", |n| *n).next_uri, None);
        assert!(page(&all, (9, 2), "/x", |n| *n).entities.is_empty());
    }
}
