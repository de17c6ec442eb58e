//! Large answers that are fetched by an address of their own, without a token: whoever has the address
//! may read it, as with the addresses that Genesys signs beforehand.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
};
use rand::Rng;
use serde_json::Value;

use crate::{
    refusal::Refusal,
    shared::{Shared, State as Inside},
    world::guid,
};

/// So many answers are kept; the oldest goes first.
const KEPT_MAX: usize = 200;

/// What can be downloaded.
#[derive(Default)]
pub(crate) struct Downloads {
    by_id: BTreeMap<String, Value>,
    order: VecDeque<String>,
}

impl Downloads {
    fn keep(&mut self, id: String, body: Value) {
        self.order.push_back(id.clone());
        self.by_id.insert(id, body);
        if self.order.len() > KEPT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }
}

/// Keeps an answer; gives its address.
pub(super) fn keep(shared: &Shared, state: &mut Inside, body: Value) -> String {
    let id = guid::of(state.secrets.random());
    state.downloads.keep(id.clone(), body);
    format!("http://{}/downloads/{id}", shared.address)
}

/// `GET /downloads/{downloadId}`
pub(super) async fn get_download(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let body = state.downloads.by_id.get(&id).cloned();
    body.map(Json).ok_or_else(|| Refusal::not_found("The download"))
}
