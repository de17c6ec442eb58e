//! Who is covered by the channels of Genesys Cloud, and who is left out because they are full: planned anew when somebody
//! comes or goes, and, where not everybody fits, when screens look at something else.
//!
//! Whoever is left out stands on the wall without a state and stale, and the wall says how many they are.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use protocol::{Slot, Timestamp, Topic, TopicSet, UserId, WallId, wall::Reach};
use tracing::{info, warn};

use super::{
    Feed,
    book::Book,
    interest::{Interest, Priority},
    plan::Subject,
};
use crate::relay::entitle::Entitlement;

/// What a plain channel is told of a topic of somebody who is left out.
const NOT_WATCHED: &str = "not watched: the channels of Genesys Cloud are full; ask again later";

/// How the wall's note on those who are left out ends. It names nobody.
const FULL: &str = "of this wall are not watched: the channels of Genesys Cloud are full";

/// How the note on those of whom upstream refused something ends.
const REFUSED: &str = "of this wall are stale: Genesys Cloud refuses their topics; rollcall doctor says why";

/// Whether a wall's note is one that tells for how many nobody vouches.
pub(super) fn is_own(note: &str) -> bool {
    note.ends_with(FULL) || note.ends_with(REFUSED)
}

impl Feed {
    /// Plans for who there is now, and lets everybody know what that changes.
    pub(super) fn replan(&mut self, now: Timestamp) {
        self.replan_due = false;
        let (plan, left_out) = self.plan.settle(self.wishes(), self.s.capacity);
        let dropped: Vec<Subject> =
            left_out.iter().filter(|one| self.plan.place(one).is_some()).cloned().collect();
        let covered: Vec<Subject> =
            self.left_out.iter().filter(|one| plan.place(one).is_some()).cloned().collect();
        // Those who are gone left the plan before.
        let changed = plan != **self.plans.borrow();
        let news = left_out != self.left_out;
        let first: Vec<Subject> = left_out.difference(&self.left_out).cloned().collect();
        let before = self.plan.shards();
        self.plan = Arc::new(plan);
        self.left_out = left_out;
        {
            let mut book = self.book_mut();
            book.plan_shards(self.plan.shards());
            book.left_out = self.left_out.len();
        }
        // A screen may remember one of their numbers as live.
        for shard in before..self.plan.shards() {
            self.shard_changed(shard, now);
        }
        if changed {
            self.declare_all();
            info!(
                subjects = self.plan.all().count(),
                channels = self.plan.shards(),
                "upstream channels planned"
            );
        }
        self.refuse(&first);
        // What is known of them is as old as their last event, and is read again before it counts.
        for subject in dropped.iter().chain(&covered) {
            self.subscribed.remove(subject);
            self.uncovered.remove(subject);
            self.is_loading(subject);
            self.say_cover(subject, now);
        }
        if news {
            if !self.left_out.is_empty() {
                warn!(
                    left_out = self.left_out.len(),
                    channels = self.s.capacity.channels,
                    "more users and queues than the channels of all OAuth clients hold; some are not watched"
                );
            }
            let teams = self.walls.teams().clone();
            self.review_walls(&teams, &BTreeSet::new(), now);
        }
        // Somebody who is gone may have been among them.
        self.look_at_refusals(now);
        if changed {
            self.plans.send_replace(self.plan.clone());
        }
    }

    /// What stands of a subject does not count until it is read.
    pub(super) fn is_loading(&mut self, subject: &Subject) {
        self.loaded.remove(subject);
        if let Some(entry) = self.slots.get_mut(&Slot::from(own(subject))) {
            entry.loading = true;
        }
    }

    /// Says how many are refused, where that has changed.
    pub(super) fn look_at_refusals(&mut self, now: Timestamp) {
        let topics: BTreeSet<String> = self.uncovered.values().flatten().cloned().collect();
        let changed = {
            let mut book = self.book_mut();
            book.refused_topics = topics;
            std::mem::replace(&mut book.refused, self.uncovered.len()) != self.uncovered.len()
        };
        if changed {
            let teams = self.walls.teams().clone();
            self.review_walls(&teams, &BTreeSet::new(), now);
        }
    }

