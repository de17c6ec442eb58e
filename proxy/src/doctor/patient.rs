//! One OAuth client: what it may, how much of it, and who else uses it.

use std::{future::Future, sync::Arc, time::Duration};

use protocol::{
    Channel, Clock, QueueId, Timestamp, UserId,
    channel::Entities,
    entity::{Page, PresenceDefinition, Queue, ServerDate, User},
    query::{
        ObservationsQuery,
        aggregates::{AggregatesQuery, INTERVAL_MS},
    },
};
use reqwest::Method;
use serde::Serialize;
use serde_json::Value;
use tokio::time::sleep;

use super::{
    report::{Check, Finding, Verdict},
    words::{self, FIGURES, Need, OBSERVATIONS, PRESENCES, QUEUES, STATES, USERS},
};
use crate::{
    config::{CHANNELS_MAX, ClientConfig},
    upstream::{Purpose, Rest, UpstreamError, permits},
};

/// Whoever started this waits. When upstream asks for more patience than this, that is the finding.
const PAUSE_MAX_MS: i64 = 3_000;

/// How soon it is noticed that upstream asks to wait.
const LOOKED_AT: Duration = Duration::from_millis(100);

/// A client with fewer of its calls left shares its token's minute with something that uses them up.
const FEW_CALLS_PERCENT: i64 = 25;

/// One client under examination.
pub(super) struct Patient<'a> {
    pub(super) rest: &'a Rest,
    pub(super) client: &'a ClientConfig,
    clock: &'a Arc<dyn Clock>,
    /// Whether sockets must be encrypted.
    pub(super) secure: bool,
    pub(super) findings: Vec<Finding>,
    /// Some user and some queue, and how many there are.
    pub(super) user: Option<UserId>,
    pub(super) queue: Option<QueueId>,
    users: Option<u32>,
    queues: Option<u32>,
}

impl<'a> Patient<'a> {
    pub(super) fn new(
        rest: &'a Rest,
        client: &'a ClientConfig,
        clock: &'a Arc<dyn Clock>,
        secure: bool,
    ) -> Self {
        let (user, queue, users, queues) = (None, None, None, None);
        Self { rest, client, clock, secure, findings: Vec::new(), user, queue, users, queues }
    }

    /// Looks at everything; what cannot be looked at any more is left out, after the fault that says why.
    pub(super) async fn examine(&mut self, writes: bool) {
        if let Err(error) = self.rest.sign_in().await {
            self.failed(Check::Credentials, &error, None);
            return;
        }
        self.good(Check::Credentials, "Genesys Cloud gave a token".to_owned());
        if !self.clock().await {
            return;
        }
        self.limits();
        self.users().await;
        self.presences().await;
        self.queues().await;
        self.observations().await;
        self.figures().await;
        if writes {
            self.writes().await;
        }
        if self.has_room().await {
            self.listen().await;
        }
    }

    /// Topics for all users and queues, when both could be counted.
    pub(super) fn topics(&self) -> Option<usize> {
        let topics = u64::from(self.users?) + u64::from(self.queues?);
        usize::try_from(topics).ok()
    }

    /// The first call. When it fails no other will do better.
    async fn clock(&mut self) -> bool {
        let sent = self.clock.now();
        let date: Result<ServerDate, _> = self.patiently(self.rest.get(Purpose::Probe, "/api/v2/date")).await;
        let received = self.clock.now();
        match date {
            Ok(date) => {
                let middle = sent.plus_ms(received.ms_since(sent) / 2);
                match words::of_offset(date.current_date.ms_since(middle), received.ms_since(sent)) {
                    Some((says, mend)) => self.say(Check::Clock, Verdict::Warning, says, mend),
                    None => {
                        self.good(Check::Clock, "this machine's clock is that of Genesys Cloud".to_owned());
                    }
                }
                true
            }
            Err(error) => {
                let limited = matches!(error, UpstreamError::RateLimited { .. });
                let check = if limited { Check::Limits } else { Check::Clock };
                self.failed(check, &error, None);
                false
            }
        }
    }

    fn limits(&mut self) {
        let budget = self.rest.budget();
        let (Some(allowed), Some(left)) = (budget.allowed, budget.left) else {
            let says = "Genesys Cloud does not say how many calls it grants; Rollcall goes by its refusals";
            return self.say(Check::Limits, Verdict::Warning, says.to_owned(), String::new());
        };
        let says = format!(
            "{allowed} calls a minute for each token; of this new one {} used, {left} left. What other programs use is \
             counted with theirs",
            budget.used
        );
        if left * 100 >= allowed * FEW_CALLS_PERCENT {
            return self.good(Check::Limits, says);
        }
        let mend = "find out which program uses up the calls, and make an OAuth client for Rollcall alone";
        self.say(Check::Limits, Verdict::Warning, says, mend.to_owned());
    }

