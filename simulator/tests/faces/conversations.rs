//! Analytics of conversations: aggregates, details and activity agree with each other and with the truth.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{House, other_answer, still, text};

const AGGREGATES: &str = "/api/v2/analytics/conversations/aggregates/query";
const DETAILS: &str = "/api/v2/analytics/conversations/details/query";
const JOBS: &str = "/api/v2/analytics/conversations/details/jobs";
const ACTIVITY: &str = "/api/v2/analytics/conversations/activity/query";
/// All that a test lets happen.
const INTERVAL: &str = "2025-12-31T22:00:00.000Z/2026-01-01T06:00:00.000Z";

/// A house after a busy time, standing still again.
async fn busy_house(minutes: u32) -> House {
    busy(House::open(still()).await, minutes).await
}

async fn busy(house: House, minutes: u32) -> House {
    house.post("/simulator/scenario", json!({ "name": "rush", "eventsPerSecond": null })).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": minutes * 60 })).await;
    house.post("/simulator/scenario", json!({ "eventsPerSecond": 0 })).await;
    house
}

/// All conversations of a question, page by page.
async fn all_details(house: &House, mut question: Value) -> Vec<Value> {
    let mut conversations = Vec::new();
    for page in 1.. {
        question["paging"] = json!({ "pageSize": 100, "pageNumber": page });
        let answer = house.post(DETAILS, question.clone()).await;
        let found = answer["conversations"].as_array().unwrap().clone();
        conversations.extend(found.iter().cloned());
        if found.len() < 100 {
            assert_eq!(answer["totalHits"], conversations.len());
            break;
        }
    }
    conversations
}

/// Count and sum of each metric of sessions.
fn measured(conversations: &[Value]) -> BTreeMap<String, (u64, u64)> {
    let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for participant in conversations.iter().flat_map(|is| is["participants"].as_array().unwrap()) {
        for metric in participant["sessions"][0]["metrics"].as_array().unwrap() {
            let sum = sums.entry(text(&metric["name"]).to_owned()).or_default();
            sum.0 += 1;
            sum.1 += metric["value"].as_u64().unwrap();
        }
    }
    sums
}

#[tokio::test]
async fn aggregates_are_the_sum_of_the_details() {
    let house = busy_house(100).await;
    let conversations = all_details(&house, json!({ "interval": INTERVAL })).await;
    let sums = measured(&conversations);
    let metrics = [
        "nOffered",
        "nConnected",
        "nTransferred",
        "nBlindTransferred",
        "tAcd",
        "tAnswered",
        "tAbandon",
        "tAlert",
        "tNotResponding",
        "tTalk",
        "tTalkComplete",
        "tHeld",
        "tHeldComplete",
        "tAcw",
        "tHandle",
    ];
    let answer = house.post(AGGREGATES, json!({ "interval": INTERVAL, "metrics": metrics })).await;
    let data = &answer["results"][0]["data"];
    assert_eq!(data.as_array().unwrap().len(), 1, "without granularity there is one period");
    for metric in data[0]["metrics"].as_array().unwrap() {
        let (name, stats) = (text(&metric["metric"]), &metric["stats"]);
        let (count, sum) = sums[name];
        assert_eq!(stats["count"], count, "{name}");
        if name.starts_with('t') {
            assert_eq!(stats["sum"], sum, "{name}");
            assert!(stats["min"].as_u64() <= stats["max"].as_u64());
        } else {
            assert!(stats["sum"].is_null(), "{name} only counts");
        }
    }
    assert_eq!(data[0]["metrics"].as_array().unwrap().len(), metrics.len(), "everything happens in a rush");

    let truth = house.truth().await;
    let ended = &truth["conversationsEnded"];
    let open = truth["conversations"].as_array().unwrap().len() as u64;
    let of = |kind: &str| ended[kind].as_u64().unwrap();
    let legs = of("completed") + of("abandoned") + of("transferred") + open;
    assert_eq!(sums["nOffered"].0, legs, "each stay in a queue is offered once, and none is lost");
    assert!(of("transferred") > 0 && of("abandoned") > 0);
}

