//! What stands for people on screens that may not know them: other ids everywhere, initials or a made-up name.
//!
//! Ids come from a key that stays in the proxy. Nobody can tell from one what it stands for, and screens of two kinds
//! have two ids for the same person, so that a name cannot be carried from one to the other.

use std::collections::{HashMap, HashSet};

use protocol::{
    Topic, UserId,
    event::rollcall::{Alarm, RollcallUser},
    wall::{Names, WallDefinition},
};
use sha2::{Digest as _, Sha256};

use crate::relay::Class;

/// Made-up names have two parts, which make some thousand; beyond, and where two fall together, they are numbered.
const FIRST: [&str; 48] = [
    "Amber", "Ashen", "Azure", "Brave", "Bright", "Bronze", "Calm", "Cedar", "Clever", "Cobalt", "Copper",
    "Coral", "Crimson", "Crystal", "Dapper", "Eager", "Emerald", "Fair", "Gentle", "Golden", "Happy",
    "Hazel", "Honest", "Indigo", "Ivory", "Jade", "Jolly", "Keen", "Lemon", "Lilac", "Lively", "Lucky",
    "Maple", "Merry", "Mint", "Misty", "Noble", "Olive", "Opal", "Pearl", "Proud", "Quick", "Ruby", "Silver",
    "Steady", "Sunny", "Swift", "Velvet",
];
const SECOND: [&str; 64] = [
    "Badger",
    "Beaver",
    "Bison",
    "Bluebird",
    "Camel",
    "Cheetah",
    "Condor",
    "Coyote",
    "Crane",
    "Cricket",
    "Deer",
    "Dolphin",
    "Dove",
    "Eagle",
    "Egret",
    "Elk",
    "Falcon",
    "Ferret",
    "Finch",
    "Fox",
    "Gazelle",
    "Gecko",
    "Giraffe",
    "Goose",
    "Hare",
    "Hawk",
    "Hedgehog",
    "Heron",
    "Ibis",
    "Ibex",
    "Jaguar",
    "Kestrel",
    "Kingfisher",
    "Koala",
    "Lark",
    "Lemur",
    "Leopard",
    "Lion",
    "Lynx",
    "Magpie",
    "Marten",
    "Mole",
    "Moose",
    "Nightingale",
    "Ocelot",
    "Oriole",
    "Osprey",
    "Otter",
    "Owl",
    "Panda",
    "Pelican",
    "Penguin",
    "Puffin",
    "Raven",
    "Robin",
    "Salmon",
    "Seal",
    "Sparrow",
    "Stork",
    "Swallow",
    "Swan",
    "Tiger",
    "Turtle",
    "Wren",
];

/// At most so many initials: more are as good as a name.
const INITIALS_MAX: usize = 3;

/// The masks of everybody.
#[derive(Debug)]
pub struct Masks {
    key: [u8; 32],
    aliases: HashMap<UserId, String>,
    taken: HashSet<String>,
}

