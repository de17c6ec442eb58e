//! What is wrong with upstream, in one line for people: who reads it wants to know whom to ask. It names nobody.

use std::collections::BTreeMap;

use super::book::Book;

/// So many reasons are told; eighteen channels rarely fail for more, and a line has an end.
const REASONS_MAX: usize = 3;

/// So many channels are named of one reason.
const CHANNELS_MAX: usize = 4;

/// What is wrong; `None` while nothing is.
#[must_use]
pub fn of(book: &Book) -> Option<String> {
    let mut by_reason: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (shard, state) in book.shards.iter().enumerate().filter(|(_, state)| !state.live && !state.is_over) {
        by_reason.entry(state.reason.as_deref().unwrap_or("starting")).or_default().push(shard);
    }
    let mut told = Vec::new();
    if !book.complete && !by_reason.contains_key(book.waits_for.as_str()) {
        told.push(format!("first read: {}", book.waits_for));
    }
    told.extend(by_reason.iter().take(REASONS_MAX).map(|(reason, shards)| channels(shards, reason)));
    if by_reason.len() > REASONS_MAX {
        told.push(format!("and {} more reasons", by_reason.len() - REASONS_MAX));
    }
    if !book.refused_topics.is_empty() {
        let topics: Vec<&str> = book.refused_topics.iter().map(String::as_str).collect();
        told.push(format!("topics refused: {}", topics.join(", ")));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

fn channels(shards: &[usize], reason: &str) -> String {
    let named: Vec<String> = shards.iter().take(CHANNELS_MAX).map(ToString::to_string).collect();
    let (noun, more) = (
        if shards.len() == 1 { "channel" } else { "channels" },
        if shards.len() > CHANNELS_MAX { " and more" } else { "" },
    );
    format!("{noun} {}{more}: {reason}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::book::ShardState;

    fn book(reasons: &[Option<&str>]) -> Book {
        let shard = |reason: &Option<&str>| ShardState {
            live: reason.is_none(),
            reason: reason.map(str::to_owned),
            ..ShardState::default()
        };
        Book { complete: true, shards: reasons.iter().map(shard).collect(), ..Book::default() }
    }

    #[test]
    fn channels_of_one_reason_are_told_together() {
        assert_eq!(of(&book(&[None, None])), None);
        assert_eq!(of(&book(&[None, Some("silent")])).as_deref(), Some("channel 1: silent"));
        let two = book(&[Some("silent"), None, Some("closed"), Some("silent")]);
        assert_eq!(of(&two).as_deref(), Some("channel 2: closed; channels 0, 3: silent"));
        let all = book(&[Some("closed"); 18]);
        assert_eq!(of(&all).as_deref(), Some("channels 0, 1, 2, 3 and more: closed"));
        let each = book(&[Some("a"), Some("b"), Some("c"), Some("d"), Some("e")]);
        assert_eq!(
            of(&each).as_deref(),
            Some("channel 0: a; channel 1: b; channel 2: c; and 2 more reasons")
        );
    }

    #[test]
    fn what_the_first_read_waits_for_is_told_once() {
        let waits = |reason: &str| Book {
            complete: false,
            waits_for: "no network".to_owned(),
            ..book(&[Some(reason)])
        };
        assert_eq!(of(&waits("no network")).as_deref(), Some("channel 0: no network"));
        assert_eq!(of(&waits("closed")).as_deref(), Some("first read: no network; channel 0: closed"));
        let begun = Book { shards: vec![ShardState::default()], ..waits("") };
        assert_eq!(of(&begun).as_deref(), Some("first read: no network; channel 0: starting"));
    }

    #[test]
    fn what_is_closed_on_purpose_is_no_trouble_and_what_is_refused_is() {
        let mut book = book(&[None, Some("closed")]);
        book.shards[1].is_over = true;
        assert_eq!(of(&book), None);
        book.refused_topics = ["routingStatus", "presence"].map(str::to_owned).into();
        assert_eq!(of(&book).as_deref(), Some("topics refused: presence, routingStatus"));
    }
}
