//! Workforce management: units, schedules, adherence and reports agree with each other and with the
//! truth.

use std::collections::{BTreeMap, BTreeSet};

use protocol::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{House, Socket, check_refusal, other_answer, still, text};

const PATH: &str = "/api/v2/workforcemanagement";
const MEAL: &str = "3fd96123-badb-4f69-bc03-1b1ccc6d8014";
const ON_QUEUE: &str = "e08eaf1b-ee47-4fa9-a231-1200e284798f";

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn date(value: &Value) -> Timestamp {
    text(value).parse().unwrap()
}

/// The management units with the ids of their users.
async fn units(house: &House) -> BTreeMap<String, Vec<String>> {
    let mut units = BTreeMap::new();
    for unit in house.all_pages(&format!("{PATH}/managementunits?pageSize=3")).await {
        let id = text(&unit["id"]).to_owned();
        let users = house.get(&format!("{PATH}/managementunits/{id}/users")).await;
        let users = list(&users["entities"]).iter().map(|user| text(&user["id"]).to_owned()).collect();
        units.insert(id, users);
    }
    units
}

async fn set_presence(house: &House, user: &str, definition: &str) {
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    let body = json!({ "presenceDefinition": { "id": definition } });
    house.ok(Method::PATCH, &path, Some(body)).await;
}

/// Somebody who is On Queue as scheduled, and for five more minutes.
async fn adherent(house: &House) -> Value {
    let truth = house.truth().await;
    let now = date(&truth["now"]);
    let fits = |agent: &&Value| {
        agent["state"] == "on-queue"
            && agent["adherenceState"] == "InAdherence"
            && date(&agent["scheduledActivity"]["until"]).ms_since(now) > 300_000
    };
    list(&truth["agents"]).iter().find(fits).expect("somebody keeps to the schedule").clone()
}

/// Reads without a token, as an address signed beforehand is read.
async fn download(house: &House, url: &Value) -> Value {
    house.http.get(text(url)).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn everybody_is_in_one_management_unit_of_a_business_unit() {
    let house = House::open(still()).await;
    let units = units(&house).await;
    let truth = house.truth().await;
    let mut seen = BTreeSet::new();
    for agent in list(&truth["agents"]) {
        let (id, unit) = (text(&agent["id"]), text(&agent["managementUnitId"]));
        assert!(units[unit].iter().any(|user| user == id));
        seen.insert(id.to_owned());
    }
    assert_eq!(seen.len(), units.values().map(Vec::len).sum::<usize>());
    let agent = &truth["agents"][0];
    let of = house.get(&format!("{PATH}/agents/{}/managementunit", text(&agent["id"]))).await;
    assert_eq!(of["managementUnit"]["id"], agent["managementUnitId"]);
    let business = text(&of["businessUnit"]["id"]).to_owned();
    let all = house.get(&format!("{PATH}/businessunits")).await;
    assert!(list(&all["entities"]).iter().any(|unit| unit["id"] == business.as_str()));
    let whole = house.get(&format!("{PATH}/businessunits/{business}?expand=settings")).await;
    assert!(text(&whole["settings"]["timeZone"]).contains('/'));
    let of_business = house.get(&format!("{PATH}/businessunits/{business}/managementunits")).await;
    assert!(list(&of_business["entities"]).iter().any(|unit| unit["id"] == agent["managementUnitId"]));
    let codes = house.get(&format!("{PATH}/businessunits/{business}/activitycodes")).await;
    let category =
        |id: &str| list(&codes["entities"]).iter().find(|code| code["id"] == id).unwrap()["category"].clone();
    assert_eq!((category("1"), category("2")), (json!("Break"), json!("Meal")));
    let unit = text(&agent["managementUnitId"]);
    let old = house.get(&format!("{PATH}/managementunits/{unit}/activitycodes")).await;
    assert_eq!(old["activityCodes"]["1"]["category"], "Break");
    for path in
        ["businessunits/none", "managementunits/none", "agents/none/managementunit", "teams/none/adherence"]
    {
        house.refused(Method::GET, &format!("{PATH}/{path}"), None, (404, "not.found")).await;
    }
}

#[tokio::test]
async fn adherence_is_read_by_user_unit_and_team_and_agrees_with_the_truth() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let agents = list(&truth["agents"]);
    let ids: Vec<&str> = agents.iter().map(|agent| text(&agent["id"])).collect();
    let read = house.get(&format!("{PATH}/adherence?userId={}", ids.join(","))).await;
    assert_eq!(list(&read).len(), agents.len());
    for (is, agent) in list(&read).iter().zip(agents) {
        assert_eq!(is["user"]["id"], agent["id"]);
        assert_eq!(is["managementUnit"]["id"], agent["managementUnitId"]);
        assert_eq!(is["adherenceState"], agent["adherenceState"]);
        assert_eq!(is["scheduledActivityCategory"], agent["scheduledActivity"]["category"]);
        assert_eq!(is["timeOfAdherenceChange"], agent["adherenceSince"]);
        let presence = text(&agent["presence"]["systemPresence"]).replace(' ', "");
        assert_eq!(is["systemPresence"], presence.as_str());
    }
    let mut found = 0;
    for unit in units(&house).await.keys() {
        let path = format!("{PATH}/managementunits/{unit}/adherence");
        let of_unit = house.get(&path).await;
        found += list(&of_unit["entities"]).len();
        let elsewhere = house.get(&format!("{path}?forceDownloadService=true")).await;
        assert!(elsewhere["entities"].is_null());
        assert_eq!(download(&house, &elsewhere["downloadUrl"]).await, of_unit);
    }
    assert_eq!(found, agents.len());
    let team = text(&read[0]["team"]["id"]);
    let of_team = house.get(&format!("{PATH}/teams/{team}/adherence")).await;
    assert_eq!(list(&of_team["entities"]).len(), 12);
    let path = format!("{PATH}/adherence");
    house.refused(Method::GET, &path, None, (400, "no.user.ids.specified")).await;
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    let path = format!("{path}?userId={}", many.join("&userId="));
    house.refused(Method::GET, &path, None, (400, "max.user.ids")).await;
}

