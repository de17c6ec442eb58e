//! Paging as Genesys answers it: by number, with the total or, for queue members, without.

use serde::Serialize;

use super::Query;
use crate::refusal::Refusal;

/// Entities a page when the call does not say.
const SIZE_DEFAULT: usize = 25;
/// Beyond this number a page is refused rather than counted.
const NUMBER_MAX: usize = 1_000_000;

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    size: usize,
    number: usize,
}

/// A page of entities.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listing<Entity> {
    entities: Vec<Entity>,
    page_size: usize,
    page_number: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_count: Option<usize>,
    first_uri: String,
    self_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_uri: Option<String>,
}

impl Page {
    /// The page that a query asks for.
    pub(super) fn of(query: &Query, size_max: usize) -> Result<Self, Refusal> {
        Self::with_default(query, SIZE_DEFAULT, size_max)
    }

    /// The same, where a page has another size when the call does not say.
    pub(super) fn with_default(query: &Query, size: usize, size_max: usize) -> Result<Self, Refusal> {
        Ok(Self {
            size: query.number("pageSize", size, 1, size_max)?,
            number: query.number("pageNumber", 1, 1, NUMBER_MAX)?,
        })
    }

    /// The same page, cut to this size.
    pub(super) fn at_most(self, size: usize) -> Self {
        Self { size: self.size.min(size), ..self }
    }

    /// Whether it ends behind so many entities.
    pub(super) fn reaches_beyond(self, count: usize) -> bool {
        self.number.saturating_mul(self.size) > count
    }

    /// The first page, of this size.
    pub(super) fn first(size: usize) -> Self {
        Self { size, number: 1 }
    }

    /// The page itself, for answers that say nothing about paging.
    pub(super) fn of_list<T>(self, all: &[T]) -> &[T] {
        let start = (self.number - 1).saturating_mul(self.size).min(all.len());
        &all[start..all.len().min(start + self.size)]
    }

    /// The page of these entities, saying how many there are in all.
    pub(super) fn with_total<T, Entity>(
        self,
        query: &Query,
        all: &[T],
        describe: impl Fn(&T) -> Entity,
    ) -> Listing<Entity> {
        let page_count = all.len().div_ceil(self.size);
        let mut listing = self.without_total(query, all, describe);
        listing.total = Some(all.len());
        listing.page_count = Some(page_count);
        listing.last_uri = Some(query.uri_of_page(self.size, page_count.max(1)));
        listing
    }

    /// The page of these entities, with the addresses of its neighbours only.
    pub(super) fn without_total<T, Entity>(
        self,
        query: &Query,
        all: &[T],
        describe: impl Fn(&T) -> Entity,
    ) -> Listing<Entity> {
        let start = (self.number - 1).saturating_mul(self.size);
        let entities: Vec<Entity> = all.iter().skip(start).take(self.size).map(describe).collect();
        let more = start.saturating_add(self.size) < all.len();
        let uri_of = |number| query.uri_of_page(self.size, number);
        Listing {
            entities,
            page_size: self.size,
            page_number: self.number,
            total: None,
            page_count: None,
            first_uri: uri_of(1),
            self_uri: uri_of(self.number),
            next_uri: more.then(|| uri_of(self.number + 1)),
            previous_uri: (self.number > 1).then(|| uri_of(self.number - 1)),
            last_uri: None,
        }
    }
}
