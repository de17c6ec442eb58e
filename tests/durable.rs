//! What is acknowledged is recorded, whatever happens to disk, database and process while it is written.

#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod durable {
    mod encrypted;
    mod full;
    mod killed;
    mod restart;
    pub mod writers;
}
mod harness;
#[path = "../xtask/src/postgres.rs"]
#[expect(dead_code, unreachable_pub, reason = "a script's file, of which a test uses its own part")]
mod postgres_server;