#[tokio::test]
async fn a_change_of_presence_is_told_on_three_topics() {
    for (config, spelled) in [(still(), "Meal"), (other_answer("upper_case_presence_in_adherence"), "MEAL")] {
        let house = House::open(config).await;
        let agent = adherent(&house).await;
        let (id, unit) = (text(&agent["id"]), text(&agent["managementUnitId"]));
        let team = house.get(&format!("{PATH}/adherence?userId={id}")).await[0]["team"]["id"].clone();
        let topics = [
            format!("v2.users.{id}.workforcemanagement.adherence"),
            format!("v2.workforcemanagement.managementunits.{unit}.adherence"),
            format!("v2.workforcemanagement.teams.{}.adherence", text(&team)),
        ];
        let mut socket = house.listen(&topics).await;
        set_presence(&house, id, MEAL).await;
        let read = house.get(&format!("{PATH}/adherence?userId={id}")).await[0].clone();
        let scheduled = agent["scheduledActivity"]["category"] == "OnQueueWork";
        assert!(scheduled);
        for topic in &topics {
            let frame = socket.frame().await;
            assert_eq!(frame["topicName"], topic.as_str());
            let event = &frame["eventBody"];
            assert_eq!(event["user"]["id"], id);
            assert_eq!(event["systemPresence"], spelled);
            assert_eq!(
                (&event["adherenceState"], &event["impact"]),
                (&json!("OutOfAdherence"), &json!("Negative"))
            );
            assert_eq!(event["actualActivityCategory"], "Meal");
            assert_eq!(event["adherenceChangeTime"], read["timeOfAdherenceChange"]);
            assert!(event["timeOfAdherenceChange"].is_null() && read["adherenceChangeTime"].is_null());
            assert_eq!(event["managementUnitId"], unit);
        }
        set_presence(&house, id, "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5").await;
        assert_eq!(socket.frame().await["eventBody"]["routingStatus"], "OFFLINE");
        let read = house.get(&format!("{PATH}/adherence?userId={id}")).await;
        assert_eq!(read[0]["routingStatus"], "OFF_QUEUE");
    }
}

