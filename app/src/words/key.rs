//! The keys of the words table. Each stands with the same name in every `app/words/{language}.json`, where its
//! English says what it means; a test holds the two together.

macro_rules! keys {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $key:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The key in the table.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),+ }
            }
        }
    };
}

#[cfg(any(test, feature = "console"))]
pub(super) use keys;

keys! {
    /// A word or a sentence; `{name}` in it stands for what is put in.
    Word {
        LookingForWalls = "looking-for-walls",
        ServerSilent = "server-silent",
        Walls = "walls",
        Console = "console",
        NoWalls = "no-walls",
        Queues = "queues",
        Agents = "agents",
        EmptyWall = "empty-wall",
        FirstPicture = "first-picture",
        RefusedWall = "refused-wall",
        Crashed = "crashed",
        Notes = "notes",
        BadOption = "bad-option",
        Connecting = "connecting",
        Live = "live",
        Milliseconds = "milliseconds",
        StaleSince = "stale-since",
        StaleReconnecting = "stale-reconnecting",
        Refused = "refused",
        StaleRefused = "stale-refused",
        StateOffline = "state-offline",
        StateNotResponding = "state-not-responding",
        StateAfterCallWork = "state-after-call-work",
        StateInteracting = "state-interacting",
        StateCommunicating = "state-communicating",
        StateOnQueue = "state-on-queue",
        StateAvailable = "state-available",
        StateAway = "state-away",
        StateBreak = "state-break",
        StateBusy = "state-busy",
        StateIdle = "state-idle",
        StateMeal = "state-meal",
        StateMeeting = "state-meeting",
        StateTraining = "state-training",
        StateUnknown = "state-unknown",
        StaffIdle = "staff-idle",
        StaffOffQueue = "staff-off-queue",
        TileWaiting = "tile-waiting",
        TileLongest = "tile-longest",
        TileServiceLevel = "tile-service-level",
        Warning = "warning",
        Critical = "critical",
        AllQueues = "all-queues",
        MetricWaiting = "metric-waiting",
        MetricLongestWait = "metric-longest-wait",
        MetricInteracting = "metric-interacting",
        MetricServiceLevel = "metric-service-level",
        MetricServiceLevelToday = "metric-service-level-today",
        MetricOffered = "metric-offered",
        MetricAnswered = "metric-answered",
        MetricAbandoned = "metric-abandoned",
        MetricAbandonRate = "metric-abandon-rate",
        MetricHandleTime = "metric-handle-time",
        MetricAnswerTime = "metric-answer-time",
        MetricOnQueue = "metric-on-queue",
        MetricIdle = "metric-idle",
        MetricNotResponding = "metric-not-responding",
        Since = "since",
        AsOf = "as-of",
        CurrentInterval = "current-interval",
        LastHour = "last-hour",
        SeriesOf = "series-of",
        NowValue = "now-value",
        HighestValue = "highest-value",
        NoData = "no-data",
        MissingPermission = "missing-permission",
        UnknownQueue = "unknown-queue",
        Target = "target",
        Limit = "limit",
        Alarms = "alarms",
        NoAlarms = "no-alarms",
        AlarmFigure = "alarm-figure",
        ForTime = "for-time",
        AlarmBegan = "alarm-began",
        Acknowledge = "acknowledge",
        AcknowledgeOf = "acknowledge-of",
        Acknowledged = "acknowledged",
        AcknowledgedAt = "acknowledged-at",
        AcknowledgeFailed = "acknowledge-failed",
        Mute = "mute",
        Unmute = "unmute",
        SoundBlocked = "sound-blocked",
        Agent = "agent",
        Queue = "queue",
        State = "state",
        TimeInState = "time-in-state",
        Team = "team",
        NoTeam = "no-team",
        Rank = "rank",
        HandledToday = "handled-today",
        AgentsByState = "agents-by-state",
        GroupBy = "group-by",
        ByNothing = "by-nothing",
        ByTeam = "by-team",
        ByState = "by-state",
        SortBy = "sort-by",
        ByUrgency = "by-urgency",
        ByName = "by-name",
        ByTime = "by-time",
        Filter = "filter",
        SearchAgents = "search-agents",
        NoMatch = "no-match",
        PageOf = "page-of",
        Pause = "pause",
        Resume = "resume",
        Settings = "settings",
        ViewCards = "view-cards",
        ViewTable = "view-table",
        KindFloor = "kind-floor",
        KindQueues = "kind-queues",
        KindAgents = "kind-agents",
        KindFocus = "kind-focus",
        KindLeaderboard = "kind-leaderboard",
        KindTiles = "kind-tiles",
        KindPlaylist = "kind-playlist",
        DaysAndHours = "days-and-hours",
        Status = "status",
        Close = "close",
        ThisScreen = "this-screen",
        Connection = "connection",
        Stale = "stale",
        Reconnects = "reconnects",
        DelayOurs = "delay-ours",
        DelayVendors = "delay-vendors",
        ClockOffset = "clock-offset",
        Version = "version",
        App = "app",
        Running = "running",
        Screens = "screens",
        Drift = "drift",
        Region = "region",
        Channels = "channels",
        Topics = "topics",
        LiveOf = "live-of",
        LeftOut = "left-out",
        RefusedTopics = "refused-topics",
        Trouble = "trouble",
        Left = "left",
        LostChannels = "lost-channels",
        Calls = "calls",
    }
}

keys! {
    /// A number with its noun, in as many forms as the language has: `key.one`, `key.other` ... `{n}` is the number.
    Counted {
        Agents = "agents-counted",
        Alarms = "alarms-counted",
        More = "more-counted",
    }
}
