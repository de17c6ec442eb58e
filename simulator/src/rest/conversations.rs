//! Analytics of conversations: figures by interval, what has become of each, what goes on now.
//!
//! | file | holds |
//! | --- | --- |
//! | [`filter`] | and- and or-clauses of predicates on dimensions, and intervals |
//! | [`aggregates`] | `.../conversations/aggregates/query` |
//! | [`activity`] | `.../conversations/activity/query` |
//! | [`details`] | `.../conversations/details/query`, and its [`jobs`](details::jobs) |
//! | [`history`] | a conversation as participants, sessions and segments |

mod activity;
mod aggregates;
mod details;
mod filter;
mod history;

pub(crate) use self::details::jobs::DetailJobs;
pub(super) use self::{
    activity::post_query as post_activity_query,
    aggregates::post_query as post_aggregates_query,
    details::{jobs::routes as routes_of_jobs, post_query as post_details_query},
};
