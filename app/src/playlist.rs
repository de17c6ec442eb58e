//! What a page shows: its wall, or one after another the walls that a playlist plays.
//!
//! All of them are live at once, each with its own link and store, so that turning asks the proxy for nothing and shows
//! what is true at that moment. Only the one that is shown has views; the others keep their board and paint nothing.

mod takeover;

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::{ArcRwSignal, GetUntracked as _, RwSignal, Set as _, WithUntracked as _};
use protocol::{
    WallId,
    wall::{Kind, Night, Play, WallDefinition},
};

use crate::{
    clock::BrowserClock,
    link::{Liveness, WallLink},
    rotation::{Carousel, Rotation},
    store::Signals,
};
use takeover::Takeover;

/// How long a wall stays when its playlist does not say.
const STAYS_S: u32 = 30;

/// Makes the link of a wall; what it begins with differs from page to page.
pub type Open = fn(&WallId, &Rc<BrowserClock>) -> (Rc<WallLink>, Signals);

/// A wall that is kept live.
struct Live {
    id: WallId,
    link: Rc<WallLink>,
    signals: Signals,
}

/// The wall that is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Which one.
    pub id: WallId,
    /// What its views read.
    pub signals: Signals,
    /// How live it is.
    pub live: ArcRwSignal<Liveness>,
}

/// All walls of the page.
pub struct Stage {
    clock: Rc<BrowserClock>,
    open: Open,
    /// The wall of the page's address.
    own: Live,
    rotation: Rotation,
    round: RefCell<Round>,
    shown: RwSignal<Shown>,
    taken_over: RwSignal<bool>,
}

/// What a playlist plays.
#[derive(Default)]
struct Round {
    play: Vec<Play>,
    walls: Vec<Live>,
    carousel: Option<Carousel>,
    takeover: Takeover,
    ticked_ms: Option<i64>,
}

impl Live {
    fn start(open: Open, id: &WallId, clock: &Rc<BrowserClock>) -> Self {
        let (link, signals) = open(id, clock);
        link.start();
        Self { id: id.clone(), link, signals }
    }

    fn shown(&self) -> Shown {
        Shown { id: self.id.clone(), signals: self.signals.clone(), live: self.link.live() }
    }
}

impl Stage {
    /// Begins with the wall of the address.
    #[must_use]
    pub fn start(id: &WallId, clock: Rc<BrowserClock>, open: Open, rotation: Rotation) -> Rc<Self> {
        let own = Live::start(open, id, &clock);
        let shown = RwSignal::new(own.shown());
        let taken_over = RwSignal::new(false);
        Rc::new(Self { clock, open, own, rotation, round: RefCell::default(), shown, taken_over })
    }

    /// The wall that is shown.
    #[must_use]
    pub fn shown(&self) -> RwSignal<Shown> {
        self.shown
    }

    /// Whether a wall is shown out of its turn, because of an alarm.
    #[must_use]
    pub fn taken_over(&self) -> RwSignal<bool> {
        self.taken_over
    }

    /// The link of the wall that is shown.
    #[must_use]
    pub fn link(&self) -> Rc<WallLink> {
        let (shown, round) = (self.shown.with_untracked(|shown| shown.id.clone()), self.round.borrow());
        let wall = round.walls.iter().find(|wall| wall.id == shown).unwrap_or(&self.own);
        wall.link.clone()
    }

    /// The definition of the page's own wall.
    #[must_use]
    pub fn own_wall(&self) -> ArcRwSignal<Option<WallDefinition>> {
        self.own.signals.wall.clone()
    }

    /// When the screen is dimmed: as the page's own wall says, else as the one that is shown.
    #[must_use]
    pub fn night(&self) -> Option<Night> {
        let of = |wall: &Option<WallDefinition>| wall.as_ref().and_then(|wall| wall.night.clone());
        let own = self.own.signals.wall.with_untracked(of);
        own.or_else(|| self.shown.with_untracked(|shown| shown.signals.wall.with_untracked(of)))
    }

