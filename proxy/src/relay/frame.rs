//! WebSocket frames: ready-made ones for screens, and reading what screens say.

use bytes::{BufMut, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use super::Class;

/// A client says little: pings and lists of topics. 1,000 topics of 200 characters fit.
pub const CLIENT_MESSAGE_MAX: usize = 256 * 1024;

/// RFC 6455 section 5.5.
const CONTROL_MAX: u64 = 125;

/// One ready-made text frame; its bytes are shared by all screens of a class.
#[derive(Clone, Debug)]
pub struct Body {
    frame: Bytes,
    head: usize,
}

impl Body {
    /// Frames a text once.
    #[must_use]
    pub fn text(payload: &[u8]) -> Self {
        framed(OpCode::Data(Data::Text), payload)
    }

    /// A pong with the ping's payload.
    #[must_use]
    pub fn pong(payload: &[u8]) -> Self {
        framed(OpCode::Control(Control::Pong), payload)
    }

    /// A close frame. Reasons are at most 123 bytes by RFC 6455.
    #[must_use]
    pub fn close(code: u16, reason: &str) -> Self {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend(reason.bytes().take(123));
        framed(OpCode::Control(Control::Close), &payload)
    }

    /// Header and payload, as written to a socket.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.frame
    }

    /// The text alone.
    #[must_use]
    pub fn payload(&self) -> Bytes {
        self.frame.slice(self.head..)
    }
}

/// The frames of one change, one for each class that has an audience. Most slots of a large organisation have none most
/// of the time, and then this takes no room.
#[derive(Clone, Debug, Default)]
pub struct Bodies(Vec<(Class, Body)>);

impl Bodies {
    /// The frame of a class, if it was encoded.
    #[must_use]
    pub fn of(&self, class: Class) -> Option<&Body> {
        self.0.iter().find(|(other, _)| *other == class).map(|(_, body)| body)
    }

    /// Puts the frame of a class in place.
    pub fn put(&mut self, class: Class, body: Body) {
        self.0.retain(|(other, _)| *other != class);
        // Most have one class: room for four would be kept for as long as the slot stands.
        self.0.reserve_exact(1);
        self.0.push((class, body));
    }
}

fn framed(opcode: OpCode, payload: &[u8]) -> Body {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    let mut out = BytesMut::with_capacity(payload.len() + 10).writer();
    // Writing to memory cannot fail, and a header of our own is valid.
    header.format(payload.len() as u64, &mut out).expect("a header is written to memory");
    let mut out = out.into_inner();
    let head = out.len();
    out.extend_from_slice(payload);
    Body { frame: out.freeze(), head }
}

/// What a screen said.
#[derive(Debug, PartialEq, Eq)]
pub enum Inbound {
    /// A text message.
    Text(String),
    /// A protocol ping.
    Ping(Vec<u8>),
    /// A polite end.
    Close,
}

/// Why a screen is not understood; the close code says it.
#[derive(Debug, PartialEq, Eq)]
pub enum BadClient {
    /// Broken frames: 1002.
    Protocol,
    /// Not UTF-8: 1007.
    NotText,
    /// Over [`CLIENT_MESSAGE_MAX`]: 1009.
    TooLarge,
}

impl BadClient {
    /// Close code and reason.
    #[must_use]
    pub fn close(&self) -> (u16, &'static str) {
        match self {
            Self::Protocol => (1002, "malformed WebSocket frame"),
            Self::NotText => (1007, "text messages must be UTF-8"),
            Self::TooLarge => (1009, "message too large"),
        }
    }
}

/// Puts a client's bytes together to messages.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    message: Vec<u8>,
    in_message: bool,
}

