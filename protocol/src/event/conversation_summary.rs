//! `v2.users.{id}.conversationsummary`: how many conversations a user has, by medium. Undated.

use serde::Serialize;

use crate::id::UserId;
use crate::members::members;

/// Counts by medium; an absent medium is unchanged in an event and zero in a read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationSummary {
    /// The user; captures show events without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<MediaSummary>,
    /// Callbacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<MediaSummary>,
    /// E-mails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<MediaSummary>,
    /// Messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MediaSummary>,
    /// Chats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<MediaSummary>,
    /// Social expressions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub social_expression: Option<MediaSummary>,
    /// Video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<MediaSummary>,
}

members! {
    ConversationSummary from ConversationSummary::default(), { user_id: "userId", call: "call", callback: "callback", email: "email", message: "message", chat: "chat", social_expression: "socialExpression", video: "video" }
}

/// Counts of one medium, inside the contact centre and outside of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaSummary {
    /// Conversations from queues.
    pub contact_center: Counts,
    /// All others.
    pub enterprise: Counts,
}

members! {
    MediaSummary from MediaSummary::default(), { contact_center: "contactCenter", enterprise: "enterprise" }
}

/// Active conversations and those in after-call work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Active conversations.
    pub active: u32,
    /// Conversations in after-call work.
    pub acw: u32,
}

members! {
    Counts from Counts::default(), { active: "active", acw: "acw" }
}

/// A medium of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the vendor's words")]
pub enum SummaryMedia {
    Call,
    Callback,
    Email,
    Message,
    Chat,
    SocialExpression,
    Video,
}

impl SummaryMedia {
    /// All of them, in the order in which bodies list them.
    pub const ALL: [Self; 7] = [
        Self::Call,
        Self::Callback,
        Self::Email,
        Self::Message,
        Self::Chat,
        Self::SocialExpression,
        Self::Video,
    ];

    /// As the vendor's bodies name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Callback => "callback",
            Self::Email => "email",
            Self::Message => "message",
            Self::Chat => "chat",
            Self::SocialExpression => "socialExpression",
            Self::Video => "video",
        }
    }
}

impl ConversationSummary {
    /// The counts of one medium, if the body has them.
    #[must_use]
    pub fn get(&self, media: SummaryMedia) -> Option<MediaSummary> {
        match media {
            SummaryMedia::Call => self.call,
            SummaryMedia::Callback => self.callback,
            SummaryMedia::Email => self.email,
            SummaryMedia::Message => self.message,
            SummaryMedia::Chat => self.chat,
            SummaryMedia::SocialExpression => self.social_expression,
            SummaryMedia::Video => self.video,
        }
    }

    /// Sets the counts of one medium.
    pub fn set(&mut self, media: SummaryMedia, counts: MediaSummary) {
        let place = match media {
            SummaryMedia::Call => &mut self.call,
            SummaryMedia::Callback => &mut self.callback,
            SummaryMedia::Email => &mut self.email,
            SummaryMedia::Message => &mut self.message,
            SummaryMedia::Chat => &mut self.chat,
            SummaryMedia::SocialExpression => &mut self.social_expression,
            SummaryMedia::Video => &mut self.video,
        };
        *place = Some(counts);
    }
}