#[tokio::test]
async fn adherence_moves_with_the_schedule_while_the_world_stands_still() {
    let house = House::open(still()).await;
    let agent = adherent(&house).await;
    let id = text(&agent["id"]);
    let now = date(&house.truth().await["now"]);
    let until = date(&agent["scheduledActivity"]["until"]);
    let topic = format!("v2.users.{id}.workforcemanagement.adherence");
    let mut socket = house.listen(std::slice::from_ref(&topic)).await;
    let seconds = until.ms_since(now) / 1_000 + 1;
    house.post("/simulator/clock", json!({ "advanceSeconds": seconds })).await;
    let event = socket.event(&topic).await["eventBody"].clone();
    assert_ne!(event["scheduledActivityCategory"], "OnQueueWork");
    assert_eq!(event["actualActivityCategory"], "OnQueueWork");
    let read = house.get(&format!("{PATH}/adherence?userId={id}")).await;
    assert_eq!(read[0]["scheduledActivityCategory"], event["scheduledActivityCategory"]);
    if event["scheduledActivityCategory"] != "Unscheduled" {
        assert_eq!(
            (&event["adherenceState"], &event["impact"]),
            (&json!("OutOfAdherence"), &json!("Positive"))
        );
        assert_eq!(date(&read[0]["timeOfAdherenceChange"]), until);
    }
}

#[tokio::test]
async fn schedules_are_found_at_once_later_and_by_download() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let now = date(&truth["now"]);
    let mut working = 0;
    let mut seen = 0;
    for (unit, users) in units(&house).await {
        let path = format!("{PATH}/managementunits/{unit}/agentschedules/search");
        let body = json!({ "startDate": now, "endDate": now.plus_ms(86_400_000), "userIds": users });
        let found = house.post(&path, body.clone()).await;
        assert_eq!(found["status"], "Complete");
        let result = &found["result"];
        assert!(text(&result["businessUnitTimeZone"]).contains('/'));
        for schedule in list(&result["agentSchedules"]) {
            seen += 1;
            let id = &schedule["user"]["id"];
            let agent = list(&truth["agents"]).iter().find(|agent| agent["id"] == *id).unwrap();
            let activity = list(&schedule["shifts"])
                .iter()
                .flat_map(|shift| list(&shift["activities"]))
                .find(|activity| {
                    let start = date(&activity["startDate"]);
                    start <= now && start.plus_ms(activity["lengthMinutes"].as_i64().unwrap() * 60_000) > now
                });
            working += usize::from(activity.is_some());
            if let Some(activity) = activity {
                assert_eq!(activity["activityCodeId"], agent["scheduledActivity"]["activityCodeId"]);
            } else {
                let category = text(&agent["scheduledActivity"]["category"]);
                assert!(["Unscheduled", "TimeOff"].contains(&category), "{category}");
            }
        }
        let elsewhere = house.post(&format!("{path}?forceDownloadService=true"), body.clone()).await;
        assert!(elsewhere["result"].is_null());
        assert_eq!(download(&house, &elsewhere["downloadUrl"]).await, *result);
        let wrong = json!({ "startDate": now, "endDate": now });
        house.refused(Method::POST, &path, Some(wrong), (400, "invalid.value")).await;
    }
    let agents = list(&truth["agents"]).len();
    assert_eq!(seen, agents);
    assert!(working * 3 >= agents, "{working} of {agents} work");
    let mine = json!({ "startDate": now, "endDate": now.plus_ms(86_400_000) });
    let path = format!("{PATH}/agentschedules/mine");
    house.refused(Method::POST, &path, Some(mine), (400, "bad.request")).await;
    let path = format!("{PATH}/agents/me/managementunit");
    house.refused(Method::GET, &path, None, (400, "bad.request")).await;
}

