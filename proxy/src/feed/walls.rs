//! The walls as the feed knows them: what each may be sent, and what happens when that changes.
//!
//! A wall that gains a queue or an agent is sent it as a change. A wall that loses one begins anew under another place
//! in the relay: its screens come back by the one path and receive a whole snapshot, in which what is lost is not.

use std::collections::{BTreeSet, HashMap};

use protocol::{
    QueueId, Timestamp, Topic, UserId, WallId,
    entity::{Queue, User},
    wall::{Directory, Kind, Names, Reach, WallDefinition, queues_of},
};
use tokio::sync::oneshot;
use tracing::{info, warn};

use super::Feed;
use crate::relay::{Class, Command, NotOpened, Owner, TopicIx, WallOpened};

/// Why screens of a wall are closed that is there no more.
const REMOVED: &str = "the wall was removed";
/// Why screens of a wall are closed that shows less than before.
const SHOWS_LESS: &str = "the wall shows something else now; come back";

/// One wall.
#[derive(Debug)]
struct Known {
    /// As it was written.
    definition: WallDefinition,
    reach: Reach,
    /// How its agents' names are hidden, as its screens were told last.
    names: Names,
    /// Its place in the relay; another one each time that it begins anew.
    place: usize,
    /// Who has not seen this change has a picture from before the wall began anew.
    since: u64,
}

/// All walls, and what their names are looked up in.
#[derive(Debug, Default)]
pub(super) struct Walls {
    known: Vec<Known>,
    directory: Directory,
    /// The last known team of each user, also of those who are gone: their tombstone goes where they were.
    teams: HashMap<UserId, String>,
    places: usize,
    /// Another one whenever the definitions are others.
    revision: u64,
}

impl Walls {
    /// The walls before anything is known of the organisation.
    pub(super) fn new(definitions: Vec<WallDefinition>) -> Self {
        let mut walls = Self::default();
        for definition in definitions {
            walls.add(definition);
        }
        for at in 0..walls.known.len() {
            let (reach, _) = walls.reach(&walls.known[at].definition);
            walls.known[at].reach = reach;
        }
        walls
    }

    fn add(&mut self, definition: WallDefinition) {
        let (reach, _) = Reach::of(&definition, &self.directory, &[]);
        let names = definition.names;
        self.known.push(Known { definition, reach, names, place: self.places, since: 0 });
        self.places += 1;
        self.revision += 1;
    }

    /// Tells whether the definitions are still the same.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// The places of the walls that are sent a topic.
    pub(super) fn with(&self, topic: &Topic) -> Vec<usize> {
        let team = |user: &UserId| self.teams.get(user).map(String::as_str);
        let of = |known: &&Known| known.reach.has(&known.definition.id, topic, team);
        self.known.iter().filter(of).map(|known| known.place).collect()
    }

    /// The walls at these places of the relay.
    pub(super) fn at(&self, places: &[usize]) -> Vec<WallId> {
        let known = self.known.iter().filter(|known| places.contains(&known.place));
        known.map(|known| known.definition.id.clone()).collect()
    }

    /// The walls that a playlist plays.
    pub(super) fn played_by(&self, wall: &WallId) -> Vec<WallId> {
        let playlist = self.known.iter().map(|known| &known.definition).find(|known| known.id == *wall);
        let play = playlist.filter(|wall| wall.kind == Kind::Playlist).map(|wall| wall.play.as_slice());
        play.unwrap_or_default().iter().map(|play| play.wall.clone()).collect()
    }

    /// The last known team of a user.
    pub(super) fn team(&self, user: &UserId) -> Option<&str> {
        self.teams.get(user).map(String::as_str)
    }

    /// All teams by user.
    pub(super) fn teams(&self) -> &HashMap<UserId, String> {
        &self.teams
    }

    /// The queues that a name or an id stands for.
    pub(super) fn queues_of(&self, name: &str) -> Vec<QueueId> {
        queues_of(name, &self.directory)
    }

    /// Forgets the team of somebody whose tombstone is forgotten.
    pub(super) fn forget(&mut self, user: &UserId) {
        self.teams.remove(user);
    }

