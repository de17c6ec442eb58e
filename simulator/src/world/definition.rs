//! Presence definitions: the ten that every organisation has, and a few of this one's own.

use protocol::PresenceDefinitionId;

use super::DefinitionIx;

/// The ten presences that the platform itself knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SystemPresence {
    /// Ready for a talk, but not for a queue.
    Available,
    /// Not at the desk.
    Away,
    /// At the desk and busy.
    Busy,
    /// Signed out.
    Offline,
    /// Nothing heard of the person for a while.
    Idle,
    /// Takes conversations from queues.
    OnQueue,
    /// Eats.
    Meal,
    /// Learns.
    Training,
    /// Meets.
    Meeting,
    /// Rests.
    Break,
}

impl SystemPresence {
    /// All ten.
    pub(crate) const ALL: [Self; 10] = [
        Self::Available,
        Self::Away,
        Self::Busy,
        Self::Offline,
        Self::Idle,
        Self::OnQueue,
        Self::Meal,
        Self::Training,
        Self::Meeting,
        Self::Break,
    ];

    /// As user presences of REST spell it: `On Queue`.
    pub(crate) fn spaced(self) -> &'static str {
        match self {
            Self::OnQueue => "On Queue",
            Self::Available
            | Self::Away
            | Self::Busy
            | Self::Offline
            | Self::Idle
            | Self::Meal
            | Self::Training
            | Self::Meeting
            | Self::Break => self.compact(),
        }
    }

    /// As organisation presence definitions spell it: `OnQueue`.
    pub(crate) fn compact(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::Away => "Away",
            Self::Busy => "Busy",
            Self::Offline => "Offline",
            Self::Idle => "Idle",
            Self::OnQueue => "OnQueue",
            Self::Meal => "Meal",
            Self::Training => "Training",
            Self::Meeting => "Meeting",
            Self::Break => "Break",
        }
    }

    /// As events and analytics spell it: `ON_QUEUE`.
    pub(crate) fn shouted(self) -> &'static str {
        match self {
            Self::Available => "AVAILABLE",
            Self::Away => "AWAY",
            Self::Busy => "BUSY",
            Self::Offline => "OFFLINE",
            Self::Idle => "IDLE",
            Self::OnQueue => "ON_QUEUE",
            Self::Meal => "MEAL",
            Self::Training => "TRAINING",
            Self::Meeting => "MEETING",
            Self::Break => "BREAK",
        }
    }
}

/// A presence that an organisation offers; several may stand for one system presence.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) id: PresenceDefinitionId,
    pub(crate) system: SystemPresence,
    /// One of the ten, not one of the organisation's own.
    pub(crate) primary: bool,
    /// Language and label.
    pub(crate) labels: &'static [(&'static str, &'static str)],
    /// No longer offered; a PATCH with it is refused.
    pub(crate) deactivated: bool,
}

impl Definition {
    /// The English label.
    pub(crate) fn name(&self) -> &'static str {
        self.labels.first().map_or("", |(_, label)| label)
    }
}

/// The places of the definitions in the list, for those who need a particular one.
pub(crate) const AVAILABLE: DefinitionIx = DefinitionIx(0);
pub(crate) const BUSY: DefinitionIx = DefinitionIx(1);
pub(crate) const AWAY: DefinitionIx = DefinitionIx(2);
pub(crate) const IDLE: DefinitionIx = DefinitionIx(3);
pub(crate) const MEETING: DefinitionIx = DefinitionIx(4);
pub(crate) const MEAL: DefinitionIx = DefinitionIx(5);
pub(crate) const TRAINING: DefinitionIx = DefinitionIx(6);
pub(crate) const BREAK: DefinitionIx = DefinitionIx(7);
pub(crate) const ON_QUEUE: DefinitionIx = DefinitionIx(8);
pub(crate) const OFFLINE: DefinitionIx = DefinitionIx(9);
pub(crate) const COACHING: DefinitionIx = DefinitionIx(10);
pub(crate) const PAPERWORK: DefinitionIx = DefinitionIx(11);

