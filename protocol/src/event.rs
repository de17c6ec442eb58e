//! Bodies of the events that a board uses, one file each. Every member may be absent; unknown
//! members are skipped; unknown values of an enumeration are kept by their raw name.

pub mod conversation_summary;
pub mod observations;
pub mod presence;
pub mod queue_activity;
pub mod rollcall;
pub mod routing_status;
pub mod user_activity;

use serde::{Deserialize, Serialize};

/// A reference by id, as bodies write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRef {
    /// The id of what is meant.
    #[serde(default)]
    pub id: String,
}
