//! What is traced: requests, calls upstream and, one in many, frames. A trace is a tree of spans; where nobody collects
//! them a span costs a look at a flag. They hold what the log may hold: no secret, no id of a channel.

/// The target of all spans: whoever collects them takes these alone, and the log none.
pub const TARGET: &str = "rollcall::trace";

/// The name of the span around a frame of upstream: of these there are many.
pub const FRAME: &str = "frame";