#[tokio::test]
async fn a_search_that_is_answered_later_is_announced_where_the_switch_says_so() {
    let config = simulator::Config { ..other_answer("announce_to_clients") };
    let house = House::open(config).await;
    let topic = "v2.workforcemanagement.users.simulator.schedules.search";
    let mut socket = house.listen(&[topic.to_owned()]).await;
    let now = date(&house.truth().await["now"]);
    let business = house.get(&format!("{PATH}/businessunits")).await["entities"][0]["id"].clone();
    let path = format!("{PATH}/businessunits/{}/agentschedules/search", text(&business));
    let body = json!({ "startDate": now, "endDate": now.plus_ms(3_600_000) });
    let response = house.call(Method::POST, &format!("{path}?forceAsync=true"), Some(body.clone())).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let begun: Value = response.json().await.unwrap();
    assert_eq!(begun["status"], "Processing");
    house.post("/simulator/clock", json!({ "advanceSeconds": 3 })).await;
    let event = socket.event(topic).await["eventBody"].clone();
    assert_eq!((&event["operationId"], &event["businessUnitId"]), (&begun["operationId"], &business));
    let at_once = house.post(&path, body).await;
    assert_eq!(download(&house, &event["downloadUrl"]).await, at_once["result"]);
}

#[tokio::test]
async fn a_report_of_the_past_says_what_happened() {
    let house = House::open(still()).await;
    let agent = adherent(&house).await;
    let (id, unit) = (text(&agent["id"]), text(&agent["managementUnitId"]));
    // To a meal for three minutes, and back; the schedule says On Queue all the while.
    let start = date(&house.truth().await["now"]);
    set_presence(&house, id, MEAL).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 180 })).await;
    set_presence(&house, id, ON_QUEUE).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 60 })).await;
    let path = format!("{PATH}/adherence/historical/bulk");
    let order = json!({
        "items": [{
            "managementUnitId": unit,
            "startDate": start,
            "endDate": start.plus_ms(3_600_000),
            "userIds": [id],
            "includeExceptions": true,
            "includeActuals": true,
        }],
        "timeZone": "Europe/Berlin",
    });
    let response = house.call(Method::POST, &path, Some(order.clone())).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let begun: Value = response.json().await.unwrap();
    let job = format!("{path}/jobs/{}", text(&begun["job"]["id"]));
    let waiting: Value = house.call(Method::GET, &job, None).await.json().await.unwrap();
    assert_eq!((&waiting["job"]["status"], &waiting["downloadUrls"]), (&json!("Processing"), &Value::Null));
    house.post("/simulator/clock", json!({ "advanceSeconds": 3 })).await;
    let ready = house.get(&job).await;
    assert_eq!(ready["job"]["status"], "Complete");
    let report = download(&house, &ready["downloadUrls"][0]).await;
    let user = &report["userResults"][0];
    assert_eq!(user["userId"], id);
    let actuals: Vec<_> =
        list(&user["actuals"]).iter().map(|is| text(&is["actualActivityCategory"])).collect();
    assert!(actuals.ends_with(&["Meal", "OnQueueWork"]), "{actuals:?}");
    let exceptions = list(&user["exceptionInfo"]);
    assert_eq!(exceptions.len(), 1, "{user}");
    let seconds = |name: &str| exceptions[0][name].as_i64().unwrap();
    assert!((179..=182).contains(&(seconds("endOffsetSeconds") - seconds("startOffsetSeconds"))), "{user}");
    assert_eq!((&exceptions[0]["impact"], &user["impact"]), (&json!("Negative"), &json!("Negative")));
    let adherence = user["adherencePercentage"].as_f64().unwrap();
    assert!((22.0..28.0).contains(&adherence), "{adherence}");
    let day = &user["dayMetrics"][0];
    assert!((58..=63).contains(&day["conformanceActualSeconds"].as_i64().unwrap()), "{day}");
    assert_eq!(day["exceptionCount"], 1);
    let mut bad = order.clone();
    bad["timeZone"] = json!("Europe/Atlantis");
    house.refused(Method::POST, &path, Some(bad), (400, "invalid.value")).await;
    let mut long = order;
    long["items"][0]["endDate"] = json!(start.plus_ms(8 * 86_400_000));
    house.refused(Method::POST, &path, Some(long), (400, "invalid.value")).await;
    house.refused(Method::GET, &format!("{path}/jobs/none"), None, (404, "not.found")).await;
    let nothing =
        house.http.get(format!("{}/downloads/none", house.running.base_url())).send().await.unwrap();
    check_refusal(nothing, (404, "not.found")).await;
}

