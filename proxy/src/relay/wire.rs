//! The socket of a screen, as the hub needs it: something that takes bytes without waiting, and tells what the client says.

use std::{fmt, io, io::IoSlice, sync::Arc};

use tokio::{net::TcpStream, sync::mpsc, task::JoinHandle};

use super::{
    command::Command,
    frame::{BadClient, Decoder, Inbound},
};

/// Bytes read from a client at once: clients say little.
const READ_BYTES: usize = 512;

/// Bytes the kernel keeps for a screen (Linux doubles the figure): a flush at 1,000 events a second fits,
/// and a screen that stopped reading gets the newest state when it reads on, not minutes of old ones.
const SEND_BUFFER: usize = 32 * 1024;

/// The hub's end of a screen's socket. Dropped, it closes.
pub trait Wire: fmt::Debug + Send {
    /// Begins to tell the hub what the client says, in the name of the screen at this place.
    fn listen(&mut self, key: usize, uid: u64);

    /// Takes as many bytes as it can and says how many.
    ///
    /// # Errors
    /// `WouldBlock` when it takes none for now; anything else means that it is broken.
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;
}

/// A real one.
#[derive(Debug)]
pub(super) struct SocketWire {
    stream: Arc<TcpStream>,
    /// Until it listens: what the client said already, and where to tell it.
    idle: Option<(Decoder, mpsc::Sender<Command>)>,
    reader: Option<JoinHandle<()>>,
}

impl SocketWire {
    pub(super) fn new(stream: TcpStream, early: &[u8], hub: mpsc::Sender<Command>) -> Self {
        // A kernel that refuses keeps its own size; the screen is served all the same.
        let _ = socket2::SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER);
        let mut decoder = Decoder::default();
        decoder.push(early);
        Self { stream: Arc::new(stream), idle: Some((decoder, hub)), reader: None }
    }
}

impl Wire for SocketWire {
    fn listen(&mut self, key: usize, uid: u64) {
        if let Some((decoder, hub)) = self.idle.take() {
            self.reader = Some(tokio::spawn(read(key, uid, self.stream.clone(), decoder, hub)));
        }
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.try_write_vectored(slices)
    }
}

impl Drop for SocketWire {
    fn drop(&mut self) {
        if let Some(reader) = &self.reader {
            reader.abort();
        }
    }
}

async fn read(
    key: usize,
    uid: u64,
    stream: Arc<TcpStream>,
    mut decoder: Decoder,
    hub: mpsc::Sender<Command>,
) {
    let mut bytes = [0_u8; READ_BYTES];
    let mut said = Vec::new();
    loop {
        loop {
            match decoder.message() {
                Ok(Some(message)) => said.push(Ok(message)),
                Ok(None) => break,
                Err(bad) => {
                    said.push(Err(bad));
                    break;
                }
            }
        }
        for message in said.drain(..) {
            let over = matches!(message, Err(_) | Ok(Inbound::Close));
            if hub.send(Command::Said { key, uid, message }).await.is_err() || over {
                return;
            }
        }
        if stream.readable().await.is_err() {
            break;
        }
        match stream.try_read(&mut bytes) {
            Ok(0) => break,
            Ok(n) => decoder.push(&bytes[..n]),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    // The hub may be gone already; then there is nobody to tell.
    let _ = hub.send(Command::Left { key, uid }).await;
}

/// What a reader hands to the hub.
pub type Said = Result<Inbound, BadClient>;
