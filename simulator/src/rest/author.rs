//! Who calls, for the entries of the audit log.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

use crate::{audit::Author, oauth::Caller, refusal::Refusal};

impl<S: Sync> FromRequestParts<S> for Author {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = parts.extensions.get::<Caller>().ok_or_else(Refusal::authentication_required)?;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self {
            client: caller.client.clone(),
            user: caller.user.clone(),
            remote_ip: peer.map(|peer| peer.0.ip()),
        })
    }
}
