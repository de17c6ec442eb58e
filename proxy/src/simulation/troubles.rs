//! What can befall an organisation's feed, kind by kind.

use super::{
    bounds_are_kept, everything_is_right, genesys::Weather, house::House, nobody_is_deceived, settle,
};

/// Genesys ends every channel, as announced, and answers nothing for a while.
pub(super) fn maintenance(house: &mut House) {
    house.announce_end();
    house.run_for(60_000);
    let channels: Vec<u64> = house.genesys.channels.keys().copied().collect();
    for channel in channels {
        house.end_channel(channel, None);
    }
    let minutes = house.chance.within(5, 30);
    house.weather(Weather { is_down: true, ..Weather::default() }, minutes * 60_000);
    for _ in 0..minutes * 6 {
        house.run_for(10_000);
        nobody_is_deceived(house);
        bounds_are_kept(house);
    }
    house.figures.troubles += 1;
    settle(house);
}

/// Some topics are refused to the channels of a minute. Afterwards it is asked for them again: with another channel after a loss or a
/// planned move, when the plan has changed, or when their time has come.
fn refusals(house: &mut House) {
    let refused = Some((3, house.chance.within(0, 2) as u64));
    house.weather(Weather { refused, ..Weather::default() }, REFUSED_FOR_MS);
    let channels: Vec<u64> = house.genesys.channels.keys().copied().collect();
    channels.into_iter().for_each(|channel| house.end_channel(channel, None));
    house.run_for(REFUSED_FOR_MS / 2);
    what_is_refused_is_stale(house);
    house.run_for(REFUSED_FOR_MS / 2);
    let pace = house.set_pace(10 * ASKED_AGAIN_WITHIN_MS);
    match house.chance.within(0, 3) {
        3 => house.announce_end(),
        0 => house.sockets().into_iter().for_each(|socket| house.close_socket(socket)),
        1 => {
            house.employ(5);
            house.employ(usize::MAX);
        }
        _ => {}
    }
    for _ in 0..ASKED_AGAIN_WITHIN_MS / 10_000 {
        house.run_for(10_000);
        nobody_is_deceived(house);
    }
    everything_is_right(house);
    house.set_pace(pace);
}

fn what_is_refused_is_stale(house: &House) {
    assert!(house.is_live(), "every shard is live; {house}");
    for topic in house.world.topics().iter().filter(|topic| house.genesys.weather.refuses(topic)) {
        for (n, screen) in house.screens.iter().enumerate() {
            assert!(!screen.is_live(topic, house.now()), "screen {n} takes {topic} for live; {house}");
        }
    }
}

/// Topics are refused for so long.
const REFUSED_FOR_MS: i64 = 60_000;

/// And asked for again within this: after ten minutes, and read.
const ASKED_AGAIN_WITHIN_MS: i64 = 11 * 60_000;

/// Kinds of [`trouble`].
pub(super) const TROUBLES: u64 = 19;

pub(super) fn trouble(house: &mut House, kind: u64) {
    let sockets = house.sockets();
    let one = house.chance.within(0, sockets.len().max(1) as i64 - 1) as usize;
    let channels: Vec<u64> = house.genesys.channels.keys().copied().collect();
    match kind {
        0 => sockets.iter().for_each(|socket| house.close_socket(*socket)),
        1 => {
            for socket in sockets {
                if let Some(socket) = house.genesys.sockets.get_mut(&socket) {
                    socket.is_silent = true;
                }
            }
        }
        2 => house.announce_end(),
        3..=5 => {
            let word = [None, Some("v2.system.no_longer_subscribed.x"), Some("v2.system.token_revoked.x")];
            for channel in channels {
                house.end_channel(channel, word[kind as usize - 3]);
            }
        }
        6 => house.weather(Weather { is_down: true, ..Weather::default() }, 60_000),
        7 => house.weather(Weather { slowest_ms: 4_000, ..Weather::default() }, 60_000),
        8 => house.weather(Weather { twice: Some(3), ..Weather::default() }, 60_000),
        9 => house.weather(Weather { is_mixed: true, ..Weather::default() }, 60_000),
        10 => house.weather(Weather { is_scrambled: true, ..Weather::default() }, 125_000),
        11 => {
            // While others take their places they fall silent.
            house.announce_end();
            let ms = house.chance.within(0, 1_500);
            house.run_for(ms);
            for socket in sockets {
                if let Some(socket) = house.genesys.sockets.get_mut(&socket) {
                    socket.is_silent = true;
                }
            }
        }
        12 => house.change_heartbeats(),
        13 => {
            // Half of the people leave and come back, perhaps while their channels are still closing or opening.
            let away = house.chance.within(0, 30_000);
            house.employ(3);
            house.run_for(away);
            house.employ(usize::MAX);
        }
        15 => {
            // More calls than are allowed.
            let retry_after_ms = Some(house.chance.within(1, 30) * 1_000);
            house.weather(Weather { is_down: true, retry_after_ms, ..Weather::default() }, 40_000);
            channels.iter().for_each(|channel| house.end_channel(*channel, None));
        }
        16 => house.restart(),
        17 => refusals(house),
        18 => {
            // Half of the people leave and come back while other channels take over, perhaps slowly.
            let weather = Weather { is_down: house.chance.within(0, 1) == 1, ..Weather::default() };
            house.announce_end();
            let ms = house.chance.within(0, 6_000);
            house.run_for(ms);
            house.weather(weather, 20_000);
            house.employ(3);
            let ms = house.chance.within(0, 6_000);
            house.run_for(ms);
            house.employ(usize::MAX);
        }
        _ => {
            house.weather(Weather { is_down: true, ..Weather::default() }, 20_000);
            if let Some(socket) = sockets.get(one) {
                house.close_socket(*socket);
            }
            for n in 0..house.screens.len() {
                let ms = house.chance.within(100, 40_000);
                house.cut(n, ms);
            }
        }
    }
}
