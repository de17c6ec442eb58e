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
    /// A schedule search or a report that is ready is announced to machine clients too, under the id of
    /// the client.
    announce_to_clients,
    /// The limit `org.app.user.rate.per.minute` is 300, not 3,000.
    app_user_limit_is_300,
    /// Away and Idle are a Break in adherence, not Unavailable.
    away_counts_as_break,
    /// A channel ends when the token that opened it expires or is revoked; its socket hears a 404 frame.
    channel_dies_with_token,
    /// Each part of a combined topic counts as one of the 1,000.
    combined_topics_count_parts,
    /// `contextId` of an error is another id than the one in the header `ININ-Correlation-Id`.
    context_id_is_its_own,
    /// Aggregates of users carry `count` beside `sum`: how many stretches were summed up.
    count_in_user_aggregates,
    /// A page of conversation details of more than 100 is cut to 100, not refused.
    cut_detail_pages,
    /// A `downloadUrl` is answered only with the caller's token.
    downloads_need_a_token,
    /// A channel that is evicted, has expired or died leaves its socket open, which hears no more events.
    gone_channel_keeps_socket,
    /// Heartbeats carry `version` and `metadata` as events do.
    heartbeat_has_envelope,
    /// An in-band subscribe replaces what the channel listened to.
    in_band_replaces,
    /// A user who becomes inactive leaves queues, groups and team, as one who is deleted.
    inactive_users_leave_queues,
    /// Bad client credentials are refused with 400, not 401.
    invalid_client_is_bad_request,
    /// The longest wait and the longest talk come in `stats.max`, not in `calculatedMetricValue`.
    longest_in_max,
    /// Queue observations give the totals over all media types in the group {queueId}, too.
    media_totals_in_observations,
    /// Adding a user to a queue of which they are a member already is refused.
    member_added_again_is_refused,
    /// The topic of a queue's users also tells of members who are added or removed.
    members_event_on_add_and_remove,
    /// A call that needs a person is refused to client credentials with 404, not 400.
    no_user_is_not_found,
    /// A query of the audit log in real time that begins more than 14 days ago is cut, not refused.
    old_realtime_audits_are_cut,
    /// An event leaves out a metric that has fallen to zero, as reads do.
    omit_zero_in_events,
    /// Who has joined no queue cannot go On Queue.
    on_queue_needs_a_queue,
    /// An observation event leaves out the metrics that did not change.
    partial_observations,
    /// A bulk write of presences takes any number of users.
    presence_bulk_has_no_limit,
    /// Changes of presence are written to the audit log.
    presence_changes_are_audited,
    /// Leaving On Queue in a conversation waits, as futurePresenceDefinition, until it is over.
    presence_deferred_while_interacting,
    /// Activity queries qualify presences by the definition's id alone, not by system presence and id.
    presence_id_as_activity_qualifier,
    /// Everybody may change the presence of others.
    presence_of_others_is_free,
    /// The audit log tells who came into or left a queue as values of a list, not as a property for each.
    queue_members_are_listed_in_audits,
    /// A socket that a second one of its channel drops is closed with a close frame.
    replaced_socket_hears_close,
    /// Subscribing again does not extend the life of a channel.
    resubscribe_does_not_extend,
    /// The routing status of others may be set only with a permission.
    routing_status_of_others_needs_permission,
    /// With every heartbeat the server sends a ping of RFC 6455.
    server_pings,
    /// A schedule search that is answered at once tells where its result is, whatever its size.
    schedules_by_download,
    /// The service level of an interval is a share of the conversations offered in it.
    service_level_of_offered,
    /// A change of a channel's topics is told on its socket by `v2.subscription.updated`.
    subscription_updated_is_told,
    /// A revoked token is not told on the sockets of its channels.
    token_revoked_is_not_told,
    /// The upgrade of a channel that does not exist is answered 401.
    unknown_channel_is_401,
    /// Topics of users and queues that do not exist are refused.
    unknown_subject_is_refused,
    /// Events about adherence write system presences as `ON_QUEUE`, not as `OnQueue`.
    upper_case_presence_in_adherence,
    /// Topics of other users need a permission.
    user_topics_need_permission,
    /// A user that is read alone comes without what `expand` asks for, which is best effort.
    users_come_bare,
    /// A PATCH of a user with an old version is refused with 400 instead of 409.
    version_mismatch_is_400,
    /// Asynchronous calls of workforce management answer 200 instead of 202.
    workforce_async_200,
}
