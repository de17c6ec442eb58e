//! Each fault a configuration can have, and the words that mend it.

mod access;
mod store;
mod upstream;

use std::path::PathBuf;

use ::rules::{Mode, Rule, shift::Hours};

use super::*;

/// What `rollcall serve` needs and nothing more.
const MINIMAL: &str =
    "[genesys]\nregion = \"eu_central_1\"\nclient_id = \"id\"\nclient_secret = \"canary\"\n";
const NO_ENV: &[(&str, &str)] = &[];
const ALL_ENV: &[(&str, &str)] = &[
    ("GENESYSCLOUD_REGION", "eu-central-1"),
    ("GENESYSCLOUD_OAUTHCLIENT_ID", "id"),
    ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "canary"),
];

fn read(toml: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    read_with_listen(toml, env, None)
}

fn read_with_listen(
    toml: &str,
    env: &[(&str, &str)],
    listen: Option<SocketAddr>,
) -> Result<Config, ConfigError> {
    let env = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Config::read(Path::new("rollcall.toml"), toml, listen, &env)
}

/// Reads a configuration and compares what is wrong with it; every case carries the secret `canary`,
/// which no fault may repeat.
#[track_caller]
fn check(toml: &str, env: &[(&str, &str)], expected: &[&str]) {
    let said = match read(toml, env) {
        Ok(config) => {
            assert!(!format!("{config:?}").contains("canary"), "{config:?}");
            Vec::new()
        }
        Err(error) => error.to_string().lines().map(str::to_owned).collect(),
    };
    assert!(said.iter().all(|line| !line.contains("canary")), "{said:#?}");
    assert_eq!(said, expected);
}

/// The minimal configuration with keys above it and sections below.
fn with(top: &str, below: &str) -> String {
    format!("{top}\n{MINIMAL}{below}")
}

/// A folder of the test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rollcall-config-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn region_id_and_secret_from_the_environment_are_enough() {
    check("", ALL_ENV, &[]);
    let config = read("", ALL_ENV).unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.server.public_url, None);
    assert_eq!(config.genesys.login_url, "https://login.mypurecloud.de");
    assert_eq!(config.genesys.api_url, "https://api.mypurecloud.de");
    assert_eq!((config.genesys.clients[0].id.as_str(), config.genesys.is_loopback), ("id", false));
    assert!(config.genesys.clients[0].secret.is("canary"));
    assert_eq!(config.local.roles, Roles::from_iter([Role::Viewer]));
    assert!(config.machines.is_empty());
    assert_eq!((config.walls.all()[0].id.as_str(), config.walls.all()[0].title.as_str()), ("floor", "Floor"));
}

#[test]
fn a_whole_file_is_read() {
    let toml = r#"
        listen = "[::1]:9000"
        public_url = "https://Wall.example.com/"
        [genesys]
        base_url = "http://127.0.0.1:8081/"
        client_id = "simulator"
        client_secret = "simulator"
        [local]
        roles = ["viewer", "auditor"]
        [[machine]]
        id = "reporting"
        secret = "canary"
        roles = ["viewer"]
        [[machine]]
        id = "rollcall-demo"
        secret = "rollcall-demo"
        roles = ["admin"]
        [[wall]]
        id = "Floor"
        title = "Support floor"
        [[wall]]
        id = "sales-2"
        title = "Sales"
    "#;
    check(toml, NO_ENV, &[]);
    let config = read(toml, NO_ENV).unwrap();
    assert_eq!(config.server.listen, "[::1]:9000".parse().unwrap());
    assert_eq!(config.server.public_url.unwrap().as_str(), "https://wall.example.com");
    assert_eq!(config.genesys.login_url, "http://127.0.0.1:8081");
    assert_eq!(config.genesys.api_url, "http://127.0.0.1:8081");
    assert!(config.genesys.is_loopback);
    assert_eq!(config.local.roles.to_string(), "viewer, auditor");
    assert_eq!(config.machines.len(), 2);
    assert!(config.machines[0].secret.is("canary"));
    let walls: Vec<_> = config.walls.fixed.iter().map(|wall| wall.id.as_str()).collect();
    assert_eq!(walls, ["floor", "sales-2"]);
}

