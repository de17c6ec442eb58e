use proptest::prelude::*;

use super::*;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

/// A line that has heard how many calls it may make.
fn told(count: i64, allowed: i64, reset_s: i64) -> Turns {
    let mut turns = Turns::new(7);
    turns.ask(Purpose::Board, at(0));
    let ticket = turns.start_next(at(0)).expect("the first goes");
    turns.end(ticket, Ending::Answered(Some(Limits { count, allowed, reset_s })), at(0));
    turns
}

#[test]
fn the_first_call_goes_ahead_and_the_others_follow_its_answer() {
    let mut turns = Turns::new(7);
    let first = turns.ask(Purpose::Board, at(0));
    turns.ask(Purpose::Board, at(0));
    assert_eq!(turns.start_next(at(0)), Some(first));
    assert_eq!(turns.start_next(at(0)), None);
    turns.end(first, Ending::Answered(None), at(1));
    assert!(turns.start_next(at(1)).is_some(), "an upstream that tells no limits sets none");
}

#[test]
fn a_waiting_call_is_overtaken_by_a_more_urgent_one() {
    let mut turns = told(1, 300, 60);
    let asked: Vec<Ticket> =
        Purpose::ALL.into_iter().rev().map(|purpose| turns.ask(purpose, at(1))).collect();
    let gone: Vec<Ticket> = std::iter::from_fn(|| turns.start_next(at(2))).collect();
    let urgent_first: Vec<Ticket> = asked.into_iter().rev().collect();
    // Reads leave two places free.
    assert_eq!(gone, urgent_first[..6]);
    turns.ask(Purpose::Write, at(3));
    assert!(turns.start_next(at(3)).is_some(), "they are for what somebody waits for");
}

#[test]
fn a_share_stays_for_what_is_more_urgent() {
    for (purpose, left) in [
        (Purpose::Write, 0),
        (Purpose::Run, 5),
        (Purpose::Channel, 10),
        (Purpose::Probe, 10),
        (Purpose::Board, 20),
        (Purpose::Audit, 30),
        (Purpose::Directory, 40),
        (Purpose::History, 50),
    ] {
        let goes = |count| {
            let mut turns = told(count, 100, 60);
            turns.ask(purpose, at(0));
            turns.start_next(at(0)).is_some()
        };
        assert!(goes(100 - left - 1) && !goes(100 - left), "{} keeps {left}", purpose.name());
    }
}

#[test]
fn counting_anew_lets_all_go_on() {
    let mut turns = told(100, 100, 60);
    let history = turns.ask(Purpose::History, at(0));
    let write = turns.ask(Purpose::Write, at(0));
    assert_eq!((turns.start_next(at(60_999)), turns.wakes_at(at(60_999))), (None, Some(at(61_000))));
    assert_eq!([turns.start_next(at(61_000)), turns.start_next(at(61_000))], [Some(write), Some(history)]);
}

#[test]
fn who_waits_long_has_a_turn() {
    let mut turns = told(1, 1_000, 3_600);
    let patient = turns.ask(Purpose::History, at(0));
    for (count, now) in (0..200).map(|second| (second, at(second * 1_000))) {
        turns.ask(Purpose::Board, now);
        let ticket = turns.start_next(now).expect("somebody goes");
        if ticket == patient {
            assert!(now.as_ms() > PATIENCE_MS && now.as_ms() < PATIENCE_MS + 12_000, "{now}");
            return;
        }
        let limits = Limits { count: count + 2, allowed: 1_000, reset_s: 3_600 };
        turns.end(ticket, Ending::Answered(Some(limits)), now);
    }
    panic!("nobody thought of it");
}

#[test]
fn retry_after_is_kept_exactly_and_an_absurd_one_is_not() {
    let wait = |retry_after_ms: Option<i64>, purpose| {
        let mut turns = told(1, 300, 60);
        turns.ask(Purpose::Board, at(0));
        let ticket = turns.start_next(at(0)).expect("it goes");
        turns.end(ticket, Ending::Refused(None, retry_after_ms), at(0));
        turns.ask(purpose, at(0));
        (0..400_000).find(|ms| turns.start_next(at(*ms)).is_some()).expect("it goes some time")
    };
    for exact in [1, 7_000, 180_000] {
        assert_eq!(wait(Some(exact), Purpose::Write), exact);
        assert_eq!(wait(Some(exact), Purpose::Probe), exact);
    }
    for absurd in [None, Some(0), Some(-5), Some(180_001), Some(i64::MAX)] {
        assert!((1..=1_000).contains(&wait(absurd, Purpose::Write)), "{absurd:?}");
    }
}

#[test]
fn refusals_without_a_word_are_met_with_longer_waits_and_one_call_at_a_time() {
    let mut turns = told(1, 300, 3_600);
    let (mut now, mut longest) = (at(0), [0, 0]);
    for _ in 0..60 {
        for (index, purpose) in [Purpose::Probe, Purpose::Board].into_iter().enumerate() {
            let asked = now;
            turns.ask(purpose, now);
            turns.ask(purpose, now);
            let ticket = loop {
                match turns.start_next(now) {
                    Some(ticket) => break ticket,
                    None => now = turns.wakes_at(now).expect("there is something to wait for"),
                }
            };
            longest[index] = now.ms_since(asked).max(longest[index]);
            let second = turns.start_next(now.plus_ms(60_000));
            turns.end(ticket, Ending::Refused(None, None), now);
            assert!(turns.untold.failures() < 2 || second.is_none(), "one at a time");
            for line in &mut turns.waiting {
                line.clear();
            }
            if let Some(second) = second {
                turns.end(second, Ending::NotMade, now);
            }
        }
    }
    let [probe, board] = longest;
    assert!(probe <= PROBE_MS.1 && board <= UNTOLD_MS.1 && board > PROBE_MS.1, "{longest:?}");
}

