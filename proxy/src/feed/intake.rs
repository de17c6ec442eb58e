//! Frames and reads become facts; what stands becomes slots.

use std::collections::{BTreeSet, HashSet};

use protocol::{
    Frame, QueueId, Slot, Timestamp, Topic,
    fact::{self, Fact, Part},
    frame::EventFrame,
    merge::{Held, Origin, Verdict},
};
use tracing::warn;

use super::{Feed, Read, overlap::Taken, plan::Subject};
use crate::{
    planted::{self, Bug},
    traces,
    upstream::mover::Lane,
};

/// Queues whose event left out a figure that stands above zero are read again at most this often.
const INCOMPLETE_EVERY_MS: i64 = 10_000;

/// After broken frames what their channels cover is read again at most this often.
const BROKEN_EVERY_MS: i64 = 30_000;

impl Feed {
    pub(super) fn frame(&mut self, shard: u16, lane: Lane, text: &str) {
        let _span =
            tracing::info_span!(target: traces::TARGET, traces::FRAME, shard, bytes = text.len()).entered();
        let now = self.s.clock.now();
        self.heard(shard, now);
        match Frame::parse(text) {
            Err(bad) => {
                self.count("malformed");
                warn!(shard, bytes = text.len(), %bad, "frame from upstream refused");
                self.in_doubt.insert(shard);
            }
            Ok(Frame::Event(event)) => {
                match self.overlaps.take((shard, lane), &event, text, now) {
                    Taken::Now => self.event(text, &event, now),
                    Taken::Repeat => self.count("repeated"),
                    // It is counted when its time has come.
                    Taken::Later => {}
                }
            }
            Ok(Frame::Heartbeat(_)) => self.count("heartbeat"),
            Ok(Frame::Pong | Frame::Answer(_) | Frame::System(_)) => self.count("control"),
        }
    }

    /// A channel is dropped because another has taken its place: what that one alone has brought is news.
    pub(super) fn lane_over(&mut self, shard: u16, lane: Lane) {
        let left_behind = self.overlaps.left_behind(shard, lane);
        self.take_after_all(left_behind);
        let (lane, waiting) = self.overlaps.end(shard, lane);
        for text in waiting {
            self.frame(shard, lane, &text);
        }
        if self.book_mut().shards.get(usize::from(shard)).is_none_or(|state| !state.live) {
            // The old one was lost before it was whole: all is read, and what was said before that is none of it.
            self.overlaps.drop_over(shard);
        }
    }

    /// What a channel said last that has not caught up with the one whose place it took is taken after all. It was heard before.
    pub(super) fn take_after_all(&mut self, texts: Vec<String>) {
        let now = self.s.clock.now();
        for text in texts {
            if let Ok(Frame::Event(event)) = Frame::parse(&text) {
                self.event(&text, &event, now);
            }
        }
    }

