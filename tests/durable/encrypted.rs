//! PostgreSQL that is spoken to in secret: with an authority that is trusted it serves, and with none that is it is refused.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use reqwest::Method;
use serde_json::json;

use crate::{
    harness::{
        ANYWHERE, Speaker,
        database::Own,
        process::{Folder, Process, rollcall},
        ready, still, system_clock, until,
    },
    postgres_server::Server,
};

/// An authority and what it signs for this machine, made with the program that Debian's package of the server needs itself.
struct Authority(Folder);

impl Authority {
    fn new() -> Self {
        let folder = Folder::new();
        let made = |arguments: &[&str]| {
            let mut command = Command::new("openssl");
            command
                .current_dir(folder.path())
                .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]);
            let output = command.args(["-pkeyopt", "ec_paramgen_curve:prime256v1"]).args(arguments).output();
            let output = output.expect("openssl is there; on Debian: apt-get install openssl");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        made(&["-subj", "/CN=authority", "-keyout", "authority.key", "-out", "authority.crt"]);
        made(&[
            "-subj",
            "/CN=server",
            "-keyout",
            "server.key",
            "-out",
            "server.crt",
            "-CA",
            "authority.crt",
            "-CAkey",
            "authority.key",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ]);
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }
}

/// The server writes its own file, as the user that it is.
fn give(server: &Own, name: &str, text: &str) {
    let copy = format!("TO PROGRAM 'umask 077 && cat > {name}'");
    server.at_server(&format!("COPY (SELECT regexp_split_to_table('{}', '\\n')) {copy}", text.trim_end()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_certificate_is_trusted_is_spoken_to_in_secret() {
    if Own::new().is_none() {
        return;
    }
    let (authority, another) = (Authority::new(), Authority::new());
    let [certificate, key] = ["server.crt", "server.key"].map(|name| authority.text(name));
    let started = tokio::task::spawn_blocking(move || {
        let server = Server::start().unwrap();
        let own = Own::on(&server.url());
        give(&own, "server.crt", &certificate);
        give(&own, "server.key", &key);
        own.at_server("ALTER SYSTEM SET ssl = on");
        own.at_server("SELECT pg_reload_conf()");
        (server, own)
    });
    let (server, own) = started.await.unwrap();
    let folder = Folder::new();
    let simulator = simulator::start(still(20, 2), system_clock()).await.unwrap();
    let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
    let config = format!(
        "[genesys]\nbase_url = \"{}\"\n[rules]\nhours = \"00:00-24:00\"\n[store]\nurl = \"{}?sslmode=require\"\n\
         [[machine]]\nid = \"writer\"\nsecret = \"writer\"\nroles = [\"viewer\", \"supervisor\"]\n",
        simulator.base_url(),
        own.url()
    );
    let file = folder.write("rollcall.toml", &config);
    let start = |authorities: &Path| {
        let mut command: Command = rollcall();
        command.arg("serve").arg("--config").arg(&file).arg("--listen").arg(ANYWHERE.to_string());
        command.env("GENESYSCLOUD_OAUTHCLIENT_ID", "simulator");
        command.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "simulator");
        command.env("SSL_CERT_FILE", authorities).env_remove("SSL_CERT_DIR");
        Process::start(&mut command).unwrap()
    };

    let mut refused = start(&another.file("authority.crt"));
    assert!(!refused.end().await.success());
    assert!(refused.stderr().contains("certificate"), "it says what is not trusted: {}", refused.stderr());

    let process = start(&authority.file("authority.crt"));
    let base = process.base_url().await;
    ready(&base).await;
    let client = Speaker::sign_in(&base, "writer", "writer").await;
    let users = upstream.get("/api/v2/users?pageSize=1").await;
    let path = format!("/api/v2/users/{}/presences/purecloud", users["entities"][0]["id"].as_str().unwrap());
    client.send(Method::PATCH, &path, &json!({ "message": "in secret" })).await;
    until(Duration::from_secs(20), "the change is recorded", || async {
        (own.texts("SELECT text FROM audit WHERE kind = 'closed'").len() == 1).then_some(())
    })
    .await;
    let connections = own.texts(
        "SELECT ssl::text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'rollcall'",
    );
    assert!(!connections.is_empty() && connections.iter().all(|ssl| ssl == "true"), "{connections:?}");
    drop(process);
    simulator.stop().await;
    tokio::task::spawn_blocking(move || drop((own, server))).await.unwrap();
}
