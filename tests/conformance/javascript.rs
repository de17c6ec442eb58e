//! The official JavaScript SDK under Node, as somebody else's client. It plays areas, each a module of the
//! folder `javascript`, which check for themselves what an SDK can see; what it read and heard is checked
//! here, against what the world says.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    AGENTS, Party, QUEUES, entities,
    harness::{
        packages::{MEND, Packages},
        process::{Folder, Process},
    },
};

pub const PACKAGES: Packages = Packages {
    manifest: include_str!("javascript/package.json"),
    lock: include_str!("javascript/package-lock.json"),
};

/// Areas that hold of whoever speaks the protocol.
pub const BOTH: &[&str] = &["reads", "refusals", "channels", "events"];
/// Areas that the proxy's table does not have, and eviction: a client of the proxy may open as many
/// channels as are configured. What takes away what others need comes last: eviction every channel,
/// `access` some tokens; `strangers` does once more what all others did.
pub const SIMULATOR: &[&str] = &[
    "simulator_reads",
    "audits",
    "conversations",
    "figures",
    "groups",
    "members",
    "organisation",
    "people",
    "presence_bulk",
    "presences",
    "queues",
    "settings",
    "skills",
    "staff",
    "teams",
    "versions",
    "workforce",
    "writes",
    "access",
    "eviction",
    "strangers",
];
/// Areas of the proxy alone: what its gate says.
pub const PROXY: &[&str] = &["guarded"];
/// Areas that need a simulator which enforces the limit of calls.
pub const LIMITED: &[&str] = &["call_limit"];
/// A client that the areas expect: one without any permission.
pub const POWERLESS: &str = "powerless";
/// One whose tokens live for so many seconds.
pub const SHORT: &str = "short";
pub const SHORT_SECONDS: u32 = 300;
/// Modules that are no areas.
const SHARED: &[&str] = &["run", "client", "record", "socket"];

/// Every module, by its name.
fn modules() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/javascript");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let modules = paths.filter(|path| path.extension().is_some_and(|extension| extension == "mjs"));
    let named = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    modules.map(named).collect()
}

#[test]
fn every_module_is_in_one_list() {
    let lists = [BOTH, SIMULATOR, PROXY, LIMITED, SHARED].concat();
    let mut listed: Vec<&str> = lists.clone();
    listed.sort_unstable();
    assert!(listed.windows(2).all(|two| two[0] != two[1]), "{listed:?}");
    assert!(modules().keys().eq(&listed), "{listed:?}");
}

/// An SDK at work on some areas.
struct Script {
    node: Process,
    // Its files, as long as it runs.
    _home: Folder,
}

impl Script {
    fn start(base: &str, (id, secret): (&str, &str), user: &str, areas: &[&str]) -> Self {
        // Packages are looked for from the script's own folder upwards.
        let home = Folder::within(&PACKAGES.folder());
        for (name, text) in modules() {
            home.write(&format!("{name}.mjs"), &text);
        }
        let given = json!({
            "base": base,
            "id": id,
            "secret": secret,
            "userId": user,
            "areas": areas,
            "powerless": { "id": POWERLESS, "secret": POWERLESS },
            "short": { "id": SHORT, "secret": SHORT, "seconds": SHORT_SECONDS },
        });
        let mut command = Command::new("node");
        command.arg(home.path().join("run.mjs")).arg(given.to_string());
        // The SDK looks for a file of its own there.
        command.env("HOME", home.path());
        let node = Process::start(&mut command).unwrap_or_else(|error| panic!("{MEND} (node: {error})"));
        Self { node, _home: home }
    }

    /// What it printed, when all areas are done.
    async fn end(mut self, areas: &[&str]) -> Vec<Value> {
        let status = self.node.end().await;
        let (stdout, stderr) = (self.node.stdout(), self.node.stderr());
        assert!(status.success(), "{stdout}\n{stderr}");
        assert_eq!(stderr, "", "the SDK has nothing to complain of");
        let steps: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for area in areas {
            assert!(steps.iter().any(|step| step["step"] == format!("{area} done")), "{area}: {stdout}");
        }
        steps
    }
}

/// Plays the areas, [`BOTH`] among them.
pub async fn runs(party: &Party, areas: &[&str]) {
    let user = party.first_user().await;
    // The world stands still; who writes does so after the reads.
    let truth = party.world.get("/api/v2/users?pageSize=500&expand=presence,routingStatus").await;
    let script = Script::start(&party.me.base, party.client, &user, areas);
    script.node.says(r#""step":"listening""#).await;
    let message = format!("for {}'s JavaScript", party.client.0);
    party.world.patch_presence(&user, &json!({ "message": message })).await;
    let steps = script.end(areas).await;
    check(party, &truth, &user, &message, &steps).await;
}

/// Plays areas that say everything themselves; answers what was exchanged.
pub async fn runs_alone(base: &str, client: (&str, &str), user: &str, areas: &[&str]) -> Value {
    let mut steps = Script::start(base, client, user, areas).end(areas).await;
    let exchanges = steps.pop().unwrap();
    assert_eq!(exchanges["step"], "exchanges");
    exchanges["answer"].clone()
}

async fn check(party: &Party, truth: &Value, user: &str, message: &str, steps: &[Value]) {
    let step = |name: &str| {
        let found = steps.iter().find(|step| step["step"] == name);
        &found.unwrap_or_else(|| panic!("no step {name} in {steps:?}"))["answer"]
    };
    let users = step("users").as_array().unwrap();
    assert_eq!(users.len(), AGENTS, "all pages");
    for known in entities(truth) {
        let told = users.iter().find(|user| user["id"] == known["id"]).unwrap();
        assert_eq!(told["name"], known["name"]);
        assert_eq!(told["systemPresence"], known["presence"]["presenceDefinition"]["systemPresence"]);
        assert_eq!(told["routingStatus"], known["routingStatus"]["status"]);
    }
    let definitions = party.world.get("/api/v2/presence/definitions").await;
    assert_eq!(step("definitions"), entities(&definitions).len());
    assert_eq!(step("queues"), QUEUES);
    let queue = party.queues().await.swap_remove(0);
    let members = party.world.get(&format!("/api/v2/routing/queues/{queue}/members?pageSize=100")).await;
    assert_eq!(step("members"), entities(&members).len());
    assert!(step("observations").as_u64() > Some(0));
    assert_eq!(step("notFound"), &json!({ "status": 404, "code": "not.found" }));
    assert_eq!(step("subscribed"), &json!(["Permitted"]));
    let event = step("event");
    assert_eq!(event["topicName"], format!("v2.users.{user}.presence"));
    assert_eq!(event["eventBody"]["message"], message);
}
