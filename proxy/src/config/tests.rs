//! Each fault a configuration can have, and the words that mend it.

use std::path::PathBuf;

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
fn an_unknown_region_is_answered_with_the_known_ones() {
    let known = region::keys();
    check(
        &MINIMAL.replace("eu_central_1", "mars_1"),
        NO_ENV,
        &[&format!(
            "rollcall.toml:2:1: [genesys] region \"mars_1\" is not known; use one of {known} or the domain, \
             e.g. region = \"eu_central_1\""
        )],
    );
    check(
        MINIMAL,
        &[("GENESYSCLOUD_REGION", "mars_1")],
        &[&format!(
            "GENESYSCLOUD_REGION \"mars_1\" is not known; use one of {known} or the domain, \
             e.g. GENESYSCLOUD_REGION=eu_central_1"
        )],
    );
}

#[test]
fn region_and_base_url_exclude_each_other() {
    let toml =
        "[genesys]\nbase_url = \"http://127.0.0.1:8081\"\nclient_id = \"id\"\nclient_secret = \"canary\"";
    check(toml, NO_ENV, &[]);
    check(
        &format!("{toml}\nregion = \"eu_central_1\""),
        NO_ENV,
        &["rollcall.toml:2:1: [genesys] region and base_url are both set; keep region for Genesys Cloud, \
           base_url for a simulator"],
    );
    check(
        toml,
        &[("GENESYSCLOUD_REGION", "eu_central_1")],
        &[
            "rollcall.toml:2:1: [genesys] base_url is set, and GENESYSCLOUD_REGION too; unset the variable or \
           remove the line",
        ],
    );
}

#[test]
fn a_base_url_is_an_origin_that_a_secret_may_be_sent_to() {
    let toml = |url: &str| {
        format!("[genesys]\nbase_url = \"{url}\"\nclient_id = \"id\"\nclient_secret = \"canary\"")
    };
    let mend = "write e.g. base_url = \"http://127.0.0.1:8081\"";
    check(&toml("https://simulator.example.com"), NO_ENV, &[]);
    for (url, wrong) in [
        ("simulator", "is not an address"),
        ("ws://127.0.0.1:8081", "must begin with https:// or http://"),
        ("http://canary@127.0.0.1", "must not carry a user or a password"),
        ("http://127.0.0.1:8081/api", "must end after host and port"),
        (
            "http://simulator.example.com",
            "must begin with https:// unless it is this machine: the client secret is sent there",
        ),
    ] {
        check(&toml(url), NO_ENV, &[&format!("rollcall.toml:2:1: [genesys] base_url {wrong}; {mend}")]);
    }
}

#[test]
fn a_client_id_is_copied_whole() {
    let mend = "has a blank or a colon in it: copy the client id as Genesys Cloud shows it";
    let toml = MINIMAL.replace("\"id\"", "\"a:b\"");
    check(&toml, NO_ENV, &[&format!("rollcall.toml:3:1: [genesys] client_id {mend}")]);
    let env = [("GENESYSCLOUD_OAUTHCLIENT_ID", "a b")];
    check(MINIMAL, &env, &[&format!("GENESYSCLOUD_OAUTHCLIENT_ID {mend}")]);
}

/// The minimal configuration with further lines in `[genesys]` and further clients.
fn with_clients(first: &str, further: &[&str]) -> String {
    let further: Vec<String> = further.iter().map(|lines| format!("[[genesys.client]]\n{lines}\n")).collect();
    format!("{MINIMAL}{first}\n{}", further.concat())
}

#[test]
fn further_oauth_clients_stand_beside_the_first() {
    let folder = Folder::new("clients");
    let file = folder.write("secret", "canary\n");
    let of_file = format!("client_id = \"c\"\nclient_secret_file = '{}'", file.display());
    let toml = with_clients("channels = 3", &["client_id = \"b\"\nclient_secret = \"canary\"", &of_file]);
    check(&toml, NO_ENV, &[]);
    let clients = read(&toml, NO_ENV).unwrap().genesys.clients;
    let told: Vec<_> = clients.iter().map(|client| (client.id.as_str(), client.channels)).collect();
    assert_eq!(told, [("id", 3), ("b", 20), ("c", 20)]);
    assert!(clients.iter().all(|client| client.secret.is("canary")));
    // Also when the first is not in the file.
    let toml = "[[genesys.client]]\nclient_id = \"b\"\nclient_secret = \"canary\"\n";
    assert_eq!(read(toml, ALL_ENV).unwrap().genesys.clients.len(), 2);
}