    /// Every wall with what it reaches and how it hides names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&WallDefinition, &Reach, Names)> {
        self.known.iter().map(|known| (&known.definition, &known.reach, known.names))
    }

    /// What a wall reaches, and what is to be said about its names.
    fn reach(&self, wall: &WallDefinition) -> (Reach, Vec<String>) {
        let ids: Vec<WallId> = self.known.iter().map(|known| known.definition.id.clone()).collect();
        Reach::of(wall, &self.directory, &ids)
    }

    /// Every playlist with each wall that it plays.
    fn played(&self) -> BTreeSet<(WallId, WallId)> {
        let playlists = self.known.iter().map(|known| &known.definition);
        let playlists = playlists.filter(|wall| wall.kind == Kind::Playlist);
        playlists.flat_map(|wall| wall.play.iter().map(|play| (wall.id.clone(), play.wall.clone()))).collect()
    }
}

/// What becomes of one wall when its definition or the organisation has changed.
struct Review {
    reach: Reach,
    shown: WallDefinition,
    /// What there is to be said about its names.
    notes: Vec<String>,
    /// What its screens have and may no longer have.
    loses: bool,
    gained: Vec<Topic>,
}

impl Feed {
    /// The polled lists say who and what can be named.
    pub(super) fn learn_names(&mut self, users: &[User], queues: &[Queue], now: Timestamp) {
        let made_up = self.masks.make_up(users.iter().map(|user| &user.id));
        if !made_up.is_empty() {
            self.s.store.keep_aliases(made_up);
        }
        let team = |user: &User| Some((user.id.clone(), user.team.as_ref()?.name.clone()?));
        let present: HashMap<UserId, String> = users.iter().filter_map(team).collect();
        let mut teams = self.walls.teams.clone();
        for user in users.iter().filter(|user| !present.contains_key(&user.id)) {
            teams.remove(&user.id);
        }
        teams.extend(present);
        let directory = Directory::of(users, queues);
        if directory == self.walls.directory && teams == self.walls.teams {
            return;
        }
        self.walls.directory = directory;
        self.look_for_always_on();
        let before = std::mem::replace(&mut self.walls.teams, teams);
        self.review_walls(&before, &BTreeSet::new(), now);
    }

    /// Other definitions of all walls.
    pub(super) fn define_walls(&mut self, definitions: Vec<WallDefinition>, now: Timestamp) {
        let before = self.walls.played();
        let is_there = |known: &Known| definitions.iter().any(|wall| wall.id == known.definition.id);
        let (kept, removed): (Vec<Known>, Vec<Known>) =
            std::mem::take(&mut self.walls.known).into_iter().partition(is_there);
        self.walls.known = kept;
        self.walls.revision += 1;
        for known in removed {
            info!(wall.id = %known.definition.id, "wall removed");
            self.out.push(Command::Retire { wall: known.place, reason: REMOVED });
        }
        let mut order: Vec<WallId> = Vec::new();
        for definition in definitions {
            order.push(definition.id.clone());
            let known = self.walls.known.iter_mut().find(|known| known.definition.id == definition.id);
            if let Some(known) = known {
                known.definition = definition;
                continue;
            }
            info!(wall.id = %definition.id, "wall added");
            self.walls.add(definition);
            self.enlist_all(self.walls.known.len() - 1);
        }
        self.walls.known.sort_by_key(|known| order.iter().position(|id| *id == known.definition.id));
        // Who may look at a wall because a playlist plays it has to ask again when the playlist does so no longer.
        let let_go = before.difference(&self.walls.played()).map(|(_, played)| played.clone()).collect();
        let teams = self.walls.teams.clone();
        self.review_walls(&teams, &let_go, now);
        self.replan_due = true;
    }

