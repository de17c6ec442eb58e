//! What runs in the browser: the wall, or with the feature `console` the console. Each is a program of its own, so that neither
//! downloads the other; what both need is here once.
//!
//! | module | holds |
//! | --- | --- |
//! | [`app`] | which wall is shown, and what runs for it |
//! | `console` | the console: who is there, and what is done about it |
//! | [`link`], [`inbox`], [`net`] | the channel at the proxy: asked for, opened, heard, lost and asked for again |
//! | [`store`] | the one writer: frames become the board, its changes become signals |
//! | [`age`], [`clock`] | how old the picture is, and what time it is for the proxy |
//! | [`view`] | what is seen; reads signals, writes nothing back |
//! | [`playlist`] | the wall of the page, or those that it plays one after another, all of them live |
//! | [`kiosk`] | screens that nobody touches: awake, dimmed, moved a little; keys |
//! | [`rotation`] | what is shown one after another, and how far it is |
//! | [`words`] | what is said, in the language of the screen; numbers and times as that language has them |
//! | [`embed`] | the page in a frame of another site |
//! | [`events`], [`crash`], [`build`], [`options`], [`mod@format`] | words for scripts outside, the last resort, a new build, the address's options, numbers as text |
//!
//! A notification takes this way, each step a call or one bounded queue: `net::socket`, `link`, `inbox`, `store`
//! (decoding, `board::apply`), a signal, `view`. Nothing calls back up the line.

#![cfg_attr(
    feature = "console",
    expect(dead_code, reason = "what walls alone show is no part of the console")
)]

mod age;
mod alarm;
mod app;
mod arrange;
mod build;
mod clock;
#[cfg(feature = "console")]
mod console;
mod crash;
mod embed;
mod events;
mod format;
mod inbox;
mod kiosk;
mod link;
mod net;
mod options;
mod order;
mod paint;
mod panel;
mod playlist;
mod rotation;
mod start;
mod store;
#[cfg(test)]
mod style;
mod view;
mod words;

fn main() {
    crash::install();
    #[cfg(not(feature = "console"))]
    app::mount();
    #[cfg(feature = "console")]
    console::mount();
}
