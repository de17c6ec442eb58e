//! Who is asking, and the one policy function that says what they may do.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use protocol::{Clock, Timestamp};

use crate::{
    config::{Config, MachineClient, Role, Roles},
    problem::Problem,
    random,
    relay::Owner,
};

/// Somebody who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What kind of caller.
    pub kind: CallerKind,
    /// What they may do.
    pub roles: Roles,
}

/// A kind of caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// A page on this machine, while there is no sign-in; named by its session.
    Local(Arc<str>),
    /// A program with a token of ours; named as in the configuration.
    Machine(Arc<str>),
}

impl Caller {
    /// Under whose name channels are kept.
    #[must_use]
    pub fn owner(&self) -> Owner {
        Owner(match &self.kind {
            CallerKind::Local(session) => format!("local {session}").into(),
            CallerKind::Machine(id) => format!("machine {id}").into(),
        })
    }
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See which walls there are, open one.
    Wall,
    /// Read agents, queues and figures in the vendor's shape.
    Read,
    /// Open plain channels and subscribe.
    Listen,
    /// Take note of an alarm, for all screens that show it.
    Acknowledge,
}

/// The one policy: who may do what.
///
/// # Errors
/// Names the role that is missing.
pub fn permit(caller: &Caller, action: Action) -> Result<(), Problem> {
    let needed = match action {
        Action::Wall | Action::Read | Action::Listen => Role::Viewer,
        Action::Acknowledge => Role::Supervisor,
    };
    if caller.roles.contains(needed) { Ok(()) } else { Err(Problem::MissingRole(needed)) }
}

/// A session ends after a week without a request; TVs ask far more often.
const SESSION_LIFE_MS: i64 = 7 * 24 * 3_600_000;

/// Sessions at most; the oldest makes room. A page that lost its session gets a new one by itself.
const SESSIONS_MAX: usize = 10_000;

/// Tokens of machine clients live this long.
pub const TOKEN_LIFE_MS: i64 = 3_600_000;

/// Tokens at most; the oldest makes room. A client asks once an hour.
const TOKENS_MAX: usize = 10_000;

/// Sessions and tokens of this run.
pub struct Callers {
    machines: Vec<MachineClient>,
    local: Roles,
    clock: Arc<dyn Clock>,
    sessions: Mutex<Held<Arc<str>>>,
    tokens: Mutex<Held<Caller>>,
}

impl Callers {
    /// Nobody is known yet.
    #[must_use]
    pub fn new(config: &Config, clock: Arc<dyn Clock>) -> Self {
        Self {
            machines: config.machines.clone(),
            local: config.local.roles,
            clock,
            sessions: Mutex::new(Held::new(SESSIONS_MAX)),
            tokens: Mutex::new(Held::new(TOKENS_MAX)),
        }
    }

    /// The caller behind a session cookie.
    #[must_use]
    pub fn of_session(&self, cookie: &str) -> Option<Caller> {
        let now = self.clock.now();
        let mut sessions = self.sessions.lock().expect("nobody panics while holding the sessions");
        let session = sessions.get(cookie, now)?;
        sessions.extend(cookie, now.plus_ms(SESSION_LIFE_MS));
        Some(Caller { kind: CallerKind::Local(session), roles: self.local })
    }

    /// A new session for a page on this machine; the text is the cookie's value.
    #[must_use]
    pub fn new_session(&self) -> (String, Caller) {
        let cookie = random::token("");
        // The name under which it appears elsewhere is not the cookie itself.
        let session: Arc<str> = random::token("s").into();
        let expires = self.clock.now().plus_ms(SESSION_LIFE_MS);
        self.sessions.lock().expect("nobody panics while holding the sessions").put(
            cookie.clone(),
            session.clone(),
            expires,
        );
        (cookie, Caller { kind: CallerKind::Local(session), roles: self.local })
    }

    /// The caller behind a bearer token.
    #[must_use]
    pub fn of_token(&self, token: &str) -> Option<Caller> {
        self.tokens.lock().expect("nobody panics while holding the tokens").get(token, self.clock.now())
    }

    /// A token for a machine client that knows its secret.
    #[must_use]
    pub fn new_token(&self, id: &str, secret: &str) -> Option<String> {
        let machine = self.machines.iter().find(|m| m.id == id && m.secret.is(secret))?;
        let token = random::token("");
        let caller = Caller { kind: CallerKind::Machine(machine.id.as_str().into()), roles: machine.roles };
        let expires = self.clock.now().plus_ms(TOKEN_LIFE_MS);
        self.tokens.lock().expect("nobody panics while holding the tokens").put(
            token.clone(),
            caller,
            expires,
        );
        Some(token)
    }
}

/// Things under a random name, with an end and a bound.
struct Held<T> {
    by_name: HashMap<String, (T, Timestamp)>,
    order: VecDeque<String>,
    max: usize,
}

impl<T: Clone> Held<T> {
    fn new(max: usize) -> Self {
        Self { by_name: HashMap::new(), order: VecDeque::new(), max }
    }

    fn get(&mut self, name: &str, now: Timestamp) -> Option<T> {
        let (thing, expires) = self.by_name.get(name)?;
        (*expires > now).then(|| thing.clone())
    }

    fn extend(&mut self, name: &str, expires: Timestamp) {
        if let Some(entry) = self.by_name.get_mut(name) {
            entry.1 = expires;
        }
    }

    fn put(&mut self, name: String, thing: T, expires: Timestamp) {
        while self.order.len() >= self.max {
            if let Some(oldest) = self.order.pop_front() {
                self.by_name.remove(&oldest);
            }
        }
        self.order.push_back(name.clone());
        self.by_name.insert(name, (thing, expires));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_lacks_the_role_is_told_which() {
        let caller =
            Caller { kind: CallerKind::Machine("m".into()), roles: Roles::from_iter([Role::Auditor]) };
        let refused = permit(&caller, Action::Wall).unwrap_err();
        assert!(refused.to_string().contains("viewer"), "{refused}");
        let viewer = Caller { roles: Roles::from_iter([Role::Viewer]), ..caller };
        assert!(permit(&viewer, Action::Wall).is_ok());
        let refused = permit(&viewer, Action::Acknowledge).unwrap_err();
        assert!(refused.to_string().contains("supervisor"), "{refused}");
    }

    #[test]
    fn the_oldest_makes_room() {
        let mut held = Held::new(2);
        let now = Timestamp::from_ms(0);
        for name in ["a", "b", "c"] {
            held.put(name.to_owned(), name, now.plus_ms(10));
        }
        assert_eq!((held.get("a", now), held.get("c", now)), (None, Some("c")));
        assert_eq!(held.get("c", now.plus_ms(10)), None, "over");
    }
}
