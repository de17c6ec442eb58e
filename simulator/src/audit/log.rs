//! The entries of the log, in the order of time: a bounded number of them, found by bisection.

use std::{
    collections::{BTreeMap, VecDeque},
    iter,
};

use protocol::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Author, Deed, Level};
use crate::world::guid;

/// So many entries are kept; the oldest goes first.
const KEPT_MAX: usize = 20_000;
/// And so long. Source: developer center, "Audit" (retention).
const KEPT_FOR_MS: i64 = 365 * 24 * 3_600_000;
/// Keeps the ids of entries apart from the other ids that the seed makes.
const STREAM: u64 = 0x4155_4449;

/// What was done, by whom and when.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Counts up without a gap.
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// What one call caused carries one number.
    call: u64,
    author: Author,
    pub(crate) deed: Deed,
}

impl Entry {
    /// Who did it; nobody when it followed from something else.
    pub(crate) fn author(&self) -> Option<&Author> {
        (self.deed.level == Level::User).then_some(&self.author)
    }
}

/// What a filter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    UserId,
    TrusteeOrganizationId,
    ClientId,
    Action,
    EntityType,
    EntityId,
}

impl Property {
    /// All of them, by name.
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("UserId", Self::UserId),
        ("TrusteeOrganizationId", Self::TrusteeOrganizationId),
        ("ClientId", Self::ClientId),
        ("Action", Self::Action),
        ("EntityType", Self::EntityType),
        ("EntityId", Self::EntityId),
    ];
}

/// A filter.
#[derive(Clone, Debug)]
pub(crate) struct Want {
    pub(crate) property: Property,
    pub(crate) value: String,
}

impl Want {
    fn is_met(&self, entry: &Entry) -> bool {
        let (author, kind) = (entry.author(), entry.deed.kind);
        match self.property {
            Property::UserId => author
                .and_then(|author| author.user.as_ref())
                .is_some_and(|user| user.as_str().eq_ignore_ascii_case(&self.value)),
            // Nobody of another organisation works in this one.
            Property::TrusteeOrganizationId => false,
            Property::ClientId => {
                author.is_some_and(|author| author.client.eq_ignore_ascii_case(&self.value))
            }
            Property::Action => kind.action == self.value,
            Property::EntityType => kind.entity_type == self.value,
            Property::EntityId => entry.deed.entity.id.eq_ignore_ascii_case(&self.value),
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// From then on.
    pub(crate) start: Timestamp,
    /// Before then.
    pub(crate) end: Timestamp,
    /// One service, or all of them.
    pub(crate) services: Vec<&'static str>,
    /// All must be met.
    pub(crate) wants: Vec<Want>,
    /// The last first.
    pub(crate) descending: bool,
}

impl Search {
    fn is_met(&self, entry: &Entry) -> bool {
        self.services.contains(&entry.deed.kind.service) && self.wants.iter().all(|want| want.is_met(entry))
    }
}

/// The log.
pub(crate) struct Audits {
    entries: VecDeque<Entry>,
    numbers: BTreeMap<String, u64>,
    recorded: u64,
    calls: u64,
    ids: ChaCha8Rng,
}

impl Audits {
    /// An empty log; the ids of its entries follow from the seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut ids = ChaCha8Rng::seed_from_u64(seed);
        ids.set_stream(STREAM);
        Self { entries: VecDeque::new(), numbers: BTreeMap::new(), recorded: 0, calls: 0, ids }
    }

    /// An id, for what belongs together.
    pub(crate) fn new_id(&mut self) -> String {
        guid::next(&mut self.ids)
    }

    /// Records what a call did; gives the new entries.
    pub(crate) fn record(
        &mut self,
        now: Timestamp,
        author: &Author,
        deeds: Vec<Deed>,
    ) -> impl Iterator<Item = &Entry> {
        let first = self.recorded;
        self.calls += 1;
        for deed in deeds {
            let (number, id) = (self.recorded, self.new_id());
            self.recorded += 1;
            self.numbers.insert(id.clone(), number);
            let author = author.clone();
            self.entries.push_back(Entry { number, id, at: now, call: self.calls, author, deed });
            if self.entries.len() > KEPT_MAX {
                self.forget_first();
            }
        }
        self.forget(now);
        self.entries.range(self.place(first)..)
    }

    /// Forgets what is too old.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        while self.entries.front().is_some_and(|entry| now.ms_since(entry.at) > KEPT_FOR_MS) {
            self.forget_first();
        }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many there ever were; later entries have this number or a higher one.
    pub(crate) fn recorded(&self) -> u64 {
        self.recorded
    }

