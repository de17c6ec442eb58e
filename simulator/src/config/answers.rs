//! Where nobody outside Genesys knows the answer: one switch for each point, so that a client can be
//! tried against either. The text of each stands in `DIFFERENCES.md`.

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The other answer to questions that Genesys' documentation leaves open. All false by default.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Answers {
            $($(#[$doc])* pub $name: bool,)*
        }

        impl Answers {
            /// The names of all switches.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// Gives the other answer to the question of this name; false when there is no such question.
            pub fn turn(&mut self, name: &str) -> bool {
                match name {
                    $(stringify!($name) => self.$name = true,)*
                    _ => return false,
                }
                true
            }
        }
    };
}

answers! {
    /// Away and Idle are a Break in adherence, not Unavailable.
    away_counts_as_break,
    /// An event leaves out a metric that has fallen to zero, as reads do.
    omit_zero_in_events,
    /// An observation event leaves out the metrics that did not change.
    partial_observations,
    /// The service level of an interval is a share of the conversations offered in it.
    service_level_of_offered,
}