    async fn users(&mut self) {
        let path = "/api/v2/users?expand=team&state=active&pageSize=1&pageNumber=1";
        let page: Result<Page<User>, _> = self.patiently(self.rest.get(Purpose::Probe, path)).await;
        let page = match page {
            Ok(page) => page,
            Err(error) => return self.failed(Check::Users, &error, Some(&USERS)),
        };
        self.users = page.total;
        let Some(user) = page.entities.into_iter().next() else {
            return self.nobody(Check::Users, "users", "no agent will be shown");
        };
        let expand = "expand=presence,routingStatus,conversationSummary";
        let path = format!("/api/v2/users?pageSize=1&id={}&{expand}", user.id);
        self.user = Some(user.id);
        let page: Result<Page<User>, _> = self.patiently(self.rest.get(Purpose::Probe, &path)).await;
        match page {
            Ok(page) if page.entities.iter().any(|u| u.presence.is_some() && u.routing_status.is_some()) => {
                self.good(Check::Users, counted(self.users, "active users"));
            }
            Ok(_) => {
                let says = "users are read without presence or routing status: agents will be shown as stale";
                let mend = words::grant(&self.client.id, &[USERS.permission.to_owned()]);
                self.say(Check::Users, Verdict::Fault, says.to_owned(), mend);
            }
            Err(error) => self.failed(Check::Users, &error, Some(&STATES)),
        }
    }

    async fn presences(&mut self) {
        let path = "/api/v2/presence/definitions?localeCode=ALL";
        let read: Result<Entities<PresenceDefinition>, _> =
            self.patiently(self.rest.get(Purpose::Probe, path)).await;
        match read {
            Ok(read) => self.good(Check::Presences, format!("{} presence definitions", read.entities.len())),
            Err(error) => self.failed(Check::Presences, &error, Some(&PRESENCES)),
        }
    }

    async fn queues(&mut self) {
        let path = "/api/v2/routing/queues?pageSize=1&pageNumber=1";
        let page: Result<Page<Queue>, _> = self.patiently(self.rest.get(Purpose::Probe, path)).await;
        match page {
            Ok(page) => {
                self.queues = page.total;
                self.queue = page.entities.into_iter().next().map(|queue| queue.id);
                match self.queue {
                    Some(_) => self.good(Check::Queues, counted(self.queues, "queues")),
                    None => self.nobody(Check::Queues, "queues", "no queue will be shown"),
                }
            }
            Err(error) => self.failed(Check::Queues, &error, Some(&QUEUES)),
        }
    }

    async fn observations(&mut self) {
        let query = ObservationsQuery::of_queues(self.queue.iter());
        self.query("/api/v2/analytics/queues/observations/query", &query, &OBSERVATIONS).await;
    }

    async fn figures(&mut self) {
        let now = self.clock.now().as_ms();
        let since = Timestamp::from_ms(now - now.rem_euclid(INTERVAL_MS));
        let query = AggregatesQuery::of_queues(self.queue.iter(), since, since.plus_ms(INTERVAL_MS));
        self.query("/api/v2/analytics/conversations/aggregates/query", &query, &FIGURES).await;
    }

    async fn writes(&mut self) {
        match self.patiently(permits::lacking(self.rest)).await {
            Ok(lacking) if lacking.is_empty() => {
                self.good(Check::Writes, "presences, routing status and skills may be changed".to_owned());
            }
            Ok(lacking) => {
                let says = format!(
                    "not permitted ({} is missing): walls need none of it, and changes of agents are refused",
                    lacking.join(", ")
                );
                let mend = format!(
                    "if agents are to be changed from here, give a role of the OAuth client {} {} (Admin, Roles / Permissions); it \
                     takes up to five minutes to apply",
                    self.client.id,
                    lacking.join(", ")
                );
                self.say(Check::Writes, Verdict::Warning, says, mend);
            }
            Err(error) => {
                let (says, mend) = words::of_error(&error, &self.client.id, None);
                self.say(Check::Writes, Verdict::Warning, says, mend);
            }
        }
    }

