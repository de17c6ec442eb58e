//! What is said about Genesys Cloud: region, OAuth clients, secrets.

use super::*;

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