    /// What screens look at now: walls by their places in the relay, and topics as they were asked for.
    pub(super) fn watched(&mut self, walls: &[usize], topics: &[Box<str>]) {
        let now = self.s.clock.now();
        for wall in self.walls.at(walls) {
            self.see_wall(&wall);
        }
        for text in topics {
            let parts = TopicSet::parse(text).map(|set| set.parts().to_vec()).unwrap_or_default();
            let topics = parts.iter().filter_map(|part| Topic::parse(part));
            let subjects: BTreeSet<Subject> = topics.filter_map(|topic| Subject::of(&topic)).collect();
            for subject in subjects {
                // Nobody's memory is filled with names that do not exist.
                let is_known = self.plan.place(&subject).is_some() || self.left_out.contains(&subject);
                if is_known && self.interests.see(subject, now) {
                    self.replan_due = true;
                }
            }
        }
    }

    /// Somebody has a wall open; a playlist shows what it plays.
    pub(super) fn see_wall(&mut self, wall: &WallId) {
        let now = self.s.clock.now();
        for shown in std::iter::once(wall.clone()).chain(self.walls.played_by(wall)) {
            self.replan_due |= self.interests.see_wall(&shown, now);
        }
    }

    /// Plans anew when what matters has changed. While everybody fits nothing matters.
    pub(super) fn look_at_interests(&mut self) {
        let now = self.s.clock.now();
        let over = self.interests.forget(now);
        if (over || self.replan_due) && !self.left_out.is_empty() {
            self.replan(now);
        }
        self.replan_due = false;
    }

    /// A name in the configuration that is no queue's is said, not passed over.
    pub(super) fn look_for_always_on(&self) {
        for name in self.s.always_on.iter().filter(|name| self.walls.queues_of(name).is_empty()) {
            warn!(
                name,
                "[genesys] always_on: there is no queue of this name or id; mend the name or remove it"
            );
        }
    }

    /// Everybody there is, with how much each matters: queues by name, then users by name.
    fn wishes(&self) -> Vec<(Priority, Subject)> {
        let of = |reach: &Reach, id: &WallId| (reach.clone(), self.interests.has_wall(id));
        let reaches: Vec<(Reach, bool)> =
            self.walls.all().map(|(wall, reach, _)| of(reach, &wall.id)).collect();
        let interest = |is_shown: &dyn Fn(&Reach) -> bool, subject: &Subject| {
            let shown = reaches.iter().filter(|(reach, _)| is_shown(reach));
            let by_walls =
                shown.map(|(_, open)| if *open { Interest::Watched } else { Interest::Configured }).min();
            match self.interests.has(subject) {
                true => Interest::Watched,
                false => by_walls.unwrap_or(Interest::Rest),
            }
        };
        let always_on: BTreeSet<_> =
            self.s.always_on.iter().flat_map(|name| self.walls.queues_of(name)).collect();
        let book = self.s.book.read().expect("nobody panics while holding the book");
        let missed = |is_queue: bool| {
            let kind = move |one: &&Subject| matches!(one, Subject::Queue(_)) == is_queue;
            self.missed.iter().filter(kind).cloned()
        };
        let queues = book.queues.iter().map(|queue| Subject::Queue(queue.id.clone())).chain(missed(true));
        let users = book.users.iter().map(|user| Subject::User(user.clone())).chain(missed(false));
        // Walls tell users apart by team alone: each is looked up once.
        let mut of_teams: HashMap<Option<&str>, Interest> = HashMap::new();
        let wish = |subject: Subject| {
            let priority = match &subject {
                Subject::Queue(id) if always_on.contains(id) => Priority::AlwaysOn,
                Subject::Queue(id) => Priority::Queue(interest(&|reach| reach.has_queue(id), &subject)),
                Subject::User(_) if self.interests.has(&subject) => Priority::User(Interest::Watched),
                Subject::User(id) => {
                    let team = self.walls.team(id);
                    let of_team = of_teams.entry(team);
                    Priority::User(
                        *of_team.or_insert_with(|| interest(&|reach| reach.has_team(team), &subject)),
                    )
                }
            };
            (priority, subject)
        };
        queues.chain(users).map(wish).collect()
    }

