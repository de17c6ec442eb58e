//! Boards change, clocks run, alarms are told.

use proptest::prelude::*;
use protocol::{
    event::rollcall::{Figures as Sums, RollcallFigures, ServiceLevelTarget},
    fact::Presence,
    presence::{RoutingStatus, SystemPresence},
    wall::{Metric, Of},
};

use super::*;
use crate::queue::Figure;

const T0: i64 = 1_700_000_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_ms(T0 + second * 1_000)
}

/// A board that tests write to, with a wall that shows all of it.
struct World {
    board: Board,
    watcher: Watcher,
    vouched_for: bool,
}

impl World {
    fn new(thresholds: Vec<Threshold>, watches: Vec<Watch>) -> Self {
        let watcher = Watcher::new(&wall(thresholds, watches));
        Self { board: Board::default(), watcher, vouched_for: true }
    }

    fn queue(&mut self, id: &str) -> &mut Queue {
        let queue = self.board.queues.entry(id.into()).or_insert_with(|| Queue::new(id.into()));
        queue.name = Some(id.to_uppercase());
        queue
    }

    fn waiting(&mut self, id: &str, count: u32) {
        let key = (protocol::event::observations::Metric::Waiting, None, None);
        self.queue(id).figures.insert(key, Figure::Count(count));
    }

    /// Per cent answered in time, of so many; of nothing when 0.
    fn service_level(&mut self, id: &str, in_time: u32, counted: u32) {
        let interval = Sums { since: at(0), in_time, counted, ..Sums::default() };
        let queue = self.queue(id);
        queue.service_level = Some(ServiceLevelTarget { percentage: 0.8, duration_ms: 20_000 });
        queue.sums = Some(RollcallFigures {
            id: id.into(),
            as_of: at(0),
            interval,
            today: interval,
            missing_permissions: Vec::new(),
        });
    }

    fn agent(&mut self, id: &str, presence: SystemPresence, status: RoutingStatus, second: i64) {
        let mut agent = Agent::new(id.into());
        agent.name = Some(id.to_uppercase());
        let presence = Presence { definition: "d".into(), system: Some(presence), message: "".into() };
        agent.presence = Some((presence, at(second)));
        agent.routing_status = Some((status, at(second)));
        self.board.agents.insert(id.into(), agent);
    }

    fn look(&mut self, second: i64) -> Option<Vec<Alarm>> {
        let Self { board, watcher, vouched_for } = self;
        let vouches = |_: &UserId| *vouched_for;
        let scene = Scene::of(board, at(second), &[watcher], &|_| *vouched_for, &vouches);
        // The scene does not borrow the watcher.
        watcher.look(&scene, &|_| true, &|_| true)
    }

    /// What stands after a look: what and whom, how bad.
    fn stands(&mut self, second: i64) -> Vec<(String, Level)> {
        self.look(second);
        let name = |alarm: &Alarm| alarm.id.rsplit_once('.').unwrap().0.to_owned();
        self.watcher.told().iter().map(|alarm| (name(alarm), alarm.level)).collect()
    }

    fn told(&self) -> &Alarm {
        assert_eq!(self.watcher.told().len(), 1, "{:?}", self.watcher.told());
        &self.watcher.told()[0]
    }
}

fn wall(thresholds: Vec<Threshold>, watches: Vec<Watch>) -> WallDefinition {
    WallDefinition {
        id: "wall".into(),
        thresholds: Some(thresholds),
        watches: Some(watches),
        ..WallDefinition::default()
    }
}

fn waiting(warn: f64, critical: f64, after: u32, back: f64) -> Threshold {
    Threshold {
        metric: Metric::Waiting,
        warn: Some(warn),
        critical: Some(critical),
        after,
        back,
        ..Threshold::default()
    }
}

fn watch(state: &str, warn: Option<u32>, critical: Option<u32>) -> Watch {
    Watch { state: state.to_owned(), warn, critical }
}

fn warned(name: &str) -> Vec<(String, Level)> {
    vec![(name.to_owned(), Level::Warn)]
}

fn critical(name: &str) -> Vec<(String, Level)> {
    vec![(name.to_owned(), Level::Critical)]
}