    /// Time passed.
    pub fn tick(&self) {
        self.own.link.tick();
        let mut round = self.round.borrow_mut();
        for wall in &round.walls {
            wall.link.tick();
        }
        let now_ms = self.clock.now().steady.as_ms();
        let passed_ms = round.ticked_ms.replace(now_ms).map_or(0, |before| now_ms - before);
        self.follow_definition(&mut round);
        self.play(&mut round, passed_ms);
    }

    /// Turns by hand.
    pub fn turn(&self, by: isize) {
        let mut round = self.round.borrow_mut();
        if let Some(carousel) = &mut round.carousel {
            carousel.turn(by);
            round.takeover.end();
            self.play(&mut round, 0);
        }
    }

    /// What every wall of the page is told.
    pub fn each_link(&self, tell: impl Fn(&WallLink)) {
        tell(&self.own.link);
        self.round.borrow().walls.iter().for_each(|wall| tell(&wall.link));
    }

    /// Opens the walls of the playlist, keeps those that it still plays, and lets the others go.
    fn follow_definition(&self, round: &mut Round) {
        let play = self.own.signals.wall.with_untracked(|wall| match wall {
            Some(wall) if wall.kind == Kind::Playlist => {
                wall.play.iter().filter(|play| play.wall != self.own.id).cloned().collect()
            }
            Some(_) | None => Vec::new(),
        });
        if play == round.play {
            return;
        }
        let mut before = std::mem::take(&mut round.walls);
        for id in distinct(&play) {
            let at = before.iter().position(|wall| wall.id == id);
            let wall =
                at.map_or_else(|| Live::start(self.open, &id, &self.clock), |at| before.swap_remove(at));
            round.walls.push(wall);
        }
        before.iter().for_each(|wall| wall.link.stop());
        let stays = |play: &Play| i64::from(if play.seconds == 0 { STAYS_S } else { play.seconds }) * 1_000;
        let kept = play.iter().filter(|play| round.walls.iter().any(|wall| wall.id == play.wall));
        round.carousel = (!play.is_empty()).then(|| Carousel::new(kept.map(stays).collect()));
        round.takeover = Takeover::default();
        round.play = play;
    }

    fn play(&self, round: &mut Round, passed_ms: i64) {
        let Round { play, walls, carousel, takeover, .. } = round;
        let Some(carousel) = carousel else {
            self.rotation.show_walls(None);
            self.show(&self.own);
            return;
        };
        for wall in walls.iter().filter(|wall| wall.signals.wall.with_untracked(Option::is_some)) {
            wall.signals.alarms.with_untracked(|alarms| takeover.hear(&wall.id, alarms));
        }
        if !self.rotation.is_paused_now() && !takeover.advance(passed_ms) {
            carousel.advance(passed_ms);
        }
        let turn =
            play.iter().filter(|play| walls.iter().any(|wall| wall.id == play.wall)).nth(carousel.at());
        let id = takeover.wall().filter(|_| !self.rotation.is_paused_now()).or(turn.map(|play| &play.wall));
        if let Some(wall) = id.and_then(|id| walls.iter().find(|wall| wall.id == *id)) {
            self.show(wall);
        }
        let taken_over = takeover.wall().is_some();
        if self.taken_over.get_untracked() != taken_over {
            self.taken_over.set(taken_over);
        }
        self.rotation.show_walls(carousel.turn_shown());
    }

    fn show(&self, wall: &Live) {
        if self.shown.with_untracked(|shown| shown.id != wall.id) {
            self.shown.set(wall.shown());
        }
    }
}

/// Each wall once, in the order of its first turn.
fn distinct(play: &[Play]) -> Vec<WallId> {
    let mut ids: Vec<WallId> = Vec::new();
    for play in play {
        if !ids.contains(&play.wall) {
            ids.push(play.wall.clone());
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_that_is_played_twice_is_kept_live_once() {
        let play = |id: &str| Play { wall: WallId::new(id), seconds: 5 };
        let ids = distinct(&[play("a"), play("b"), play("a")]);
        assert_eq!(ids, [WallId::new("a"), WallId::new("b")]);
    }
}
