//! The kinds of conversations, and how each usually goes.

use super::ServiceLevel;

/// The kind of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MediaType {
    /// A telephone call.
    Voice,
    /// A chat on a web page.
    Chat,
    /// An e-mail.
    Email,
    /// A message of a messenger or an SMS.
    Message,
    /// A call that a customer asked for.
    Callback,
}

/// How conversations of a kind go, compared with calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habit {
    /// Talk takes so many times as long as a call of the same queue.
    pub(crate) talk: f64,
    /// After-call work likewise.
    pub(crate) wrap_up: f64,
    /// How long customers wait on average before they give up, beyond the shortest time, in ms.
    pub(crate) patience_ms: f64,
    /// Whether agents put the customer on hold.
    pub(crate) holds: bool,
}

impl MediaType {
    /// All kinds that this world has, in the order of their numbers.
    pub(crate) const ALL: [Self; 5] = [Self::Voice, Self::Chat, Self::Email, Self::Message, Self::Callback];

    /// As analytics names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Message => "message",
            Self::Callback => "callback",
        }
    }

    /// As a conversation summary names it.
    pub(crate) fn in_summary(self) -> &'static str {
        match self {
            Self::Voice => "call",
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Message => "message",
            Self::Callback => "callback",
        }
    }

    /// How conversations of this kind go.
    pub(crate) fn habit(self) -> Habit {
        let (talk, wrap_up, patience_ms) = match self {
            Self::Voice => (1.0, 1.0, 85_000.0),
            Self::Chat => (1.5, 0.6, 70_000.0),
            Self::Email => (1.8, 0.4, 300_000.0),
            Self::Message => (1.3, 0.5, 180_000.0),
            Self::Callback => (1.1, 1.0, 240_000.0),
        };
        Habit { talk, wrap_up, patience_ms, holds: matches!(self, Self::Voice | Self::Callback) }
    }

    /// What queues promise their customers.
    pub(crate) fn service_level(self) -> ServiceLevel {
        let (percentage, duration_ms) = match self {
            Self::Voice => (0.8, 20_000),
            Self::Chat => (0.8, 30_000),
            Self::Email => (0.9, 120_000),
            Self::Message => (0.85, 60_000),
            Self::Callback => (0.8, 60_000),
        };
        ServiceLevel { percentage, duration_ms }
    }
}

/// What share of a queue's conversations is of which kind; most queues are for calls.
pub(crate) fn mix_of_queue(n: usize) -> [u32; MediaType::ALL.len()] {
    match n % 4 {
        1 => [85, 0, 0, 0, 15],
        3 => [45, 20, 15, 20, 0],
        _ => [100, 0, 0, 0, 0],
    }
}
