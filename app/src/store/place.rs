//! Cards and tiles by id: which exist, which were touched, and in what order they stand.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use leptos::prelude::{ArcRwSignal, Set as _, WithUntracked as _};
use protocol::{QueueId, UserId, frame::Stamp};

use super::{AgentFace, QueueFace, SortKey};
use crate::order::sorted;

/// One card or tile: what it is of, and the signal that repaints it alone.
#[derive(Debug)]
pub struct Place<Id, Face> {
    /// Of whom or what.
    pub id: Id,
    /// What it shows.
    pub face: ArcRwSignal<Face>,
}

/// An agent's card.
pub type AgentPlace = Place<UserId, AgentFace>;

/// A queue's tile.
pub type QueuePlace = Place<QueueId, QueueFace>;

/// A face has a name, by which its place is found.
pub trait Named {
    /// The name.
    fn name(&self) -> &Arc<str>;

    /// Whether the list of places has to be made anew.
    fn relists(&self, before: &Self) -> bool;
}

impl Named for AgentFace {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn relists(&self, before: &Self) -> bool {
        self.name != before.name || self.team != before.team
    }
}

impl Named for QueueFace {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn relists(&self, before: &Self) -> bool {
        self.name != before.name
    }
}

/// Who covers a subject, and whether all of it was read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cover {
    /// The upstream channel.
    pub shard: Option<u16>,
    /// A bit for each of the subject's slots that was not read yet.
    loading: u8,
}

impl Cover {
    /// Whether something of the subject was not read yet.
    #[must_use]
    pub fn is_loading(self) -> bool {
        self.loading != 0
    }
}

/// All places of one kind.
pub struct Places<Id, Face> {
    entries: HashMap<Id, Entry<Id, Face>>,
    touched: Vec<Id>,
    all_touched: bool,
}

struct Entry<Id, Face> {
    cover: Cover,
    touched: bool,
    shown: Option<Shown<Id, Face>>,
}

struct Shown<Id, Face> {
    place: Arc<Place<Id, Face>>,
    sort_key: String,
}

impl<Id, Face> Default for Places<Id, Face> {
    fn default() -> Self {
        Self { entries: HashMap::new(), touched: Vec::new(), all_touched: false }
    }
}

impl<Id, Face> Default for Entry<Id, Face> {
    fn default() -> Self {
        Self { cover: Cover::default(), touched: false, shown: None }
    }
}

impl<Id, Face> Places<Id, Face>
where
    Id: Clone + Eq + Hash + Ord,
    Face: Named + PartialEq + Send + Sync + 'static,
{
    /// Something of the subject changed.
    pub fn touch(&mut self, id: &Id) {
        let entry = self.entry(id);
        if !entry.touched {
            entry.touched = true;
            self.touched.push(id.clone());
        }
    }

    /// Something changed that concerns all.
    pub fn touch_all(&mut self) {
        self.all_touched = true;
    }

    /// A whole new board comes: what is not in it will be gone.
    pub fn forget(&mut self) {
        self.all_touched = true;
        for entry in self.entries.values_mut() {
            entry.cover = Cover::default();
        }
    }

    /// Takes note of who covers the subject's slot number `slot`.
    pub fn settle(&mut self, id: &Id, slot: u8, stamp: &Stamp) {
        let entry = self.entry(id);
        let loading = entry.cover.loading & !(1 << slot) | u8::from(stamp.loading) << slot;
        let cover = Cover { shard: stamp.shard.or(entry.cover.shard), loading };
        if (cover.shard, cover.loading) != (entry.cover.shard, entry.cover.loading) {
            entry.cover = cover;
            self.touch(id);
        }
    }

    /// Derives the faces of what was touched and repaints those that differ. Gives the list when places came, went or
    /// were renamed.
    pub fn publish(
        &mut self,
        sort_key: SortKey,
        derive: impl Fn(&Id, Cover, Option<&Face>) -> Option<Face>,
    ) -> Option<Vec<Arc<Place<Id, Face>>>> {
        let mut relisted = false;
        if std::mem::take(&mut self.all_touched) {
            self.touched.clear();
            for (id, entry) in &mut self.entries {
                relisted |= entry.refresh(id, sort_key, &derive);
            }
            self.entries.retain(|_, entry| entry.shown.is_some() || entry.cover.shard.is_some());
        } else {
            for id in self.touched.drain(..) {
                if let Some(entry) = self.entries.get_mut(&id) {
                    relisted |= entry.refresh(&id, sort_key, &derive);
                }
            }
        }
        relisted.then(|| self.list())
    }

    /// Whether anything is to be published.
    #[must_use]
    pub fn is_touched(&self) -> bool {
        self.all_touched || !self.touched.is_empty()
    }

    /// What all places show.
    pub fn for_each_face(&self, mut see: impl FnMut(&Id, &Face)) {
        for shown in self.entries.values().filter_map(|entry| entry.shown.as_ref()) {
            shown.place.face.with_untracked(|face| see(&shown.place.id, face));
        }
    }

    fn list(&self) -> Vec<Arc<Place<Id, Face>>> {
        let shown: Vec<_> = self.entries.values().filter_map(|entry| entry.shown.as_ref()).collect();
        let shown = sorted(&shown, |a, b| (&a.sort_key, &a.place.id).cmp(&(&b.sort_key, &b.place.id)));
        shown.into_iter().map(|shown| shown.place.clone()).collect()
    }

    fn entry(&mut self, id: &Id) -> &mut Entry<Id, Face> {
        // Nearly always known, and then the id need not be copied.
        if !self.entries.contains_key(id) {
            self.entries.insert(id.clone(), Entry::default());
        }
        self.entries.get_mut(id).expect("it was just put there")
    }
}

impl<Id, Face> Entry<Id, Face>
where
    Id: Clone,
    Face: Named + PartialEq + Send + Sync + 'static,
{
    /// True when the list of places changes by it.
    fn refresh(
        &mut self,
        id: &Id,
        sort_key: SortKey,
        derive: impl Fn(&Id, Cover, Option<&Face>) -> Option<Face>,
    ) -> bool {
        self.touched = false;
        let Some(shown) = &mut self.shown else {
            let Some(face) = derive(id, self.cover, None) else { return false };
            let sort_key = sort_key(face.name());
            let place = Arc::new(Place { id: id.clone(), face: ArcRwSignal::new(face) });
            self.shown = Some(Shown { place, sort_key });
            return true;
        };
        // Some(None): the place is gone. None: nothing changed.
        let change = shown.place.face.with_untracked(|before| {
            let face = derive(id, self.cover, Some(before));
            (face.as_ref() != Some(before)).then(|| {
                let renamed = face.as_ref().filter(|face| face.relists(before));
                let sort_key = renamed.map(|face| sort_key(face.name()));
                (face, sort_key)
            })
        });
        match change {
            None => false,
            Some((None, _)) => {
                self.shown = None;
                true
            }
            Some((Some(face), renamed)) => {
                shown.place.face.set(face);
                let is_renamed = renamed.is_some();
                if let Some(sort_key) = renamed {
                    shown.sort_key = sort_key;
                }
                is_renamed
            }
        }
    }
}
