//! Who is asking, and the one policy function that says what they may do.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex},
};

use protocol::{
    Clock, Timestamp, WallId,
    wall::{Names, WallDefinition},
};

use crate::{
    config::{Config, MachineClient, Role, Roles, ScreenKey},
    pass::{Keys, Kind, Pass},
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
    /// Where the request comes from, for the audit log; none of what Rollcall does by itself.
    pub address: Option<IpAddr>,
}

/// A kind of caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// A page on this machine, while there is no sign-in; named by its session.
    Local(Arc<str>),
    /// A program with a token of ours; named as in the configuration.
    Machine(Arc<str>),
    /// A screen that was let in by a key: it may look at some walls, and holds no role.
    Screen(Screen),
    /// Rollcall itself, in the name of whoever wanted it.
    Rollcall(Arc<str>),
}

/// A screen and what its key opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Tells it from other screens.
    pub id: Arc<str>,
    /// The name of its key.
    pub key: Arc<str>,
    /// What its key opens.
    pub opens: Opens,
    /// Whether it is a page in a frame of another site, which holds a token; else it has a cookie.
    pub is_framed: bool,
}

/// What a key opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opens {
    /// Its walls, and those that its playlists show.
    pub walls: Arc<[WallId]>,
    /// How agents are named at most.
    pub names: Names,
}

/// What a key opens, with the walls as they are defined now.
#[must_use]
pub fn opened_by(key: &ScreenKey, definitions: &[WallDefinition]) -> Opens {
    let played = definitions.iter().filter(|wall| key.walls.contains(&wall.id)).flat_map(|wall| &wall.play);
    let mut walls: Vec<WallId> = key.walls.clone();
    walls.extend(played.map(|play| play.wall.clone()));
    walls.sort_unstable();
    walls.dedup();
    Opens { walls: walls.into(), names: key.names }
}

impl Caller {
    /// Rollcall, for somebody who may write.
    #[must_use]
    pub fn rollcall(whom: &str) -> Self {
        Self {
            kind: CallerKind::Rollcall(whom.into()),
            roles: Roles::from_iter([Role::Supervisor]),
            address: None,
        }
    }

    /// Under whose name channels are kept.
    #[must_use]
    pub fn owner(&self) -> Owner {
        let screen = match &self.kind {
            CallerKind::Local(session) => return Owner::new(&format!("local {session}")),
            CallerKind::Machine(id) => return Owner::new(&format!("{MACHINE}{id}")),
            CallerKind::Screen(screen) => screen,
            CallerKind::Rollcall(whom) => return Owner::new(&format!("rollcall, for {whom}")),
        };
        let kind = if screen.is_framed { FRAMED } else { "screen " };
        Owner { key: Some(screen.key.clone()), ..Owner::new(&format!("{kind}{}", screen.id)) }
    }

    /// Whether it comes by a cookie, which browsers send along whoever asks them to.
    #[must_use]
    pub fn has_cookie(&self) -> bool {
        match &self.kind {
            CallerKind::Local(_) => true,
            CallerKind::Machine(_) | CallerKind::Rollcall(_) => false,
            CallerKind::Screen(screen) => !screen.is_framed,
        }
    }

    /// How agents are named to it at most; the wall may be stricter.
    #[must_use]
    pub fn names(&self) -> Names {
        match &self.kind {
            CallerKind::Local(_) | CallerKind::Machine(_) | CallerKind::Rollcall(_) => Names::Full,
            CallerKind::Screen(screen) => screen.opens.names,
        }
    }
}

/// The owner's name of a framed page begins with this.
const FRAMED: &str = "framed ";
/// And a machine's with this.
const MACHINE: &str = "machine ";

/// What whoever opens the socket of a channel has to show besides its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The cookie of the session that made it, and the Origin of a page of ours.
    Session,
    /// The Origin of a page of ours. A framed page has no cookie, and browsers send no token with a socket: the
    /// channel's name, which only the holder of the token was told, is the capability.
    Page,
    /// Nothing: programs send no Origin.
    Name,
}