    fn event(&mut self, text: &str, event: &EventFrame<'_>, now: Timestamp) {
        let Some(topic) = &event.topic else {
            self.count("unknown");
            return;
        };
        if Subject::of(topic).is_none_or(|subject| self.plan.place(&subject).is_none()) {
            self.count("unknown");
            return;
        }
        let facts = match fact::of_event(topic, event.body, now) {
            Ok(facts) => facts,
            Err(bad) => {
                self.count("malformed");
                warn!(%topic, %bad, "event from upstream does not fit its topic; it is read again");
                self.reread(Subject::of(topic).into_iter().collect());
                return;
            }
        };
        self.s.witness.heard(&facts, now);
        let mut changed = false;
        for slot in distinct_slots(&facts) {
            let mine: Vec<&Fact> = facts.iter().filter(|f| f.slot == slot).collect();
            let (mut accepted, mut refused) = (false, false);
            let before = self.presence_before(&slot);
            for fact in &mine {
                match self.ledger.weigh(fact, Origin::Event, now) {
                    Verdict::Accepted(date) => {
                        accepted = true;
                        self.observe(fact, before.as_ref(), date, event.body.get(), now);
                        let mut book = self.book_mut();
                        book.board.apply(fact, date);
                        if fact.date.is_some() {
                            self.look_at_date(date, now);
                            book.note_delay(now.ms_since(date));
                            self.s.metrics.age.observe_ms(now.ms_since(date));
                        }
                    }
                    Verdict::Refused if planted::is(Bug::TakesOlder) => {
                        self.ledger.forget(&fact.slot);
                        self.ledger.weigh(fact, Origin::Event, now);
                        accepted = true;
                    }
                    Verdict::Refused | Verdict::NeedsSecondRead => refused = true,
                    Verdict::Unchanged => {}
                }
            }
            let left_out = self.left_out(&slot, &mine);
            if left_out && let Topic::QueueObservations(queue) = topic {
                self.incomplete.insert(queue.clone());
            }
            if accepted {
                changed = true;
                let own = slot.topic == *topic && !refused && !left_out;
                self.publish(&slot, now, own.then_some(text));
            }
        }
        self.count(if changed { "accepted" } else { "no change" });
    }

    /// Whether something that stands above zero in a slot is not among the facts of its event.
    fn left_out(&self, slot: &Slot, facts: &[&Fact]) -> bool {
        self.ledger
            .parts(slot)
            .any(|(part, held)| !held.value.is_zero() && !facts.iter().any(|f| f.part == *part))
    }

    // ---- reads ----

    pub(super) fn read(&mut self, mut read: Read) -> Vec<Subject> {
        // In no order that tells of names, as with the polled lists.
        read.users.sort_by(|a, b| a.id.cmp(&b.id));
        let now = self.s.clock.now();
        let origin = Origin::Read { began: read.began, asked: read.asked };
        let mut facts: Vec<Fact> = Vec::new();
        let mut loaded: Vec<Subject> = Vec::new();
        for user in &read.users {
            let subject = Subject::User(user.id.clone());
            if self.plan.place(&subject).is_some() {
                facts.extend(fact::of_user(user));
                if user.presence.is_some() && user.routing_status.is_some() {
                    if user.conversation_summary.is_none() {
                        // Whoever is new has none either as long as none are told of.
                        facts.extend(self.withdrawn_as_zero(Topic::UserConversationSummary(user.id.clone())));
                    }
                    loaded.push(subject);
                }
            }
        }
        let figures = fact::of_observations(&read.observations, read.began);
        // Somebody may have gone since it was asked.
        read.queues.retain(|queue| self.plan.place(&Subject::Queue(queue.clone())).is_some());
        let asked: HashSet<&QueueId> = read.queues.iter().collect();
        let told: HashSet<(&Slot, &Part)> = figures.iter().map(|fact| (&fact.slot, &fact.part)).collect();
        for queue in &read.queues {
            facts.extend(self.absent_as_zero(queue, &told));
            loaded.push(Subject::Queue(queue.clone()));
        }
        facts.extend(
            figures
                .into_iter()
                .filter(|f| matches!(&f.slot.topic, Topic::QueueObservations(q) if asked.contains(q))),
        );

        for user in &read.unread {
            self.say_loading(&Subject::User(user.clone()), now);
        }
        let mut second = BTreeSet::new();
        let mut changed: Vec<Slot> = Vec::new();
        let mut seen: HashSet<&Slot> = HashSet::new();
        let mut drift: Vec<&Fact> = Vec::new();
        for fact in &facts {
            let verdict = self.ledger.weigh(fact, origin, now);
            if self.is_drift(fact, origin, verdict) {
                drift.push(fact);
            }
            match verdict {
                Verdict::Accepted(date) => {
                    self.book_mut().board.apply(fact, date);
                    if seen.insert(&fact.slot) {
                        changed.push(fact.slot.clone());
                    }
                }
                Verdict::NeedsSecondRead => second.extend(Subject::of(&fact.slot.topic)),
                Verdict::Unchanged | Verdict::Refused => {}
            }
        }
        if !drift.is_empty() {
            self.note_drift(&drift);
        }
        for slot in changed {
            self.s.metrics.repairs.inc();
            self.publish(&slot, now, None);
        }
        // What was read before anybody listened may have changed in between: it is read again then.
        loaded.retain(|subject| self.subscribed.contains(subject));
        for subject in loaded {
            if self.loaded.insert(subject.clone()) {
                self.say_loaded(&subject, now);
            }
        }
        second.into_iter().collect()
    }

