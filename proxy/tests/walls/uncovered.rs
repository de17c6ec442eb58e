//! What a wall is told of subjects that nobody vouches for.

use protocol::{
    ChannelTopic, TopicSet, frame::UNCOVERED_SHARD, merge::Asked, query::ObservationsResponse, wall::Names,
};
use proxy::feed::{Input, Read};
use serde_json::{Value, json};

use crate::bench::{self, frames, wall};

const USERS: [&str; 2] = ["ann", "bob"];

struct Bench(bench::Bench);

impl Bench {
    async fn set_up() -> Self {
        let bench = Self(bench::Bench::set_up(vec![wall(json!({ "id": "w" }))]));
        bench.directory(&USERS).await;
        let set = |id: &str| ChannelTopic::permitted(TopicSet::of_user(&id.into()).text());
        bench.permits(USERS.map(set).into()).await;
        bench.read(&USERS, &[]).await;
        bench
    }

    async fn directory(&self, users: &[&str]) {
        let people: Vec<_> = users.iter().map(|id| (*id, *id, None)).collect();
        self.0.listed(&people).await;
    }

    async fn read(&self, users: &[&str], unread: &[&str]) {
        let users = users.iter().map(|id| bench::user(id, id, None)).collect();
        let unread = unread.iter().map(|id| (*id).into()).collect();
        let observations = ObservationsResponse::default();
        let began = bench::BEGAN;
        let read = Read { began, asked: Asked::AfterGap, users, unread, queues: Vec::new(), observations };
        self.0.feed.ask(|reply| Input::Read { read, reply }).await.expect("the feed runs");
    }

    async fn permits(&self, answers: Vec<ChannelTopic>) {
        let asked = USERS.iter().map(|id| TopicSet::of_user(&(*id).into())).collect();
        self.0.feed.tell(Input::Permits { asked, answers }).await;
    }

    /// The newest frame of a topic in a fresh snapshot.
    async fn frame(&self, topic: &str) -> Option<Value> {
        let opened = self.0.open("w", Names::Full, None).await.expect("there is room");
        frames(&opened).into_iter().rfind(|frame| frame["topicName"] == topic)
    }

    async fn shard(&self, topic: &str) -> Value {
        self.frame(topic).await.expect("there is a frame")["rollcall"]["shard"].clone()
    }
}

#[tokio::test]
async fn a_subject_with_a_refused_topic_is_vouched_for_by_nobody() {
    let bench = Bench::set_up().await;
    let set = |id: &str| TopicSet::of_user(&id.into()).text().to_owned();
    let permitted = || vec![ChannelTopic::permitted(&set("ann")), ChannelTopic::permitted(&set("bob"))];
    bench.permits(permitted()).await;
    assert_eq!(bench.shard("v2.users.ann.presence").await, 0);

    // The combined entry is granted, one of its parts is not.
    let mut answers = permitted();
    answers.push(ChannelTopic::rejected(
        "v2.users.ann.routingStatus",
        "no",
        vec!["routing:x:view".to_owned()],
    ));
    bench.permits(answers).await;
    assert_eq!(bench.shard("v2.users.ann.presence").await, UNCOVERED_SHARD);
    assert_eq!(bench.shard("rollcall.users.ann").await, UNCOVERED_SHARD);
    assert_eq!(bench.shard("v2.users.bob.presence").await, 0);

    // What is not answered is not granted, and what is granted later is covered again.
    bench.permits(vec![ChannelTopic::permitted(&set("ann"))]).await;
    assert_eq!(bench.shard("v2.users.ann.presence").await, 0);
    assert_eq!(bench.shard("v2.users.bob.presence").await, UNCOVERED_SHARD);
    // And counts when it was read: of what happened to it meanwhile nobody has heard.
    let loading =
        async || bench.frame("rollcall.users.ann").await.expect("a frame")["rollcall"]["loading"].clone();
    assert_eq!(loading().await, true);
    bench.read(&["ann"], &[]).await;
    assert_eq!(loading().await, Value::Null);
}

/// What was read before upstream was asked to tell of it may have changed in between.
#[tokio::test]
async fn a_read_counts_only_once_somebody_listens() {
    let bench = Bench(bench::Bench::set_up(vec![wall(json!({ "id": "w" }))]));
    bench.directory(&USERS).await;
    let loading =
        async || bench.frame("rollcall.users.ann").await.expect("a frame")["rollcall"]["loading"].clone();
    bench.read(&USERS, &[]).await;
    assert_eq!(loading().await, true);
    bench.permits(vec![ChannelTopic::permitted(TopicSet::of_user(&"ann".into()).text())]).await;
    assert_eq!(loading().await, true);
    bench.read(&USERS, &[]).await;
    assert_eq!(loading().await, Value::Null);
}

#[tokio::test]
async fn a_user_that_was_not_read_is_loading_until_it_is() {
    let bench = Bench::set_up().await;
    let loading =
        async || bench.frame("rollcall.users.ann").await.expect("a frame")["rollcall"]["loading"].clone();
    assert_eq!(loading().await, Value::Null);
    bench.read(&["bob"], &["ann"]).await;
    assert_eq!(loading().await, true);
    bench.read(&["ann"], &[]).await;
    assert_eq!(loading().await, Value::Null);
}

#[tokio::test]
async fn a_user_is_gone_when_two_polls_in_a_row_miss_it() {
    let bench = Bench::set_up().await;
    let deleted =
        async || bench.frame("rollcall.users.bob").await.expect("a frame")["eventBody"]["deleted"].clone();
    bench.directory(&["ann"]).await;
    assert_eq!(deleted().await, Value::Null, "one short listing deletes nobody");
    bench.directory(&USERS).await;
    bench.directory(&["ann"]).await;
    assert_eq!(deleted().await, Value::Null);
    bench.directory(&["ann"]).await;
    assert_eq!(deleted().await, true);
    assert_eq!(bench.frame("v2.users.bob.presence").await, None, "nothing of it is shown any more");
}
