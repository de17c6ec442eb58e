//! The browser's two ways out: fetch and socket. Nothing here knows what is said on them.

pub mod http;
pub mod socket;

use std::pin::Pin;

use leptos::task::spawn_local;

/// Does something that waits. Boxed, because what runs it is otherwise there once for each such thing.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    let boxed: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    spawn_local(boxed);
}