#[tokio::test]
async fn figures_are_split_by_half_hours_and_groups() {
    let house = busy_house(100).await;
    let ask = async |question: Value| {
        let mut body =
            json!({ "interval": INTERVAL, "metrics": ["nOffered", "tAnswered", "oServiceLevel", "tIvr"] });
        body.as_object_mut().unwrap().extend(question.as_object().unwrap().clone());
        house.post(AGGREGATES, body).await["results"].as_array().unwrap().clone()
    };
    let count = |results: &[Value], name: &str| -> u64 {
        let data = results.iter().flat_map(|result| result["data"].as_array().unwrap());
        let metrics = data.flat_map(|data| data["metrics"].as_array().unwrap());
        let of_name = metrics.filter(|metric| metric["metric"] == name);
        of_name.map(|metric| metric["stats"]["count"].as_u64().unwrap()).sum()
    };
    let whole = ask(json!({})).await;
    assert_eq!(whole[0]["group"], json!({}));
    let names: Vec<&Value> =
        whole[0]["data"][0]["metrics"].as_array().unwrap().iter().map(|metric| &metric["metric"]).collect();
    assert_eq!(names, ["nOffered", "tAnswered", "oServiceLevel"], "what never happened is absent");

    let halves = ask(json!({ "granularity": "PT30M" })).await;
    let intervals: Vec<&str> =
        halves[0]["data"].as_array().unwrap().iter().map(|data| text(&data["interval"])).collect();
    assert!(intervals.contains(&"2026-01-01T01:00:00.000Z/2026-01-01T01:30:00.000Z"), "{intervals:?}");
    assert!(intervals.is_sorted() && intervals.len() >= 4);
    assert_eq!(count(&halves, "nOffered"), count(&whole, "nOffered"));

    let by_queue = ask(json!({ "groupBy": ["queueId", "mediaType"], "granularity": "PT1H" })).await;
    assert_eq!(count(&by_queue, "tAnswered"), count(&whole, "tAnswered"));
    let has = |media: &str| by_queue.iter().any(|result| result["group"]["mediaType"] == media);
    assert!(["voice", "chat", "email", "message", "callback"].into_iter().all(has));
    let callbacks: Vec<Value> =
        by_queue.iter().filter(|result| result["group"]["mediaType"] == "callback").cloned().collect();
    assert_eq!(count(&callbacks, "tAnswered"), 0, "callbacks are not answered, they are connected");

    let by_user = ask(json!({ "groupBy": ["userId"] })).await;
    assert_eq!(count(&by_user, "tAnswered"), count(&whole, "tAnswered"));
    let users = json!({ "type": "or", "predicates": by_user.iter().filter(|result| result["group"]["userId"].is_string())
        .map(|result| json!({ "type": "dimension", "dimension": "userId", "value": result["group"]["userId"] })).collect::<Vec<_>>() });
    let of_users = ask(json!({ "filter": users })).await;
    assert_eq!(count(&of_users, "nOffered"), 0, "what is offered has no user yet");
    assert_eq!(count(&of_users, "tAnswered"), count(&whole, "tAnswered"));

    let queue = &by_queue[0]["group"]["queueId"];
    let is = |dimension: &str, value: &Value| json!({ "dimension": dimension, "operator": "matches", "value": value });
    let filter = json!({ "type": "and", "clauses": [{ "type": "or", "predicates": [is("queueId", queue)] }],
        "predicates": [is("mediaType", &json!("voice"))] });
    let filtered =
        ask(json!({ "filter": filter, "groupBy": ["queueId", "mediaType"], "granularity": "PT1H" })).await;
    let expected: Vec<&Value> = by_queue
        .iter()
        .filter(|is| &is["group"]["queueId"] == queue && is["group"]["mediaType"] == "voice")
        .collect();
    assert_eq!(filtered.iter().collect::<Vec<_>>(), expected);
    assert!(ask(json!({ "interval": "2024-01-01T00:00:00Z/2024-01-02T00:00:00Z" })).await.is_empty());
}

