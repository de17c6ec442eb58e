//! A PostgreSQL database of a test's own, on the server that `cargo xtask test` starts.

use std::sync::atomic::{AtomicU32, Ordering};

use postgres::{Client, NoTls};
use proxy::store::Database;

/// Where the server is.
const VARIABLE: &str = "ROLLCALL_TEST_POSTGRES";

/// A database, gone with its owner.
pub struct Own {
    server: String,
    name: String,
}

impl Own {
    /// Makes one. `None` where no server is told of, with a note; on the gate that is a failure.
    pub fn new() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "told by whoever runs the tests")]
        let told = |variable: &str| std::env::var(variable).ok();
        let Some(server) = told(VARIABLE) else {
            assert!(told("CI").is_none_or(|ci| ci != "true"), "{VARIABLE} names no PostgreSQL server");
            note();
            return None;
        };
        Some(Self::on(&server))
    }

    /// Makes one on a server that is known.
    pub fn on(server: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let own = Self { server: server.to_owned(), name: format!("t{}_{count}", std::process::id()) };
        own.at_server(&format!("CREATE DATABASE {}", own.name));
        own
    }

    /// Its address.
    pub fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').expect("an address with a database");
        format!("{server}/{}", self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn database(&self) -> Database {
        Database::parse(&self.url()).expect("an address")
    }

    /// Statements of somebody who goes behind Rollcall's back.
    pub fn sql(&self, sql: &str) {
        execute(&self.url(), &format!("SET search_path TO rollcall; {sql}"));
    }

    /// Statements for the server.
    pub fn at_server(&self, sql: &str) {
        execute(&self.server, sql);
    }

    /// The texts that a statement finds.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let (url, sql) = (self.url(), sql.to_owned());
        let work = move || {
            let mut client = Client::connect(&url, NoTls).expect("the server is there");
            client.batch_execute("SET search_path TO rollcall").expect("a schema");
            client.query(&sql, &[]).expect("found").iter().map(|row| row.get(0)).collect()
        };
        std::thread::spawn(work).join().expect("it does not panic")
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.at_server(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

#[expect(clippy::print_stdout, reason = "whoever runs the tests is to see what was left out")]
fn note() {
    println!("not with PostgreSQL: {VARIABLE} names no server; `cargo xtask test` starts one");
}

/// On a thread of its own: the library waits on a runtime, for which that of a test has no room.
fn execute(url: &str, sql: &str) {
    let (url, sql) = (url.to_owned(), sql.to_owned());
    let work = move || {
        let mut client = Client::connect(&url, NoTls).expect("the server is there");
        client.batch_execute(&sql).expect("done");
    };
    std::thread::spawn(work).join().expect("it does not panic");
}
