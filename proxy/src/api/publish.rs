//! `GET /api/v2/users/presence`: the socket of the streaming publisher.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};

use super::upgrade::Upgrade;
use crate::{App, gate::MayWrite, problem::Problem, publisher};

/// Opens it. A page comes with its cookie, which a page of another site could send as well: its Origin tells.
pub async fn open(
    caller: MayWrite,
    State(app): State<Arc<App>>,
    mut request: Request,
) -> Result<Response, Problem> {
    let MayWrite(caller) = caller;
    let origin = app.hosts.accepts_origin(request.headers());
    if origin == Some(false) || caller.has_cookie() && origin.is_none() {
        return Err(Problem::Forbidden("the socket is opened from a page of another site"));
    }
    let upgrade = Upgrade::of(&mut request)?;
    Ok(upgrade.accept(move |stream, early| publisher::serve(app, caller, stream, early)))
}