    /// In words, for how many on a wall nobody vouches, and why.
    pub(super) fn notes_on(&self, reach: &Reach) -> Vec<String> {
        let left_out = self.note_on(reach, &mut self.left_out.iter(), FULL);
        left_out.into_iter().chain(self.note_on(reach, &mut self.uncovered.keys(), REFUSED)).collect()
    }

    fn note_on(
        &self,
        reach: &Reach,
        subjects: &mut dyn Iterator<Item = &Subject>,
        why: &str,
    ) -> Option<String> {
        let is_shown = |one: &&Subject| match one {
            Subject::Queue(id) => reach.has_queue(id),
            Subject::User(id) => reach.has_team(self.walls.team(id)),
        };
        let (mut agents, mut queues) = (0, 0);
        for subject in subjects.filter(is_shown) {
            match subject {
                Subject::Queue(_) => queues += 1,
                Subject::User(_) => agents += 1,
            }
        }
        let told = [counted(agents, "agent"), counted(queues, "queue")];
        let told: Vec<String> = told.into_iter().flatten().collect();
        (!told.is_empty()).then(|| format!("{} {why}", told.join(" and ")))
    }

    /// Lets everybody's topics be asked for.
    fn declare_all(&self) {
        let mut topics = self.s.topics.write().expect("nobody panics while holding the topics");
        // Three of a user, and what says who it is; a queue has as many with what is counted of it.
        topics.reserve(4 * self.plan.all().count());
        for facet in self.plan.all().flat_map(Subject::facets) {
            topics.declare(&facet);
        }
    }

    /// Plain channels are refused what nobody watches.
    fn refuse(&self, left_out: &[Subject]) {
        let refused = Entitlement::rejected(NOT_WATCHED);
        let mut topics = self.s.topics.write().expect("nobody panics while holding the topics");
        for facet in left_out.iter().flat_map(Subject::facets) {
            topics.declare(&facet);
            topics.entitle(&facet, refused.clone());
        }
    }

    /// Tells walls who vouches for a subject now.
    pub(super) fn say_cover(&mut self, subject: &Subject, now: Timestamp) {
        for topic in subject.facets().into_iter().chain(subject.counted()).chain([own(subject)]) {
            for slot in self.slots.of(&topic) {
                self.publish(&slot, now, None);
            }
        }
    }

    /// Whether what is known of a subject is true now: everything of it is heard, and was read.
    pub(super) fn is_vouched_for(&self, book: &Book, subject: &Subject) -> bool {
        let place = self.plan.place(subject).filter(|_| !self.uncovered.contains_key(subject));
        let shard = place.and_then(|place| book.shards.get(usize::from(place)));
        shard.is_some_and(|shard| shard.live) && self.loaded.contains(subject)
    }

    /// Whether a user is watched at all, however old what is known of it.
    pub(super) fn is_left_out(&self, user: &UserId) -> bool {
        !self.left_out.is_empty() && self.left_out.contains(&Subject::User(user.clone()))
    }
}

/// The topic that says who or what a subject is.
pub(super) fn own(subject: &Subject) -> Topic {
    match subject {
        Subject::User(id) => Topic::RollcallUser(id.clone()),
        Subject::Queue(id) => Topic::RollcallQueue(id.clone()),
    }
}

fn counted(number: usize, what: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        many => Some(format!("{many} {what}s")),
    }
}