    /// A question about the queue; without one there is nothing to ask about.
    async fn query(&mut self, path: &str, query: &impl Serialize, need: &Need) {
        if self.queue.is_none() {
            let is_fault = |found: &Finding| found.check == Check::Queues && found.verdict == Verdict::Fault;
            let says = match self.findings.iter().any(is_fault) {
                true => {
                    "not asked, since it takes a queue to ask about, and queues could not be read (above)"
                }
                false => "not asked, since there is no queue to ask about",
            };
            return self.say(need.check, Verdict::Warning, says.to_owned(), String::new());
        }
        let body = serde_json::to_value(query).expect("a query is plain data");
        let answer: Result<Value, _> =
            self.patiently(self.rest.send(Purpose::Probe, Method::POST, path, &body)).await;
        match answer {
            Ok(_) => self.good(need.check, "may be read".to_owned()),
            Err(error) => self.failed(need.check, &error, Some(need)),
        }
    }

    /// Who else has channels of this client, and whether one more would take another's place.
    async fn has_room(&mut self) -> bool {
        let path = "/api/v2/notifications/channels?includechannels=oauthclient";
        let listed: Result<Entities<Value>, _> = self.patiently(self.rest.get(Purpose::Channel, path)).await;
        let others = match listed {
            Ok(listed) => listed.entities.len(),
            Err(error) => {
                self.failed(Check::Channels, &error, None);
                return false;
            }
        };
        let (ours, most) = (usize::from(self.client.channels), usize::from(CHANNELS_MAX));
        let may = format!("Rollcall may use {ours} of the {most} channels of this client");
        if others == 0 {
            self.good(Check::Channels, format!("{may}; nobody else has one"));
            return true;
        }
        let full = others >= most;
        let then = if full {
            "All are taken, and one more takes another's place; so topics and socket were not tried"
        } else if others + ours > most {
            "Should all be another program's, the two will take channels from each other"
        } else {
            "Should all be another program's, there is room for both"
        };
        // Upstream does not tell whose they are, nor whether anybody listens.
        let says = format!(
            "{may}; {others} are there already: of earlier runs of the doctor, of a Rollcall that runs or did within a day, \
             or of another program. {then}"
        );
        let mend = "if another program uses this client, make an OAuth client for Rollcall alone, or set `channels` to \
                    what the other leaves; channels without a program end by themselves within a day";
        self.say(Check::Channels, Verdict::Warning, says, mend.to_owned());
        !full
    }

    /// A call, given up when upstream asks for more patience than somebody at a terminal has.
    pub(super) async fn patiently<T>(
        &self,
        call: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Result<T, UpstreamError> {
        let pause = async {
            loop {
                let now = self.clock.now();
                let pause_ms = self.rest.budget().paused_until.map_or(0, |until| until.ms_since(now));
                if pause_ms > PAUSE_MAX_MS {
                    return pause_ms;
                }
                sleep(LOOKED_AT).await;
            }
        };
        tokio::select! {
            answer = call => answer,
            retry_after_ms = pause => Err(UpstreamError::RateLimited { retry_after_ms }),
        }
    }

    pub(super) fn good(&mut self, check: Check, says: String) {
        self.say(check, Verdict::Good, says, String::new());
    }

    pub(super) fn say(&mut self, check: Check, verdict: Verdict, says: String, mend: String) {
        let client = Some(self.client.id.clone());
        self.findings.push(Finding { check, client, verdict, says, mend });
    }

    pub(super) fn failed(&mut self, check: Check, error: &UpstreamError, need: Option<&Need>) {
        let (says, mend) = words::of_error(error, &self.client.id, need);
        self.say(check, need.map_or(Verdict::Fault, |need| need.without), says, mend);
    }

    fn nobody(&mut self, check: Check, what: &str, lost: &str) {
        let says = format!("no {what} are visible to this client: {lost}");
        let mend = format!(
            "give the role of the OAuth client {} in the divisions that walls show (Admin, Integrations, OAuth, Roles)",
            self.client.id
        );
        self.say(check, Verdict::Warning, says, mend);
    }
}

/// So many, where upstream says how many.
fn counted(total: Option<u32>, what: &str) -> String {
    total.map_or_else(|| format!("{what} may be read"), |total| format!("{total} {what}"))
}

/// A channel as it was made.
pub(super) async fn make_channel(patient: &Patient<'_>) -> Result<Channel, UpstreamError> {
    let path = "/api/v2/notifications/channels";
    patient.patiently(patient.rest.send(Purpose::Channel, Method::POST, path, &Value::Null)).await
}