    fn absent_as_zero(&self, queue: &QueueId, told: &HashSet<(&Slot, &Part)>) -> Vec<Fact> {
        let topic = Topic::QueueObservations(queue.clone());
        let mut facts = Vec::new();
        for slot in self.slots.of(&topic) {
            for (part, held) in self.ledger.told(&slot) {
                if let Some(zero) = held.value.zero()
                    && !told.contains(&(&slot, part))
                {
                    facts.push(Fact { slot: slot.clone(), part: part.clone(), value: zero, date: None });
                }
            }
        }
        facts
    }

    /// What somebody had before they were gone is over, as far as anybody knows.
    fn withdrawn_as_zero(&self, topic: Topic) -> Vec<Fact> {
        let slot = Slot::from(topic);
        let withdrawn = self.ledger.withdrawn(&slot);
        let zero = |(part, held): (&Part, &Held)| {
            Some(Fact { slot: slot.clone(), part: part.clone(), value: held.value.zero()?, date: None })
        };
        withdrawn.filter_map(zero).collect()
    }

    fn say_loaded(&mut self, subject: &Subject, now: Timestamp) {
        let slot = Slot::from(match subject {
            Subject::User(id) => Topic::RollcallUser(id.clone()),
            Subject::Queue(id) => Topic::RollcallQueue(id.clone()),
        });
        let waits = self.slots.get_mut(&slot).is_some_and(|entry| std::mem::take(&mut entry.loading));
        if waits {
            self.publish(&slot, now, None);
        }
    }

    /// A subject that could not be read is not vouched for.
    fn say_loading(&mut self, subject: &Subject, now: Timestamp) {
        let Subject::User(id) = subject else { return };
        if !self.loaded.remove(subject) {
            return;
        }
        let slot = Slot::from(Topic::RollcallUser(id.clone()));
        if let Some(entry) = self.slots.get_mut(&slot) {
            entry.loading = true;
            self.publish(&slot, now, None);
        }
    }

    pub(super) fn reread(&self, subjects: Vec<Subject>) {
        if self.s.rereads.try_send(subjects).is_err() {
            warn!("the line of re-reads is full; what was asked for is as old as its last event");
        }
    }

    pub(super) fn ask_for_incomplete(&mut self) {
        let now = self.s.clock.now();
        if self.incomplete.is_empty() || now.ms_since(self.incomplete_asked) < INCOMPLETE_EVERY_MS {
            return;
        }
        self.incomplete_asked = now;
        let queues = std::mem::take(&mut self.incomplete);
        self.reread(queues.into_iter().map(Subject::Queue).collect());
    }

    /// A frame that could not be understood may have told of anything that its channel covers. What comes too soon after the
    /// last time waits.
    pub(super) fn ask_for_broken(&mut self) {
        let now = self.s.clock.now();
        if self.in_doubt.is_empty() || now.ms_since(self.broken_asked) < BROKEN_EVERY_MS {
            return;
        }
        self.broken_asked = now;
        for shard in std::mem::take(&mut self.in_doubt) {
            self.reread(self.plan.subjects(shard).cloned().collect());
        }
    }
}

fn distinct_slots(facts: &[Fact]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::with_capacity(2);
    for fact in facts {
        if !slots.contains(&fact.slot) {
            slots.push(fact.slot.clone());
        }
    }
    slots
}