#[tokio::test]
async fn the_service_level_is_a_share_of_what_was_answered_or_of_what_was_offered() {
    for (name, house) in [
        ("", House::open(still()).await),
        ("offered", House::open(other_answer("service_level_of_offered")).await),
    ] {
        let house = busy(house, 40).await;
        let metrics = ["oServiceLevel", "tAnswered", "nOverSla", "tAbandon", "tShortAbandon", "nOffered"];
        let question =
            json!({ "interval": INTERVAL, "metrics": metrics, "groupBy": ["queueId", "mediaType"] });
        let answer = house.post(AGGREGATES, question).await;
        for result in answer["results"].as_array().unwrap() {
            let stats: BTreeMap<&str, &Value> = result["data"][0]["metrics"]
                .as_array()
                .unwrap()
                .iter()
                .map(|metric| (text(&metric["metric"]), &metric["stats"]))
                .collect();
            let count = |name: &str| stats.get(name).map_or(0, |stats| stats["count"].as_i64().unwrap());
            let Some(level) = stats.get("oServiceLevel") else { continue };
            assert_eq!(level["numerator"], count("tAnswered") - count("nOverSla"));
            let all = count("tAnswered") + count("tAbandon") - count("tShortAbandon");
            assert_eq!(level["denominator"], if name.is_empty() { all } else { count("nOffered") });
            let ratio = level["numerator"].as_f64().unwrap() / level["denominator"].as_f64().unwrap();
            assert!((level["ratio"].as_f64().unwrap() - ratio).abs() < 1e-9);
            assert!(level["target"].is_number());
        }
        let truth = house.truth().await;
        for queue in truth["queues"].as_array().unwrap() {
            let interval = &queue["interval"];
            let question = json!({ "interval": format!("{}/2026-01-01T06:00:00.000Z", text(&interval["start"])),
                "metrics": ["nOffered", "oServiceLevel"], "filter": { "type": "and", "predicates": [
                    { "dimension": "queueId", "value": queue["id"] }] } });
            let answer = house.post(AGGREGATES, question).await;
            let metrics = &answer["results"][0]["data"][0]["metrics"];
            assert_eq!(
                metrics[0]["stats"]["count"].as_u64().unwrap_or(0),
                interval["offered"].as_u64().unwrap()
            );
            assert_eq!(metrics[1]["stats"]["ratio"], interval["serviceLevel"]);
        }
    }
}

#[tokio::test]
async fn aggregates_name_what_they_refuse() {
    let house = House::open(still()).await;
    let good = json!({ "interval": INTERVAL, "metrics": ["nOffered"] });
    for (member, value, code, named) in [
        ("metrics", json!(["nOffered", "tMood"]), "invalid.value", "tMood"),
        ("metrics", json!([]), "bad.request", "metrics"),
        ("groupBy", json!(["moon"]), "invalid.value", "moon"),
        ("interval", json!("today"), "invalid.date", "interval"),
        ("interval", json!("2026-01-02T00:00:00Z/2026-01-01T00:00:00Z"), "invalid.date", "interval"),
        ("granularity", json!("PT7M"), "invalid.value", "granularity"),
        ("views", json!([{ "name": "v" }]), "invalid.value", "views"),
        ("queryType", json!("topN"), "invalid.value", "queryType"),
        (
            "filter",
            json!({ "type": "or", "predicates": [{ "dimension": "ani", "value": "1" }] }),
            "invalid.value",
            "ani",
        ),
        (
            "filter",
            json!({ "type": "or", "predicates": [{ "type": "metric", "dimension": "queueId" }] }),
            "invalid.value",
            "metric",
        ),
        (
            "filter",
            json!({ "type": "or", "predicates": [{ "dimension": "queueId" }] }),
            "bad.request",
            "needs a value",
        ),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let message = house.refused(Method::POST, AGGREGATES, Some(body), (400, code)).await;
        assert!(message.contains(named), "{message}");
    }
}

