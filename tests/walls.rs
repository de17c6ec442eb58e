//! Walls as files, from the folder to the screen; and what a screen may not know, looked for in everything it is sent.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;

use std::{collections::BTreeMap, path::Path};

use harness::{
    House, SOON, Socket,
    page::Page,
    process::{Folder, Process, rollcall},
    still, system_clock, until,
};
use proxy::config::Config;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// The next definition of a wall that fits.
async fn told(socket: &mut Socket, wall: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let topic = format!("rollcall.walls.{wall}");
    let frame = socket.find(|frame| frame["topicName"] == topic && fits(&frame["eventBody"])).await;
    frame["eventBody"].clone()
}

async fn closed(socket: &mut Socket) {
    tokio::time::timeout(SOON, async { while socket.next().await.is_some() {} })
        .await
        .expect("told to come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_in_the_folder_is_on_the_screens() {
    let folder = Folder::new();
    folder.write("floor.toml", "title = \"Before\"\n");
    let walls = Config::walls_of(folder.path()).unwrap();
    let house = House::start_with(system_clock(), still(20, 3), |config| config.walls = walls).await;
    let page = Page::open(&house.proxy.base_url()).await;
    let (snapshot, mut screen) = page.wall("floor").await;
    assert_eq!(snapshot["wall"]["title"], "Before");

    folder.write("floor.toml", "title = \"After\"\ntheme = \"light\"\n");
    let wall = told(&mut screen, "floor", |wall| wall["title"] == "After").await;
    assert_eq!(wall["theme"], "light");

    // A fault keeps what was, and says where it is.
    folder.write("floor.toml", "title = \"Faulty\"\ntheme = \"pink\"\n");
    let wall = told(&mut screen, "floor", |wall| wall["notes"].is_array()).await;
    assert_eq!((&wall["title"], &wall["theme"]), (&json!("After"), &json!("light")));
    let note = wall["notes"][0].as_str().unwrap();
    assert!(note.starts_with("floor.toml:2:1: theme \"pink\" is not one of"), "{note}");
    folder.write("floor.toml", "title = \"Mended\"\n");
    let wall = told(&mut screen, "floor", |wall| wall["title"] == "Mended").await;
    assert_eq!(wall["notes"], Value::Null);

    // Another wall comes, and the first one goes.
    let status =
        async |id: &str| page.request(Method::GET, &format!("/wall/{id}")).send().await.unwrap().status();
    folder.write("new.json", r#"{"title": "New", "kind": "queues"}"#);
    until(SOON, "the new wall is there", || async {
        let list: Value =
            page.request(Method::GET, "/rollcall/walls").send().await.unwrap().json().await.unwrap();
        (list["walls"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    let (_, mut other) = page.wall("new").await;
    std::fs::remove_file(folder.path().join("floor.toml")).unwrap();
    closed(&mut screen).await;
    assert_eq!(status("floor").await, StatusCode::NOT_FOUND);
    let again =
        page.request(Method::POST, "/rollcall/walls/floor/channel").json(&json!({})).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_FOUND, "and its screens are told so when they come back");

    // What may be seen no longer is not kept by anybody.
    folder.write("new.json", r#"{"title": "New", "kind": "queues", "queues": ["Billing"]}"#);
    closed(&mut other).await;
    let (snapshot, _) = page.wall("new").await;
    let topics =
        snapshot["frames"].as_array().unwrap().iter().map(|frame| frame["topicName"].as_str().unwrap());
    assert_eq!(topics.filter(|topic| topic.starts_with("rollcall.queues.")).count(), 1);
    house.stop().await;
}

/// Of forty agents so many at least can go on a break at once.
const MANY: u64 = 10;

/// Every name and id of an agent.
fn secrets(truth: &Value) -> Vec<(String, String)> {
    let agents = truth["agents"].as_array().unwrap();
    let text = |agent: &Value, key: &str| {
        agent[key].as_str().unwrap_or_else(|| panic!("{key} of {agent}")).to_owned()
    };
    agents.iter().map(|agent| (text(agent, "id"), text(agent, "name"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_named_on_screens_that_may_not_know() {
    let folder = Folder::new();
    for names in ["full", "initials", "alias", "counts"] {
        let text =
            format!("title = \"Names\"\nnames = \"{names}\"\n[[watches]]\nstate = \"break\"\nwarn = 1\n");
        folder.write(&format!("{names}.toml"), &text);
    }
    folder.write("best.toml", "title = \"Best\"\nkind = \"leaderboard\"\nnames = \"alias\"\n");
    let walls = Config::walls_of(folder.path()).unwrap();
    let house = House::start_with(system_clock(), still(40, 4), |config| config.walls = walls).await;
    let page = Page::open(&house.proxy.base_url()).await;
    let secrets = secrets(&house.truth().await);
    assert_eq!(secrets.len(), 40);

    let mut screens = Vec::new();
    for wall in ["full", "initials", "alias", "counts", "best"] {
        let (snapshot, socket) = page.wall(wall).await;
        screens.push((wall, snapshot, socket));
    }
    // Something happens to everybody, and an alarm or two.
    for (id, _) in &secrets {
        let body = json!({ "presenceDefinition": { "id": "227b37e2-f1d0-4dd0-8f50-badd7cf6d158" } });
        house.upstream.patch_presence(id, &body).await;
    }
    house.upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": 30 })).await;

    for (wall, snapshot, socket) in &mut screens {
        let mut sent: Vec<String> =
            snapshot["frames"].as_array().unwrap().iter().map(Value::to_string).collect();
        sent.push(snapshot["wall"].to_string());
        // Everything up to a list in which many are on a break: of names, or of counts. Some still talk.
        let many_on_break = |frame: &Value| match *wall {
            "counts" => {
                let states = frame["eventBody"]["states"].as_array();
                states.is_some_and(|states| {
                    states.iter().any(|s| s["state"] == "break" && s["agents"].as_u64() >= Some(MANY))
                })
            }
            "best" => frame["topicName"].as_str().unwrap().ends_with(".presence"),
            _ => frame["eventBody"]["alarms"].as_array().is_some_and(|alarms| alarms.len() as u64 >= MANY),
        };
        let search = async {
            loop {
                let frame = socket.next().await.expect("the socket stays open");
                sent.push(frame.to_string());
                if many_on_break(&frame) {
                    return;
                }
            }
        };
        tokio::time::timeout(SOON, search).await.unwrap_or_else(|_| panic!("{wall} is told"));

        let all = sent.join("\n");
        let users = sent.iter().filter(|frame| frame.contains("\"rollcall.users.")).count();
        for (id, name) in &secrets {
            if *wall == "full" {
                assert!(all.contains(id) && all.contains(name), "{name}");
                continue;
            }
            assert!(!all.contains(id), "{wall}: the id of {name}");
            assert!(!all.contains(name), "{wall}: {name}");
            let family = name.split_whitespace().last().unwrap();
            assert!(!all.contains(&format!("{family}\"")), "{wall}: {family}");
        }
        match *wall {
            "counts" => {
                assert!(
                    !all.contains("v2.users.") && !all.contains("rollcall.users."),
                    "no topic about anybody"
                );
                assert!(!all.contains("rollcall.tallies.") && !all.contains("\"user\":"));
                assert!(all.contains("v2.analytics.queues."), "queues have nothing to hide");
            }
            _ => assert!(users >= 40, "{wall}: everybody is there: {users}"),
        }
    }

    // An alarm of somebody unknown can be taken note of.
    let (_, _, socket) = &mut screens[2];
    let path = "/rollcall/walls/alias/channel";
    let snapshot: Value =
        page.request(Method::POST, path).json(&json!({})).send().await.unwrap().json().await.unwrap();
    let frames = snapshot["frames"].as_array().unwrap();
    let alarms = frames.iter().find(|frame| frame["topicName"] == "rollcall.alarms.alias").unwrap();
    let alarm = alarms["eventBody"]["alarms"][0]["id"].as_str().unwrap();
    let path = format!("/rollcall/walls/alias/alarms/{alarm}/acknowledge");
    let answer = page.request(Method::POST, &path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    socket
        .find(|frame| {
            let alarms = frame["eventBody"]["alarms"].as_array();
            alarms.is_some_and(|alarms| {
                alarms.iter().any(|a| a["id"] == alarm && a["acknowledged"].is_string())
            })
        })
        .await;
    house.stop().await;
}

/// Everybody on a wall: the id and the name that its screens are told.
async fn people(page: &Page, wall: &str) -> BTreeMap<String, String> {
    let (snapshot, _) = page.wall(wall).await;
    let frames = snapshot["frames"].as_array().unwrap();
    let users =
        frames.iter().filter(|frame| frame["topicName"].as_str().unwrap().starts_with("rollcall.users."));
    let text = |user: &Value, key: &str| user["eventBody"][key].as_str().unwrap().to_owned();
    users.map(|user| (text(user, "id"), text(user, "name"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_name_stays_over_a_restart_and_the_file_names_nobody() {
    let (walls, data) = (Folder::new(), Folder::new());
    walls.write("alias.toml", "title = \"Alias\"\nnames = \"alias\"\n");
    walls.write("initials.toml", "title = \"Initials\"\nnames = \"initials\"\n");
    let clock = system_clock();
    let simulator = simulator::start(still(40, 2), clock.clone()).await.unwrap();
    let mut runs = Vec::new();
    for data in [Some(&data), Some(&data), None] {
        let mut config = Config::demo(simulator.address(), harness::ANYWHERE);
        config.walls = Config::walls_of(walls.path()).unwrap();
        config.data = data.map(|data| data.path().to_path_buf());
        let proxy = proxy::start(config, clock.clone()).await.unwrap();
        harness::ready(&proxy.base_url()).await;
        let page = Page::open(&proxy.base_url()).await;
        runs.push((people(&page, "alias").await, people(&page, "initials").await));
        proxy.stop().await;
    }
    let (first, again, elsewhere) = (&runs[0], &runs[1], &runs[2]);
    assert_eq!((first.0.len(), first.1.len()), (40, 40));
    assert_eq!(first, again, "the same people under the same ids and names");
    assert!(first.0.keys().all(|id| !first.1.contains_key(id)), "two kinds of wall, two ids");
    assert!(first.0.keys().all(|id| !elsewhere.0.contains_key(id)), "another folder, other ids");

    let upstream = harness::Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
    let file = std::fs::read(data.path().join("rollcall.db")).unwrap();
    let holds = |text: &str| file.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(holds(first.0.values().next().unwrap()), "the names are in it");
    for (id, name) in secrets(&upstream.get("/simulator/truth").await) {
        assert!(!holds(&id) && !holds(&name), "{name}");
    }
    simulator.stop().await;
}

/// Runs `rollcall walls check`; gives its exit code, stdout and stderr.
async fn check(arguments: &[&str], folder: &Path) -> (Option<i32>, String, String) {
    let mut command = rollcall();
    command.args(["walls", "check"]).args(arguments).current_dir(folder);
    let mut process = Process::start(&mut command).unwrap();
    let status = process.end().await;
    (status.code(), process.stdout(), process.stderr())
}

#[tokio::test(flavor = "multi_thread")]
async fn wall_files_are_checked_by_a_command() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("walls")).unwrap();
    folder.write("walls/sales.toml", "title = \"Sales\"\nqueues = [\"billing\", \"Biling\"]\n");
    folder.write("walls/notes.md", "not a wall");
    let place = folder.path();
    let (code, said, faults) = check(&[], place).await;
    assert_eq!((code, said.as_str(), faults.as_str()), (Some(0), "sales: \"Sales\", kind floor\n", ""));

    folder.write("walls/other.json", "{\n  \"title\": \"Other\",\n  \"rotate\": -1\n}");
    let (code, said, faults) = check(&["walls"], place).await;
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert_eq!(
        faults,
        "walls/other.json:3:3: rotate must be a whole number from 0 to 3600; write e.g. \"rotate\": 20\n"
    );
    let (code, _, faults) = check(&["walls/notes.md"], place).await;
    assert!(code == Some(1) && faults.contains("must end in .toml or .json"), "{faults}");
    let (code, _, faults) = check(&["nowhere"], place).await;
    assert!(code == Some(1) && faults.contains("there is no nowhere"), "{faults}");

    // With an organisation its names are looked up.
    let simulator = simulator::start(still(5, 3), system_clock()).await.unwrap();
    let text = format!(
        "walls = \"walls\"\n[genesys]\nbase_url = \"{}\"\nclient_id = \"simulator\"\nclient_secret = \"simulator\"\n",
        simulator.base_url()
    );
    folder.write("rollcall.toml", &text);
    std::fs::remove_file(place.join("walls/other.json")).unwrap();
    let (code, said, faults) = check(&["--config", "rollcall.toml", "--online"], place).await;
    assert_eq!((code, said.as_str()), (Some(1), "sales: \"Sales\", kind floor\n"));
    assert!(faults.contains("sales: queues: there is no queue \"Biling\"; there is Billing"), "{faults}");

    // The same faults end `serve`, before it listens.
    folder.write("walls/sales.toml", "titel = \"Sales\"\n");
    let mut command = rollcall();
    command.args(["serve", "--config", "rollcall.toml"]).current_dir(place);
    let mut process = Process::start(&mut command).unwrap();
    let status = process.end().await;
    assert_eq!(status.code(), Some(1));
    assert!(
        process.stderr().contains("walls/sales.toml:1:1: titel is not known; write title"),
        "{}",
        process.stderr()
    );
    simulator.stop().await;
}