impl Proof {
    /// What the owner of a channel has to show.
    #[must_use]
    pub fn of(owner: &Owner) -> Self {
        match owner.name.as_ref() {
            machine if machine.starts_with(MACHINE) => Self::Name,
            framed if framed.starts_with(FRAMED) => Self::Page,
            _ => Self::Session,
        }
    }
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// See which walls there are: those that may be opened.
    Walls,
    /// Look at a wall.
    Wall(&'a WallId),
    /// Read agents, queues and figures in the vendor's shape.
    Read,
    /// Open plain channels and subscribe.
    Listen,
    /// Take note of an alarm, for all screens that show it.
    Acknowledge,
    /// See how the proxy is.
    Status,
    /// Change an agent.
    Write,
    /// Read who changed what.
    Audit,
}

/// The one policy: who may do what.
///
/// # Errors
/// Names the role that is missing, or what a screen may do instead.
pub fn permit(caller: &Caller, action: Action<'_>) -> Result<(), Problem> {
    if let CallerKind::Screen(screen) = &caller.kind {
        return permit_screen(&screen.opens, action);
    }
    let needed = match action {
        Action::Acknowledge | Action::Write => Role::Supervisor,
        Action::Audit => Role::Auditor,
        Action::Walls | Action::Wall(_) | Action::Read | Action::Listen | Action::Status => Role::Viewer,
    };
    if caller.roles.contains(needed) { Ok(()) } else { Err(Problem::MissingRole(needed)) }
}

/// The policy's part for those who come by a key.
///
/// # Errors
/// When it is anything but looking at one of the key's walls.
pub fn permit_screen(opens: &Opens, action: Action<'_>) -> Result<(), Problem> {
    match action {
        // How the proxy is names nobody and nothing that a wall does not show.
        Action::Walls | Action::Status => Ok(()),
        Action::Wall(wall) if opens.walls.contains(wall) => Ok(()),
        Action::Wall(_) => Err(Problem::Forbidden("this screen's key does not open that wall")),
        Action::Read | Action::Listen | Action::Acknowledge | Action::Write | Action::Audit => {
            Err(Problem::Forbidden("a screen's key opens its walls to look at, and nothing else"))
        }
    }
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
    keys: Keys,
}

/// A caller by a cookie, and the cookie's new value where it is time for one.
pub type Known = (Caller, Option<String>);

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
            keys: Keys::new(&config.keys),
        }
    }

    /// The keys of screens.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The screen behind a cookie.
    #[must_use]
    pub fn of_screen(&self, cookie: &str, walls: &[WallDefinition]) -> Option<Known> {
        let now = self.clock.now();
        let pass = self.keys.read(Kind::Session, cookie, now)?;
        let renewed = || self.keys.issue(Kind::Session, &pass.key, Some(&pass.id), now);
        let renewed = pass.is_ageing.then(renewed);
        Some((screen(&pass, walls, false), renewed))
    }

    /// The framed page behind a bearer token.
    #[must_use]
    pub fn of_framed(&self, token: &str, walls: &[WallDefinition]) -> Option<Caller> {
        let pass = self.keys.read(Kind::Token, token, self.clock.now())?;
        Some(screen(&pass, walls, true))
    }

    /// The caller behind a session cookie.
    #[must_use]
    pub fn of_session(&self, cookie: &str) -> Option<Caller> {
        let now = self.clock.now();
        let mut sessions = self.sessions.lock().expect("nobody panics while holding the sessions");
        let session = sessions.get(cookie, now)?;
        sessions.extend(cookie, now.plus_ms(SESSION_LIFE_MS));
        Some(Caller { kind: CallerKind::Local(session), roles: self.local, address: None })
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
        (cookie, Caller { kind: CallerKind::Local(session), roles: self.local, address: None })
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
        let caller = Caller {
            kind: CallerKind::Machine(machine.id.as_str().into()),
            roles: machine.roles,
            address: None,
        };
        let expires = self.clock.now().plus_ms(TOKEN_LIFE_MS);
        self.tokens.lock().expect("nobody panics while holding the tokens").put(
            token.clone(),
            caller,
            expires,
        );
        Some(token)
    }
}

fn screen(pass: &Pass, walls: &[WallDefinition], is_framed: bool) -> Caller {
    let opens = opened_by(&pass.key, walls);
    let screen = Screen { id: pass.id.clone(), key: pass.key.name.clone(), opens, is_framed };
    Caller { kind: CallerKind::Screen(screen), roles: Roles::NONE, address: None }
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
        let caller = Caller {
            kind: CallerKind::Machine("m".into()),
            roles: Roles::from_iter([Role::Auditor]),
            address: None,
        };
        let refused = permit(&caller, Action::Walls).unwrap_err();
        assert!(refused.to_string().contains("viewer"), "{refused}");
        let viewer = Caller { roles: Roles::from_iter([Role::Viewer]), ..caller };
        assert!(permit(&viewer, Action::Walls).is_ok());
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