#[tokio::test]
async fn details_tell_participants_sessions_and_segments() {
    let house = busy_house(60).await;
    let all = all_details(&house, json!({ "interval": INTERVAL })).await;
    let starts: Vec<&str> = all.iter().map(|is| text(&is["conversationStart"])).collect();
    assert!(starts.is_sorted());
    let newest = house.post(DETAILS, json!({ "interval": INTERVAL, "order": "desc" })).await;
    assert_eq!(newest["conversations"][0]["conversationStart"], **starts.last().unwrap());
    assert_eq!(newest["conversations"].as_array().unwrap().len(), 25, "the page when nothing is said");

    let mut holds = 0;
    for conversation in &all {
        let participants = conversation["participants"].as_array().unwrap();
        assert_eq!(
            (&participants[0]["purpose"], &participants[1]["purpose"]),
            (&json!("customer"), &json!("acd"))
        );
        for participant in participants {
            let segments = participant["sessions"][0]["segments"].as_array().unwrap();
            for pair in segments.windows(2) {
                assert_eq!(pair[0]["segmentEnd"], pair[1]["segmentStart"], "{conversation}");
            }
            holds += segments.iter().filter(|segment| segment["segmentType"] == "hold").count();
            assert_eq!(participant["purpose"] == "agent", participant["userId"].is_string());
        }
    }
    assert!(holds > 0);

    let truth = house.truth().await;
    let open = json!({ "interval": INTERVAL, "conversationFilters": [{ "type": "and", "predicates": [
        { "dimension": "conversationEnd", "operator": "notExists" }] }] });
    let open = all_details(&house, open).await;
    let in_truth =
        truth["conversations"].as_array().unwrap().iter().filter(|is| is["state"] != "after-call-work");
    let (mut ids, mut expected): (Vec<&Value>, Vec<&Value>) =
        (open.iter().map(|is| &is["conversationId"]).collect(), in_truth.map(|is| &is["id"]).collect());
    ids.sort_by_key(|id| id.as_str());
    expected.sort_by_key(|id| id.as_str());
    assert_eq!(ids, expected);

    let queue = &truth["queues"][0]["id"];
    let segments = json!([{ "type": "and", "predicates": [
        { "dimension": "queueId", "value": queue }, { "dimension": "segmentType", "value": "wrapup" }] }]);
    let found = all_details(&house, json!({ "interval": INTERVAL, "segmentFilters": segments })).await;
    let wraps_up_there = |conversation: &&Value| {
        let participants = conversation["participants"].as_array().unwrap().iter();
        let segments = participants.flat_map(|is| is["sessions"][0]["segments"].as_array().unwrap());
        segments.into_iter().any(|segment| segment["segmentType"] == "wrapup" && &segment["queueId"] == queue)
    };
    assert_eq!(found.len(), all.iter().filter(wraps_up_there).count());
    assert!(!found.is_empty() && found.len() < all.len());
}

