//! What a wall reaches: its queues and teams, written as names or ids, found among those that there are. A playlist
//! reaches none of its own: the walls that it plays have channels of their own.

use std::collections::BTreeSet;

use super::{Kind, WallDefinition};
use crate::{
    entity::{Queue, User},
    id::{QueueId, UserId, WallId},
    topic::Topic,
};

/// Who and what there is to be named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// All queues with their names.
    pub queues: Vec<(QueueId, String)>,
    /// The names of all teams.
    pub teams: BTreeSet<String>,
}

impl Directory {
    /// From what was polled.
    #[must_use]
    pub fn of(users: &[User], queues: &[Queue]) -> Self {
        let team = |user: &User| user.team.as_ref()?.name.clone();
        Self {
            queues: queues.iter().map(|queue| (queue.id.clone(), queue.name.clone())).collect(),
            teams: users.iter().filter_map(team).collect(),
        }
    }
}

/// The part of an organisation that a wall shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Only these queues; all when `None`.
    pub queues: Option<BTreeSet<QueueId>>,
    /// Only agents of these teams, in small letters; all when `None`.
    pub teams: Option<BTreeSet<String>>,
    /// Whether it shows what each agent handled today. Only where somebody asked for it.
    pub tallies: bool,
}

impl Reach {
    /// What the definition reaches, `others` being all walls there are, and what is to be said about its names: those that match nothing, and those that
    /// match more than one. The latter stand for all that they match.
    #[must_use]
    pub fn of(wall: &WallDefinition, directory: &Directory, others: &[WallId]) -> (Self, Vec<String>) {
        let mut notes = Vec::new();
        let queues = (!wall.queues.is_empty()).then(|| {
            wall.queues.iter().flat_map(|name| find_queue("queues", name, directory, &mut notes)).collect()
        });
        for threshold in wall.thresholds.iter().flatten() {
            for name in &threshold.queues {
                find_queue("thresholds: queues", name, directory, &mut notes);
            }
        }
        for tile in &wall.tiles {
            if let Some(name) = &tile.queue {
                find_queue(&format!("tile {}: queue", tile.kind.as_str()), name, directory, &mut notes);
            }
        }
        let teams = (!wall.teams.is_empty()).then(|| {
            for name in &wall.teams {
                if !directory.teams.iter().any(|team| same(team, name)) {
                    notes.push(format!(
                        "teams: no agent is of a team \"{name}\"; {}",
                        mend(name, directory.teams.iter().map(String::as_str))
                    ));
                }
            }
            wall.teams.iter().map(|name| name.trim().to_lowercase()).collect()
        });
        for play in &wall.play {
            if !others.contains(&play.wall) {
                notes.push(format!("play: there is no wall \"{}\" any more; name another", play.wall));
            }
        }
        let reach = match wall.kind {
            Kind::Playlist => {
                Self { queues: Some(BTreeSet::new()), teams: Some(BTreeSet::new()), tallies: false }
            }
            Kind::Leaderboard => Self { queues, teams, tallies: true },
            Kind::Floor | Kind::Queues | Kind::Agents | Kind::Focus | Kind::Tiles => {
                Self { queues, teams, tallies: false }
            }
        };
        (reach, notes)
    }

    /// Whether a queue is shown.
    #[must_use]
    pub fn has_queue(&self, queue: &QueueId) -> bool {
        self.queues.as_ref().is_none_or(|queues| queues.contains(queue))
    }

    /// Whether agents of a team are shown.
    #[must_use]
    pub fn has_team(&self, team: Option<&str>) -> bool {
        self.teams
            .as_ref()
            .is_none_or(|teams| team.is_some_and(|team| teams.contains(&team.trim().to_lowercase())))
    }

    /// Whether a topic is for the wall of this name; `team_of` tells the team of a user.
    #[must_use]
    pub fn has<'a>(
        &self,
        wall: &WallId,
        topic: &Topic,
        team_of: impl Fn(&UserId) -> Option<&'a str>,
    ) -> bool {
        match topic {
            Topic::UserPresence(user)
            | Topic::UserRoutingStatus(user)
            | Topic::UserConversationSummary(user)
            | Topic::UserActivity(user)
            | Topic::RollcallUser(user) => self.has_team(team_of(user)),
            Topic::RollcallTally(user) => self.tallies && self.has_team(team_of(user)),
            Topic::QueueObservations(queue)
            | Topic::QueueActivity(queue)
            | Topic::RollcallQueue(queue)
            | Topic::RollcallFigures(queue)
            | Topic::RollcallSamples(queue) => self.has_queue(queue),
            Topic::RollcallWall(id) | Topic::RollcallAlarms(id) | Topic::RollcallStates(id) => id == wall,
            Topic::RollcallPresences | Topic::RollcallShard(_) => true,
        }
    }
}

