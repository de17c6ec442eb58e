//! The browser's two ways out: fetch and socket. Nothing here knows what is said on them.

pub mod http;
pub mod socket;
