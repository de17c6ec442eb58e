//! What a wall's screens begin with: a group's slots at one number. Made once for all screens that come in the same
//! moment, put together once and compressed once; each answer takes the same bytes.

use std::io::Write as _;

use bytes::Bytes;
use flate2::{Compression, Crc, write::DeflateEncoder};
use tokio::{sync::OnceCell, task::spawn_blocking};

/// A fifteenth of the size at a third of the time of the default: a snapshot is made anew several times a second
/// while screens come by the thousand.
const LEVEL: Compression = Compression::new(3);

/// A picture of a group: the newest frame of each slot that changed since some number.
#[derive(Debug)]
pub struct Picture {
    /// It holds every change up to and with this one.
    pub seq: u64,
    /// It holds no slot that did not change since; 0 for all.
    pub since: u64,
    /// One frame's text a slot, ascending.
    pub frames: Vec<Bytes>,
    text: OnceCell<Bytes>,
    packed: OnceCell<Packed>,
}

/// A compressed text that can be laid behind another one.
#[derive(Debug)]
pub struct Packed {
    /// Whole blocks, none of them the last (RFC 1951).
    blocks: Bytes,
    crc: Crc,
}

impl Picture {
    /// A picture of these frames.
    #[must_use]
    pub fn new(seq: u64, since: u64, frames: Vec<Bytes>) -> Self {
        Self { seq, since, frames, text: OnceCell::new(), packed: OnceCell::new() }
    }

    /// Bytes of all frames.
    #[must_use]
    pub fn length(&self) -> usize {
        self.frames.iter().map(Bytes::len).sum()
    }

    /// The frames with commas between them.
    pub async fn text(&self) -> Bytes {
        let joined = || async {
            let mut text = Vec::with_capacity(self.length() + self.frames.len());
            join(&self.frames, |part| text.extend_from_slice(part));
            Bytes::from(text)
        };
        self.text.get_or_init(joined).await.clone()
    }

    /// The same, compressed. It takes some milliseconds, once, and not on a thread that serves screens.
    pub async fn packed(&self) -> &Packed {
        let packed = || async {
            let frames = self.frames.clone();
            // Fails only when the proxy is stopping, where nobody waits for it any more.
            spawn_blocking(move || Packed::new(&frames)).await.unwrap_or_else(|_| Packed::new(&[]))
        };
        self.packed.get_or_init(packed).await
    }
}

fn join(frames: &[Bytes], mut take: impl FnMut(&[u8])) {
    for (at, frame) in frames.iter().enumerate() {
        if at > 0 {
            take(b",");
        }
        take(frame);
    }
}

impl Packed {
    fn new(frames: &[Bytes]) -> Self {
        let mut crc = Crc::new();
        let mut encoder = DeflateEncoder::new(Vec::new(), LEVEL);
        join(frames, |part| {
            crc.update(part);
            // Writing to memory cannot fail.
            encoder.write_all(part).expect("written to memory");
        });
        // Ends at a whole byte, so that something can follow.
        encoder.flush().expect("written to memory");
        Self { blocks: std::mem::take(encoder.get_mut()).into(), crc }
    }

    /// A whole gzip file of `head`, what is packed, and `tail`, in parts. Head and tail stay as they are: they are
    /// another for each screen, and a compressor takes a quarter of a megabyte.
    #[must_use]
    pub fn between(&self, head: &[u8], tail: &[u8]) -> [Bytes; 3] {
        // RFC 1952: deflate, no name, no time, any system.
        let mut before = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        stored(&mut before, head, false);
        let mut after = Vec::new();
        stored(&mut after, tail, true);
        let (mut crc, mut of_tail) = (Crc::new(), Crc::new());
        crc.update(head);
        crc.combine(&self.crc);
        of_tail.update(tail);
        crc.combine(&of_tail);
        after.extend(crc.sum().to_le_bytes());
        after.extend(crc.amount().to_le_bytes());
        [before.into(), self.blocks.clone(), after.into()]
    }
}

/// Blocks that are not compressed (RFC 1951, 3.2.4).
fn stored(into: &mut Vec<u8>, text: &[u8], ends: bool) {
    let mut parts = text.chunks(usize::from(u16::MAX)).peekable();
    while let Some(part) = parts.next() {
        let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
        into.push(u8::from(ends && parts.peek().is_none()));
        into.extend(length.to_le_bytes());
        into.extend((!length).to_le_bytes());
        into.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn unpacked(file: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(file).read_to_end(&mut text).expect("gzip");
        text
    }

    #[tokio::test]
    async fn packed_once_it_stands_in_any_answer() {
        let frames: Vec<Bytes> = (0..500).map(|n| format!("{{\"frame\":{n}}}").into()).collect();
        let picture = Picture::new(7, 0, frames);
        let text = picture.text().await;
        assert!(text.starts_with(b"{\"frame\":0},{\"frame\":1},"));
        let packed = picture.packed().await;
        for head in [&b"{\"frames\":["[..], &[b'x'; 70_000]] {
            let file = packed.between(head, b"]}").concat();
            assert!(file.len() < head.len() + text.len() / 3);
            assert_eq!(unpacked(&file), [head, &text, b"]}"].concat());
        }
    }

    #[tokio::test]
    async fn an_empty_one_is_one_too() {
        let file = Picture::new(0, 0, Vec::new()).packed().await.between(b"[", b"]").concat();
        assert_eq!(unpacked(&file), b"[]");
    }
}
