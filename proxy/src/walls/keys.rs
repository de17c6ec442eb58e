//! The one table of what may be written in a wall's file: keys, their shapes and their bounds. The reader, the published
//! schema and the test of the documentation all go by it.

use protocol::wall::{From, Group, Kind, Metric, Names, Of, Palette, Sort, Theme, TileKind, View};

/// An id is part of an address that people type.
pub const ID_CHARS_MAX: usize = 60;
/// A title is one line at the top of a screen.
pub const TITLE_CHARS_MAX: usize = 120;
/// A name in Genesys Cloud is at most about this long, an id much shorter.
pub const NAME_CHARS_MAX: usize = 256;
/// The words of a tile fill a screen long before.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// As long as addresses can be everywhere.
pub const URL_CHARS_MAX: usize = 2_000;
/// More queues or teams than anybody reads on one wall.
pub const NAMES_MAX: usize = 200;
/// More tiles than fit on a 4K screen.
pub const TILES_MAX: usize = 100;
/// Columns and rows: beyond that a tile is narrower than a number.
pub const COLUMNS_MAX: u32 = 24;
/// Each is reckoned again with every change.
pub const THRESHOLDS_MAX: usize = 100;
/// There are hardly more states.
pub const WATCHES_MAX: usize = 50;
/// More walls than anybody waits for.
pub const PLAY_MAX: usize = 50;
/// An hour: a page or a wall that stays longer does not turn.
pub const TURN_SECONDS_MAX: u32 = 3_600;
/// A day: whatever lasts longer began yesterday.
pub const DURATION_SECONDS_MAX: u32 = 86_400;
/// Above any figure of a queue, and still exact.
pub const FIGURE_MAX: f64 = 1e9;

/// The languages that the app speaks.
pub const LANGUAGES: &[&str] = &["en", "de", "fr", "es", "pt", "it", "ja", "ar"];

/// The states of agents, as in `data-state`.
pub const STATES: &[&str] = &[
    "not-responding",
    "after-call-work",
    "interacting",
    "communicating",
    "on-queue",
    "available",
    "away",
    "break",
    "busy",
    "idle",
    "meal",
    "meeting",
    "training",
    "offline",
];

/// A key.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What may stand there.
    pub shape: Shape,
    /// A value that could stand there, as in TOML and in JSON.
    pub example: &'static str,
    /// Whether it must stand there.
    pub required: bool,
    /// What it is for, in one sentence.
    pub about: &'static str,
}

