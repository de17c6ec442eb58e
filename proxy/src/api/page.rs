//! The app's page and files, and the sockets of virtual channels.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use protocol::{ChannelId, WallId, wall::WallDefinition};

use super::{session, upgrade::Upgrade, walls};
use crate::{
    App,
    assets::showing,
    caller::{Action, Caller, Proof, permit},
    problem::Problem,
    relay::Command,
    wrong_keys::Peer,
};

/// The one page: the default wall, or the walls to choose from.
pub async fn index(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    caller: Option<Extension<Caller>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let let_in = session::let_in(&app, &uri, None, peer.map(|peer| peer.0), &headers);
    let_in.unwrap_or_else(|| {
        showing(app.assets.index(&headers), openable(&app.book().walls, caller.as_deref()))
    })
}

/// The walls that whoever asks may open; none when nobody knows who that is.
fn openable<'a>(
    walls: &'a [WallDefinition],
    caller: Option<&'a Caller>,
) -> impl Iterator<Item = &'a WallDefinition> {
    caller.into_iter().flat_map(|caller| walls::openable(walls, caller))
}

/// The page of a wall; an unknown wall is a page with the list of those that may be opened.
pub async fn wall(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    peer: Option<Extension<Peer>>,
    caller: Option<Extension<Caller>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let wall = WallId::new(&id);
    if let Some(let_in) = session::let_in(&app, &uri, Some(&wall), peer.map(|peer| peer.0), &headers) {
        return let_in;
    }
    let may = caller.as_ref().map(|caller| permit(caller, Action::Wall(&wall)));
    if let Some(Err(problem @ Problem::Forbidden(_))) = may {
        return app.assets.refused_page(problem.status(), "Another wall", &problem.to_string());
    }
    let book = app.book();
    if book.wall(&id).is_some() {
        return showing(app.assets.index(&headers), openable(&book.walls, caller.as_deref()));
    }
    let walls: Vec<WallDefinition> = openable(&book.walls, caller.as_deref()).cloned().collect();
    app.assets.not_found_page(&walls, &id)
}

/// The pages of the console, which the app tells apart.
const CONSOLE_PAGES: [&str; 2] = ["activity", "audit"];

/// The console, for whoever may read; what else they may do, each request asks.
pub async fn console(
    State(app): State<Arc<App>>,
    caller: Option<Extension<Caller>>,
    page: Option<Path<String>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if page.is_some_and(|page| !CONSOLE_PAGES.contains(&page.as_str())) {
        let words = format!(
            "Nothing is served at {}. The console's pages are /console, /console/activity and /console/audit.",
            uri.path()
        );
        return app.assets.refused_page(StatusCode::NOT_FOUND, "No such page", &words);
    }
    let may = caller.as_ref().map(|caller| permit(caller, Action::Read));
    if let Some(Err(problem)) = may {
        return app.assets.refused_page(problem.status(), "The console is for people", &problem.to_string());
    }
    app.assets.console(&headers)
}

/// A file of the app, or nothing.
pub async fn file(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let found = app.assets.file(path, &headers);
    found.unwrap_or_else(|| Problem::NotFound(format!("nothing is served at {}", uri.path())).into_response())
}

/// Opens the socket of a virtual channel and hands it to the hub.
pub async fn socket(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut request: Request,
) -> Result<Response, Problem> {
    let upgrade = Upgrade::of(&mut request)?;
    let headers = request.headers();
    let channel = ChannelId::new(&id);
    let asked = channel.clone();
    let expected =
        app.hub.ask(|reply| Command::Expect { channel: asked, reply }).await.ok_or(Problem::Stopping)?;
    let (owner, ticket) = expected.ok_or_else(|| Problem::NotFound("there is no such channel".to_owned()))?;
    match (app.hosts.accepts_origin(headers), Proof::of(&owner)) {
        (Some(false), _) => {
            return Err(Problem::Forbidden("the socket is opened from a page of another site"));
        }
        (Some(true), Proof::Session) => {
            // A page's channel belongs to the page's session; knowing its name is not enough.
            let caller = request.extensions().get::<Caller>();
            if caller.is_none_or(|c| c.owner() != owner) {
                return Err(Problem::NotFound("there is no such channel of this session".to_owned()));
            }
        }
        (None, Proof::Session | Proof::Page) => {
            return Err(Problem::Forbidden("the channel of a page needs the page's Origin"));
        }
        (Some(true), Proof::Page | Proof::Name) | (None, Proof::Name) => {}
    }
    let hub = app.hub.clone();
    Ok(upgrade.accept(move |stream, early| async move { hub.attach(channel, ticket, stream, &early).await }))
}
