//! A conversation as analytics tells it: participants, their sessions, and segments of these, put
//! together from the steps of the ledger.

use protocol::Timestamp;
use serde::Serialize;

use crate::world::{AgentIx, MediaType, QueueIx, Record, StepKind, World};

/// A conversation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConversationBody<'a> {
    #[serde(skip)]
    record: &'a Record,
    pub(super) conversation_id: &'a str,
    pub(super) conversation_start: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conversation_end: Option<Timestamp>,
    pub(super) division_ids: Vec<&'a str>,
    originating_direction: &'static str,
    pub(super) participants: Vec<ParticipantBody<'a>>,
}

/// Who took part.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ParticipantBody<'a> {
    participant_id: String,
    pub(super) participant_name: &'a str,
    pub(super) purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) team_id: Option<&'a str>,
    pub(super) sessions: [SessionBody<'a>; 1],
}

/// What a participant did.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionBody<'a> {
    session_id: String,
    media_type: &'static str,
    direction: &'static str,
    metrics: Vec<SessionMetricBody>,
    pub(super) segments: Vec<SegmentBody<'a>>,
}

/// What was measured of a session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionMetricBody {
    name: &'static str,
    value: i64,
    emit_date: Timestamp,
}

/// A part of a session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SegmentBody<'a> {
    pub(super) segment_type: &'static str,
    pub(super) segment_start: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) segment_end: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disconnect_type: Option<&'static str>,
}

/// Where the parts of a leg stand among the participants, and what has been measured so far.
#[derive(Clone, Copy)]
struct Leg<'a> {
    queue_id: &'a str,
    acd: usize,
    agent: usize,
    offered: Timestamp,
    talked_ms: i64,
    held_ms: i64,
}

impl<'a> ConversationBody<'a> {
    /// The conversation as far as it has come.
    pub(super) fn of(world: &'a World, record: &'a Record) -> Self {
        Self::as_of(world, record, world.now)
    }

    /// The conversation as far as it had come at that moment.
    pub(super) fn as_of(world: &'a World, record: &'a Record, moment: Timestamp) -> Self {
        let ended = record.ended.filter(|ended| *ended <= moment);
        let mut body = Self {
            record,
            conversation_id: &record.id,
            conversation_start: record.begun,
            conversation_end: ended,
            division_ids: Vec::new(),
            originating_direction: "inbound",
            participants: Vec::with_capacity(4),
        };
        let customer = body.join(record.media, "Customer", "customer", None);
        body.begin(customer, "interact", record.begun, None);
        let mut legs: Vec<Leg<'a>> = Vec::new();
        for step in record.steps.iter().filter(|step| step.at <= moment) {
            if let StepKind::Offered(queue) = step.what {
                legs.push(body.begin_leg(world, record.media, queue, step.at));
            } else if let Some(leg) = legs.get_mut(usize::from(step.leg)) {
                body.follow(world, record.media, leg, step.what, step.at);
            }
        }
        if let Some(ended) = ended {
            body.end(customer, ended, Some("client"));
        }
        body
    }