/// What may stand at a key.
#[derive(Debug)]
pub enum Shape {
    /// The name of a wall in its address.
    Id,
    /// Some text.
    Text {
        /// At most so many characters.
        chars: usize,
        /// Whether it may have more than one line.
        lines: bool,
    },
    /// One of some words.
    Word(fn() -> Vec<&'static str>),
    /// A time of day, as in `20:00`.
    Time,
    /// A time zone, as in `Europe/Berlin`.
    Zone,
    /// The address of a picture or a page: https, http of this machine, or a path of this server.
    Url,
    /// A whole number.
    Whole {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// A number.
    Number {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// A list of names of queues or teams, or of ids.
    Names,
    /// A table of its own.
    Table(&'static [Key]),
    /// Several.
    Tables {
        /// The keys of each.
        keys: &'static [Key],
        /// At most so many.
        max: usize,
        /// What one of them is called in a fault.
        one: &'static str,
    },
}

const fn key(name: &'static str, shape: Shape, example: &'static str, about: &'static str) -> Key {
    Key { name, shape, example, required: false, about }
}

const fn required(name: &'static str, shape: Shape, example: &'static str, about: &'static str) -> Key {
    Key { name, shape, example, required: true, about }
}

const SECONDS: Shape = Shape::Whole { min: 0, max: DURATION_SECONDS_MAX };
const FIGURE: Shape = Shape::Number { min: -FIGURE_MAX, max: FIGURE_MAX };
const METRIC: Shape = Shape::Word(|| Metric::ALL.iter().map(|one| one.as_str()).collect());

/// The keys of a wall.
pub const WALL: &[Key] = &[
    key(
        "id",
        Shape::Id,
        "\"floor\"",
        "The name in the wall's address /wall/{id}; the file's own name unless given.",
    ),
    required(
        "title",
        Shape::Text { chars: TITLE_CHARS_MAX, lines: false },
        "\"Support floor\"",
        "The heading.",
    ),
    key(
        "kind",
        Shape::Word(|| Kind::ALL.iter().map(|one| one.as_str()).collect()),
        "\"floor\"",
        "What kind of wall it is.",
    ),
    key(
        "theme",
        Shape::Word(|| Theme::ALL.iter().map(|one| one.as_str()).collect()),
        "\"dark\"",
        "Dark, light or high contrast; auto is as the viewer's system has it.",
    ),
    key(
        "palette",
        Shape::Word(|| Palette::ALL.iter().map(|one| one.as_str()).collect()),
        "\"standard\"",
        "Which colours tell the states apart.",
    ),
    key(
        "language",
        Shape::Word(|| LANGUAGES.to_vec()),
        "\"de\"",
        "The language; the browser's unless given.",
    ),
    key(
        "names",
        Shape::Word(|| Names::ALL.iter().map(|one| one.as_str()).collect()),
        "\"initials\"",
        "How agents are named; what a screen may not know does not reach it.",
    ),
    key(
        "queues",
        Shape::Names,
        "[\"Sales\", \"Support\"]",
        "Queues by name or id, in the order in which they are shown; all when empty.",
    ),
    key("teams", Shape::Names, "[\"North\"]", "Only agents of these teams; all when empty."),
    key(
        "group",
        Shape::Word(|| Group::ALL.iter().map(|one| one.as_str()).collect()),
        "\"team\"",
        "What agents are grouped by.",
    ),
    key(
        "sort",
        Shape::Word(|| Sort::ALL.iter().map(|one| one.as_str()).collect()),
        "\"urgency\"",
        "What comes first.",
    ),
    key(
        "view",
        Shape::Word(|| View::ALL.iter().map(|one| one.as_str()).collect()),
        "\"cards\"",
        "Agents as cards or in a table.",
    ),
    key(
        "rotate",
        Shape::Whole { min: 0, max: TURN_SECONDS_MAX },
        "20",
        "Seconds that each page stays when not everything fits; 0 does not turn pages.",
    ),
    key(
        "columns",
        Shape::Whole { min: 0, max: COLUMNS_MAX },
        "6",
        "How many columns a wall of kind tiles has; as many as fit when 0.",
    ),
    key(
        "tiles",
        Shape::Tables { keys: TILE, max: TILES_MAX, one: "tile" },
        "[{ type = \"clock\" }]",
        "The tiles of a wall of kind tiles, in order.",
    ),
    key(
        "thresholds",
        Shape::Tables { keys: THRESHOLD, max: THRESHOLDS_MAX, one: "threshold" },
        "[]",
        "When a figure is worth a warning; an empty list warns of none.",
    ),
    key(
        "watches",
        Shape::Tables { keys: WATCH, max: WATCHES_MAX, one: "watch" },
        "[]",
        "When an agent's state is worth a warning; an empty list warns of none.",
    ),
    key(
        "play",
        Shape::Tables { keys: PLAY, max: PLAY_MAX, one: "play" },
        "[{ wall = \"floor\" }]",
        "The walls of a playlist, in order.",
    ),
    key(
        "night",
        Shape::Table(NIGHT),
        "{ from = \"20:00\", to = \"06:30\", dim = 60 }",
        "When a screen is dimmed.",
    ),
];

/// The keys of a tile.
pub const TILE: &[Key] = &[
    required(
        "type",
        Shape::Word(|| TileKind::ALL.iter().map(|one| one.as_str()).collect()),
        "\"queue\"",
        "What it shows.",
    ),
    key("width", Shape::Whole { min: 1, max: COLUMNS_MAX }, "2", "Columns it takes."),
    key("height", Shape::Whole { min: 1, max: COLUMNS_MAX }, "1", "Rows it takes."),
    key(
        "title",
        Shape::Text { chars: TITLE_CHARS_MAX, lines: false },
        "\"Waiting\"",
        "A heading of its own.",
    ),
    key(
        "queue",
        Shape::Text { chars: NAME_CHARS_MAX, lines: false },
        "\"Sales\"",
        "The queue by name or id; all of the wall together unless given.",
    ),
    key("metric", METRIC, "\"waiting\"", "The figure of a kpi, a gauge or a series."),
    key("target", FIGURE, "80", "Its target, in the figure's own unit."),
    key("max", Shape::Number { min: 0.0, max: FIGURE_MAX }, "100", "The end of a gauge's scale."),
    key(
        "text",
        Shape::Text { chars: TEXT_CHARS_MAX, lines: true },
        "\"Welcome\"",
        "The words of a text; what an image or a page shows, for those who cannot see it.",
    ),
    key(
        "url",
        Shape::Url,
        "\"https://example.com/logo.svg\"",
        "The address of an image or a page: https, or a path of this server.",
    ),
    key("zone", Shape::Zone, "\"Europe/Berlin\"", "The time zone of a clock; the viewer's unless given."),
];

/// The keys of a threshold.
pub const THRESHOLD: &[Key] = &[
    required("metric", METRIC, "\"service-level\"", "Which figure."),
    key("queues", Shape::Names, "[\"Sales\"]", "Queues by name or id; each of the wall when empty."),
    key(
        "of",
        Shape::Word(|| Of::ALL.iter().map(|one| one.as_str()).collect()),
        "\"queue\"",
        "Of each queue, or of all of them together.",
    ),
    key(
        "from",
        Shape::Word(|| From::ALL.iter().map(|one| one.as_str()).collect()),
        "\"zero\"",
        "What the numbers count from: zero, or the queue's own target.",
    ),
    key("warn", FIGURE, "80", "From here on it is a warning."),
    key("critical", FIGURE, "60", "From here on it is critical."),
    key("after", SECONDS, "60", "Only when it has been so for this many seconds."),
    key(
        "back",
        Shape::Number { min: 0.0, max: FIGURE_MAX },
        "2",
        "How far the figure has to come back before it is over.",
    ),
];

/// The keys of a watch.
pub const WATCH: &[Key] = &[
    required("state", Shape::Word(|| STATES.to_vec()), "\"after-call-work\"", "The state of an agent."),
    key("warn", SECONDS, "300", "From this many seconds on it is a warning."),
    key("critical", SECONDS, "900", "From this many seconds on it is critical."),
];

/// The keys of one wall of a playlist.
pub const PLAY: &[Key] = &[
    required("wall", Shape::Id, "\"floor\"", "Which wall, by its id."),
    key(
        "seconds",
        Shape::Whole { min: 0, max: TURN_SECONDS_MAX },
        "30",
        "How many seconds it stays; 30 when 0.",
    ),
];

/// The keys of the night.
pub const NIGHT: &[Key] = &[
    required("from", Shape::Time, "\"20:00\"", "When it begins."),
    required("to", Shape::Time, "\"06:30\"", "When it ends; over midnight when it ends before it begins."),
    required(
        "dim",
        Shape::Whole { min: 0, max: 100 },
        "60",
        "By how much, in per cent: 0 not at all, 100 black.",
    ),
];

/// Which keys a tile needs by its type, and which it may have besides `type`, `width`, `height` and `title`.
#[must_use]
pub const fn of_tile(kind: TileKind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        TileKind::Queue => (&["queue"], &[]),
        TileKind::QueueTable
        | TileKind::AgentGrid
        | TileKind::AgentTable
        | TileKind::States
        | TileKind::Alarms => (&[], &[]),
        TileKind::Kpi => (&["metric"], &["queue", "target"]),
        TileKind::Gauge => (&["metric"], &["queue", "target", "max"]),
        TileKind::Series => (&[], &["queue", "metric", "target"]),
        TileKind::Clock => (&[], &["zone"]),
        TileKind::Text => (&["text"], &[]),
        TileKind::Image | TileKind::Page => (&["url", "text"], &[]),
    }
}
