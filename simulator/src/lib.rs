//! A Genesys Cloud organisation as a seeded world, for demos, development and tests: it speaks
//! OAuth, the reads and writes that a wallboard needs, and the notification API.
//!
//! It knows `protocol` and none of our other crates, so that it cannot share their mistakes; bodies
//! are written from the world's own types.
//!
//! | module | holds |
//! | --- | --- |
//! | `world` | the organisation as it is: pure, seeded, no I/O |
//! | `act` | what can happen next |
//! | `scenario` | what kind of day it is |
//! | `oauth`, `rest`, `notify` | the faces that Genesys has |
//! | `control`, `fault` | the face that Genesys has not: truth, scenario, faults, clock |
//! | `audit` | who changed what |
//! | `timeline` | a scripted incident |
//! | `shared` | what the faces share, under one lock |
//! | `server` | starting and stopping |
//!
//! What it does not imitate stands in `DIFFERENCES.md` beside this crate.

mod act;
mod audit;
mod config;
mod control;
mod fault;
mod notify;
mod oauth;
mod refusal;
mod rest;
mod scenario;
mod server;
mod shared;
mod timeline;
mod world;

pub use self::{
    config::{Answers, Client, Config, Grant},
    server::{Running, start},
    timeline::Timeline,
};