    fn begin_leg(&mut self, world: &'a World, media: MediaType, queue: QueueIx, at: Timestamp) -> Leg<'a> {
        let queue = &world.queues[queue.0];
        let division = world.divisions[queue.division].id.as_str();
        if !self.division_ids.contains(&division) {
            self.division_ids.push(division);
        }
        let acd = self.join(media, &queue.name, "acd", None);
        let queue_id = queue.id.as_str();
        self.begin(acd, "interact", at, Some(queue_id));
        self.measure(acd, "nOffered", 1, at);
        Leg { queue_id, acd, agent: acd, offered: at, talked_ms: 0, held_ms: 0 }
    }

    fn follow(
        &mut self,
        world: &'a World,
        media: MediaType,
        leg: &mut Leg<'a>,
        what: StepKind,
        at: Timestamp,
    ) {
        let waited_ms = at.ms_since(leg.offered);
        match what {
            StepKind::Offered(_) => {}
            StepKind::Alerted(agent) => {
                leg.agent = self.join(media, &world.agents[agent.0].name, "agent", Some((world, agent)));
                self.begin(leg.agent, "alert", at, Some(leg.queue_id));
            }
            StepKind::Missed(_) | StepKind::Withdrawn(_) => {
                let rang_ms = self.end(leg.agent, at, Some("noAnswerTransfer"));
                self.measure(leg.agent, "tAlert", rang_ms, at);
                if matches!(what, StepKind::Missed(_)) {
                    self.measure(leg.agent, "tNotResponding", rang_ms, at);
                }
            }
            StepKind::Connected(_) => {
                self.end(leg.acd, at, Some("transfer"));
                self.measure(leg.acd, "tAcd", waited_ms, at);
                let rang_ms = self.turn(leg, "interact", at);
                self.measure(leg.agent, "tAlert", rang_ms, at);
                self.measure(leg.agent, "nConnected", 1, at);
                if media != MediaType::Callback {
                    self.measure(leg.agent, "tAnswered", waited_ms, at);
                }
            }
            StepKind::Held(_) => {
                let talked_ms = self.turn(leg, "hold", at);
                leg.talked_ms += talked_ms;
                self.measure(leg.agent, "tTalk", talked_ms, at);
            }
            StepKind::Resumed(_) => {
                let held_ms = self.turn(leg, "interact", at);
                leg.held_ms += held_ms;
                self.measure(leg.agent, "tHeld", held_ms, at);
            }
            StepKind::Transferred(_) | StepKind::Disconnected(_) => {
                let transferred = matches!(what, StepKind::Transferred(_));
                let talked_ms = self.end(leg.agent, at, Some(if transferred { "transfer" } else { "peer" }));
                leg.talked_ms += talked_ms;
                self.measure(leg.agent, "tTalk", talked_ms, at);
                self.measure(leg.agent, "tTalkComplete", leg.talked_ms, at);
                if leg.held_ms > 0 {
                    self.measure(leg.agent, "tHeldComplete", leg.held_ms, at);
                }
                if transferred {
                    self.measure(leg.agent, "nTransferred", 1, at);
                    self.measure(leg.agent, "nBlindTransferred", 1, at);
                }
                self.begin(leg.agent, "wrapup", at, Some(leg.queue_id));
            }
            StepKind::WrappedUp(_) => {
                let wrapped_ms = self.end(leg.agent, at, None);
                self.measure(leg.agent, "tAcw", wrapped_ms, at);
                self.measure(leg.agent, "tHandle", leg.talked_ms + leg.held_ms + wrapped_ms, at);
            }
            StepKind::Abandoned => {
                self.end(leg.acd, at, Some("peer"));
                self.measure(leg.acd, "tAcd", waited_ms, at);
                if media != MediaType::Callback {
                    self.measure(leg.acd, "tAbandon", waited_ms, at);
                }
            }
        }
    }

    fn join(
        &mut self,
        media: MediaType,
        name: &'a str,
        purpose: &'static str,
        agent: Option<(&'a World, AgentIx)>,
    ) -> usize {
        let number = self.participants.len();
        let who = agent.map(|(world, agent)| (world, &world.agents[agent.0]));
        self.participants.push(ParticipantBody {
            participant_id: self.record.participant_id(number),
            participant_name: name,
            purpose,
            user_id: who.map(|(_, who)| who.id.as_str()),
            team_id: agent.and_then(|(world, agent)| Some(world.team_of(agent)?.id.as_str())),
            sessions: [SessionBody {
                session_id: self.record.session_id(number),
                media_type: media.as_str(),
                direction: "inbound",
                metrics: Vec::new(),
                segments: Vec::with_capacity(3),
            }],
        });
        number
    }

    fn begin(
        &mut self,
        participant: usize,
        segment_type: &'static str,
        at: Timestamp,
        queue_id: Option<&'a str>,
    ) {
        let segment = SegmentBody {
            segment_type,
            segment_start: at,
            segment_end: None,
            queue_id,
            disconnect_type: None,
        };
        self.session(participant).segments.push(segment);
    }

    /// Ends the present segment of a participant; answers how long it was.
    fn end(&mut self, participant: usize, at: Timestamp, disconnect_type: Option<&'static str>) -> i64 {
        let Some(segment) = self.session(participant).segments.last_mut() else { return 0 };
        segment.segment_end = Some(at);
        segment.disconnect_type = disconnect_type;
        at.ms_since(segment.segment_start)
    }

    /// One segment of the agent follows another; answers how long the first was.
    fn turn(&mut self, leg: &Leg<'a>, segment_type: &'static str, at: Timestamp) -> i64 {
        let ms = self.end(leg.agent, at, None);
        self.begin(leg.agent, segment_type, at, Some(leg.queue_id));
        ms
    }

    fn measure(&mut self, participant: usize, name: &'static str, value: i64, at: Timestamp) {
        self.session(participant).metrics.push(SessionMetricBody { name, value, emit_date: at });
    }

    fn session(&mut self, participant: usize) -> &mut SessionBody<'a> {
        &mut self.participants[participant].sessions[0]
    }
}

/// Dimensions of a segment by which conversations can be found.
pub(super) const SEGMENT_DIMENSIONS: &[&str] = &[
    "queueId",
    "userId",
    "mediaType",
    "direction",
    "purpose",
    "segmentType",
    "disconnectType",
    "participantName",
    "teamId",
    "segmentEnd",
];

/// The value of a dimension of a segment; a date counts as there or not there.
pub(super) fn value_of<'a>(
    participant: &ParticipantBody<'a>,
    segment: &SegmentBody<'a>,
    dimension: &str,
) -> Option<&'a str> {
    match dimension {
        "queueId" => segment.queue_id,
        "userId" => participant.user_id,
        "mediaType" => Some(participant.sessions[0].media_type),
        "direction" => Some(participant.sessions[0].direction),
        "purpose" => Some(participant.purpose),
        "segmentType" => Some(segment.segment_type),
        "disconnectType" => segment.disconnect_type,
        "participantName" => Some(participant.participant_name),
        "teamId" => participant.team_id,
        "segmentEnd" => segment.segment_end.map(|_| ""),
        _ => None,
    }
}