#[tokio::test]
async fn details_refuse_large_pages_or_cut_them() {
    let house = busy_house(60).await;
    let paged = |size: u32, number: u32| json!({ "interval": INTERVAL, "paging": { "pageSize": size, "pageNumber": number } });
    for body in [paged(101, 1), paged(0, 1), paged(1, 0)] {
        house.refused(Method::POST, DETAILS, Some(body), (400, "bad.request")).await;
    }
    for (member, named) in [("aggregations", "aggregations"), ("surveyFilters", "surveyFilters")] {
        let body = json!({ "interval": INTERVAL, member: [{}] });
        let message = house.refused(Method::POST, DETAILS, Some(body), (400, "invalid.value")).await;
        assert!(message.contains(named));
    }
    let beyond = house.post(DETAILS, paged(100, 1_000)).await;
    assert!(
        beyond["conversations"].as_array().unwrap().is_empty() && beyond["totalHits"].as_u64() > Some(100)
    );
    let house = busy(House::open(other_answer("cut_detail_pages")).await, 60).await;
    let cut = house.post(DETAILS, paged(500, 1)).await;
    assert_eq!(cut["conversations"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn activity_equals_the_truth() {
    let house = busy_house(15).await;
    let truth = house.truth().await;
    let metrics = ["oWaiting", "oAlerting", "oInteracting", "oLongestWaiting"]
        .map(|metric| json!({ "metric": metric }));
    let answer = house.post(ACTIVITY, json!({ "metrics": metrics, "groupBy": ["queueId"] })).await;
    for queue in truth["queues"].as_array().unwrap() {
        let of_queue = |result: &&Value| result["group"]["queueId"] == queue["id"];
        let data = answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .find(of_queue)
            .map_or(json!([]), |is| is["data"].clone());
        let of = |metric: &str| {
            data.as_array().unwrap().iter().find(|is| is["metric"] == metric).cloned().unwrap_or_default()
        };
        for (metric, member) in
            [("oWaiting", "waiting"), ("oAlerting", "alerting"), ("oInteracting", "interacting")]
        {
            assert_eq!(
                of(metric)["count"].as_u64().unwrap_or(0),
                queue[member].as_u64().unwrap(),
                "{metric}"
            );
        }
        let longest = of("oLongestWaiting")["calculatedMetricValue"].as_i64().unwrap_or(0);
        assert!((0..5_000).contains(&(longest - queue["longestWaitMs"].as_i64().unwrap())));
    }
    let question = json!({ "metrics": [{ "metric": "oInteracting", "details": true }], "groupBy": ["mediaType"],
        "filter": { "type": "and", "predicates": [{ "dimension": "mediaType", "value": "voice" }] } });
    let answer = house.post(ACTIVITY, question).await;
    let voice = &answer["results"][0];
    assert_eq!((answer["results"].as_array().unwrap().len(), &voice["truncated"]), (1, &json!(false)));
    let entities = voice["entities"].as_array().unwrap();
    assert_eq!(voice["data"][0]["count"], entities.len());
    assert!(entities.iter().all(|is| is["userId"].is_string() && is["activityDate"].is_string()));
    for (body, named) in [
        (json!({ "metrics": [{ "metric": "oMood" }], "groupBy": [] }), "oMood"),
        (json!({ "metrics": [{ "metric": "oWaiting" }], "groupBy": ["dnis"] }), "dnis"),
    ] {
        let message = house.refused(Method::POST, ACTIVITY, Some(body), (400, "invalid.value")).await;
        assert!(message.contains(named), "{message}");
    }
}

#[tokio::test]
async fn observation_events_carry_the_figures_of_the_half_hour() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let queue = text(&truth["queues"][0]["id"]).to_owned();
    let topic = |name: &str| format!("v2.analytics.queues.{queue}.{name}");
    let mut socket = house.listen(&[topic("observations"), topic("activity")]).await;
    house.post("/simulator/scenario", json!({ "name": "storm", "eventsPerSecond": null })).await;
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    // Of each minute the last word is heard, which is all that the figures so far need.
    while !["nOffered", "tAnswered", "tHandle", "oServiceLevel"]
        .into_iter()
        .all(|name| told.contains_key(name))
    {
        house.post("/simulator/clock", json!({ "advanceSeconds": 60 })).await;
        for frame in socket.frames_until_quiet(50).await {
            let body = &frame["eventBody"];
            if frame["topicName"] == topic("activity") {
                let metrics = body["results"][0]["data"].as_array().unwrap();
                assert!(metrics.iter().all(|metric| text(&metric["metric"]).starts_with('o')));
                assert!(metrics.iter().all(|metric| metric["metric"] != "oServiceLevel"));
            } else if body["group"]["mediaType"] == "voice" {
                told = body["data"][0]["metrics"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|metric| (text(&metric["metric"]).to_owned(), metric["stats"].clone()))
                    .collect();
            }
        }
        let now = house.truth().await["now"].clone();
        assert!(text(&now) < "2026-01-01T00:25:00", "the figures come within half an hour");
    }
    assert!(told["tHandle"]["sum"].as_i64() > Some(0) && told["nOffered"]["sum"].is_null());
    assert!(told["oServiceLevel"]["denominator"].as_u64() > Some(0));
}

/// Orders a job of details; answers where it is read.
async fn order_job(house: &House, question: Value) -> String {
    let response = house.call(Method::POST, JOBS, Some(question)).await;
    assert_eq!(response.status(), 202);
    format!("{JOBS}/{}", text(&response.json::<Value>().await.unwrap()["jobId"]))
}

#[tokio::test]
async fn a_job_of_details_is_answered_later_and_as_of_its_beginning() {
    let house = busy_house(60).await;
    let all = all_details(&house, json!({ "interval": INTERVAL })).await;
    let path = order_job(&house, json!({ "interval": INTERVAL })).await;
    assert_eq!(house.get(&path).await["state"], "PENDING");
    house.refused(Method::GET, &format!("{path}/results"), None, (400, "bad.request")).await;
    // Those that were going on go on.
    let mut house = busy(house, 10).await;
    let status = house.get(&path).await;
    assert_eq!((&status["state"], status["completionDate"].is_string()), (&json!("FULFILLED"), true));

    let (mut found, mut cursor) = (Vec::new(), String::new());
    for page in 1.. {
        let answer = house.get(&format!("{path}/results?pageSize=70{cursor}")).await;
        let conversations = answer["conversations"].as_array().unwrap();
        found.extend(conversations.iter().cloned());
        let Some(next) = answer["cursor"].as_str() else {
            assert!(page > 2);
            break;
        };
        assert_eq!(conversations.len(), 70);
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, all);
    let now = all_details(&house, json!({ "interval": INTERVAL })).await;
    assert_ne!(now[..all.len()], all, "they have gone on");

    let wrong = format!("{path}/results?cursor=p0ffff");
    house.refused(Method::GET, &wrong, None, (400, "invalid.value")).await;
    let wrong = format!("{path}/results?pageSize=1001");
    house.refused(Method::GET, &wrong, None, (400, "invalid.value")).await;
    for wrong in [json!({ "limit": 0 }), json!({ "evaluationFilters": [{}] })] {
        let mut body = json!({ "interval": INTERVAL });
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        house.refused(Method::POST, JOBS, Some(body), (400, "invalid.value")).await;
    }
    let paged = json!({ "interval": INTERVAL, "paging": { "pageSize": 5, "pageNumber": 1 } });
    house.refused(Method::POST, JOBS, Some(paged), (400, "bad.request")).await;

    let few = order_job(&house, json!({ "interval": INTERVAL, "limit": 3, "order": "desc" })).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 3 })).await;
    assert_eq!(house.get(&format!("{few}/results")).await["conversations"].as_array().unwrap().len(), 3);
    assert_eq!(house.call(Method::DELETE, &few, None).await.status(), 200);
    house.refused(Method::GET, &few, None, (404, "not.found")).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 25 * 3_600 })).await;
    house.token = house.new_token().await;
    assert_eq!(house.get(&path).await["state"], "EXPIRED");
    let availability = house.get(&format!("{JOBS}/availability")).await;
    assert!(text(&availability["dataAvailabilityDate"]) > "2026-01-02");
}

#[tokio::test]
async fn a_job_finds_what_began_the_day_before_unless_the_start_of_the_day_counts() {
    let house = busy_house(60).await;
    // From ten past midnight on, with conversations that began in the year before.
    let began = "2025-12-31";
    let interval = "2026-01-01T00:00:01.000Z/2026-01-01T06:00:00.000Z";
    let mut old = Vec::new();
    for from_start_of_day in [false, true] {
        let body = json!({ "interval": interval, "startOfDayIntervalMatching": from_start_of_day });
        let path = order_job(&house, body).await;
        house.post("/simulator/clock", json!({ "advanceSeconds": 3 })).await;
        let found = house.get(&format!("{path}/results")).await["conversations"].as_array().unwrap().clone();
        old.push(found.iter().filter(|is| text(&is["conversationStart"]).starts_with(began)).count());
    }
    assert!(old[0] > 0 && old[1] == 0, "{old:?}");
}