#[test]
fn the_environment_wins_over_the_file_and_the_command_line_over_both() {
    let env = [("GENESYSCLOUD_REGION", "mypurecloud.jp"), ("GENESYSCLOUD_OAUTHCLIENT_ID", "other\n")];
    let config = read(&with("listen = \"127.0.0.1:1\"", ""), &env).unwrap();
    assert_eq!(config.genesys.api_url, "https://api.mypurecloud.jp");
    assert_eq!(config.genesys.clients[0].id, "other");
    assert!(config.genesys.clients[0].secret.is("canary"));
    assert_eq!(config.server.listen.port(), 1);

    let listen = Some("127.0.0.1:2".parse().unwrap());
    let config = read_with_listen("listen = \"0.0.0.0:1\"", ALL_ENV, listen).unwrap();
    assert_eq!(config.server.listen.port(), 2);
}

#[test]
fn a_variable_set_to_nothing_is_not_set() {
    let env = [("GENESYSCLOUD_REGION", ""), ("GENESYSCLOUD_OAUTHCLIENT_ID", " ")];
    check(MINIMAL, &env, &[]);
}

#[test]
fn what_is_missing_is_named_with_variable_and_line() {
    check(
        "",
        NO_ENV,
        &[
            "GENESYSCLOUD_REGION is not set: export it, or write region = \"eu_central_1\" under [genesys]",
            "GENESYSCLOUD_OAUTHCLIENT_ID is not set: export it, or write client_id = \"...\" under [genesys]",
            "GENESYSCLOUD_OAUTHCLIENT_SECRET is not set: export it, or write client_secret_file = \
             \"/run/secrets/genesys\" under [genesys]",
        ],
    );
}

