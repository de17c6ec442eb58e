//! Whether the names in walls are those of an organisation, asked once.

use std::sync::Arc;

use protocol::{
    Clock, WallId,
    wall::{Reach, WallDefinition},
};

use crate::{
    config::GenesysConfig,
    metrics::Metrics,
    upstream::{Clients, UpstreamError, directory},
};

/// Why the organisation could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum OnlineError {
    /// It does not answer, or not as it should.
    #[error("{0}")]
    Upstream(#[from] UpstreamError),
    /// The HTTP client cannot be made.
    #[error("TLS cannot be set up on this machine: {0}")]
    Tls(reqwest::Error),
}

/// What is to be said about each wall's names: those that match nothing, and those that match more than one.
///
/// # Errors
/// When the organisation cannot be asked.
pub async fn check(
    genesys: GenesysConfig,
    walls: &[WallDefinition],
    clock: Arc<dyn Clock>,
) -> Result<Vec<(WallId, Vec<String>)>, OnlineError> {
    // Fails only when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clients = Clients::new(&genesys, &clock, &Metrics::new().upstream).map_err(OnlineError::Tls)?;
    clients.sign_in().await?;
    let directory = directory::names(&clients).await?;
    let ids: Vec<WallId> = walls.iter().map(|wall| wall.id.clone()).collect();
    Ok(walls.iter().map(|wall| (wall.id.clone(), Reach::of(wall, &directory, &ids).1)).collect())
}
