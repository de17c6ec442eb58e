//! The official JavaScript SDK under Node, as somebody else's client. What it reads and hears is checked
//! here, against what the world says.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    AGENTS, Party, QUEUES, entities,
    harness::process::{Folder, Process},
};

const PACKAGE: &str = include_str!("javascript/package.json");
const LOCK: &str = include_str!("javascript/package-lock.json");
const SCRIPT: &str = include_str!("javascript/run.mjs");

const MEND: &str = "the conformance tests need Node 20 or later with npm: install both so that `node` and `npm` \
                    are in PATH";

/// Where the packages of this lock file are kept between runs.
fn installed() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (PACKAGE, LOCK).hash(&mut hasher);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("conformance-node").join(format!("{:016x}", hasher.finish()))
}

/// Installs the packages that the lock file names, once; they appear whole or not at all.
pub fn install() {
    let place = installed();
    if place.exists() {
        return;
    }
    let unfinished = Folder::within(place.parent().unwrap());
    unfinished.write("package.json", PACKAGE);
    unfinished.write("package-lock.json", LOCK);
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(unfinished.path())
        .output()
        .unwrap_or_else(|error| panic!("{MEND} (npm: {error})"));
    let said = String::from_utf8_lossy(&npm.stderr);
    assert!(npm.status.success(), "npm ci failed; it needs the package registry once: {said}");
    // Fails when somebody else was faster; theirs is the same.
    let _ = std::fs::rename(unfinished.path(), &place);
    assert!(place.exists());
}

pub async fn runs(party: &Party) {
    // Packages are looked for from the script's own folder upwards.
    let home = Folder::within(&installed());
    let script = home.write("run.mjs", SCRIPT);
    let (id, secret) = party.client;
    let user = party.first_user().await;
    let mut command = Command::new("node");
    command.arg(&script).args([&party.me.base, id, secret, &user]);
    // The SDK looks for a file of its own there.
    command.env("HOME", home.path());
    let mut node = Process::start(&mut command).unwrap_or_else(|error| panic!("{MEND} (node: {error})"));
    node.says(r#""step":"listening""#).await;
    let message = format!("for {id}'s JavaScript");
    party.world.patch_presence(&user, &json!({ "message": message })).await;
    let status = node.end().await;
    let (stdout, stderr) = (node.stdout(), node.stderr());
    assert!(status.success(), "{stdout}\n{stderr}");
    assert_eq!(stderr, "", "the SDK has nothing to complain of");
    check(party, &user, &message, &stdout).await;
}

async fn check(party: &Party, user: &str, message: &str, stdout: &str) {
    let steps: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let step = |name: &str| {
        let found = steps.iter().find(|step| step["step"] == name);
        &found.unwrap_or_else(|| panic!("no step {name} in {stdout}"))["answer"]
    };
    let truth = party.world.get("/api/v2/users?pageSize=500&expand=presence,routingStatus").await;
    let users = step("users").as_array().unwrap();
    assert_eq!(users.len(), AGENTS, "all pages");
    for known in entities(&truth) {
        let told = users.iter().find(|user| user["id"] == known["id"]).unwrap();
        assert_eq!(told["name"], known["name"]);
        assert_eq!(told["systemPresence"], known["presence"]["presenceDefinition"]["systemPresence"]);
        assert_eq!(told["routingStatus"], known["routingStatus"]["status"]);
    }
    let two = step("usersById").as_array().unwrap();
    assert_eq!(two.len(), 2, "an array of ids, as the SDK joins it: {two:?}");
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