#[test]
fn what_is_no_toml_is_shown_by_its_place_and_never_quoted() {
    let mend = "write one key = \"value\" a line, texts in quotes, below its [section]";
    check(
        "[genesys]\nclient_secret = canary\n",
        ALL_ENV,
        &[&format!(
            "rollcall.toml:2:17: not TOML: string values must be quoted, expected literal string; {mend}"
        )],
    );
    check(
        "[genesys]\nclient_secret = \"canary\nclient_id = \"canary\n",
        ALL_ENV,
        &[
            &format!("rollcall.toml:2:24: not TOML: invalid basic string, expected `\"`; {mend}"),
            &format!("rollcall.toml:3:20: not TOML: invalid basic string, expected `\"`; {mend}"),
        ],
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_answered_with_one_of_the_right_kind() {
    check(
        "listen = 8080\n[genesys]\nclient_secret = true\n[local]\nroles = \"viewer\"\n",
        ALL_ENV,
        &[
            "rollcall.toml:1:1: listen must be a text, not a number; write e.g. listen = \"127.0.0.1:8080\"",
            "rollcall.toml:5:1: [local] roles must be a list of texts; write e.g. roles = [\"viewer\"]",
        ],
    );
    check(
        &with("", "client_secret_file = []"),
        NO_ENV,
        &[
            "rollcall.toml:6:1: [genesys] client_secret_file and client_secret are both set; keep one of them \
           and remove the other",
        ],
    );
    check(
        &MINIMAL.replace("\"id\"", "\" \""),
        NO_ENV,
        &["rollcall.toml:3:1: [genesys] client_id is empty; write e.g. client_id = \"...\""],
    );
}

#[test]
fn a_section_is_written_with_its_own_brackets() {
    check(
        "genesys = 1\n[wall]\nid = \"floor\"\n",
        ALL_ENV,
        &[
            "rollcall.toml:1:1: genesys is a number, not a section: write [genesys]",
            "rollcall.toml:2:2: wall may stand more than once: write [[wall]], with double brackets",
        ],
    );
    check("[[local]]\n", ALL_ENV, &["rollcall.toml:1:3: local is a list, not a section: write [local]"]);
}

#[test]
fn an_unknown_key_is_answered_with_the_known_ones() {
    check(
        &with(
            "port = 1",
            "regoin = \"canary\"\n[genesis]\n[[walls]]\n[[wall]]\nid = \"a\"\ntitle = \"A\"\nname = \"b\"",
        ),
        NO_ENV,
        &[
            "rollcall.toml:1:1: port is not known; use one of listen, public_url, walls, default_wall, data",
            "rollcall.toml:6:1: [genesys] regoin is not known; use one of region, base_url, client_id, \
             client_secret, client_secret_file, channels, always_on",
            "rollcall.toml:7:2: [genesis] is not known; use one of [audit], [embed], [figures], [genesys], [[key]], [local], \
             [[machine]], [rules], [store], [[wall]]",
            "rollcall.toml:8:3: walls must be a text, not a list; write e.g. walls = \"walls\"",
            "rollcall.toml:12:1: [[wall]] name is not known; write names, or use one of id, title, kind, theme, palette, \
             language, names, queues, teams, group, sort, view, rotate, columns, tiles, thresholds, watches, play, night",
        ],
    );
}

#[test]
fn the_default_wall_is_one_that_there_is() {
    let default = |top: &str, below: &str| read(&with(top, below), NO_ENV).unwrap().walls.default;
    assert_eq!(default("", ""), None);
    assert_eq!(default("default_wall = \"Floor\"", ""), Some("floor".into()), "the one there is without any");
    let two = "[[wall]]\nid = \"a\"\ntitle = \"A\"\n[[wall]]\nid = \"b\"\ntitle = \"B\"\n";
    assert_eq!(default("default_wall = \"b\"", two), Some("b".into()));
    for (top, fault) in [
        (
            "default_wall = \"floor\"",
            "rollcall.toml:1:1: default_wall names \"floor\", and there is no such wall; use one of a, b; write e.g. \
             default_wall = \"floor\"",
        ),
        (
            "default_wall = [\"a\"]",
            "rollcall.toml:1:1: default_wall must be a text, not a list; write e.g. default_wall = \"floor\"",
        ),
    ] {
        check(&with(top, two), NO_ENV, &[fault]);
    }
}

#[test]
fn data_is_kept_beside_the_configuration() {
    let folder = |toml: &str| {
        let env = |_: &str| None;
        let config = Config::read(Path::new("/etc/rollcall/rollcall.toml"), toml, None, &env).unwrap();
        config.data.unwrap()
    };
    assert_eq!(folder(MINIMAL), Path::new("/etc/rollcall/rollcall-data"));
    assert_eq!(folder(&with("data = \"kept\"", "")), Path::new("/etc/rollcall/kept"));
    assert_eq!(folder(&with("data = \"/var/lib/rollcall\"", "")), Path::new("/var/lib/rollcall"));
    check(
        &with("data = 5", ""),
        NO_ENV,
        &["rollcall.toml:1:1: data must be a text, not a number; write e.g. data = \"/var/lib/rollcall\""],
    );
}

#[test]
fn days_begin_at_midnight_of_a_time_zone() {
    assert_eq!(read(MINIMAL, NO_ENV).unwrap().figures.calendar.name(), "UTC");
    let zone = |name: &str| with("", &format!("[figures]\ntime_zone = \"{name}\"\n"));
    assert_eq!(read(&zone("Europe/Berlin"), NO_ENV).unwrap().figures.calendar.name(), "Europe/Berlin");
    check(
        &zone("Europe/Atlantis"),
        NO_ENV,
        &["rollcall.toml:7:1: [figures] time_zone \"Europe/Atlantis\" is no time zone; write e.g. \
           time_zone = \"Europe/Berlin\""],
    );
}

#[test]
fn a_wall_has_an_id_of_its_own_and_a_title() {
    check(
        &with(
            "",
            "[[wall]]\nid = \"a\"\ntitle = \"A\"\n[[wall]]\nid = \"A\"\ntitle = \"B\"\n[[wall]]\nid = \"Süd 1\"\ntitle = \"\"",
        ),
        NO_ENV,
        &[
            "rollcall.toml:10:1: [[wall]] id \"a\" is taken by another wall; choose another",
            "rollcall.toml:13:1: [[wall]] id must be at most 60 letters, digits and hyphens; write e.g. id = \"floor\"",
            "rollcall.toml:14:1: [[wall]] title is empty; write e.g. title = \"Support floor\"",
        ],
    );
}

#[test]
fn all_faults_are_reported_together_in_the_order_of_the_file() {
    let said = read("listen = \"x\"\n[local]\nroles = [\"x\"]\n[genesys]\nregion = \"x\"\n", NO_ENV);
    let said = said.unwrap_err().to_string();
    let starts: Vec<_> = said.lines().map(|line| line.split(' ').next().unwrap()).collect();
    let expected = [
        "rollcall.toml:1:1:",
        "rollcall.toml:3:1:",
        "rollcall.toml:5:1:",
        "GENESYSCLOUD_OAUTHCLIENT_ID",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    ];
    assert_eq!(starts, expected, "{said}");
}

#[test]
fn the_example_is_a_configuration() {
    let toml = include_str!("../../../examples/rollcall.toml");
    check(toml, &[("GENESYSCLOUD_OAUTHCLIENT_SECRET", "canary")], &[]);
}

#[test]
fn the_documentation_names_every_key_and_variable() {
    let text = include_str!("../../../docs/configuration.md");
    let keys =
        [server::KEYS, genesys::KEYS, client::KEYS, local::KEYS, machine::KEYS, wall::KEYS, rules::KEYS];
    for key in keys.into_iter().flatten() {
        assert!(
            text.contains(&format!("`{}`", key.name)),
            "docs/configuration.md does not name {}",
            key.name
        );
    }
    let variables = [genesys::REGION_VARIABLE, genesys::CLIENT_ID_VARIABLE, genesys::CLIENT_SECRET_VARIABLE];
    for word in SECTIONS.iter().chain(&variables).copied().chain(Role::ALL.map(Role::name)) {
        assert!(text.contains(&format!("`{word}`")), "docs/configuration.md does not name {word}");
    }
}

#[test]
fn rules_are_hours_reasons_and_modes() {
    let config = read(
        &with(
            "",
            "[rules]\nhours = \"22:00-06:00\"\ntime_zone = \"Europe/Berlin\"\nneed_reason = []\nbusy = \"warn\"\n",
        ),
        NO_ENV,
    );
    let rules = config.unwrap().rules;
    assert_eq!(rules.hours, Hours { from: 22 * 60, until: 6 * 60 });
    assert_eq!(rules.time_zone.as_deref(), Some("Europe/Berlin"));
    assert_eq!(rules.need_reason, []);
    assert_eq!((rules.modes.of(Rule::Busy), rules.modes.of(Rule::Reason)), (Mode::Warn, Mode::Block));
    check(
        &with(
            "",
            "[rules]\nhours = \"8-20\"\ntime_zone = \"Berlin\"\nneed_reason = [\"Siesta\"]\nbusy = \"no\"\nshift = \"warn\"\n",
        ),
        NO_ENV,
        &[
            "rollcall.toml:7:1: [rules] hours must be two times of day, from 00:00 to 24:00; write e.g. hours = \"08:00-20:00\"",
            "rollcall.toml:8:1: [rules] time_zone \"Berlin\" is no time zone; write e.g. time_zone = \"Europe/Berlin\"",
            "rollcall.toml:9:1: [rules] need_reason names \"Siesta\", which is none of Available, Away, Break, Busy, Idle, Meal, Meeting, \
             Offline, On Queue, Training; write e.g. need_reason = [\"Away\"]",
            "rollcall.toml:10:1: [rules] busy \"no\" is none of block, warn and allow; write e.g. busy = \"block\"",
            "rollcall.toml:11:1: [rules] shift is not known; use one of hours, shifts, time_zone, need_reason, person_a_minute, \
             machine_a_minute, busy, reason, outside_hours, outside_shift, no_schedule, no_queues, staffing_floor",
        ],
    );
}

#[test]
fn floors_name_a_queue_and_how_many_stay() {
    let floors = |text: &str| read(&with("", text), NO_ENV).map(|config| config.rules.floors);
    let found = floors(
        "[[rules.floor]]\nqueue = \"Billing\"\nleast = 10\n[[rules.floor]]\nqueue = \"Orders\"\nleast = 2\n",
    );
    let found: Vec<_> = found.unwrap().into_iter().map(|floor| (floor.queue, floor.least)).collect();
    assert_eq!(found, [("Billing".to_owned(), 10), ("Orders".to_owned(), 2)]);
    check(
        &with(
            "",
            "[[rules.floor]]\nqueue = \"Billing\"\nleast = 0\n[[rules.floor]]\nleast = 3\nmost = 4\n\
             [[rules.floor]]\nqueue = \"Orders\"\nleast = 1\n[[rules.floor]]\nqueue = \"Orders\"\nleast = 1\n",
        ),
        NO_ENV,
        &[
            "rollcall.toml:8:1: [[rules.floor]] least must be from 1 to 10000; write e.g. least = 10",
            "rollcall.toml:9:1: [[rules.floor]] queue is missing; write queue = \"Billing\"",
            "rollcall.toml:11:1: [[rules.floor]] most is not known; use one of queue, least",
        ],
    );
    check(
        &with(
            "",
            "[[rules.floor]]\nqueue = \"Orders\"\nleast = 1\n[[rules.floor]]\nqueue = \"Orders\"\nleast = 1\n",
        ),
        NO_ENV,
        &["rollcall.toml:10:1: [[rules.floor]] \"Orders\" has another [[rules.floor]]; keep one of them"],
    );
}

#[test]
fn rules_may_be_others_for_a_role_and_the_most_lenient_of_several_holds() {
    let text = "[rules]\nreason = \"warn\"\nshifts = false\n[rules.supervisor]\nbusy = \"warn\"\n[rules.bulk]\nreason = \"block\"\n";
    let rules = read(&with("", text), NO_ENV).unwrap().rules;
    assert!(!rules.shifts);
    let of = |roles: &[Role], rule| rules.modes_for(roles.iter().copied().collect()).of(rule);
    assert_eq!((of(&[], Rule::Busy), of(&[], Rule::Reason)), (Mode::Block, Mode::Warn));
    assert_eq!(of(&[Role::Supervisor], Rule::Busy), Mode::Warn);
    assert_eq!(
        of(&[Role::Supervisor], Rule::Reason),
        Mode::Warn,
        "what a section leaves out is as without it"
    );
    assert_eq!(of(&[Role::Bulk], Rule::Reason), Mode::Block);
    assert_eq!(of(&[Role::Bulk, Role::Supervisor], Rule::Reason), Mode::Warn);
    check(
        &with("", "[rules.supervisor]\nhours = \"08:00-20:00\"\nbusy = \"no\"\n"),
        NO_ENV,
        &[
            "rollcall.toml:7:1: [rules.supervisor] hours is not known; use one of busy, reason, outside_hours, outside_shift, no_schedule, \
             no_queues, staffing_floor",
            "rollcall.toml:8:1: [rules.supervisor] busy \"no\" is none of block, warn and allow; write e.g. busy = \"block\"",
        ],
    );
}