    /// All entries that the same call caused as the entry of this id, it among them.
    pub(crate) fn related(&self, id: &str) -> Option<Vec<&Entry>> {
        let place = self.place(*self.numbers.get(&id.to_ascii_lowercase())?);
        let call = self.entries.get(place)?.call;
        // They lie side by side.
        let before = self.entries.range(..place).rev().take_while(|entry| entry.call == call);
        let mut related: Vec<&Entry> = before.collect();
        related.reverse();
        related.extend(self.entries.range(place..).take_while(|entry| entry.call == call));
        Some(related)
    }

    /// What is found among the entries below `known_until`, in the order that is asked for. An interval is
    /// found by bisection; filters look at what lies in it.
    pub(crate) fn find(&self, search: &Search, known_until: u64) -> impl Iterator<Item = &Entry> {
        self.find_from(search, known_until, None)
    }

    /// So many of them, from the entry of the number `cursor` on, and the number from which the next page
    /// goes on.
    pub(crate) fn page(
        &self,
        search: &Search,
        known_until: u64,
        cursor: Option<u64>,
        size: usize,
    ) -> (Vec<&Entry>, Option<u64>) {
        let found = self.find_from(search, known_until, cursor);
        let mut page: Vec<&Entry> = found.take(size.saturating_add(1)).collect();
        let next = page.get(size).map(|entry| entry.number);
        page.truncate(size);
        (page, next)
    }

    fn find_from(
        &self,
        search: &Search,
        known_until: u64,
        cursor: Option<u64>,
    ) -> impl Iterator<Item = &Entry> {
        let mut from = self.entries.partition_point(|entry| entry.at < search.start);
        let mut until = self.entries.partition_point(|entry| entry.at < search.end);
        until = until.min(self.place(known_until));
        match cursor {
            Some(cursor) if search.descending => until = until.min(self.place(cursor.saturating_add(1))),
            Some(cursor) => from = from.max(self.place(cursor)),
            None => {}
        }
        let mut range = self.entries.range(from..until.max(from));
        let in_order =
            iter::from_fn(move || if search.descending { range.next_back() } else { range.next() });
        in_order.filter(|entry| search.is_met(entry))
    }

    /// Where the entry of this number lies, or would lie.
    fn place(&self, number: u64) -> usize {
        let first = self.recorded - self.entries.len() as u64;
        usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX).min(self.entries.len())
    }

    fn forget_first(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.numbers.remove(&entry.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::deed, *};

    fn log_of(count: usize) -> Audits {
        let author = Author { client: "c".into(), user: None, remote_ip: None };
        let mut log = Audits::new(7);
        for n in 0..count {
            let at = Timestamp::from_ms(i64::try_from(n).unwrap());
            assert_eq!(log.record(at, &author, deed::token_of_client("c")).count(), 1);
        }
        log
    }

    fn search(start: i64, end: i64, descending: bool) -> Search {
        let (start, end) = (Timestamp::from_ms(start), Timestamp::from_ms(end));
        Search { start, end, services: vec!["PeoplePermissions"], wants: Vec::new(), descending }
    }

    #[test]
    fn the_oldest_entries_are_forgotten_and_the_others_found() {
        let mut log = log_of(KEPT_MAX + 10);
        assert_eq!((log.len(), log.numbers.len()), (KEPT_MAX, KEPT_MAX));
        let numbers: Vec<u64> = log.find(&search(0, 12, false), u64::MAX).map(|entry| entry.number).collect();
        assert_eq!(numbers, [10, 11]);
        let last = log.find(&search(0, i64::MAX, true), u64::MAX).next().unwrap();
        assert_eq!(log.related(&last.id.to_uppercase()).unwrap().len(), 1);
        let first = log.entries[0].id.clone();
        log.forget(Timestamp::from_ms(KEPT_FOR_MS + 11));
        assert_eq!(log.len(), KEPT_MAX - 1);
        assert!(log.related(&first).is_none());
    }

    #[test]
    fn pages_follow_each_other_in_both_orders_and_later_entries_stay_out() {
        let log = log_of(10);
        for (descending, expected) in [(false, vec![2, 3, 4, 5, 6, 7]), (true, vec![7, 6, 5, 4, 3, 2])] {
            let search = search(2, 9, descending);
            let (mut numbers, mut cursor) = (Vec::new(), None);
            loop {
                let (page, next) = log.page(&search, 8, cursor, 2);
                numbers.extend(page.iter().map(|entry| entry.number));
                cursor = next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(numbers, expected);
        }
        assert_eq!(log.page(&search(5, 2, false), 8, None, 2).0.len(), 0);
    }
}
