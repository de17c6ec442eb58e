//! Which of two facts wins. The proxy's feed is the only user; a screen takes the proxy's order.
//!
//! * The newer vendor date wins. At equal dates the same value changes nothing; another value is
//!   taken from an event, from a read only when a second read agrees.
//! * Facts without a vendor date are stamped: arrival for events, start of the request for reads.
//! * A read that contradicts an event which arrived less than [`FRESH_EVENT_MS`] before the read began
//!   counts only when a second read agrees; reads at start and after a gap count at once, those of an audit never.
//! * A confirmed repair replaces whatever the dates say, unless the fact accepted anything since the
//!   first of the two reads began.

use std::collections::HashMap;

use crate::{
    fact::{Fact, Part, Value},
    slot::Slot,
    time::Timestamp,
};

/// REST may lag behind events for some seconds; a contradiction inside this time needs a second read.
pub const FRESH_EVENT_MS: i64 = 10_000;

/// Why something was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing was heard of it so far, or for a while.
    AfterGap,
    /// Something gave reason to doubt what stands.
    InDoubt,
    /// Nothing did: what stands is compared with the truth, and what differs may be on its way as an event.
    ForAudit,
}

/// Where a fact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was pushed.
    Event,
    /// It was asked for.
    Read {
        /// When the request was sent.
        began: Timestamp,
        /// Why it was sent.
        asked: Asked,
    },
}

/// What became of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stands now, with this date.
    Accepted(Timestamp),
    /// It stood already.
    Unchanged,
    /// Something newer stands.
    Refused,
    /// A second read decides.
    NeedsSecondRead,
}

/// A fact that stands.
#[derive(Clone, Debug)]
pub struct Held {
    /// What is so.
    pub value: Value,
    /// The vendor's date, else the stamp.
    pub date: Timestamp,
    accepted: Timestamp,
    by_event: bool,
    /// Its subject was gone since: it stands no more, and whatever comes next is news.
    is_withdrawn: bool,
    /// Boxed, because few facts are ever in doubt.
    suspect: Option<Box<Suspect>>,
}

/// What a first read said against a fact.
#[derive(Clone, Debug)]
struct Suspect {
    value: Value,
    date: Option<Timestamp>,
    began: Timestamp,
}

impl Suspect {
    fn confirmed_by(&self, fact: &Fact) -> bool {
        self.date == fact.date && self.value.agrees(&fact.value)
    }

    /// Whether any event of it would have come by now: a second read that says a third thing says too that what stands is wrong.
    fn outlived_by(&self, began: Timestamp) -> bool {
        began.ms_since(self.began) >= FRESH_EVENT_MS
    }
}

/// What stands in one slot, ascending by part. A list, because most slots have one part, and a map would take room for
/// eleven at once: an organisation of 50,000 agents has 150,000 such slots.
#[derive(Debug, Default)]
struct Parts(Vec<(Part, Held)>);

impl Parts {
    fn place(&self, part: &Part) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(part))
    }

    fn get_mut(&mut self, part: &Part) -> Option<&mut Held> {
        let at = self.place(part).ok()?;
        Some(&mut self.0[at].1)
    }

    fn insert(&mut self, part: Part, held: Held) {
        if self.0.is_empty() {
            self.0.reserve_exact(1);
        }
        match self.place(&part) {
            Ok(at) => self.0[at].1 = held,
            Err(at) => self.0.insert(at, (part, held)),
        }
    }
}

/// All facts that stand, by slot.
#[derive(Debug, Default)]
pub struct Ledger {
    slots: HashMap<Slot, Parts>,
}

impl Ledger {
    /// Makes room for so many slots in all.
    pub fn reserve(&mut self, slots: usize) {
        self.slots.reserve(slots.saturating_sub(self.slots.len()));
    }

    /// Weighs one fact at `now` and, when it wins, lets it stand.
    pub fn weigh(&mut self, fact: &Fact, origin: Origin, now: Timestamp) -> Verdict {
        let stamp = match origin {
            Origin::Event => now,
            Origin::Read { began, .. } => began,
        };
        let date = fact.date.unwrap_or(stamp);
        let by_event = origin == Origin::Event;
        let changes_nothing = fact.value.is_zero();
        let parts = match self.slots.get_mut(&fact.slot) {
            Some(parts) => parts,
            None if changes_nothing && !by_event => return Verdict::Unchanged,
            None => self.slots.entry(fact.slot.clone()).or_default(),
        };
        let Some(held) = parts.get_mut(&fact.part) else {
            if let Origin::Read { began, asked: Asked::ForAudit } = origin
                && let Some(zero) = fact.value.zero()
            {
                // Until a second read agrees nothing stands, and nothing means zero.
                let suspect = Some(Box::new(Suspect { value: fact.value.clone(), date: fact.date, began }));
                let never = Timestamp::default();
                let held = Held {
                    value: zero,
                    date: never,
                    accepted: never,
                    by_event: false,
                    is_withdrawn: false,
                    suspect,
                };
                parts.insert(fact.part.clone(), held);
                return Verdict::NeedsSecondRead;
            }
            // A zero that was pushed is kept: it stands against a read that was begun before it.
            if !changes_nothing || by_event {
                let held = Held::new(fact, date, now, by_event);
                parts.insert(fact.part.clone(), held);
            }
            return if changes_nothing { Verdict::Unchanged } else { Verdict::Accepted(date) };
        };
        if held.is_withdrawn {
            return held.stand(fact, date, now, by_event);
        }
        match origin {
            Origin::Event => held.weigh_event(fact, date, now),
            Origin::Read { began, asked } => held.weigh_read(fact, date, began, asked, now),
        }
    }

