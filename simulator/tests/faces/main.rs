//! The simulator from outside: real calls and real sockets, each test with a simulator of its own.

#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod addresses;
mod analytics;
mod asked;
mod audits;
mod bodies;
mod control;
mod conversations;
mod events;
mod faults;
mod harness;
mod membership;
mod notifications;
mod oauth;
mod open_questions;
mod people;
mod permissions;
mod reads;
mod staff;
mod timeline;
mod workforce;
mod writes;