    /// Lets every wall have what it should have by now, and no more; `before` are the teams as they were, and the walls
    /// that are `let_go` begin anew.
    pub(super) fn review_walls(
        &mut self,
        before: &HashMap<UserId, String>,
        let_go: &BTreeSet<WallId>,
        now: Timestamp,
    ) {
        let reviews: Vec<Review> = self.walls.known.iter().map(|known| self.review(known, before)).collect();
        let shown: Vec<WallDefinition> = reviews.iter().map(|review| review.shown.clone()).collect();
        let told = std::mem::replace(&mut self.book_mut().walls, shown);
        // First nobody has too much any more, before anything else is said.
        for (at, review) in reviews.iter().enumerate() {
            let known = &mut self.walls.known[at];
            known.reach = review.reach.clone();
            let names = std::mem::replace(&mut known.names, known.definition.names);
            let loses = review.loses || known.names != names || let_go.contains(&known.definition.id);
            if loses {
                let old = std::mem::replace(&mut known.place, self.walls.places);
                self.walls.places += 1;
                self.out.push(Command::Retire { wall: old, reason: SHOWS_LESS });
                self.enlist_all(at);
                // Until its definition is published below.
                self.walls.known[at].since = u64::MAX;
            } else {
                for topic in &review.gained {
                    let topic = self.topic_ix(topic);
                    let wall = self.walls.known[at].place;
                    self.out.push(Command::Enlist { wall, topic });
                }
            }
        }
        for (at, review) in reviews.into_iter().enumerate() {
            let begun = self.walls.known[at].since > self.seq;
            if begun || told.iter().find(|wall| wall.id == review.shown.id) != Some(&review.shown) {
                self.publish(&Topic::RollcallWall(review.shown.id.clone()).into(), now, None);
            }
            if begun {
                self.walls.known[at].since = self.seq;
            }
            for topic in review.gained.iter().filter(|_| !begun) {
                for slot in self.slots.of(topic) {
                    // New to the wall's screens, so that it must have a number that they have not seen.
                    if self.slots.get(&slot).is_some_and(|entry| entry.seq > 0) {
                        self.publish(&slot, now, None);
                    }
                }
            }
            let old = told.iter().find(|wall| wall.id == review.shown.id).map(|wall| wall.notes.as_slice());
            for note in review.notes.iter().filter(|note| old.is_none_or(|old| !old.contains(note))) {
                warn!(wall.id = %review.shown.id, "{note}");
            }
        }
    }

    fn review(&self, known: &Known, before: &HashMap<UserId, String>) -> Review {
        let (reach, notes) = self.walls.reach(&known.definition);
        let mut shown = known.definition.clone();
        shown.notes.extend(notes.clone());
        shown.notes.extend(self.notes_on(&reach));
        let (mut loses, mut gained) = (false, Vec::new());
        if reach != known.reach || reach.teams.is_some() {
            let id = &known.definition.id;
            for topic in self.slots.topics() {
                let had = known.reach.has(id, topic, |user| before.get(user).map(String::as_str));
                let has = reach.has(id, topic, |user| self.walls.teams.get(user).map(String::as_str));
                loses |= had && !has;
                if has && !had {
                    gained.push(topic.clone());
                }
            }
            gained.sort_unstable();
        }
        Review { reach, shown, notes, loses, gained }
    }

    /// Enlists everything that the wall at this place of the list is sent.
    fn enlist_all(&mut self, at: usize) {
        let known = &self.walls.known[at];
        let team = |user: &UserId| self.walls.teams.get(user).map(String::as_str);
        let of = |topic: &&Topic| known.reach.has(&known.definition.id, topic, team);
        let (wall, topics): (usize, Vec<Topic>) =
            (known.place, self.slots.topics().filter(of).cloned().collect());
        let mut places: Vec<TopicIx> = topics.iter().map(|topic| self.topic_ix(topic)).collect();
        places.sort_unstable();
        for topic in places {
            self.out.push(Command::Enlist { wall, topic });
        }
    }

    fn topic_ix(&self, topic: &Topic) -> TopicIx {
        let mut topics = self.s.topics.write().expect("nobody panics while holding the topics");
        topics.declare(topic)
    }

    /// A screen begins or comes back; `least` is what its caller must at least not be told of names.
    pub(super) fn open_wall(
        &mut self,
        wall: &WallId,
        least: Names,
        owner: Owner,
        since: Option<(String, u64)>,
        reply: oneshot::Sender<Result<WallOpened, NotOpened>>,
    ) {
        let Some(known) = self.walls.known.iter().find(|known| known.definition.id == *wall) else {
            // An asker that went away needs no answer.
            let _ = reply.send(Err(NotOpened::NoSuchWall));
            return;
        };
        let (place, begun, class) = (known.place, known.since, Class::of(known.names.max(least)));
        self.see_wall(wall);
        if class == Class::Counts {
            self.count_states_of(wall);
        }
        // From here on changes are encoded for the class; what changed before is encoded now.
        self.s.audience.join(class);
        let at = class.index();
        for slot in self.slots.unfilled(at) {
            let Some((ix, newest)) = self.slots.get(&slot).map(|entry| (entry.ix, entry.newest())) else {
                continue;
            };
            if let Some(body) = self.encode(&slot, newest, class, None) {
                self.out.push(Command::Fill { slot: ix, class, body });
            }
            self.slots.note_filled(&slot, at);
        }
        let least = begun.max(self.graves.floor);
        let since = since.filter(|(epoch, seq)| *epoch == self.s.epoch && *seq >= least).map(|(_, seq)| seq);
        self.out.push(Command::OpenWall { wall: place, class, owner, since, reply });
    }
}
