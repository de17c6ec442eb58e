//! A sound for what is critical, made of two tones: there is no file to fetch. Browsers let a page sound only after
//! somebody touched it, so that the maker of tones is made with the first touch.

use leptos::prelude::*;
use web_sys::{AudioContext, AudioContextState, OscillatorType};

/// The viewer's wish is kept under this name.
const MUTED: &str = "rollcall:muted";

/// One sound is enough for whatever begins within this time.
const SOUND_EVERY_MS: f64 = 5_000.0;

/// Falling tones call for attention without being taken for a telephone: hertz, and when each begins, in seconds.
const TONES: [(f32, f64); 2] = [(880.0, 0.0), (659.3, 0.22)];
/// How long each lasts, in seconds.
const TONE_S: f64 = 0.2;
/// Heard across a room with people who speak, no more.
const LOUDNESS: f32 = 0.22;
/// A gain cannot fall to zero along a curve.
const SILENCE: f32 = 0.000_1;

/// What may be heard.
#[derive(Clone, Copy)]
pub struct Sound {
    muted: RwSignal<bool>,
    /// Whether somebody touched the page, so that the browser lets it sound.
    ready: RwSignal<bool>,
    context: StoredValue<Option<AudioContext>, LocalStorage>,
    last: StoredValue<Option<f64>>,
}

impl Sound {
    /// Silent until somebody touches the page.
    pub fn new() -> Self {
        let muted = storage().and_then(|kept| kept.get_item(MUTED).ok().flatten());
        let sound = Self {
            muted: RwSignal::new(muted.as_deref() == Some("true")),
            ready: RwSignal::new(false),
            context: StoredValue::new_local(None),
            last: StoredValue::new(None),
        };
        for touch in ["pointerdown", "keydown"] {
            window_event_listener_untyped(touch, move |_| sound.make());
        }
        sound
    }

    /// Whether the viewer wants none.
    pub fn is_muted(self) -> bool {
        self.muted.get()
    }

    /// Whether the browser allows any.
    pub fn is_ready(self) -> bool {
        self.ready.get()
    }

    /// On or off, also the next time the page is opened.
    pub fn toggle(self) {
        let muted = !self.muted.get_untracked();
        self.muted.set(muted);
        if let Some(kept) = storage() {
            // A browser that keeps nothing forgets it with the page.
            let _ = kept.set_item(MUTED, if muted { "true" } else { "false" });
        }
    }

    /// Sounds, unless it did a moment ago.
    pub fn play(self) {
        let now = js_sys::Date::now();
        let is_too_soon = self.last.get_value().is_some_and(|last| now - last < SOUND_EVERY_MS);
        if self.muted.get_untracked() || is_too_soon {
            return;
        }
        self.context.with_value(|context| {
            if let Some(context) = context
                && tones(context).is_some()
            {
                self.last.set_value(Some(now));
            }
        });
    }

    fn make(self) {
        let known = self.context.with_value(|context| {
            // A page that was asleep may have been silenced.
            context.as_ref().map(|context| {
                if context.state() != AudioContextState::Running {
                    // Whether it does, shows when it sounds.
                    drop(context.resume());
                }
            })
        });
        if known.is_none()
            && let Ok(context) = AudioContext::new()
        {
            self.context.set_value(Some(context));
            self.ready.set(true);
        }
    }
}

/// Plays them; nothing comes of it when the browser lacks a part.
fn tones(context: &AudioContext) -> Option<()> {
    let now = context.current_time();
    for (hertz, after) in TONES {
        let (begin, end) = (now + after, now + after + TONE_S);
        let (tone, loudness) = (context.create_oscillator().ok()?, context.create_gain().ok()?);
        tone.set_type(OscillatorType::Triangle);
        tone.frequency().set_value(hertz);
        let gain = loudness.gain();
        gain.set_value_at_time(LOUDNESS, begin).ok()?;
        gain.exponential_ramp_to_value_at_time(SILENCE, end).ok()?;
        tone.connect_with_audio_node(&loudness).ok()?;
        loudness.connect_with_audio_node(&context.destination()).ok()?;
        tone.start_with_when(begin).ok()?;
        tone.stop_with_when(end).ok()?;
    }
    Some(())
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
