//! Walls by the feed's inputs and real sockets: each screen is sent what its wall shows, and nothing else.

#[path = "walls/alarms.rs"]
mod alarms;
#[path = "walls/bench.rs"]
mod bench;
#[path = "walls/broken.rs"]
mod broken;
#[path = "walls/gone.rs"]
mod gone;
#[path = "walls/reach.rs"]
mod reach;
#[path = "walls/samples.rs"]
mod samples;
#[path = "walls/uncovered.rs"]
mod uncovered;