#[test]
fn queues_that_come_first_are_named() {
    let toml = with_clients("always_on = [\" Support \", \"q-1\"]", &[]);
    check(&toml, NO_ENV, &[]);
    assert_eq!(read(&toml, NO_ENV).unwrap().genesys.always_on, ["Support", "q-1"]);
    assert!(read(&with_clients("", &[]), NO_ENV).unwrap().genesys.always_on.is_empty());
    let faulty = |value: &str, fault: &str| {
        let fault =
            format!("rollcall.toml:5:1: [genesys] always_on {fault}; write e.g. always_on = [\"Support\"]");
        check(&with_clients(&format!("always_on = {value}"), &[]), NO_ENV, &[&fault]);
    };
    faulty("\"Support\"", "must be a list of texts");
    faulty("[1]", "must be a list of texts");
    faulty("[\"a\", \" \"]", "has a fault at entry 2: it names no queue");
    faulty("[\"a\", \"b\", \"a \"]", "has a fault at entry 3: it names a queue a second time");
    let many: Vec<String> = (0..1_001).map(|n| format!("\"{n}\"")).collect();
    faulty(&format!("[{}]", many.join(", ")), "must name at most 1000 queues");
}

#[test]
fn faults_of_oauth_clients_are_told_together_each_with_its_place() {
    let channels = "must be 3 to 20: 2 of them are kept for moves, and Genesys Cloud grants a client 20; write e.g. \
                    channels = 20";
    let taken = |owner: &str, id: &str| {
        format!(
            "[[genesys.client]] client_id \"{id}\" is that of {owner}, and a client has its channels once; name \
             another OAuth client, or remove this section"
        )
    };
    let sound = |id: &str| format!("client_id = \"{id}\"\nclient_secret = \"canary\"");
    check(
        &with_clients(
            "channels = 2",
            &[
                "client_id = \"a:b\"\nchannel = 3",
                &format!("{}\nchannels = 21", sound("c")),
                &format!("{}\nchannels = \"all\"", sound("d")),
                &sound("e"),
                &sound("e"),
                &format!("{}\nchannels = 2.5", sound("f")),
            ],
        ),
        NO_ENV,
        &[
            &format!("rollcall.toml:5:1: [genesys] channels {channels}"),
            "rollcall.toml:6:1: [[genesys.client]] client_secret_file is missing; write client_secret_file = \
             \"/run/secrets/genesys\"",
            "rollcall.toml:7:1: [[genesys.client]] client_id has a blank or a colon in it: copy the client id as \
             Genesys Cloud shows it",
            "rollcall.toml:8:1: [[genesys.client]] channel is not known; use one of client_id, client_secret, \
             client_secret_file, channels",
            &format!("rollcall.toml:12:1: [[genesys.client]] channels {channels}"),
            "rollcall.toml:16:1: [[genesys.client]] channels must be a whole number, not a text; write e.g. channels = 20",
            &format!("rollcall.toml:21:1: {}", taken("another [[genesys.client]]", "e")),
            "rollcall.toml:26:1: [[genesys.client]] channels must be a whole number, not a number with a point; write \
             e.g. channels = 20",
        ],
    );
    // What counts is the id that is used, wherever it comes from.
    check(
        &with_clients("", &[&sound("other")]),
        &[("GENESYSCLOUD_OAUTHCLIENT_ID", "other")],
        &[&format!("rollcall.toml:7:1: {}", taken("[genesys]", "other"))],
    );
    check(
        &with_clients("", &["client_id = \"simulator\"\nclient_secret = \"simulator\""]),
        NO_ENV,
        &[
            "rollcall.toml:7:1: [[genesys.client]] client_id \"simulator\" with its well-known secret is for a simulator \
           on this machine only: use an OAuth client of your organisation, with the grant client credentials",
        ],
    );
    check(
        "[genesys]\nclient = \"b\"\n",
        ALL_ENV,
        &[
            "rollcall.toml:2:1: client may stand more than once: write [[genesys.client]], with double brackets",
        ],
    );
    let many: Vec<String> = (0..17).map(|n| sound(&format!("n{n}"))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    check(
        &with_clients("", &many),
        NO_ENV,
        &[
            "rollcall.toml:51:1: [[genesys.client]] is one too many: there can be 16 OAuth clients with the first",
        ],
    );
}

#[test]
fn a_secret_is_a_value_or_a_file() {
    let folder = Folder::new("secret");
    let good = folder.write("good", "canary\n");
    let empty = folder.write("empty", "\n");
    let toml = |line: &str| MINIMAL.replace("client_secret = \"canary\"", line);
    let of_file = |path: &Path| toml(&format!("client_secret_file = '{}'", path.display()));

    check(&of_file(&good), NO_ENV, &[]);
    assert!(read(&of_file(&good), NO_ENV).unwrap().genesys.clients[0].secret.is("canary"));

    check(
        &toml("client_secret = \"canary\"\nclient_secret_file = \"x\""),
        ALL_ENV,
        &[
            "rollcall.toml:5:1: [genesys] client_secret_file and client_secret are both set; keep one of them \
           and remove the other",
        ],
    );
    let mend = "name a file that holds the secret and nothing else; write e.g. client_secret_file = \
                \"/run/secrets/genesys\"";
    check(
        &of_file(&empty),
        NO_ENV,
        &[&format!(
            "rollcall.toml:4:1: [genesys] client_secret_file cannot be read: {}: the file is empty; {mend}",
            empty.display()
        )],
    );
    check(
        &toml("client_secret_file = \"/does/not/exist\""),
        NO_ENV,
        &[&format!(
            "rollcall.toml:4:1: [genesys] client_secret_file cannot be read: /does/not/exist: No such file or \
             directory (os error 2); {mend}"
        )],
    );
    // Not used, not needed.
    check(&toml("client_secret_file = \"/does/not/exist\""), ALL_ENV, &[]);
}

#[test]
fn a_secret_file_is_looked_for_beside_the_configuration() {
    let folder = Folder::new("beside");
    folder.write("genesys.secret", "canary");
    let file = folder.write(
        "rollcall.toml",
        MINIMAL.replace("client_secret = \"canary\"", "client_secret_file = \"genesys.secret\""),
    );
    let config = Config::load(Some(&file), None, &|_| None).unwrap();
    assert!(config.genesys.clients[0].secret.is("canary"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let mend = "name a readable file with --config, or leave --config away and set GENESYSCLOUD_REGION, \
                GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET";
    let folder = Folder::new("unreadable");
    let (missing, binary) = (folder.0.join("missing.toml"), folder.write("binary.toml", [0xff, 0xfe]));
    let large = folder.write("large.toml", " ".repeat(1024 * 1024 + 1));
    for (path, reason) in [
        (&missing, "No such file or directory (os error 2)"),
        (&binary, "stream did not contain valid UTF-8"),
        (&large, "it is larger than 1 MiB"),
    ] {
        let error = Config::load(Some(path), None, &|_| None).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot read {}: {reason}; {mend}", path.display()));
    }
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
            "rollcall.toml:7:2: [genesis] is not known; use one of [embed], [figures], [genesys], [[key]], [local], \
             [[machine]], [[wall]]",
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
fn an_address_that_others_reach_is_refused() {
    let reason = "can be reached by others, and without sign-in everybody there would be let in; listen on this \
                  machine alone, e.g. 127.0.0.1";
    for address in ["0.0.0.0:8080", "192.168.0.7:8080", "[::]:8080"] {
        check(
            &with(&format!("listen = \"{address}\""), ""),
            NO_ENV,
            &[&format!("rollcall.toml:1:1: listen {address} {reason}:8080")],
        );
    }
    let option: SocketAddr = "0.0.0.0:80".parse().unwrap();
    let expected = format!("--listen 0.0.0.0:80 {reason}:80");
    assert_eq!(read_with_listen("", ALL_ENV, Some(option)).unwrap_err().to_string(), expected);
    assert_eq!(Config::refuse_open(option).unwrap_err().to_string(), expected);
    Config::refuse_open("[::1]:0".parse().unwrap()).unwrap();
    check(
        &with("listen = \"localhost\"", ""),
        NO_ENV,
        &["rollcall.toml:1:1: listen must be an address and a port; write e.g. listen = \"127.0.0.1:8080\""],
    );
}

#[test]
fn a_public_url_is_https_unless_it_is_this_machine() {
    let toml = |url: &str| with(&format!("public_url = \"{url}\""), "");
    let mend = "write e.g. public_url = \"https://wall.example.com\"";
    check(&toml("https://wall.example.com"), NO_ENV, &[]);
    check(&toml("http://localhost:8080/"), NO_ENV, &[]);
    check(
        &toml("http://wall.example.com"),
        NO_ENV,
        &[&format!(
            "rollcall.toml:1:1: public_url must begin with https:// unless it is this machine: without TLS \
             browsers drop the session's cookie and refuse wake locks; {mend}"
        )],
    );
    check(
        &toml("https://example.com/wall"),
        NO_ENV,
        &[&format!("rollcall.toml:1:1: public_url must end after host and port; {mend}")],
    );
}

#[test]
fn credentials_that_everybody_knows_are_for_this_machine_only() {
    let toml =
        "[genesys]\nregion = \"eu_central_1\"\nclient_id = \"simulator\"\nclient_secret = \"simulator\"\n";
    let fault = "client_id \"simulator\" with its well-known secret is for a simulator on this machine only: use \
                 an OAuth client of your organisation, with the grant client credentials";
    check(toml, NO_ENV, &[&format!("rollcall.toml:3:1: [genesys] {fault}")]);
    let env =
        [("GENESYSCLOUD_OAUTHCLIENT_ID", "simulator"), ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "simulator")];
    check("[genesys]\nregion = \"eu_central_1\"\n", &env, &[&format!("[genesys] {fault}")]);
    check(
        &with("", "[[machine]]\nid = \"rollcall-demo\"\nsecret = \"rollcall-demo\"\nroles = [\"viewer\"]"),
        NO_ENV,
        &[
            "rollcall.toml:7:1: [[machine]] id \"rollcall-demo\" with its well-known secret is for the demo only; \
           choose a secret of your own",
        ],
    );
}

#[test]
fn a_machine_client_has_id_secret_and_roles() {
    check(
        &with("", "[[machine]]\n[[machine]]\nid = \"a b\"\nsecret = \"canary\"\nroles = []"),
        NO_ENV,
        &[
            "rollcall.toml:6:1: [[machine]] id is missing; write id = \"reporting\"",
            "rollcall.toml:6:1: [[machine]] secret_file is missing; write secret_file = \"/run/secrets/reporting\"",
            "rollcall.toml:6:1: [[machine]] roles is missing; write roles = [\"viewer\"]",
            "rollcall.toml:7:1: [[machine]] roles is missing; write roles = [\"viewer\"]",
            "rollcall.toml:8:1: [[machine]] id must be at most 100 letters, digits, hyphens, underscores and \
             dots; write e.g. id = \"reporting\"",
        ],
    );
    let machine = "[[machine]]\nid = \"a\"\nsecret = \"canary\"\nroles = [\"viewer\"]\n";
    check(
        &with("", &machine.repeat(2)),
        NO_ENV,
        &["rollcall.toml:11:1: [[machine]] id \"a\" is taken by another [[machine]]; choose another"],
    );
    check(
        &with("", &machine.replace("\"viewer\"", "\"viewer\", \"boss\"")),
        NO_ENV,
        &[
            "rollcall.toml:9:1: [[machine]] roles: \"boss\" is not a role; use viewer, supervisor, bulk, designer, \
           fleet, auditor, admin; write e.g. roles = [\"viewer\"]",
        ],
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
    let keys = [server::KEYS, genesys::KEYS, client::KEYS, local::KEYS, machine::KEYS, wall::KEYS];
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

/// A section `[[key]]` that has nothing wrong with it.
const KEY_SECTION: &str =
    "[[key]]\nname = \"lobby\"\nsecret = \"canary of the lobby\"\nwalls = [\"Floor\"]\n";

#[test]
fn a_key_says_what_it_opens() {
    let below = format!("{KEY_SECTION}names = \"initials\"\nembed = true");
    let config = read(&with("", &below), NO_ENV).unwrap();
    let key = &config.keys[0];
    assert_eq!((&*key.name, key.embed, key.names), ("lobby", true, protocol::wall::Names::Initials));
    assert!(key.secret.is("canary of the lobby") && key.walls == [protocol::WallId::new("floor")]);
    let plain = read(&with("", KEY_SECTION), NO_ENV).unwrap();
    assert_eq!((plain.keys[0].embed, plain.keys[0].names), (false, protocol::wall::Names::Full));
    check(&with("", KEY_SECTION), NO_ENV, &[]);
}

#[test]
fn a_key_that_could_not_work_is_refused_with_what_mends_it() {
    let at = MINIMAL.lines().count() + 2;
    let faulty = |section: &str, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|line| format!("rollcall.toml:{line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(&with("", section), NO_ENV, &expected);
    };
    faulty(
        "[[key]]\n",
        &[
            &format!("{at}:1: [[key]] name is missing; write name = \"lobby\""),
            &format!("{at}:1: [[key]] secret_file is missing; write secret_file = \"/run/secrets/lobby\""),
            &format!("{at}:1: [[key]] walls is missing; write walls = [\"floor\"]"),
        ],
    );
    faulty(
        "[[key]]\nname = \"a lobby\"\nsecret = \"canary\"\nwalls = [\"flor\"]\nnames = \"some\"\nembed = \"yes\"",
        &[
            &format!(
                "{}:1: [[key]] name must be at most 60 letters, digits, hyphens and underscores; write e.g. name = \
                 \"lobby\"",
                at + 1
            ),
            &format!(
                "{}:1: [[key]] the secret is shorter than 16 characters and could be guessed; make one with \
                 `openssl rand -hex 20`",
                at + 2
            ),
            &format!("{}:1: [[key]] walls: there is no wall \"flor\"; use some of floor", at + 3),
            &format!(
                "{}:1: [[key]] names must be one of full, initials, alias, counts; write e.g. names = \"initials\"",
                at + 4
            ),
            &format!(
                "{}:1: [[key]] embed must be true or false, not a text; write e.g. embed = true",
                at + 5
            ),
        ],
    );
    faulty(
        &format!("{KEY_SECTION}{}", KEY_SECTION.replace("of the", "of another")),
        &[&format!("{}:1: [[key]] name \"lobby\" is taken by another [[key]]; choose another", at + 5)],
    );
    faulty(
        &format!("{KEY_SECTION}{}", KEY_SECTION.replace("\"lobby\"", "\"canteen\"")),
        &[&format!(
            "{}:1: [[key]] the secret is that of another [[key]]; choose another, or one key for all",
            at + 5
        )],
    );
    faulty(
        &KEY_SECTION.replace("canary of the lobby", "rollcall-demo-screen"),
        &[&format!(
            "{}:1: [[key]] the secret is the demo's, which everybody knows; choose a secret of your own",
            at + 2
        )],
    );
}

#[test]
fn parents_are_origins_that_nobody_on_the_way_can_speak_for() {
    let good = "[embed]\nparents = [\"https://Portal.example.com\", \"http://localhost:8000\"]";
    let config = read(&with("", good), NO_ENV).unwrap();
    let parents: Vec<_> = config.embed.parents.iter().map(Origin::as_str).collect();
    assert_eq!(parents, ["https://portal.example.com", "http://localhost:8000"]);
    let at = MINIMAL.lines().count() + 3;
    let mend = "write e.g. parents = [\"https://portal.example.com\"]";
    check(
        &with(
            "",
            "[embed]\nparents = [\"https://a.example\", \"http://canary.example\", \"https://b.example/canary\"]",
        ),
        NO_ENV,
        &[
            &format!(
                "rollcall.toml:{at}:1: [embed] parents has a fault at entry 2: it must begin with https:// unless it \
                 is this machine: others on the way could frame the wall; {mend}"
            ),
            &format!(
                "rollcall.toml:{at}:1: [embed] parents has a fault at entry 3: it must end after host and port; {mend}"
            ),
        ],
    );
}
