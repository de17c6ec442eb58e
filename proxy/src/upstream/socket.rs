//! The socket of an upstream channel. Its address is a capability and is never logged.

use protocol::frame::FRAME_MAX_BYTES;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Error, protocol::WebSocketConfig},
};

/// An open socket.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Messages above this end the socket; between [`FRAME_MAX_BYTES`] and this they are counted and skipped.
const MESSAGE_BYTES_MAX: usize = 16 * FRAME_MAX_BYTES;

/// Why a socket did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// The channel does not exist, or is not ours any more.
    Gone,
    /// Anything else; worth another try.
    Failed(String),
}

/// Opens the socket of a channel.
///
/// # Errors
/// [`NotOpened::Gone`] when the upgrade is refused, else [`NotOpened::Failed`].
pub async fn open(connect_uri: &str, secure: bool) -> Result<Socket, NotOpened> {
    if secure && !connect_uri.starts_with("wss://") {
        return Err(NotOpened::Failed("the channel's address is not wss://".to_owned()));
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
        .read_buffer_size(64 * 1024);
    match connect_async_with_config(connect_uri, Some(config), true).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) if (400..500).contains(&response.status().as_u16()) => {
            Err(NotOpened::Gone)
        }
        Err(Error::Http(response)) => Err(NotOpened::Failed(format!("status {}", response.status()))),
        Err(Error::Io(e)) => Err(NotOpened::Failed(io_words(&e))),
        // Other errors may quote the address.
        Err(_) => Err(NotOpened::Failed("the WebSocket handshake failed".to_owned())),
    }
}

/// What TLS says names hosts and certificates at most, never a channel; of other errors their kind is enough.
fn io_words(error: &std::io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    tls.map_or_else(|| error.kind().to_string(), |tls| format!("TLS: {tls}"))
}
