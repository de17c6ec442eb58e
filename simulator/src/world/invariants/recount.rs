//! Every figure counted again from the ledger, by a rule that knows nothing of how it was kept.

use super::*;
use crate::world::figures::Cell;

type Counted = BTreeMap<Cell, Figures>;

/// The figures of all intervals, and the service levels, are what the ledger says.
pub(super) fn check_figures(world: &World, at: &str) {
    let counted = count_all(world);
    let kept: Counted =
        world.figures.between(i64::MIN, i64::MAX).map(|(cell, figures)| (*cell, figures.clone())).collect();
    for (cell, figures) in &counted {
        assert_eq!(kept.get(cell), Some(figures), "{at}: {cell:?}");
    }
    assert_eq!(kept.len(), counted.len(), "{at}: figures without a conversation");

    let interval = interval_of(world.now);
    for (ix, queue) in world.queues.iter().enumerate() {
        for media in MediaType::ALL {
            let mut total = Figures::default();
            for (cell, figures) in &counted {
                if cell.interval == interval && cell.queue == QueueIx(ix) && cell.media == media {
                    total.add(figures);
                }
            }
            let nothing = Figures::default();
            let shown = queue.line(media).figures(interval).unwrap_or(&nothing);
            assert_eq!(*shown, total, "{at}: {} {media:?}", queue.name);
            let share = service_level(world, QueueIx(ix), media, interval);
            assert_eq!(shown.service_level(false), share, "{at}: {} {media:?}", queue.name);
        }
    }
}

/// Who was answered in time, of those who were answered or lost patience after more than ten seconds.
fn service_level(world: &World, queue: QueueIx, media: MediaType, interval: i64) -> Share {
    let mut share = Share::default();
    if media == MediaType::Callback {
        return share;
    }
    let target_ms = i64::from(world.queues[queue.0].line(media).service_level.duration_ms);
    for (_, record) in world.ledger.records().filter(|(_, record)| record.media == media) {
        let mut waits_since = None;
        for step in &record.steps {
            match step.what {
                StepKind::Offered(is) => waits_since = (is == queue).then_some(step.at),
                StepKind::Connected(_) | StepKind::Abandoned => {
                    let Some(since) = waits_since.take() else { continue };
                    let waited_ms = step.at.ms_since(since);
                    let answered = step.what != StepKind::Abandoned;
                    if interval_of(step.at) == interval && (answered || waited_ms >= 10_000) {
                        share.all += 1;
                        share.part += u32::from(answered && waited_ms <= target_ms);
                    }
                }
                StepKind::Alerted(_)
                | StepKind::Missed(_)
                | StepKind::Withdrawn(_)
                | StepKind::Held(_)
                | StepKind::Resumed(_)
                | StepKind::Transferred(_)
                | StepKind::Disconnected(_)
                | StepKind::WrappedUp(_) => {}
            }
        }
    }
    share
}

/// One leg, as far as it has come.
#[derive(Clone, Copy, Default)]
struct Leg {
    queue: usize,
    offered: Timestamp,
    alerted: Timestamp,
    turned: Timestamp,
    talked_ms: i64,
    held_ms: i64,
    holds: u32,
    ended: Timestamp,
}

fn count_all(world: &World) -> Counted {
    let mut counted = Counted::new();
    for (_, record) in world.ledger.records() {
        let mut legs: Vec<Leg> = Vec::new();
        for step in &record.steps {
            if let StepKind::Offered(queue) = step.what {
                assert_eq!(usize::from(step.leg), legs.len(), "{record:?}");
                legs.push(Leg { queue: queue.0, offered: step.at, ..Leg::default() });
            }
            count_step(world, record, step, &mut legs[usize::from(step.leg)], &mut counted);
        }
    }
    counted
}

fn count_step(world: &World, record: &Record, step: &Step, leg: &mut Leg, counted: &mut Counted) {
    let (media, at) = (record.media, step.at);
    let queue = QueueIx(leg.queue);
    let mut add = |agent: Option<AgentIx>, figure: Figure, ms: i64| {
        let cell = Cell { interval: interval_of(at), queue, media, agent };
        counted.entry(cell).or_default().count(figure, ms);
    };
    let waited_ms = at.ms_since(leg.offered);
    let rang_ms = at.ms_since(leg.alerted);
    let stretch_ms = at.ms_since(leg.turned);
    let is_callback = media == MediaType::Callback;
    match step.what {
        StepKind::Offered(_) => add(None, Figure::Offered, 0),
        StepKind::Alerted(_) => leg.alerted = at,
        StepKind::Missed(agent) => {
            add(Some(agent), Figure::Alert, rang_ms);
            add(Some(agent), Figure::NotResponding, rang_ms);
        }
        StepKind::Withdrawn(agent) => add(Some(agent), Figure::Alert, rang_ms),
        StepKind::Connected(agent) => {
            add(Some(agent), Figure::Alert, rang_ms);
            add(Some(agent), Figure::Connected, 0);
            add(None, Figure::Wait, waited_ms);
            add(None, Figure::Acd, waited_ms);
            if !is_callback {
                add(Some(agent), Figure::Answered, waited_ms);
                let target = world.queues[queue.0].line(media).service_level.duration_ms;
                if waited_ms > i64::from(target) {
                    add(Some(agent), Figure::OverSla, 0);
                }
            }
            leg.turned = at;
        }
        StepKind::Held(agent) => {
            add(Some(agent), Figure::Talk, stretch_ms);
            leg.talked_ms += stretch_ms;
            leg.holds += 1;
            leg.turned = at;
        }
        StepKind::Resumed(agent) => {
            add(Some(agent), Figure::Held, stretch_ms);
            leg.held_ms += stretch_ms;
            leg.turned = at;
        }
        StepKind::Transferred(agent) | StepKind::Disconnected(agent) => {
            leg.talked_ms += stretch_ms;
            leg.ended = at;
            add(Some(agent), Figure::Talk, stretch_ms);
            add(Some(agent), Figure::TalkComplete, leg.talked_ms);
            if leg.holds > 0 {
                add(Some(agent), Figure::HeldComplete, leg.held_ms);
            }
            if matches!(step.what, StepKind::Transferred(_)) {
                add(Some(agent), Figure::Transferred, 0);
                add(Some(agent), Figure::BlindTransferred, 0);
            }
        }
        StepKind::WrappedUp(agent) => {
            let wrapped_ms = at.ms_since(leg.ended);
            add(Some(agent), Figure::Acw, wrapped_ms);
            add(Some(agent), Figure::Handle, leg.talked_ms + leg.held_ms + wrapped_ms);
        }
        StepKind::Abandoned => {
            add(None, Figure::Wait, waited_ms);
            add(None, Figure::Acd, waited_ms);
            if !is_callback {
                add(None, Figure::Abandon, waited_ms);
                if waited_ms < 10_000 {
                    add(None, Figure::ShortAbandon, waited_ms);
                }
            }
        }
    }
}