#[test]
fn a_figure_has_to_last_before_it_counts_and_to_come_back_before_it_is_over() {
    let mut world = World::new(vec![waiting(5.0, 10.0, 30, 2.0)], vec![]);
    world.waiting("q", 6);
    assert_eq!(world.stands(0), []);
    assert_eq!(world.stands(29), []);
    assert_eq!(world.stands(30), warned("waiting.q"), "the clock alone raises it");
    let (id, since) = (world.told().id.clone(), world.told().since);
    assert_eq!(since, at(0), "since it began, not since it counts");
    world.waiting("q", 12);
    assert_eq!(world.stands(40), warned("waiting.q"));
    assert_eq!(world.stands(70), critical("waiting.q"), "the clock alone makes it worse");
    assert_eq!((&world.told().id, world.told().since, world.told().limit), (&id, since, 10.0));
    world.waiting("q", 8);
    assert_eq!(world.stands(71), warned("waiting.q"));
    world.waiting("q", 4);
    assert_eq!(world.stands(72), warned("waiting.q"), "not back far enough");
    assert_eq!((&world.told().id, world.told().since), (&id, since));
    world.waiting("q", 3);
    assert_eq!(world.stands(73), []);
    world.waiting("q", 5);
    world.look(80);
    assert_eq!(world.stands(110), warned("waiting.q"));
    assert_ne!(world.told().id, id, "another one");
}

#[test]
fn a_service_level_falls_below_the_queues_own_target() {
    let mut world = World::new(Threshold::defaults(), vec![]);
    world.service_level("q", 79, 100);
    world.service_level("fine", 80, 100);
    world.look(0);
    assert_eq!(world.stands(60), warned("service-level.q"));
    assert_eq!((world.told().limit, world.told().value), (79.5, Some(79.0)));
    world.service_level("q", 60, 100);
    world.look(61);
    assert_eq!(world.stands(121), critical("service-level.q"));
    world.service_level("q", 81, 100);
    assert_eq!(world.stands(122), warned("service-level.q"), "81 is not 81.5");
    world.service_level("q", 82, 100);
    assert_eq!(world.stands(123), []);
}

#[test]
fn without_a_target_nothing_counts_from_it() {
    let mut world = World::new(Threshold::defaults(), vec![]);
    world.service_level("q", 1, 100);
    world.queue("q").service_level = None;
    world.look(0);
    assert_eq!(world.stands(600), []);
}

#[test]
fn all_queues_together_are_one_subject() {
    let mut world = World::new(vec![Threshold { of: Of::Wall, ..waiting(10.0, 20.0, 0, 0.0) }], vec![]);
    world.waiting("a", 6);
    assert_eq!(world.stands(0), []);
    world.waiting("b", 6);
    assert_eq!(world.stands(1), warned("waiting.wall"));
    assert_eq!((world.told().queue.as_ref(), world.told().value), (None, Some(12.0)));
}

#[test]
fn the_time_in_a_state_raises_and_levels_by_the_clock_alone() {
    let mut world = World::new(vec![], Watch::defaults());
    world.agent("u", SystemPresence::Break, RoutingStatus::OffQueue, 0);
    world.agent("v", SystemPresence::Offline, RoutingStatus::OffQueue, -90_000);
    assert_eq!(world.stands(1_199), []);
    assert_eq!(world.stands(1_200), warned("break.u"));
    let first = world.told().clone();
    assert_eq!((first.since, first.limit, first.metric), (at(0), 1_200.0, None));
    assert_eq!(world.stands(2_400), critical("break.u"));
    assert_eq!((&world.told().id, world.told().since), (&first.id, first.since));
    world.agent("u", SystemPresence::OnQueue, RoutingStatus::NotResponding, 2_401);
    assert_eq!(world.stands(2_401), critical("not-responding.u"));
}

#[test]
fn what_is_not_known_goes_on_for_a_while_and_raises_nothing() {
    let mut world = World::new(vec![waiting(5.0, 10.0, 0, 0.0)], vec![watch("break", Some(60), None)]);
    world.waiting("q", 6);
    world.agent("u", SystemPresence::Break, RoutingStatus::OffQueue, 0);
    assert_eq!(world.stands(60).len(), 2);
    let ids: Vec<String> = world.watcher.told().iter().map(|alarm| alarm.id.clone()).collect();
    world.vouched_for = false;
    world.waiting("r", 50);
    world.agent("w", SystemPresence::Break, RoutingStatus::OffQueue, 0);
    assert_eq!(world.stands(100).len(), 2);
    assert_eq!(world.stands(219).len(), 2);
    let still: Vec<String> = world.watcher.told().iter().map(|alarm| alarm.id.clone()).collect();
    assert_eq!(still, ids);
    assert_eq!(world.stands(220), [], "two minutes after it was last seen");
    world.vouched_for = true;
    assert_eq!(world.stands(221).len(), 4);
}

