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

use super::cover;
use crate::{relay::Class, store::Alias};

/// Made-up names have two parts, which make some thousand; where two fall together another is looked for.
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

/// After so many that are taken a name gets a number: some thousand people have most names, and nobody with a number
/// should be known as a newcomer where there are few.
const BARE_TRIES: u32 = 12;

/// Numbers of three digits: a small one would say how many came before.
const NUMBERS: std::ops::RangeInclusive<u16> = 100..=999;

/// So many tries find a free one among millions of names.
const TRIES_MAX: u32 = 10_000;

/// At most so many initials: more are as good as a name.
const INITIALS_MAX: usize = 3;

/// The masks of everybody.
#[derive(Debug)]
pub struct Masks {
    key: [u8; 32],
    /// Names made up before the start of people who have not been seen since, by digest.
    kept: HashMap<String, String>,
    aliases: HashMap<UserId, String>,
    taken: HashSet<String>,
    /// How many of those that are taken have no number. When all are, nobody looks for one more.
    bare: usize,
}

impl Masks {
    /// Masks that another key would make others, with the names that were made up with it before.
    #[must_use]
    pub fn new(key: [u8; 32], kept: Vec<Alias>) -> Self {
        let taken: HashSet<String> = kept.iter().map(|alias| alias.name.clone()).collect();
        let bare = taken.iter().filter(|name| is_bare(name)).count();
        let kept = kept.into_iter().map(|alias| (alias.who, alias.name)).collect();
        Self { key, kept, aliases: HashMap::new(), taken, bare }
    }

    /// Makes up names for those who have none yet, and gives the new ones, to be kept. In the order of their digests,
    /// so that where two fall together nothing tells who was there first.
    pub fn make_up<'a>(&mut self, users: impl Iterator<Item = &'a UserId>) -> Vec<Alias> {
        let unknown = users.filter(|user| !self.aliases.contains_key(*user));
        let mut unknown: Vec<(String, &UserId)> = unknown.map(|user| (self.digest(user), user)).collect();
        unknown.sort_unstable();
        self.aliases.reserve(unknown.len());
        self.taken.reserve(unknown.len());
        let mut made_up = Vec::new();
        for (who, user) in unknown {
            let name = self.kept.remove(&who).unwrap_or_else(|| {
                let name = self.free_name(&who);
                self.taken.insert(name.clone());
                self.bare += usize::from(is_bare(&name));
                made_up.push(Alias { who, name: name.clone() });
                name
            });
            self.aliases.insert(user.clone(), name);
        }
        made_up
    }

    /// Who somebody is to those who know the key, and nobody to others.
    fn digest(&self, user: &UserId) -> String {
        hex(&self.hash("who", user.as_str()))
    }

    fn free_name(&self, who: &str) -> String {
        let first = if self.bare < FIRST.len() * SECOND.len() { 0 } else { BARE_TRIES };
        let mut tried = (first..TRIES_MAX).map(|attempt| {
            let hash = self.hash("alias", &format!("{attempt} {who}"));
            let number = |at: usize| u16::from_be_bytes([hash[at], hash[at + 1]]);
            let pick = |at, from: &[&'static str]| from[usize::from(number(at)) % from.len()];
            let name = format!("{} {}", pick(0, &FIRST), pick(2, &SECOND));
            if attempt < BARE_TRIES {
                return name;
            }
            let number = NUMBERS.start() + number(4) % (NUMBERS.end() - NUMBERS.start() + 1);
            format!("{name} {number}")
        });
        // Nobody else has this digest.
        tried.find(|name| !self.taken.contains(name)).unwrap_or_else(|| who.to_owned())
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
        let hex = hex(&hash[..16]);
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
        let mut notes = wall.notes.clone();
        // They may name somebody.
        notes.retain(|note| class != Class::Counts || cover::is_own(note));
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

/// Whether a made-up name has two parts and no number.
fn is_bare(name: &str) -> bool {
    name.contains(' ') && !name.ends_with(|last: char| last.is_ascii_digit())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
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
        let mut masks = Masks::new([key; 32], Vec::new());
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

    fn users(range: std::ops::Range<usize>) -> Vec<UserId> {
        range.map(|n| UserId::new(&format!("user-{n}"))).collect()
    }

    #[test]
    fn made_up_names_are_everybodys_own_and_stay() {
        // Four thousand people, of whom one half comes first; then another start, in another order.
        let mut first = Masks::new([1; 32], Vec::new());
        let mut kept = first.make_up(users(0..2_000).iter());
        kept.extend(first.make_up(users(0..4_000).iter()));
        assert_eq!(kept.len(), 4_000);
        let names: HashSet<&String> = first.aliases.values().collect();
        assert_eq!(names.len(), 4_000, "nobody has two, and no two have one");
        assert!(kept.iter().all(|alias| !alias.who.contains("user-")));

        let mut second = Masks::new([1; 32], kept);
        let made_up = second.make_up(users(3_990..4_010).iter());
        assert_eq!(made_up.len(), 10, "newcomers alone");
        assert!(
            made_up.iter().all(|alias| !names.contains(&alias.name)),
            "not those of people who are not here"
        );
        assert!(second.make_up(users(0..4_000).iter()).is_empty());
        for user in users(0..4_000) {
            assert_eq!(second.aliases[&user], first.aliases[&user], "{user}");
        }
        let user = UserId::new("user-1");
        assert_ne!(first.aliases[&user], masks(2, 2).aliases[&user], "another key, another name");
    }

    #[test]
    fn a_name_does_not_tell_who_came_last() {
        let mut masks = masks(1, 300);
        masks.make_up(users(0..600).iter());
        let numbered: Vec<&String> =
            masks.aliases.values().filter(|name| name.contains(|c: char| c.is_ascii_digit())).collect();
        assert!(numbered.is_empty(), "{numbered:?}");
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
