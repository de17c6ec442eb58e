//! The limit of "one write a message": blocking writes of one ready-made frame to every socket, from one thread.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

type Screens = Arc<Mutex<Vec<TcpStream>>>;

pub fn serve(port: u16) -> Result<()> {
    let screens = Screens::default();
    for stream in TcpListener::bind(("127.0.0.1", port))?.incoming() {
        let mut stream = stream?;
        stream.set_nodelay(true)?;
        // Somebody may only have looked whether the port is open.
        let Ok(publishes) = shake_hands(&mut stream) else { continue };
        if publishes {
            let screens = screens.clone();
            // It ends with its publisher's socket.
            std::thread::spawn(move || drop(publish(stream, &screens)));
        } else {
            screens.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        }
    }
    Ok(())
}

/// Answers the upgrade; true for the one who publishes.
fn shake_hands(stream: &mut TcpStream) -> Result<bool> {
    let mut head = Vec::new();
    let mut byte = [0_u8; 1];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let key = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"))
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default();
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    )?;
    Ok(head.contains("?pub "))
}

/// Unmasks what the publisher sends and writes the same unmasked frame to every screen.
fn publish(mut from: TcpStream, screens: &Mutex<Vec<TcpStream>>) -> Result<()> {
    loop {
        let mut head = [0_u8; 2];
        from.read_exact(&mut head)?;
        let mut length = usize::from(head[1] & 127);
        if length == 126 {
            let mut long = [0_u8; 2];
            from.read_exact(&mut long)?;
            length = usize::from(u16::from_be_bytes(long));
        }
        let mut mask = [0_u8; 4];
        from.read_exact(&mut mask)?;
        let mut data = vec![0_u8; length];
        from.read_exact(&mut data)?;
        for (at, byte) in data.iter_mut().enumerate() {
            *byte ^= mask[at & 3];
        }
        let mut frame = vec![0x81];
        match u8::try_from(length) {
            Ok(short) if short < 126 => frame.push(short),
            _ => {
                frame.push(126);
                frame.extend(u16::try_from(length)?.to_be_bytes());
            }
        }
        frame.extend(&data);
        for screen in screens.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            // A screen that has left is no reason to stop.
            let _ = screen.write_all(&frame);
        }
    }
}
