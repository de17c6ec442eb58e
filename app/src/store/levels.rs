//! How bad it is with whom: the worst alarm of each queue and agent.

use protocol::{
    QueueId, UserId,
    event::rollcall::{Alarm, Level},
};

/// The level of every subject that has an alarm, which are few.
#[derive(Debug, Default)]
pub struct Levels {
    queues: Vec<(QueueId, Level)>,
    agents: Vec<(UserId, Level)>,
}

impl Levels {
    /// Takes a new list of alarms and tells of each subject whose level is another now.
    pub fn take(&mut self, alarms: &[Alarm], queue: impl FnMut(&QueueId), agent: impl FnMut(&UserId)) {
        let queues = worst(alarms.iter().filter_map(|alarm| Some((alarm.queue.as_ref()?, alarm.level))));
        let agents = worst(alarms.iter().filter_map(|alarm| Some((alarm.user.as_ref()?, alarm.level))));
        tell_differences(&self.queues, &queues, queue);
        tell_differences(&self.agents, &agents, agent);
        (self.queues, self.agents) = (queues, agents);
    }

    /// A queue's level.
    #[must_use]
    pub fn of_queue(&self, id: &QueueId) -> Option<Level> {
        level_of(&self.queues, id)
    }

    /// An agent's level.
    #[must_use]
    pub fn of_agent(&self, id: &UserId) -> Option<Level> {
        level_of(&self.agents, id)
    }
}

fn worst<'a, Id: Clone + Eq + 'a>(alarms: impl Iterator<Item = (&'a Id, Level)>) -> Vec<(Id, Level)> {
    let mut levels: Vec<(Id, Level)> = Vec::new();
    for (id, level) in alarms {
        match levels.iter_mut().find(|(known, _)| known == id) {
            Some((_, worst)) => *worst = level.max(*worst),
            None => levels.push((id.clone(), level)),
        }
    }
    levels
}

fn level_of<Id: Eq>(levels: &[(Id, Level)], id: &Id) -> Option<Level> {
    levels.iter().find(|(known, _)| known == id).map(|(_, level)| *level)
}

fn tell_differences<Id: Eq>(before: &[(Id, Level)], after: &[(Id, Level)], tell: impl FnMut(&Id)) {
    let ended = before.iter().filter(|(id, _)| level_of(after, id).is_none());
    let begun_or_changed = after.iter().filter(|(id, level)| level_of(before, id) != Some(*level));
    ended.chain(begun_or_changed).map(|(id, _)| id).for_each(tell);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::samples;

    fn alarm(queue: &str, level: Level) -> Alarm {
        Alarm { queue: Some(queue.into()), ..samples::alarm("a", level) }
    }

    #[test]
    fn the_worst_alarm_counts_and_only_differences_are_told() {
        let mut levels = Levels::default();
        let mut take = |alarms: &[Alarm]| {
            let mut told = Vec::new();
            levels.take(alarms, |id| told.push(id.to_string()), |_| {});
            told.sort();
            (told, levels.of_queue(&"a".into()))
        };
        let warned = [alarm("a", Level::Warn), alarm("b", Level::Warn)];
        assert_eq!(take(&warned), (vec!["a".to_owned(), "b".to_owned()], Some(Level::Warn)));
        assert_eq!(take(&warned), (vec![], Some(Level::Warn)));
        let both = [alarm("a", Level::Critical), alarm("a", Level::Warn)];
        assert_eq!(take(&both), (vec!["a".to_owned(), "b".to_owned()], Some(Level::Critical)));
        assert_eq!(take(&[]), (vec!["a".to_owned()], None));
    }
}