/// The queues that a name or an id stands for.
#[must_use]
pub fn queues_of(name: &str, directory: &Directory) -> Vec<QueueId> {
    let name = name.trim();
    if let Some((id, _)) = directory.queues.iter().find(|(id, _)| id.as_str() == name) {
        return vec![id.clone()];
    }
    directory.queues.iter().filter(|(_, other)| same(other, name)).map(|(id, _)| id.clone()).collect()
}

fn find_queue(place: &str, name: &str, directory: &Directory, notes: &mut Vec<String>) -> Vec<QueueId> {
    let found = queues_of(name, directory);
    let note = match found.len() {
        1 => return found,
        0 => format!(
            "{place}: there is no queue \"{name}\"; {}",
            mend(name, directory.queues.iter().map(|(_, name)| name.as_str()))
        ),
        many => {
            let ids: Vec<&str> = found.iter().map(QueueId::as_str).collect();
            format!(
                "{place}: {many} queues are called \"{name}\", all of them are meant; name one by its id: {}",
                ids.join(", ")
            )
        }
    };
    if !notes.contains(&note) {
        notes.push(note);
    }
    found
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// How many names a note lists: enough to find one's own, few enough for a line on a wall.
const NAMES_LISTED: usize = 5;

/// Names that begin alike, else the first there are.
fn mend<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let begin: String = name.trim().to_lowercase().chars().take(3).collect();
    let alike = |other: &&str| other.to_lowercase().contains(&begin);
    let mut names: Vec<&str> = known.clone().filter(alike).take(NAMES_LISTED).collect();
    if names.is_empty() {
        names = known.take(NAMES_LISTED).collect();
    }
    if names.is_empty() {
        "there is none at all".to_owned()
    } else {
        format!("there is {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        Directory {
            queues: [("q1", "Sales"), ("q2", "Support"), ("q3", "SUPPORT ")]
                .map(|(id, name)| (QueueId::new(id), name.to_owned()))
                .to_vec(),
            teams: ["North".to_owned(), "South".to_owned()].into(),
        }
    }

    fn wall(queues: &[&str], teams: &[&str]) -> WallDefinition {
        let texts = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        WallDefinition {
            id: "w".into(),
            queues: texts(queues),
            teams: texts(teams),
            ..WallDefinition::default()
        }
    }

    #[test]
    fn a_wall_that_names_nothing_reaches_everything_but_tallies() {
        let (reach, notes) = Reach::of(&wall(&[], &[]), &directory(), &[]);
        assert_eq!((reach.queues.as_ref(), reach.teams.as_ref(), notes.len()), (None, None, 0));
        let has = |topic: &str| reach.has(&"w".into(), &Topic::parse(topic).unwrap(), |_| None);
        assert!(
            has("rollcall.users.u") && has("v2.analytics.queues.q1.observations") && has("rollcall.walls.w")
        );
        assert!(!has("rollcall.tallies.u") && !has("rollcall.walls.other") && !has("rollcall.alarms.other"));
    }

    #[test]
    fn names_are_found_without_case_and_ids_exactly() {
        let (reach, notes) = Reach::of(&wall(&["sales", "q2"], &["NORTH"]), &directory(), &[]);
        assert_eq!(reach.queues, Some(["q1".into(), "q2".into()].into()));
        assert!(reach.has_team(Some("North")) && !reach.has_team(Some("South")) && !reach.has_team(None));
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn what_matches_nothing_or_too_much_is_said() {
        let (reach, notes) = Reach::of(&wall(&["support", "Slaes"], &["Norht"]), &directory(), &[]);
        assert_eq!(reach.queues, Some(["q2".into(), "q3".into()].into()));
        assert_eq!(
            notes,
            [
                "queues: 2 queues are called \"support\", all of them are meant; name one by its id: q2, q3",
                "queues: there is no queue \"Slaes\"; there is Sales, Support, SUPPORT ",
                "teams: no agent is of a team \"Norht\"; there is North",
            ]
        );
    }

    #[test]
    fn a_playlist_reaches_nothing_but_its_own_definition() {
        let playlist = WallDefinition { kind: Kind::Playlist, ..wall(&[], &[]) };
        let (reach, _) = Reach::of(&playlist, &directory(), &[]);
        let has = |topic: &str| reach.has(&"w".into(), &Topic::parse(topic).unwrap(), |_| Some("North"));
        assert!(has("rollcall.walls.w"));
        for topic in ["rollcall.users.u", "v2.users.u.presence", "rollcall.tallies.u", "rollcall.figures.q1"]
        {
            assert!(!has(topic), "{topic}");
        }
    }
}
