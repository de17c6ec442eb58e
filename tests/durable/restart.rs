//! PostgreSQL goes and comes back while agents are changed.

use std::{sync::atomic::Ordering, time::Duration};

use proxy::store::verify_audit;
use reqwest::Method;
use serde_json::{Value, json};

use super::writers::{Answer, Writers, agents, agree, ends, standing, write};
use crate::{
    harness::{House, database::Own, still, system_clock, until},
    postgres_server::Server,
};

/// The server does so with everything that a program waits for.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_nothing_is_sent_and_afterwards_nothing_is_lost() {
    if Own::new().is_none() {
        return;
    }
    // One to itself: the others are not to notice.
    let mut server = blocking(Server::start).await.unwrap();
    let url = server.url();
    let own = blocking(move || Own::on(&url)).await;
    let (database, folder) = (own.database(), tempfile::tempdir().unwrap());
    let (told, data) = (database.clone(), folder.path().to_owned());
    let house = House::start_with(system_clock(), still(60, 4), |config| {
        config.store = Some(told);
        config.data = Some(data);
        config.rules.machine_a_minute = 100_000;
    })
    .await;
    let users = agents(&house.upstream, 8).await;
    let writers = Writers::start(&house.machine, &users[1..], "w");
    let written = |more: usize| {
        let (done, from) = (&writers.done, writers.done.load(Ordering::Relaxed));
        until(Duration::from_secs(60), "writes go on", move || async move {
            (done.load(Ordering::Relaxed) >= from + more).then_some(())
        })
    };
    for mode in ["immediate", "fast", "immediate"] {
        written(20).await;
        // In the midst of them.
        server = blocking(move || server.stop(mode).map(|()| server)).await.unwrap();
        assert_eq!(
            write(&house.machine, &users[0], "while it is away").await,
            Answer::Refused("audit.unavailable".to_owned())
        );
        assert_ne!(
            standing(&house.upstream).await.get(&users[0]).map(String::as_str),
            Some("while it is away")
        );
        // What a rule refuses meanwhile is recorded afterwards.
        let path = format!("/api/v2/users/{}/presences/purecloud", users[0]);
        let siesta = json!({ "presenceDefinition": "Siesta" });
        let refused = house.machine.call(Method::PATCH, &path, Some(&siesta)).await;
        assert_eq!(refused.json::<Value>().await.unwrap()["code"], "presence.unknown");
        // What needs no store is there.
        house.machine.get("/api/v2/users?pageSize=1").await;
        server = blocking(move || server.go_on().map(|()| server)).await.unwrap();
    }
    written(20).await;
    let writes = writers.stop().await;
    let unavailable = |write: &&super::writers::Write| matches!(write.answer, Answer::Refused(_));
    assert!(writes.iter().filter(unavailable).count() > 0, "some were refused");
    // What the log was owed is paid.
    until(Duration::from_secs(20), "all writes are closed", || async {
        let open = "SELECT id FROM audit GROUP BY id HAVING count(*) FILTER (WHERE kind = 'opened') > count(*) FILTER (WHERE kind = 'closed')";
        own.texts(open).is_empty().then_some(())
    })
    .await;
    let standing = standing(&house.upstream).await;
    house.stop().await;
    verify_audit(folder.path(), Some(&database), None).unwrap();
    let texts = own.texts("SELECT text FROM audit ORDER BY seq");
    let records: Vec<Value> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let siestas = records.iter().filter(|record| record["asked"]["presenceDefinition"] == "Siesta");
    assert_eq!(siestas.count(), 3, "one for each time that the database was away");
    let records: Vec<Value> = records
        .into_iter()
        .filter(|record| record["asked"]["message"].as_str() != Some("while it is away"))
        .filter(|record| record["asked"]["presenceDefinition"] != "Siesta")
        .collect();
    agree(&writes, &ends(&records), &standing);
    blocking(move || drop((own, server))).await;
}
