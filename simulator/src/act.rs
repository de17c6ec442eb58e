//! What can happen next: everything that changes the world, one file per part of the day.
//!
//! | file | holds |
//! | --- | --- |
//! | [`change`] | the only ways in which an agent's facets change, and what follows at once |
//! | [`conversation`] | arrival, waiting, alert, giving up |
//! | [`talk`] | talk, hold, transfer, after-call work |
//! | [`routine`] | breaks, meals, shifts, calls outside the contact centre |
//! | [`wave`] | what scenarios do to many at once |
//! | [`supervise`] | changes of schedules within the day |
//! | [`membership`] | who is a member of which queue, and who has joined |
//! | [`staff`] | who comes to the organisation and who leaves it |
//! | [`hand`] | what people do from outside: the writes of the API |

mod change;
mod conversation;
mod hand;
mod membership;
mod routine;
mod staff;
mod supervise;
mod talk;
mod wave;

pub(crate) use self::hand::{IllegalTransition, PresenceChange};
use crate::world::{Due, World};

impl World {
    /// Lets the thing happen that is due now.
    pub(crate) fn act(&mut self, due: Due) {
        match due {
            Due::Arrive { queue, epoch } => self.arrive(queue, epoch),
            Due::Route(conversation) => self.route(conversation),
            Due::Match(agent) => self.look_for_work(agent),
            Due::Abandon(conversation) => self.abandon(conversation),
            Due::AlertEnds { conversation, stage, answered } => {
                self.alert_ends(conversation, stage, answered);
            }
            Due::HoldBegins { conversation, stage } => self.hold_begins(conversation, stage),
            Due::HoldEnds { conversation, stage } => self.hold_ends(conversation, stage),
            Due::TalkEnds { conversation, stage } => self.talk_ends(conversation, stage),
            Due::WrapUpEnds { conversation, stage } => self.wrap_up_ends(conversation, stage),
            Due::Routine { agent, turn } => self.routine(agent, turn),
            Due::Supervise => self.supervise(),
            Due::Join { epoch } => self.join(epoch),
            Due::Depart { epoch } => self.depart(epoch),
            Due::Recover { agent, turn } => self.recover(agent, turn),
            Due::Chatter { epoch } => self.chatter(epoch),
            Due::Wave { epoch } => self.wave(epoch),
            Due::LoseConnection { agent, epoch } => self.lose_connection(agent, epoch),
            Due::Return { agent, turn } => self.come_back(agent, turn),
            Due::ChangeShift { agent, epoch, comes } => self.change_shift(agent, epoch, comes),
            Due::CallEnds(agent) => self.call_ends(agent),
        }
    }
}
