//! What the console says beyond what walls say, under keys of its own in the same tables: they are left out of what a wall
//! fetches.

use std::{cell::RefCell, time::Duration};

use js_sys::Reflect;
use leptos::prelude::{AnyView, ArcRwSignal, Get as _, IntoAny as _, IntoView, Update as _, set_timeout};
use wasm_bindgen::JsValue;

use super::{key::keys, load, table};
use crate::{
    net::{self, http},
    view::bind,
};

keys! {
    /// A word or a sentence of the console; `{name}` in it stands for what is put in.
    Say {
        NoWallForConsole = "console-no-wall",
        Pages = "console-pages",
        FindAnything = "console-find",
        NoAnswer = "console-no-answer",
        Everybody = "console-everybody",
        LongInState = "console-long-in-state",
        For = "console-for",
        Change = "console-change",
        Changes = "console-changes",
        AgentDrawer = "console-agent-drawer",
        Presence = "console-presence",
        Routing = "console-routing",
        Conversations = "console-conversations",
        NoConversations = "console-no-conversations",
        NoQueues = "console-no-queues",
        MediaCall = "console-media-call",
        MediaCallback = "console-media-callback",
        MediaEmail = "console-media-email",
        MediaMessage = "console-media-message",
        MediaChat = "console-media-chat",
        MediaSocial = "console-media-social",
        MediaVideo = "console-media-video",
        SetPresence = "console-set-presence",
        TakeOffQueue = "console-take-off-queue",
        PutOnQueue = "console-put-on-queue",
        Reason = "console-reason",
        ReasonNeeded = "console-reason-needed",
        Message = "console-message",
        AfterConversation = "console-after-conversation",
        Cancel = "console-cancel",
        SetTo = "console-set-to",
        MayNotWrite = "console-may-not-write",
        WritePending = "console-write-pending",
        WriteConfirmed = "console-write-confirmed",
        WriteUndone = "console-write-undone",
        WriteNoChange = "console-write-no-change",
        WriteDeferred = "console-write-deferred",
        WriteSuperseded = "console-write-superseded",
        WriteUnconfirmed = "console-write-unconfirmed",
        WriteRefused = "console-write-refused",
        UndoRefused = "console-undo-refused",
        NoReason = "console-refused-without-reason",
        NotSeen = "console-not-seen",
        ConflictNow = "console-conflict-now",
        ChangedSince = "console-changed-since",
        Accepted = "console-accepted",
        Undo = "console-undo",
        UndoLeft = "console-undo-left",
        Palette = "console-palette",
        NothingFound = "console-nothing-found",
        SetAgentTo = "console-set-agent-to",
        Page = "console-page",
        Appearance = "console-appearance",
        LookDark = "console-look-dark",
        LookLight = "console-look-light",
        LookSystem = "console-look-system",
        Audit = "console-audit",
        UnknownWall = "console-unknown-wall",
        RecordsFound = "console-records-found",
        NoRecords = "console-no-records",
        Reload = "console-reload",
        Outcome = "console-outcome",
        Any = "console-any",
        Actor = "console-actor",
        Tag = "console-tag",
        From = "console-from",
        To = "console-to",
        Newer = "console-newer",
        Older = "console-older",
        UnderWay = "console-under-way",
        MadeElsewhere = "console-made-elsewhere",
        OutcomeAccepted = "console-outcome-accepted",
        OutcomeNoChange = "console-outcome-no-change",
        OutcomeDeferred = "console-outcome-deferred",
        OutcomeSuperseded = "console-outcome-superseded",
        OutcomeRefused = "console-outcome-refused",
        OutcomeUnknown = "console-outcome-unknown",
        Member = "console-member",
        Before = "console-before",
        After = "console-after",
        AnsweredAfter = "console-answered-after",
        SeenAfter = "console-seen-after",
        ResetRouting = "console-reset-routing",
        Skills = "console-skills",
        NoSkills = "console-no-skills",
        HowLong = "console-how-long",
        ForGood = "console-for-good",
        ForMinutes = "console-for-minutes",
        ProficiencyOf = "console-proficiency-of",
        SkillOn = "console-skill-on",
        SkillOff = "console-skill-off",
        SkillAt = "console-skill-at",
        SkillWhile = "console-skill-while",
        SkillAsBefore = "console-skill-as-before",
        SkillUntil = "console-skill-until",
        PutBackNow = "console-put-back-now",
        SkillConfirmed = "console-skill-confirmed",
        SkillUndone = "console-skill-undone",
        SkillNoChange = "console-skill-no-change",
        SkillRefused = "console-skill-refused",
        SkillNotSeen = "console-skill-not-seen",
        Activity = "console-activity",
        Span = "console-span",
        LastHours = "console-last-hours",
        Attempts = "console-attempts",
        EndedWell = "console-ended-well",
        RefusedCount = "console-refused-count",
        MetOthers = "console-met-others",
        PerMinute = "console-per-minute",
        UntilAnswer = "console-until-answer",
        UntilPush = "console-until-push",
        Average = "console-average",
        TimeToAnswer = "console-time-to-answer",
        Axis = "console-axis",
        RefusalsByCode = "console-refusals-by-code",
        LastWrites = "console-last-writes",
        When = "console-when",
        NoActivity = "console-no-activity",
    }
}

thread_local! {
    /// In the order of [`Say::ALL`]. A page knows a few tables in its life, so the words stay.
    static WORDS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    /// Counts up with each table that came.
    static CHANGES: ArcRwSignal<u32> = ArcRwSignal::new(0);
}

/// How soon a table that did not come is asked for again.
const RETRY: Duration = Duration::from_secs(2);

/// Takes the console's words out of each table that comes: the file is in the browser already, and a wall's program is not to
/// know of them.
pub fn with_console() {
    let changes = load::changes();
    bind::effect(move || {
        if changes.get() > 0 {
            fetch();
        }
    });
}

fn fetch() {
    net::spawn(async {
        let Some(language) = table::current().map(|table| table.language) else { return };
        let answer = http::json(&load::file_of(language)).await.ok();
        let find = |words: &JsValue, key: &str| Reflect::get(words, &key.into()).ok()?.as_string();
        if answer.is_some_and(|words| take(&|key| find(&words, key))) {
            CHANGES.with(|changes| changes.update(|changes| *changes += 1));
        } else {
            set_timeout(fetch, RETRY);
        }
    });
}

/// Draws what has words of the console in it: when they are there, and anew when they change.
pub fn with_said<V: IntoView + 'static>(view: impl Fn() -> V + Send + 'static) -> AnyView {
    let changes = CHANGES.with(Clone::clone);
    bind::some_part(move || (changes.get() > 0).then(&view)).into_any()
}

/// Takes all of them, or none when one is missing.
pub(super) fn take(find: &dyn Fn(&str) -> Option<String>) -> bool {
    let keep = |text: String| &*Box::leak(text.into_boxed_str());
    let words: Option<Vec<&'static str>> = Say::ALL.iter().map(|word| find(word.key()).map(keep)).collect();
    words.is_some_and(|words| {
        WORDS.replace(words);
        true
    })
}

/// A word or sentence, as it is. Nothing while no table is there, which is before anything is drawn.
#[must_use]
pub fn say(word: Say) -> &'static str {
    #[cfg(test)]
    super::tests::speak_of_console();
    WORDS.with_borrow(|words| words.get(word as usize).copied().unwrap_or_default())
}

/// A sentence with what belongs into it, each by its name in braces.
#[must_use]
pub fn fill_in(word: Say, parts: &[(&str, &str)]) -> String {
    table::fill(say(word), parts)
}
