//! Who changed what: an entry for every write that Genesys audits.
//!
//! | file | holds |
//! | --- | --- |
//! | [`catalogue`] | which services, entities and actions there are |
//! | [`deed`] | what was done, told in the words of each service |
//! | [`log`] | the entries, a bounded number of them, and how they are found |
//!
//! The words (`QueueMember/<queue>:<user>`, three entries for one change of a group, empty members that
//! are there) are those that integrators have published of entries of their own organisations.

mod catalogue;
pub(crate) mod deed;
mod log;

use std::{net::IpAddr, sync::Arc};

use protocol::UserId;

pub(crate) use self::{
    catalogue::{CATALOGUE, GENESYS_SERVICES, Service},
    deed::{Deed, Level},
    log::{Audits, Entry, Property, Search, Want},
};

/// Who calls, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) client: Arc<str>,
    /// The person; none for the client itself.
    pub(crate) user: Option<UserId>,
    pub(crate) remote_ip: Option<IpAddr>,
}