/// Upstream as it is: counts every call in windows of its own.
struct Upstream {
    allowed: i64,
    window_ms: i64,
    began: Option<i64>,
    count: i64,
    rounds_up: bool,
}

impl Upstream {
    /// Counts a call that arrives; answers the limits as its headers tell them.
    fn count(&mut self, now: i64) -> Limits {
        if self.began.is_none_or(|began| now >= began + self.window_ms) {
            (self.began, self.count) = (Some(now), 0);
        }
        self.count += 1;
        let rest = self.began.unwrap_or(now) + self.window_ms - now;
        let reset_s = if self.rounds_up { (rest + 999) / 1_000 } else { rest / 1_000 };
        Limits { count: self.count, allowed: self.allowed, reset_s }
    }
}

struct Call {
    ticket: Ticket,
    arrives: i64,
    ends: i64,
    heard: Option<Limits>,
    /// The answer is lost on its way.
    lost: bool,
}

/// Calls that ask at random over ten windows.
#[derive(Clone, Copy, Debug)]
struct Rush {
    seed: u64,
    allowed: i64,
    window_s: i64,
    rounds_up: bool,
    load: u64,
    /// The longest way of a call to upstream, and of its answer, of a hundred of a window.
    slow_percent: i64,
}

/// Against an upstream that counts: it never has to refuse one, nobody is overtaken by what is less urgent unless it waited
/// long, and in the end everybody has gone.
fn comes_through(rush: Rush) -> Result<(), TestCaseError> {
    let Rush { seed, allowed, window_s, rounds_up, load, slow_percent } = rush;
    // There and back within half a window: calls time out after half a minute.
    let slow = window_s * 10 * slow_percent;
    let mut dice = Backoff::new(1 << 30, 1 << 30, seed);
    let mut roll = |sides: i64| dice.fail() % sides.max(1);
    let mut upstream = Upstream { allowed, window_ms: window_s * 1_000, began: None, count: 0, rounds_up };
    let mut turns = Turns::new(seed);
    let mut purposes: BTreeMap<Ticket, (Purpose, i64)> = BTreeMap::new();
    let mut calls: Vec<Call> = Vec::new();
    let (mut asked, mut gone) = (0_u64, 0_u64);
    let busy_ms = 10 * window_s * 1_000;
    let mut now = 0;
    while now < busy_ms || gone < asked {
        // Enough for everybody to go, one by one, in windows that are lived through to the end.
        prop_assert!(now < busy_ms * 400 + 100_000_000, "stuck: {:?}", turns.view(at(now)));
        if now < busy_ms {
            for _ in 0..load {
                if roll(12) == 0 {
                    let purpose = Purpose::ALL[roll(8) as usize];
                    let ticket = turns.ask(purpose, at(now));
                    purposes.insert(ticket, (purpose, now));
                    asked += 1;
                    if roll(20) == 0 {
                        turns.leave(ticket);
                        purposes.remove(&ticket);
                        asked -= 1;
                    }
                }
            }
        }
        for call in &mut calls {
            if call.heard.is_none() && call.arrives <= now {
                let limits = upstream.count(now);
                prop_assert!(limits.count <= limits.allowed, "{limits:?} at {now}");
                call.heard = Some(limits);
            }
        }
        while let Some(ended) = calls.iter().position(|call| call.ends <= now && call.heard.is_some()) {
            let call = calls.swap_remove(ended);
            let ending = if call.lost { Ending::Unanswered } else { Ending::Answered(call.heard) };
            turns.end(call.ticket, ending, at(now));
        }
        while let Some(ticket) = turns.start_next(at(now)) {
            gone += 1;
            let (purpose, since) = purposes.remove(&ticket).expect("it was in line");
            let overtaken = purposes.values().any(|(other, _)| *other < purpose && *other != Purpose::Probe);
            prop_assert!(!overtaken || now - since > PATIENCE_MS, "{} went first", purpose.name());
            let arrives = now + roll(slow);
            // What is allowed must have been told once.
            let lost = roll(10) == 0 && turns.window.allowed().is_some();
            calls.push(Call { ticket, arrives, ends: arrives + roll(slow), heard: None, lost });
            prop_assert!(calls.len() <= AT_ONCE);
        }
        now += if now < busy_ms { 100 } else { 250 };
    }
    for call in std::mem::take(&mut calls) {
        turns.end(call.ticket, Ending::NotMade, at(now));
    }
    prop_assert_eq!(turns.view(at(now)).under_way, 0);
    Ok(())
}

#[test]
fn a_rush_that_once_made_one_call_too_many_makes_none() {
    let rush = Rush {
        seed: 10_036_393_720_067_916_422,
        allowed: 3,
        window_s: 59,
        rounds_up: true,
        load: 2,
        slow_percent: 23,
    };
    comes_through(rush).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn upstream_never_has_to_refuse_and_nobody_waits_for_ever(
        seed: u64,
        allowed in 1_i64..80,
        window_s in 10_i64..70,
        rounds_up: bool,
        load in 1_u64..6,
        slow_percent in 1_i64..25,
    ) {
        comes_through(Rush { seed, allowed, window_s, rounds_up, load, slow_percent })?;
    }
}