impl Decoder {
    /// Takes bytes as they arrive.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, if there is one.
    ///
    /// # Errors
    /// When the client breaks the protocol; nothing after that is understood.
    pub fn message(&mut self) -> Result<Option<Inbound>, BadClient> {
        loop {
            let mut cursor = std::io::Cursor::new(&self.buffer);
            let Ok(parsed) = FrameHeader::parse(&mut cursor) else { return Err(BadClient::Protocol) };
            let Some((header, length)) = parsed else { return Ok(None) };
            // RFC 6455: no extension was agreed on (5.2); control frames are short and whole (5.5).
            let is_control = matches!(header.opcode, OpCode::Control(_));
            if header.rsv1
                || header.rsv2
                || header.rsv3
                || is_control && (length > CONTROL_MAX || !header.is_final)
            {
                return Err(BadClient::Protocol);
            }
            let start = cursor.position() as usize;
            if length > (CLIENT_MESSAGE_MAX - self.message.len().min(CLIENT_MESSAGE_MAX)) as u64 {
                return Err(BadClient::TooLarge);
            }
            let end = start + length as usize;
            if self.buffer.len() < end {
                return Ok(None);
            }
            // RFC 6455 section 5.1: a client masks every frame.
            let Some(mask) = header.mask else { return Err(BadClient::Protocol) };
            let mut payload = self.buffer[start..end].to_vec();
            for (byte, key) in payload.iter_mut().zip(mask.iter().cycle()) {
                *byte ^= key;
            }
            self.buffer.drain(..end);
            if self.buffer.is_empty() && self.buffer.capacity() > 1024 {
                self.buffer = Vec::new();
            }
            match header.opcode {
                OpCode::Control(Control::Ping) => return Ok(Some(Inbound::Ping(payload))),
                OpCode::Control(Control::Pong) => {}
                OpCode::Control(Control::Close) => return Ok(Some(Inbound::Close)),
                OpCode::Control(Control::Reserved(_)) | OpCode::Data(Data::Reserved(_)) => {
                    return Err(BadClient::Protocol);
                }
                OpCode::Data(Data::Continue) if !self.in_message => return Err(BadClient::Protocol),
                OpCode::Data(Data::Text | Data::Binary) if self.in_message => {
                    return Err(BadClient::Protocol);
                }
                OpCode::Data(Data::Text | Data::Binary | Data::Continue) => {
                    self.in_message = true;
                    self.message.extend(payload);
                    if header.is_final {
                        self.in_message = false;
                        let text = String::from_utf8(std::mem::take(&mut self.message));
                        return text.map(|t| Some(Inbound::Text(t))).map_err(|_| BadClient::NotText);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first, 0x80 | payload.len() as u8, 1, 2, 3, 4];
        frame.extend(payload.iter().zip([1_u8, 2, 3, 4].iter().cycle()).map(|(b, k)| b ^ k));
        frame
    }

    #[test]
    fn messages_come_whole_however_they_are_cut() {
        let mut bytes = masked(0x01, b"he");
        bytes.extend(masked(0x89, b"!"));
        bytes.extend(masked(0x80, b"llo"));
        bytes.extend(masked(0x88, b""));
        let mut decoder = Decoder::default();
        let mut seen = Vec::new();
        for byte in bytes {
            decoder.push(&[byte]);
            while let Some(message) = decoder.message().unwrap() {
                seen.push(message);
            }
        }
        assert_eq!(seen, [Inbound::Ping(b"!".to_vec()), Inbound::Text("hello".into()), Inbound::Close]);
    }

    #[test]
    fn what_breaks_the_protocol_is_refused() {
        let check = |bytes: &[u8], expected| {
            let mut decoder = Decoder::default();
            decoder.push(bytes);
            assert_eq!(decoder.message(), Err(expected));
        };
        check(&[0x81, 0x01, b'x'], BadClient::Protocol);
        check(&masked(0xc1, b"reserved bit"), BadClient::Protocol);
        check(&masked(0x09, b"half a ping"), BadClient::Protocol);
        check(&masked(0x80, b"x"), BadClient::Protocol);
        check(&masked(0x81, b"\xff"), BadClient::NotText);
        check(&[0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4], BadClient::TooLarge);
    }

    #[test]
    fn a_frame_is_made_once_and_its_text_can_be_had() {
        let body = Body::text(&[b'x'; 200]);
        assert_eq!(&body.bytes()[..4], &[0x81, 126, 0, 200]);
        assert_eq!(body.payload().len(), 200);
    }
}
