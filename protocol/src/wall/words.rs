//! The enums of a wall's definition whose variants are words: in files, on the wire and in addresses.

use serde::{Deserialize, Serialize};

/// Makes enums whose variants are words: in files, on the wire and in addresses.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$about])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in files and addresses.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let place = place_of(deserializer, &[$($word),+])?;
                Ok(Self::ALL[place])
            }
        }
    };
}

/// Reads a word and says which of those allowed it is. Once for all enums, because the app carries what each has of its own.
fn place_of<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
    words: &'static [&'static str],
) -> Result<usize, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    let place = words.iter().position(|word| *word == text);
    place.ok_or_else(|| serde::de::Error::unknown_variant(&text, words))
}

words! {
    /// A kind of wall.
    Kind {
        /// Queue tiles above agent cards.
        #[default]
        Floor = "floor",
        /// Queues alone, with big numbers.
        Queues = "queues",
        /// Agents alone.
        Agents = "agents",
        /// One queue, very large.
        Focus = "focus",
        /// Agents by what they handled today. Only where somebody asked for it.
        Leaderboard = "leaderboard",
        /// The tiles that the definition lists.
        Tiles = "tiles",
        /// Other walls, one after another.
        Playlist = "playlist",
    }
}

words! {
    /// Light and dark.
    Theme {
        /// As the viewer's system has it.
        #[default]
        Auto = "auto",
        /// For dim rooms.
        Dark = "dark",
        /// For bright ones.
        Light = "light",
        /// As much contrast as there is.
        Contrast = "contrast",
    }
}

words! {
    /// Which colours tell the states apart.
    Palette {
        /// Rollcall's own.
        #[default]
        Standard = "standard",
        /// For those who see red and green alike, red weakly.
        Protan = "protan",
        /// For those who see red and green alike, green weakly.
        Deutan = "deutan",
        /// For those who see blue and yellow alike.
        Tritan = "tritan",
    }
}

words! {
    /// How agents are named. The proxy sees to it: what a screen may not know does not reach it.
    Names {
        /// As in the organisation.
        #[default]
        Full = "full",
        /// The first letters.
        Initials = "initials",
        /// By a made-up name that stays.
        Alias = "alias",
        /// Not at all: how many are in which state.
        Counts = "counts",
    }
}

words! {
    /// What agents are grouped by.
    Group {
        /// Not at all.
        #[default]
        None = "none",
        /// By team.
        Team = "team",
        /// By state.
        State = "state",
    }
}

words! {
    /// What comes first within a group.
    Sort {
        /// What is wrong, then by name.
        #[default]
        Urgency = "urgency",
        /// By name.
        Name = "name",
        /// By state, then by name.
        State = "state",
        /// Whoever is longest in a state.
        Time = "time",
    }
}

words! {
    /// Agents as cards or in a table.
    View {
        /// Cards.
        #[default]
        Cards = "cards",
        /// A table.
        Table = "table",
    }
}

words! {
    /// A figure of a queue, or of all queues of a wall together. docs/metrics.md defines each.
    Metric {
        /// Conversations that wait.
        #[default]
        Waiting = "waiting",
        /// Seconds that the longest one waits.
        LongestWait = "longest-wait",
        /// Conversations in progress.
        Interacting = "interacting",
        /// Per cent answered within the target, in the current interval.
        ServiceLevel = "service-level",
        /// The same, since midnight.
        ServiceLevelToday = "service-level-today",
        /// Conversations offered today.
        Offered = "offered",
        /// Conversations answered today.
        Answered = "answered",
        /// Conversations abandoned today.
        Abandoned = "abandoned",
        /// Per cent of those offered today that were abandoned.
        AbandonRate = "abandon-rate",
        /// Mean seconds of handling today.
        HandleTime = "handle-time",
        /// Mean seconds until an answer today.
        AnswerTime = "answer-time",
        /// Members on queue.
        OnQueue = "on-queue",
        /// Members on queue and free.
        Idle = "idle",
        /// Members on queue that did not answer.
        NotResponding = "not-responding",
    }
}

impl Metric {
    /// Whether less is worse.
    #[must_use]
    pub const fn falls(self) -> bool {
        matches!(self, Self::ServiceLevel | Self::ServiceLevelToday | Self::OnQueue | Self::Idle)
    }

    /// Whether it grows by itself, a second a second.
    #[must_use]
    pub const fn runs(self) -> bool {
        matches!(self, Self::LongestWait)
    }

    /// Whether a queue's own target says something about it.
    #[must_use]
    pub const fn has_target(self) -> bool {
        matches!(self, Self::ServiceLevel | Self::ServiceLevelToday | Self::LongestWait | Self::AnswerTime)
    }

    /// Its unit.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::ServiceLevel | Self::ServiceLevelToday | Self::AbandonRate => Unit::Percent,
            Self::LongestWait | Self::HandleTime | Self::AnswerTime => Unit::Seconds,
            Self::Waiting
            | Self::Interacting
            | Self::Offered
            | Self::Answered
            | Self::Abandoned
            | Self::OnQueue
            | Self::Idle
            | Self::NotResponding => Unit::Count,
        }
    }
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Pieces.
    Count,
    /// Seconds.
    Seconds,
    /// 0 to 100.
    Percent,
}

words! {
    /// Whose figure is meant.
    Of {
        /// Each queue's own.
        #[default]
        Queue = "queue",
        /// That of all queues of the wall together.
        Wall = "wall",
    }
}

words! {
    /// What a threshold's numbers count from.
    From {
        /// Zero.
        #[default]
        Zero = "zero",
        /// The queue's own target: of its service level in per cent, of its wait in seconds.
        Target = "target",
    }
}

words! {
    /// What a tile shows.
    TileKind {
        /// One queue.
        #[default]
        Queue = "queue",
        /// All queues in a table.
        QueueTable = "queue-table",
        /// Agents as cards.
        AgentGrid = "agent-grid",
        /// Agents in a table.
        AgentTable = "agent-table",
        /// How many agents are in which state.
        States = "states",
        /// One figure against its target.
        Kpi = "kpi",
        /// One figure on a scale.
        Gauge = "gauge",
        /// One figure over the last hour.
        Series = "series",
        /// What is wrong.
        Alarms = "alarms",
        /// The time of day.
        Clock = "clock",
        /// Words.
        Text = "text",
        /// A picture.
        Image = "image",
        /// A page of another site.
        Page = "page",
    }
}