#[test]
fn what_is_not_known_does_not_last() {
    let mut world = World::new(vec![waiting(5.0, 10.0, 30, 0.0)], vec![]);
    world.waiting("q", 6);
    world.look(0);
    world.vouched_for = false;
    world.look(15);
    world.vouched_for = true;
    assert_eq!(world.stands(31), []);
    assert_eq!(world.stands(61), warned("waiting.q"));
}

#[test]
fn who_took_note_is_asked_again_only_when_it_gets_worse() {
    let mut world = World::new(vec![waiting(5.0, 10.0, 0, 0.0)], vec![]);
    world.waiting("q", 6);
    world.look(0);
    let id = world.told().id.clone();
    assert_eq!(world.watcher.acknowledge("another", at(1)), None);
    assert!(world.watcher.acknowledge(&id, at(1)).is_some());
    assert!(world.look(1).is_some(), "told at once");
    assert!(world.watcher.acknowledge(&id, at(9)).is_some());
    world.look(9);
    assert_eq!(world.told().acknowledged, Some(at(1)), "a second time changes nothing");
    world.waiting("q", 10);
    assert_eq!(world.stands(10), critical("waiting.q"));
    assert_eq!(world.told().acknowledged, None);
    world.watcher.acknowledge(&id, at(11));
    world.waiting("q", 6);
    world.look(12);
    assert_eq!(world.told().acknowledged, Some(at(11)));
    world.waiting("q", 10);
    world.look(13);
    assert_eq!(world.told().acknowledged, None, "worse than before once more");
    world.waiting("q", 0);
    world.look(14);
    assert_eq!(world.watcher.acknowledge(&id, at(15)), None, "over");
}

#[test]
fn walls_share_what_somebody_took_note_of() {
    let watches = vec![watch("break", Some(60), Some(600))];
    let sum = Threshold { of: Of::Wall, ..waiting(1.0, 99.0, 0, 0.0) };
    let rules = vec![waiting(5.0, 10.0, 0, 0.0), sum];
    let mut one = World::new(rules.clone(), watches.clone());
    // Another wall with stricter rules.
    let mut other =
        World::new(vec![waiting(2.0, 6.0, 0, 0.0), rules[1].clone()], vec![watch("break", Some(30), None)]);
    for world in [&mut one, &mut other] {
        world.waiting("q", 6);
        world.agent("u", SystemPresence::Break, RoutingStatus::OffQueue, 0);
        world.look(60);
    }
    for alarm in one.watcher.told().to_vec() {
        other.watcher.acknowledge_too(&alarm, at(61));
    }
    other.look(61);
    let of = |what: &str| {
        let alarm = other.watcher.told().iter().find(|alarm| alarm.id.starts_with(what)).unwrap();
        (alarm.level, alarm.acknowledged)
    };
    assert_eq!(of("break.u"), (Level::Warn, Some(at(61))));
    assert_eq!(of("waiting.q"), (Level::Critical, None), "worse here than where somebody looked");
    assert_eq!(of("waiting.wall"), (Level::Warn, None), "other queues");
}

#[test]
fn a_new_definition_keeps_what_it_still_says() {
    let mut world = World::new(vec![waiting(5.0, 10.0, 0, 0.0)], vec![watch("break", Some(60), None)]);
    world.waiting("q", 6);
    world.agent("u", SystemPresence::Break, RoutingStatus::OffQueue, 0);
    world.look(60);
    for alarm in world.watcher.told().to_vec() {
        world.watcher.acknowledge(&alarm.id, at(60));
    }
    world.look(61);
    let before = world.watcher.told().to_vec();
    world.watcher.redefine(&wall(vec![waiting(4.0, 10.0, 0, 0.0)], vec![watch("break", Some(30), None)]));
    world.look(62);
    let after = world.watcher.told();
    assert!(before.iter().all(|alarm| alarm.acknowledged.is_some()));
    let ids = |alarms: &[Alarm]| alarms.iter().map(|a| (a.id.clone(), a.acknowledged)).collect::<Vec<_>>();
    assert_eq!(ids(after), ids(&before));
    world.watcher.redefine(&wall(vec![], vec![]));
    assert_eq!(world.stands(63), []);
}

