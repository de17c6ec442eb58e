//! What is wrong on each wall: the feed looks once a second and tells what changed. Times in state run without any
//! event, so that only looking finds that one is over its limit, and limits are in seconds.

use std::collections::BTreeMap;

use board::alarm::{Scene, Watcher};
use protocol::{
    QueueId, Slot, Topic, UserId, WallId,
    event::rollcall::{Alarm, RollcallAlarms},
    fact::{Fact, Part, Value},
    merge::{Origin, Verdict},
    wall::{Kind, Names, WallDefinition},
};

use super::{Feed, plan::Subject, walls::Walls};
use crate::relay::{Class, Command};

/// The alarms of all walls.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    walls: BTreeMap<WallId, Watched>,
    /// Which definitions were followed last.
    revision: u64,
}

#[derive(Debug)]
struct Watched {
    /// As the watcher was told of it.
    definition: WallDefinition,
    watcher: Watcher,
    /// What its screens were told.
    shown: Vec<Alarm>,
}

impl Alarms {
    /// Follows the definitions; gives the walls that are no more. A playlist has no alarms but those of its walls.
    fn follow(&mut self, walls: &Walls) -> Vec<WallId> {
        if std::mem::replace(&mut self.revision, walls.revision()) == walls.revision() {
            return Vec::new();
        }
        let watched = || walls.all().map(|(wall, _, _)| wall).filter(|wall| wall.kind != Kind::Playlist);
        for definition in watched() {
            match self.walls.get_mut(&definition.id) {
                Some(watched) if watched.definition == *definition => {}
                Some(watched) => {
                    watched.watcher.redefine(definition);
                    watched.definition.clone_from(definition);
                }
                None => {
                    let watcher = Watcher::new(definition);
                    let definition = definition.clone();
                    self.walls
                        .insert(definition.id.clone(), Watched { definition, watcher, shown: Vec::new() });
                }
            }
        }
        let is_gone = |id: &WallId| !watched().any(|wall| wall.id == *id);
        let gone: Vec<WallId> = self.walls.keys().filter(|id| is_gone(id)).cloned().collect();
        for id in &gone {
            self.walls.remove(id);
        }
        gone
    }

    /// The lists that differ from what screens were told.
    fn take_changed(&mut self) -> Vec<(WallId, Vec<Alarm>)> {
        let changed = self.walls.iter_mut().filter_map(|(id, watched)| {
            let now = watched.watcher.told();
            (now != watched.shown).then(|| {
                watched.shown = now.to_vec();
                (id.clone(), watched.shown.clone())
            })
        });
        changed.collect()
    }

    fn acknowledge(&mut self, wall: &WallId, id: &str, at: protocol::Timestamp) -> Option<Alarm> {
        let shown = &self.walls.get(wall)?.shown;
        let alarm = shown.iter().find(|alarm| alarm.id == id)?.clone();
        let mut stands = false;
        for watched in self.walls.values_mut() {
            match watched.watcher.acknowledge(id, at) {
                Some(_) => stands = true,
                None => watched.watcher.acknowledge_too(&alarm, at),
            }
        }
        stands.then_some(alarm)
    }
}

impl Feed {
    /// Looks at the board for all walls and tells their screens what changed.
    pub(super) fn look_for_alarms(&mut self) {
        let mut alarms = std::mem::take(&mut self.alarms);
        for id in alarms.follow(&self.walls) {
            let slot = Slot::from(Topic::RollcallAlarms(id));
            self.ledger.forget(&slot);
            if let Some(entry) = self.slots.get(&slot) {
                self.out.push(Command::Withdraw { slot: entry.ix });
            }
        }
        self.look_with(&mut alarms);
        let changed = alarms.take_changed();
        self.alarms = alarms;
        let now = self.s.clock.now();
        for (wall, alarms) in changed {
            let slot = Slot::from(Topic::RollcallAlarms(wall));
            let value = Value::Alarms(RollcallAlarms { alarms });
            let fact = Fact { slot, part: Part::Whole, value, date: None };
            if let Verdict::Accepted(_) = self.ledger.weigh(&fact, Origin::Event, now) {
                self.publish(&fact.slot, now, None);
            }
        }
    }

    fn look_with(&self, alarms: &mut Alarms) {
        let book = self.s.book.read().expect("nobody panics while holding the book");
        if !book.complete {
            return;
        }
        let is_known = |subject: &Subject| self.is_vouched_for(&book, subject);
        let knows_queue = |id: &QueueId| is_known(&Subject::Queue(id.clone()));
        let knows_agent = |id: &UserId| is_known(&Subject::User(id.clone()));
        let watchers: Vec<&Watcher> = alarms.walls.values().map(|watched| &watched.watcher).collect();
        let scene = Scene::of(&book.board, self.s.clock.now(), &watchers, &knows_queue, &knows_agent);
        for (definition, reach, names) in self.walls.all() {
            let Some(watched) = alarms.walls.get_mut(&definition.id) else { continue };
            // Where agents are only counted nobody is told of one.
            let names_agents = names != Names::Counts;
            watched.watcher.look(&scene, &|queue| reach.has_queue(&queue.id), &|agent| {
                names_agents && reach.has_team(agent.team.as_deref())
            });
        }
    }

    /// Takes note for somebody; the screens are told at once.
    pub(super) fn acknowledge(&mut self, wall: &WallId, alarm: &str) -> Option<Alarm> {
        // Screens that may not know whom an alarm is about know it by another name.
        let shown = self.alarms.walls.get(wall).map(|watched| watched.shown.as_slice()).unwrap_or_default();
        let is_meant = |shown: &&Alarm| {
            let name = |class| self.masks.alarm(class, shown).is_some_and(|masked| masked.id == alarm);
            Class::ALL.into_iter().filter(|class| class.is_wall()).any(name)
        };
        let alarm = shown.iter().find(is_meant)?.id.clone();
        let taken = self.alarms.acknowledge(wall, &alarm, self.s.clock.now())?;
        self.look_for_alarms();
        Some(taken)
    }
}