impl Masks {
    /// Masks that another key would make others.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, aliases: HashMap::new(), taken: HashSet::new() }
    }

    /// Makes up names for those who have none yet. In the order of their ids, so that the same people get the same names.
    pub fn make_up<'a>(&mut self, users: impl Iterator<Item = &'a UserId>) {
        let mut new: Vec<&UserId> = users.filter(|user| !self.aliases.contains_key(*user)).collect();
        new.sort_unstable();
        for user in new {
            let hash = self.hash("alias", user.as_str());
            let pick = |at: usize, from: &[&'static str]| {
                from[usize::from(u16::from_be_bytes([hash[at], hash[at + 1]])) % from.len()]
            };
            let name = format!("{} {}", pick(0, &FIRST), pick(2, &SECOND));
            let numbered = (2..).map(|n| format!("{name} {n}"));
            let free = std::iter::once(name.clone()).chain(numbered).find(|name| !self.taken.contains(name));
            let free = free.unwrap_or_default();
            self.taken.insert(free.clone());
            self.aliases.insert(user.clone(), free);
        }
    }

    /// A user as a class of screens knows it.
    #[must_use]
    pub fn id(&self, class: Class, user: &UserId) -> UserId {
        let label = match class {
            Class::Api | Class::Full => return user.clone(),
            Class::Initials => "initials",
            // No screen of the last is told of anybody.
            Class::Alias | Class::Counts => "alias id",
        };
        let hash = self.hash(label, user.as_str());
        let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        UserId::new(&format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        ))
    }

    /// A topic as a class of screens knows it; `None` when it is not for them.
    #[must_use]
    pub fn topic(&self, class: Class, topic: &Topic) -> Option<Topic> {
        let of_user = |make: fn(UserId) -> Topic, user: &UserId| match class {
            Class::Counts => None,
            Class::Api | Class::Full | Class::Initials | Class::Alias => Some(make(self.id(class, user))),
        };
        let of_wall = || (class != Class::Api).then(|| topic.clone());
        match topic {
            Topic::UserPresence(user) => of_user(Topic::UserPresence, user),
            Topic::UserRoutingStatus(user) => of_user(Topic::UserRoutingStatus, user),
            Topic::UserConversationSummary(user) => of_user(Topic::UserConversationSummary, user),
            Topic::RollcallUser(user) => of_wall().and(of_user(Topic::RollcallUser, user)),
            Topic::RollcallTally(user) => of_wall().and(of_user(Topic::RollcallTally, user)),
            Topic::QueueObservations(_) => Some(topic.clone()),
            // No slot of ours is of these: their facts stand in other slots.
            Topic::UserActivity(_) | Topic::QueueActivity(_) => None,
            Topic::RollcallQueue(_)
            | Topic::RollcallPresences
            | Topic::RollcallWall(_)
            | Topic::RollcallFigures(_)
            | Topic::RollcallSamples(_)
            | Topic::RollcallAlarms(_)
            | Topic::RollcallStates(_)
            | Topic::RollcallShard(_) => of_wall(),
        }
    }

    /// Who somebody is, as a class of screens is told.
    #[must_use]
    pub fn user(&self, class: Class, user: &RollcallUser) -> RollcallUser {
        let name = match class {
            Class::Api | Class::Full => user.name.clone(),
            _ if user.deleted => String::new(),
            Class::Initials => initials(&user.name),
            Class::Alias => self.aliases.get(&user.id).cloned().unwrap_or_default(),
            Class::Counts => String::new(),
        };
        RollcallUser { id: self.id(class, &user.id), name, team: user.team.clone(), deleted: user.deleted }
    }

    /// An alarm, as a class of screens is told; `None` when it is about somebody and they are told of nobody.
    #[must_use]
    pub fn alarm(&self, class: Class, alarm: &Alarm) -> Option<Alarm> {
        let Some(user) = &alarm.user else { return Some(alarm.clone()) };
        if class == Class::Counts {
            return None;
        }
        let masked = self.id(class, user);
        let id = alarm.id.replace(user.as_str(), masked.as_str());
        Some(Alarm { id, user: Some(masked), ..alarm.clone() })
    }

    /// A definition, as a class of screens is told: with how names are hidden for them, which may be more than the wall
    /// asks for. Where strangers pass by, what is wrong with a name is not said: the names that there are stand in it.
    #[must_use]
    pub fn wall(class: Class, wall: &WallDefinition) -> WallDefinition {
        let notes = if class == Class::Counts { Vec::new() } else { wall.notes.clone() };
        let names = match class {
            Class::Api | Class::Full => wall.names,
            Class::Initials => Names::Initials,
            Class::Alias => Names::Alias,
            Class::Counts => Names::Counts,
        };
        WallDefinition { notes, names, ..wall.clone() }
    }

    /// The key and the label are of fixed lengths or end with a zero, so that no two questions are the same text.
    fn hash(&self, label: &str, text: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(label.as_bytes());
        hash.update([0]);
        hash.update(text.as_bytes());
        hash.finalize().into()
    }
}

/// The first letters of the words of a name.
fn initials(name: &str) -> String {
    let letters = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    letters.take(INITIALS_MAX).flat_map(char::to_uppercase).map(|letter| format!("{letter}.")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masks(key: u8, users: usize) -> Masks {
        let mut masks = Masks::new([key; 32]);
        let users: Vec<UserId> = (0..users).map(|n| UserId::new(&format!("user-{n}"))).collect();
        masks.make_up(users.iter());
        masks
    }

    #[test]
    fn initials_are_those_of_any_alphabet() {
        for (name, expected) in [
            ("Ann Lee", "A.L."),
            ("ålesund", "Å."),
            ("山田 太郎", "山.太."),
            ("Maria del Carmen Ruiz", "M.D.C."),
            ("O'Hara  (Tom)", "O.T."),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }

    #[test]
    fn made_up_names_are_everybodys_own_and_stay() {
        let (masks, mut later) = (masks(1, 10_000), masks(1, 5_000));
        let names: HashSet<&String> = masks.aliases.values().collect();
        assert_eq!(names.len(), 10_000);
        let before = later.aliases.clone();
        later.make_up((0..10_000).map(|n| UserId::new(&format!("user-{n}"))).collect::<Vec<_>>().iter());
        assert!(before.iter().all(|(user, name)| later.aliases[user] == *name));
        assert_ne!(masks.aliases[&UserId::new("user-1")], self::masks(2, 2).aliases[&UserId::new("user-1")]);
    }

    #[test]
    fn an_id_says_nothing_and_differs_by_class_and_key() {
        let (masks, user) = (masks(1, 1), UserId::new("user-0"));
        let ids = [
            masks.id(Class::Initials, &user),
            masks.id(Class::Alias, &user),
            self::masks(2, 1).id(Class::Alias, &user),
            user.clone(),
        ];
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 4, "{ids:?}");
        assert_eq!(masks.id(Class::Alias, &user), masks.id(Class::Alias, &user));
        assert_eq!(masks.id(Class::Full, &user), user);
    }

    #[test]
    fn where_agents_are_counted_no_topic_is_about_one() {
        let masks = masks(1, 1);
        for topic in [
            "v2.users.u.presence",
            "v2.users.u.routingStatus",
            "v2.users.u.conversationsummary",
            "rollcall.users.u",
            "rollcall.tallies.u",
        ] {
            let topic = Topic::parse(topic).unwrap();
            assert_eq!(masks.topic(Class::Counts, &topic), None, "{topic}");
            let masked = masks.topic(Class::Alias, &topic).unwrap();
            assert!(!masked.to_string().contains(".u.") && !masked.to_string().ends_with(".u"), "{masked}");
        }
    }
}
