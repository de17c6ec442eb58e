//! What is said on the wire: ids, topics, frames, events, channels and errors of the Genesys Cloud
//! notification API, and the few words of our own that travel beside them.
//!
//! Pure: no I/O, no system clock, no framework. Builds for native and for wasm32, and is shared by
//! the proxy, the simulator and the app, so that one reading of the protocol serves all three.
//!
//! | module | holds |
//! | --- | --- |
//! | [`id`], [`time`], [`topic`] | names of things, moments, and what can be listened to |
//! | [`channel`], [`frame`], [`system`] | a notification channel and what travels on its socket |
//! | [`event`], [`presence`] | bodies of events, read leniently |
//! | [`fact`], [`merge`], [`slot`] | the smallest things with a date, and which of two wins |
//! | [`link`] | the client half of a channel as a state machine |
//! | [`entity`], [`query`] | what REST answers and asks |
//! | [`wall`], [`language`] | what a wall asks of the proxy, and the languages it speaks |
//! | [`status`] | how the proxy is |
//! | [`activity`] | writes in figures |
//! | [`error_body`] | the error that Genesys and we answer with |

pub mod activity;
pub mod chance;
pub mod channel;
pub mod entity;
pub mod error_body;
pub mod event;
pub mod fact;
pub mod frame;
pub mod id;
pub mod json;
pub mod language;
pub mod link;
mod members;
pub mod merge;
pub mod presence;
pub mod query;
pub mod slot;
pub mod status;
pub mod system;
pub mod time;
pub mod topic;
pub mod wall;

pub use channel::{Channel, ChannelTopic, TopicState};
pub use error_body::ErrorBody;
pub use frame::Frame;
pub use id::{ChannelId, PresenceDefinitionId, QueueId, SkillId, UserId, WallId};
pub use language::Language;
pub use slot::Slot;
pub use time::{Clock, Timestamp};
pub use topic::{Topic, TopicSet};
