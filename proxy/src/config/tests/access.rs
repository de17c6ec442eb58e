//! Who reaches the proxy, and as whom.

use super::*;

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