    /// What stands in a slot.
    pub fn parts(&self, slot: &Slot) -> impl Iterator<Item = (&Part, &Held)> {
        self.told(slot).filter(|(_, held)| !held.is_withdrawn)
    }

    /// What screens may know of a slot: what stands, and what stood until its subject was gone.
    pub fn told(&self, slot: &Slot) -> impl Iterator<Item = (&Part, &Held)> {
        self.slots.get(slot).into_iter().flat_map(|parts| parts.0.iter().map(|(part, held)| (part, held)))
    }

    /// What stood in a slot until its subject was gone, and nothing was told of since.
    pub fn withdrawn(&self, slot: &Slot) -> impl Iterator<Item = (&Part, &Held)> {
        self.told(slot).filter(|(_, held)| held.is_withdrawn)
    }

    /// Lets nothing stand in a slot whose subject is gone. When it comes back, whatever is told of it is news, a zero too: a screen that
    /// heard neither that it went nor that it came still shows what stood.
    pub fn withdraw(&mut self, slot: &Slot) {
        let parts = self.slots.get_mut(slot).into_iter().flat_map(|parts| &mut parts.0);
        parts.for_each(|(_, held)| held.is_withdrawn = true);
    }

    /// Forgets a slot, and what screens may know of it.
    pub fn forget(&mut self, slot: &Slot) {
        self.slots.remove(slot);
    }

    /// How many facts stand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.values().map(|parts| parts.0.len()).sum()
    }

    /// Whether nothing stands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

impl Held {
    fn new(fact: &Fact, date: Timestamp, now: Timestamp, by_event: bool) -> Self {
        Self { value: fact.value.clone(), date, accepted: now, by_event, is_withdrawn: false, suspect: None }
    }

    fn weigh_event(&mut self, fact: &Fact, date: Timestamp, now: Timestamp) -> Verdict {
        if date < self.date {
            return Verdict::Refused;
        }
        let same = self.value == fact.value;
        if same && (date == self.date || fact.date.is_none()) {
            // An event that repeats what stands also settles a read that contradicted it.
            self.by_event = true;
            self.accepted = now;
            self.suspect = None;
            return Verdict::Unchanged;
        }
        self.stand(fact, date, now, true)
    }

    fn weigh_read(
        &mut self,
        fact: &Fact,
        date: Timestamp,
        began: Timestamp,
        asked: Asked,
        now: Timestamp,
    ) -> Verdict {
        let dated = fact.date.is_some();
        let same_date = !dated || date == self.date;
        if same_date && self.value.agrees(&fact.value) {
            self.suspect = None;
            return Verdict::Unchanged;
        }
        if self.by_event && self.accepted > began && (!dated || date <= self.date) {
            return Verdict::Refused;
        }
        let audits = asked == Asked::ForAudit;
        if dated && date > self.date && !audits {
            return self.stand(fact, date, now, false);
        }
        if let Some(suspect) = &self.suspect
            && began > suspect.began
            && (suspect.confirmed_by(fact) || audits && suspect.outlived_by(began) && date >= self.date)
        {
            if self.accepted <= suspect.began {
                return self.stand(fact, date, now, false);
            }
            self.suspect = None;
            return Verdict::Refused;
        }
        let fresh_event = self.by_event && began.ms_since(self.accepted) < FRESH_EVENT_MS;
        // What is older by its date or, where it has none, by the beginning of its read, never wins at once.
        let at_once = date >= self.date
            && match asked {
                Asked::AfterGap => true,
                Asked::InDoubt => !dated && !fresh_event,
                Asked::ForAudit => false,
            };
        if at_once {
            return self.stand(fact, date, now, false);
        }
        self.suspect = Some(Box::new(Suspect { value: fact.value.clone(), date: fact.date, began }));
        Verdict::NeedsSecondRead
    }

    fn stand(&mut self, fact: &Fact, date: Timestamp, now: Timestamp, by_event: bool) -> Verdict {
        *self = Self::new(fact, date, now, by_event);
        Verdict::Accepted(date)
    }
}