#[tokio::test]
async fn reports_of_one_unit_and_of_one_team_tell_what_the_bulk_form_tells() {
    let house = House::open(still()).await;
    house.post("/simulator/scenario", json!({ "eventsPerSecond": null })).await;
    let start: Timestamp = text(&house.truth().await["now"]).parse().unwrap();
    house.post("/simulator/clock", json!({ "advanceSeconds": 1_800 })).await;
    house.post("/simulator/scenario", json!({ "eventsPerSecond": 0 })).await;
    let end = start.plus_ms(1_500_000);
    let truth = house.truth().await;
    let agent = &truth["agents"][0];
    let (unit, zone) = (text(&agent["managementUnitId"]), "Europe/Dublin");
    let order = async |path: &str, body: Value| -> Value {
        let response = house.call(Method::POST, path, Some(body)).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED, "{path}");
        let begun: Value = response.json().await.unwrap();
        house.post("/simulator/clock", json!({ "advanceSeconds": 3 })).await;
        begun
    };
    let bulk = format!("{PATH}/adherence/historical/bulk");
    let item =
        json!({ "managementUnitId": unit, "startDate": start, "endDate": end, "includeExceptions": true });
    let begun = order(&bulk, json!({ "items": [item], "timeZone": zone })).await;
    let ready = house.get(&format!("{bulk}/jobs/{}", text(&begun["job"]["id"]))).await;
    let expected = download(&house, &ready["downloadUrls"][0]).await;

    let question = json!({ "startDate": start, "endDate": end, "timeZone": zone, "includeExceptions": true });
    let of_unit = format!("{PATH}/managementunits/{unit}/historicaladherencequery");
    let begun = order(&of_unit, question.clone()).await;
    assert_eq!((&begun["queryState"], &begun["downloadUrls"]), (&json!("Processing"), &Value::Null));
    let jobs = format!("{PATH}/adherence/historical/jobs");
    let ready = house.get(&format!("{jobs}/{}", text(&begun["id"]))).await;
    assert_eq!(
        (&ready["queryState"], &ready["downloadUrl"]),
        (&json!("Complete"), &ready["downloadUrls"][0])
    );
    let report = download(&house, &ready["downloadUrls"][0]).await;
    assert_eq!(report["entityId"], unit);
    let (told, users) = (list(&report["data"]), list(&expected["userResults"]));
    assert_eq!((told.len(), users.is_empty()), (users.len(), false));
    for (told, user) in told.iter().zip(users) {
        for same in ["userId", "adherencePercentage", "conformancePercentage", "impact", "exceptionInfo"] {
            assert_eq!(told[same], user[same], "{same}");
        }
        for (told, day) in list(&told["dayMetrics"]).iter().zip(list(&user["dayMetrics"])) {
            assert_eq!(told["conformanceActualSecs"], day["conformanceActualSeconds"]);
            assert_eq!(
                (&told["impactSeconds"], &told["exceptionCount"]),
                (&day["impactSeconds"], &day["exceptionCount"])
            );
        }
        assert_eq!((&told["managementUnitId"], &told["startDate"]), (&json!(unit), &json!(start)));
    }

    let teams = house.all_pages("/api/v2/teams").await;
    let team = teams.iter().find(|team| team["name"] == agent["team"]).unwrap();
    let of_team = format!("{PATH}/teams/{}/adherence/historical", text(&team["id"]));
    let begun = order(&of_team, question.clone()).await;
    let ready = house.get(&format!("{jobs}/{}", text(&begun["id"]))).await;
    let report = download(&house, &ready["downloadUrls"][0]).await;
    let mut found: Vec<&str> = list(&report["data"]).iter().map(|user| text(&user["userId"])).collect();
    let is_of_team = |other: &&Value| other["team"] == agent["team"];
    let mut members: Vec<&str> =
        list(&truth["agents"]).iter().filter(is_of_team).map(|is| text(&is["id"])).collect();
    found.sort_unstable();
    members.sort_unstable();
    assert_eq!(found, members);
    let mut by_team = question.clone();
    by_team["teamIds"] = json!([team["id"]]);
    let begun = order(&of_unit, by_team.clone()).await;
    let ready = house.get(&format!("{jobs}/{}", text(&begun["id"]))).await;
    let report = download(&house, &ready["downloadUrls"][0]).await;
    assert_eq!(list(&report["data"]).len(), members.len());

    let mut of_one = question.clone();
    of_one["userIds"] = json!([agent["id"]]);
    let begun = order(&of_unit, of_one).await;
    let ready = house.get(&format!("{jobs}/{}", text(&begun["id"]))).await;
    let report = download(&house, &ready["downloadUrls"][0]).await;
    let found: Vec<&Value> = list(&report["data"]).iter().map(|user| &user["userId"]).collect();
    assert_eq!(found, [&agent["id"]]);

    house.refused(Method::POST, &of_team, Some(by_team), (400, "bad.request")).await;
    house.refused(Method::POST, &of_team, Some(json!({ "startDate": start })), (400, "bad.request")).await;
    let long = json!({ "startDate": start.plus_ms(-8 * 86_400_000), "includeExceptions": true });
    house.refused(Method::POST, &of_unit, Some(long), (400, "invalid.value")).await;
    let nowhere = format!("{PATH}/managementunits/none/historicaladherencequery");
    house.refused(Method::POST, &nowhere, Some(question), (404, "not.found")).await;
    house.refused(Method::GET, &format!("{jobs}/none"), None, (404, "not.found")).await;
}

