//! What may be written about an agent, and what may not.
//!
//! Pure: what is known of the agent and the organisation comes in as an argument, the time as well. Each rule can be
//! switched to block, to warn or to allow; a refusal says what was wrong and what would be accepted.
//!
//! | module | says |
//! | --- | --- |
//! | [`agent`] | what is known of an agent before a change |
//! | [`catalogue`] | which presence is meant, by id, name or label |
//! | [`etag`] | the version of what is written |
//! | [`policy`] | which rules block, warn or allow |
//! | [`presence`] | whether a presence may be set, and what is to be sent |
//! | [`refusal`] | a no |
//! | [`routing_status`] | whether a routing status may be set |
//! | [`shift`] | whether a moment is at work |
//! | [`skills`] | whether skills may be changed |
//! | [`window`] | so many in so long |

pub mod agent;
pub mod catalogue;
pub mod etag;
pub mod policy;
pub mod presence;
pub mod refusal;
pub mod routing_status;
pub mod shift;
pub mod skills;
pub mod window;

pub use agent::Agent;
pub use catalogue::Catalogue;
pub use policy::{Mode, Modes, Rule};
pub use refusal::{Code, Refusal};
