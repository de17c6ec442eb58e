//! `/rollcall/status`: how the proxy is, for the status panel of a wall and for whoever looks after it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use protocol::{
    Timestamp,
    status::{ClientStatus, ShardStatus, Shown, Status, Used},
};

use crate::{
    App,
    feed::{
        book::{ShardState, TruthState},
        cause::Cause,
        drift::FACETS,
        plan::Plan,
        trouble,
    },
    gate::MayStatus,
    metrics::FeedMetrics,
    upstream::budget::BudgetView,
};

/// Everything at once. It is made from what stands there already: asking often costs upstream nothing.
pub async fn get(_: MayStatus, State(app): State<Arc<App>>) -> Json<Status> {
    let plan = app.plans.borrow().clone();
    let (channels, topics) = (usize::from(app.capacity.channels), app.capacity.topics);
    let budgets = app.clients.budgets();
    let (now, book) = (app.steady.now(), app.book());
    let (reconnects, drift) = (reconnects(&app.metrics.feed), drift(&book.truth));
    Json(Status {
        epoch: app.epoch.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: app.assets.build().to_owned(),
        upstream: app.upstream.clone(),
        server_time: app.clock.now(),
        up_s: now.ms_since(app.started) / 1_000,
        complete: book.complete,
        upstream_delay_ms: book.upstream_delay_ms.map(|ms| ms.round() as i64),
        channels: Used::of(usize::from(plan.shards()), channels),
        live: book.shards.iter().filter(|shard| shard.live).count(),
        topics: Used::of(
            (0..plan.shards()).map(|shard| plan.subjects(shard).count()).sum(),
            channels * topics,
        ),
        left_out: book.left_out,
        refused: book.refused,
        trouble: trouble::of(&book),
        shards: shards(&app, &book.shards, &plan),
        clients: budgets.iter().enumerate().map(|(place, budget)| client(place, budget, now)).collect(),
        shown: Shown { lost: in_a_line(&reconnects), drift: drift.as_ref().map(in_a_line) },
        reconnects,
        drift,
        screens: app.metrics.relay.screens.get(),
    })
}

/// Every facet, once anything was compared.
fn drift(audit: &TruthState) -> Option<BTreeMap<String, u64>> {
    let begun = audit.compared.is_some() || !audit.drift.is_empty();
    let of = |facet: &str| (facet.to_owned(), audit.drift.get(facet).copied().unwrap_or(0));
    begun.then(|| FACETS.into_iter().map(of).collect())
}

fn shards(app: &App, states: &[ShardState], plan: &Plan) -> Vec<ShardStatus> {
    let shard = |(number, state): (usize, &ShardState)| {
        let shard = u16::try_from(number).unwrap_or(u16::MAX);
        ShardStatus {
            shard,
            client: app.clients.place_of_channel(shard),
            live: state.live,
            live_as_of: state.as_of,
            reason: state.reason.clone(),
            topics: Used::of(plan.subjects(shard).count(), app.capacity.topics),
        }
    };
    states.iter().enumerate().map(shard).collect()
}

fn client(place: usize, budget: &BudgetView, now: Timestamp) -> ClientStatus {
    let named = |counts: &mut dyn Iterator<Item = (&'static str, u64)>| -> BTreeMap<String, u64> {
        counts.filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count)).collect()
    };
    let paused_ms = budget.paused_until.map_or(0, |until| until.ms_since(now).max(0));
    ClientStatus {
        client: place,
        allowed: budget.allowed,
        used: budget.used,
        left: budget.left,
        resets_in_s: budget.resets_in_s,
        paused_s: (paused_ms + 999) / 1_000,
        by_purpose: named(&mut budget.started.iter().map(|(purpose, count)| (purpose.name(), *count))),
        waiting: named(&mut budget.waiting.iter().map(|(purpose, count)| (purpose.name(), *count as u64))),
    }
}

fn in_a_line(counts: &BTreeMap<String, u64>) -> String {
    let sum: u64 = counts.values().sum();
    let named = counts.iter().filter(|(_, count)| **count > 0).map(|(name, count)| format!("{name} {count}"));
    std::iter::once(sum.to_string()).chain(named).collect::<Vec<_>>().join(" · ")
}

fn reconnects(metrics: &FeedMetrics) -> BTreeMap<String, u64> {
    let count =
        |cause: Cause| (cause.name().to_owned(), metrics.shards_lost.get_or_create(&cause.label()).get());
    Cause::ALL.into_iter().map(count).collect()
}
