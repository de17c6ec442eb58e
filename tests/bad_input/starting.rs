//! What is wrong when the binary starts: said in words that tell the mend, and nothing started.

use std::{net::TcpListener, path::Path, process::Command};

use crate::harness::{
    process::{Folder, Process, Serve, rollcall},
    still, system_clock,
};

/// Starts a command that must not stay; returns what it said on stderr.
async fn refused(command: &mut Command) -> Vec<String> {
    let mut process = Process::start(command).unwrap();
    let status = process.end().await;
    let (stdout, stderr) = (process.stdout(), process.stderr());
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stdout, "");
    stderr.lines().map(str::to_owned).collect()
}

fn serve(config: &Path) -> Command {
    let mut command = rollcall();
    command.arg("serve").arg("--config").arg(config).args(["--listen", "127.0.0.1:0"]);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_end_it_with_one_line() {
    let simulator = simulator::start(still(5, 1), system_clock()).await.unwrap();
    let mut serve = Serve::start(&simulator.base_url(), "canary-wrong-secret-2a4b", "info");
    let status = serve.process.end().await;
    let (stdout, stderr) = (serve.process.stdout(), serve.process.stderr());
    assert_eq!(status.code(), Some(1));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for part in ["refused the client id or secret", "check both"] {
        assert!(stderr.contains(part), "{stderr}");
    }
    assert!(!stdout.contains("canary") && !stderr.contains("canary"), "{stdout}{stderr}");
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_of_any_client_end_it_and_name_the_client() {
    let simulator = simulator::start(still(5, 1), system_clock()).await.unwrap();
    let folder = Folder::new();
    let config = format!(
        "[genesys]\nbase_url = \"{}\"\nclient_id = \"simulator\"\nclient_secret = \"simulator\"\n\
         [[genesys.client]]\nclient_id = \"nobody-knows\"\nclient_secret = \"canary-second\"\n",
        simulator.base_url()
    );
    let said = refused(serve(&folder.write("rollcall.toml", &config)).args(["--log", "warn"])).await;
    assert_eq!(said.len(), 1, "{said:#?}");
    for part in ["refused the client id or secret", "nobody-knows", "check both"] {
        assert!(said[0].contains(part), "{part}: {said:#?}");
    }
    assert!(!said[0].contains("canary"), "{said:#?}");
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_toml_is_named_with_its_place() {
    let folder = Folder::new();
    let config = folder.write("broken.toml", "listen = \"127.0.0.1:0\"\n[genesys]\nregion = eu central\n");
    let said = refused(&mut serve(&config)).await;
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].starts_with(&format!("{}:3:", config.display())), "file, line, column: {said:#?}");
    assert!(said[0].contains("texts in quotes"), "the mend: {said:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_named_with_the_mend() {
    let folder = Folder::new();
    let config = folder.path().join("nowhere.toml");
    let said = refused(&mut serve(&config)).await;
    assert_eq!(said.len(), 1, "{said:#?}");
    for part in ["cannot read", "nowhere.toml", "--config", "GENESYSCLOUD_OAUTHCLIENT_SECRET"] {
        assert!(said[0].contains(part), "{part}: {said:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_faults_are_told_at_once() {
    let folder = Folder::new();
    let config = "listen = \"everywhere\"\ncolour = \"red\"\n\n[genesys]\nregion = \"atlantis\"\n\
                  client_secret = \"canary-in-a-file\"\nclient_secret_file = \"also\"\n\n[local]\n\
                  roles = [\"king\"]\n";
    let config = folder.write("faulty.toml", config);
    let said = refused(&mut serve(&config)).await;
    let at = |line: u32, word: &str| {
        let place = format!("{}:{line}:", config.display());
        assert!(
            said.iter().any(|fault| fault.starts_with(&place) && fault.contains(word)),
            "line {line} {word}: {said:#?}"
        );
    };
    at(2, "colour");
    at(5, "atlantis");
    at(10, "king");
    assert!(said.iter().any(|fault| fault.contains("client_secret_file")), "{said:#?}");
    assert!(said.iter().any(|fault| fault.contains("GENESYSCLOUD_OAUTHCLIENT_ID")), "{said:#?}");
    assert!(said.len() >= 5, "{said:#?}");
    assert!(!said.concat().contains("canary"), "{said:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_set_at_all_names_what_to_set() {
    let said = refused(rollcall().args(["serve", "--listen", "127.0.0.1:0"])).await;
    for variable in ["GENESYSCLOUD_REGION", "GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET"]
    {
        assert!(said.iter().any(|fault| fault.contains(variable)), "{variable}: {said:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_one_line_with_the_mend() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let commands: [(&str, &[&str], &str); 3] = [
        ("serve", &["serve", "--listen", &address], "--listen"),
        ("simulator", &["simulator", "--listen", &address], "--listen"),
        ("demo", &["demo", "--listen", "127.0.0.1:0", "--simulator-listen", &address], "--simulator-listen"),
    ];
    for (name, arguments, option) in commands {
        let mut command = rollcall();
        command.args(arguments).args(["--log", "warn"]);
        command.env("GENESYSCLOUD_REGION", "eu_central_1");
        command.env("GENESYSCLOUD_OAUTHCLIENT_ID", "id").env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "secret");
        let said = refused(&mut command).await;
        assert_eq!(said.len(), 1, "{name}: {said:#?}");
        for part in [address.as_str(), option, "127.0.0.1:0"] {
            assert!(said[0].contains(part), "{name}, {part}: {said:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_serves_one_rollcall_and_outlives_its_sudden_end() {
    let simulator = simulator::start(still(5, 1), system_clock()).await.unwrap();
    let folder = Folder::new();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let start = || Serve::start_with(&simulator.base_url(), "simulator", &["--log", "warn", "--data", data]);
    let mut first = start();
    first.process.base_url().await;
    let mut second = start();
    let status = second.process.end().await;
    let said = second.process.stderr();
    assert_eq!((status.code(), said.lines().count()), (Some(1), 1), "{said}");
    for part in [data, "in use by another Rollcall", "--data"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // kill -9: nothing is tidied up, and nothing has to be.
    first.process.kill();
    let third = start();
    third.process.base_url().await;
    simulator.stop().await;
}
