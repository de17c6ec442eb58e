//! The notification face: channels and subscriptions by REST, and the sockets on which events go out.
//!
//! | file | holds |
//! | --- | --- |
//! | [`hub`] | the channels, what each listens to, which socket hears it |
//! | [`mod@line`] | the two ends of a socket |
//! | [`system`] | what the service says about the channel itself |
//! | [`subscription`] | which topics an entry stands for, and whether it is permitted |
//! | [`denial`] | topics that a fault denies |
//! | [`event`] | a happening as the text of an event, encoded once for all who listen |
//! | [`permit`] | which permissions a topic needs |
//! | [`channels`], [`available_topics`] | the calls of REST |
//! | [`audits`] | the events of the audit log |
//! | [`workforce`] | the bodies of events about adherence and schedules |
//! | [`socket`] | one socket, from its upgrade to its end |
//! | [`in_band`] | what a client may say on a socket |

pub(crate) mod audits;
mod available_topics;
mod channels;
mod conversation;
mod denial;
mod event;
mod hub;
mod in_band;
mod line;
mod permit;
mod socket;
mod stats;
mod subscription;
mod system;
mod user_aggregates;
mod workforce;

pub(crate) use self::{
    channels::routes,
    event::{GroupBody, MetricBody, Publisher},
    hub::{CHANNELS_PER_CLIENT, Hub, Outgoing},
    line::{Fate, Reason},
    socket::{SocketTasks, get_socket},
    stats::StatsBody,
    workforce::next_reminder,
};