#[test]
fn figures_of_alarms_that_go_on_are_told_now_and_then_only() {
    let mut world = World::new(vec![waiting(5.0, 100.0, 0, 0.0)], vec![]);
    world.waiting("q", 6);
    assert!(world.look(0).is_some());
    let told = (1..=20).filter(|second| {
        world.waiting("q", 6 + *second as u32);
        world.look(*second).is_some()
    });
    assert_eq!(told.collect::<Vec<_>>(), [10, 20]);
}

#[test]
fn the_worst_are_told_when_there_are_too_many() {
    let mut world = World::new(vec![], vec![watch("break", Some(0), None), watch("meal", None, Some(0))]);
    for n in 0..500 {
        let presence = if n % 5 == 0 { SystemPresence::Meal } else { SystemPresence::Break };
        world.agent(&format!("u{n}"), presence, RoutingStatus::OffQueue, -n);
    }
    let told = world.look(0).unwrap();
    assert_eq!(told.len(), ALARMS_MAX);
    assert!(told.iter().all(|alarm| alarm.level == Level::Critical), "a fifth of 500 are critical");
    assert_eq!(told[0].since, at(-495), "the longest first");
}

proptest! {
    /// Whatever a figure does: an alarm begins only at or beyond the limit and ends only where it has come back, so that
    /// inside the band nothing ever changes; and there is never more than one for a queue and rule.
    #[test]
    fn inside_the_band_nothing_changes(
        values in prop::collection::vec(0_u32..30, 1..80),
        back in 0_u32..6,
        after in 0_u32..4,
        falls in any::<bool>(),
    ) {
        let rule = if falls {
            Threshold { metric: Metric::OnQueue, warn: Some(15.0), critical: None, ..waiting(0.0, 0.0, after, f64::from(back)) }
        } else {
            Threshold { critical: None, ..waiting(15.0, 0.0, after, f64::from(back)) }
        };
        let mut world = World::new(vec![rule], vec![]);
        let mut before: Option<String> = None;
        for (second, value) in values.iter().enumerate() {
            if falls {
                let key = (protocol::event::observations::Metric::OnQueueUsers, None, Some("IDLE".into()));
                world.queue("q").figures.insert(key, Figure::Count(*value));
            } else {
                world.waiting("q", *value);
            }
            world.look(second as i64);
            prop_assert!(world.watcher.told().len() <= 1);
            let now = world.watcher.told().first().map(|alarm| alarm.id.clone());
            let value = if falls { 30 - i64::from(*value) } else { i64::from(*value) };
            let back_at = 15 - i64::from(back);
            match (&before, &now) {
                (None, Some(_)) => prop_assert!(value >= 15, "began at {value}"),
                (Some(_), None) => prop_assert!(value <= back_at && value < 15, "ended at {value}"),
                (Some(a), Some(b)) => prop_assert_eq!(a, b),
                (None, None) => {}
            }
            before = now;
        }
    }

    /// However agents come, change and go, and whoever is known: no alarm is told twice, none about somebody who is
    /// known to be in another state, and every one that is due is told.
    #[test]
    fn agents_have_one_alarm_each(
        steps in prop::collection::vec((0_usize..4, 0_usize..4, any::<bool>(), 1_i64..200), 1..60),
    ) {
        let presences = [SystemPresence::Break, SystemPresence::Meal, SystemPresence::Available, SystemPresence::Offline];
        let mut world = World::new(vec![], vec![watch("break", Some(60), Some(120)), watch("meal", Some(30), None)]);
        let mut second = 0;
        let mut since = [None; 4];
        for (who, presence, known, passes) in steps {
            world.agent(&format!("u{who}"), presences[presence].clone(), RoutingStatus::OffQueue, second);
            since[who] = Some((presence, second));
            second += passes;
            world.vouched_for = known;
            let stands = world.stands(second);
            let distinct: std::collections::HashSet<_> = stands.iter().map(|(name, _)| name).collect();
            prop_assert_eq!(distinct.len(), stands.len());
            if known {
                let due: usize = since.iter().flatten().filter(|(presence, from)| match presence {
                    0 => second - from >= 60,
                    1 => second - from >= 30,
                    _ => false,
                }).count();
                prop_assert_eq!(due, stands.len());
            }
        }
    }
}