type Row = (&'static str, SystemPresence, bool, bool, &'static [(&'static str, &'static str)]);

/// Ids of the ten are the same in every organisation; the others are this one's own.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("6a3af858-942f-489d-9700-5f9bcdcdae9b", SystemPresence::Available, true, false, &[("en_US", "Available"), ("de", "Verfügbar"), ("fr", "Disponible")]),
    ("31fe3bac-dea6-44b7-bed7-47f91660a1a0", SystemPresence::Busy, true, false, &[("en_US", "Busy"), ("de", "Beschäftigt"), ("fr", "Occupé")]),
    ("5e5c5c66-ea97-4e7f-ac41-6424784829f2", SystemPresence::Away, true, false, &[("en_US", "Away"), ("de", "Abwesend"), ("fr", "Absent")]),
    ("7ffa01cd-7866-4ad7-8faa-31e11b42f51f", SystemPresence::Idle, true, false, &[("en_US", "Idle"), ("de", "Untätig"), ("fr", "Inactif")]),
    ("bbdff279-7ae1-48ea-bade-7831d7234c64", SystemPresence::Meeting, true, false, &[("en_US", "Meeting"), ("de", "Besprechung"), ("fr", "Réunion")]),
    ("3fd96123-badb-4f69-bc03-1b1ccc6d8014", SystemPresence::Meal, true, false, &[("en_US", "Meal"), ("de", "Essen"), ("fr", "Repas")]),
    ("d2390a99-8546-bad9-8f0a-219548e8aeb0", SystemPresence::Training, true, false, &[("en_US", "Training"), ("de", "Schulung"), ("fr", "Formation")]),
    ("227b37e2-f1d0-4dd0-8f50-badd7cf6d158", SystemPresence::Break, true, false, &[("en_US", "Break"), ("de", "Pause"), ("fr", "Pause")]),
    ("e08eaf1b-ee47-4fa9-a231-1200e284798f", SystemPresence::OnQueue, true, false, &[("en_US", "On Queue"), ("de", "In Warteschlange"), ("fr", "En file d’attente")]),
    ("ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5", SystemPresence::Offline, true, false, &[("en_US", "Offline"), ("de", "Offline"), ("fr", "Hors ligne")]),
    ("5b7a9c1e-2d40-4f6b-8a3c-9e1d7f20b864", SystemPresence::Busy, false, false, &[("en_US", "Coaching"), ("de", "Einzelgespräch"), ("fr", "Accompagnement")]),
    ("91c4e0d2-77ab-4b19-b5e8-0c3f6a2d8e15", SystemPresence::Busy, false, false, &[("en_US", "Paperwork"), ("de", "Schreibarbeit"), ("fr", "Dossiers")]),
    ("c06f2b58-3e9d-4a71-9d04-b7a51e83f6c2", SystemPresence::Away, false, true, &[("en_US", "Fire Drill"), ("de", "Feueralarm"), ("fr", "Exercice incendie")]),
];

/// The definitions of the organisation, in the order of the constants above.
pub(crate) fn all() -> Vec<Definition> {
    ROWS.iter()
        .map(|(id, system, primary, deactivated, labels)| Definition {
            id: PresenceDefinitionId::new(id),
            system: *system,
            primary: *primary,
            deactivated: *deactivated,
            labels,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_name_the_right_rows() {
        let all = all();
        let check = |ix: DefinitionIx, name: &str| assert_eq!(all[ix.0].name(), name);
        check(AVAILABLE, "Available");
        check(BUSY, "Busy");
        check(AWAY, "Away");
        check(IDLE, "Idle");
        check(MEETING, "Meeting");
        check(MEAL, "Meal");
        check(TRAINING, "Training");
        check(BREAK, "Break");
        check(ON_QUEUE, "On Queue");
        check(OFFLINE, "Offline");
        check(COACHING, "Coaching");
        check(PAPERWORK, "Paperwork");
    }
}