#[tokio::test]
async fn a_schedule_that_changes_is_hinted_at_and_reads_differently() {
    let config = simulator::Config { events_per_second: None, ..still() };
    let house = House::open(config).await;
    let truth = house.truth().await;
    let topic = |agent: &Value| format!("v2.users.{}.workforcemanagement.schedules", text(&agent["id"]));
    let mut socket: Socket =
        house.listen(&list(&truth["agents"]).iter().map(topic).collect::<Vec<_>>()).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 6 * 3_600 })).await;
    let event = socket.frame().await["eventBody"].clone();
    assert_eq!(event["updates"][0]["type"], "Edited");
    let start = &event["updates"][0]["shiftStartDates"][0];
    let id = text(&event["user"]["id"]);
    let unit = house.get(&format!("{PATH}/agents/{id}/managementunit")).await["managementUnit"]["id"].clone();
    let path = format!("{PATH}/managementunits/{}/agentschedules/search", text(&unit));
    let body = json!({ "startDate": event["startDate"], "endDate": event["endDate"], "userIds": [id] });
    let found = house.post(&path, body).await;
    let shifts = list(&found["result"]["agentSchedules"][0]["shifts"]);
    let shift = shifts.iter().find(|shift| shift["startDate"] == *start).expect("the shift that was changed");
    assert_eq!(shift["manuallyEdited"], true);
}

#[tokio::test]
async fn the_other_answers_are_given_where_the_switches_say_so() {
    let away = "5e5c5c66-ea97-4e7f-ac41-6424784829f2";
    for (config, category) in [(still(), "Unavailable"), (other_answer("away_counts_as_break"), "Break")] {
        let house = House::open(config).await;
        let agent = adherent(&house).await;
        let id = text(&agent["id"]);
        set_presence(&house, id, away).await;
        let read = house.get(&format!("{PATH}/adherence?userId={id}")).await;
        assert_eq!(read[0]["actualActivityCategory"], category);
    }
    let house = House::open(other_answer("workforce_async_200")).await;
    let now = date(&house.truth().await["now"]);
    let unit = units(&house).await.keys().next().unwrap().clone();
    let path = format!("{PATH}/managementunits/{unit}/agentschedules/search?forceAsync=true");
    let begun = house.post(&path, json!({ "startDate": now, "endDate": now.plus_ms(1_000) })).await;
    assert_eq!(begun["status"], "Processing");
}
