//! Every write is told, with what was and what is.

use super::*;

#[tokio::test]
async fn writes_of_members_are_told_with_what_was_and_what_is() {
    let house = House::open(quick(still())).await;
    let (queue, users) = queue_and_outsiders(&house).await;
    let user = &users[0];
    let path = format!("/api/v2/routing/queues/{queue}/members");
    let member = format!("QueueMember/{queue}:{user}");
    let joined = format!("{member}:joined");
    let mut seen = 0;
    house.post(&path, ids(&users[..1])).await;
    news(&house, "ContactCenter", &mut seen).await;
    house.post(&path, ids(&users[..1])).await;
    assert_eq!(entries(&house, "ContactCenter").await.len(), seen, "nothing is told of what changed nothing");
    // The first call has not taken effect when the second comes.
    house.ok(Method::PATCH, &path, Some(json!([{ "id": user, "joined": false }]))).await;
    let entry = news(&house, "ContactCenter", &mut seen).await;
    assert_eq!(
        gist(&entry),
        json!(["USER", "MemberUpdate", "Queue", changed(&joined, &["true"], &["false"])])
    );
    assert!(entry["user"] == json!({}) && entry["client"]["id"] == "simulator", "{entry}");
    let one = format!("/api/v2/users/{user}/queues/{queue}");
    house.ok(Method::PATCH, &one, Some(json!({ "joined": false }))).await;
    house.ok(Method::PATCH, &one, Some(json!({ "joined": true }))).await;
    let entry = news(&house, "ContactCenter", &mut seen).await;
    assert_eq!(entry["propertyChanges"], changed(&joined, &["false"], &["true"]));
    let many = format!("/api/v2/users/{user}/queues");
    house.ok(Method::PATCH, &many, Some(json!([{ "id": queue, "joined": false }]))).await;
    let entry = news(&house, "ContactCenter", &mut seen).await;
    assert_eq!(entry["propertyChanges"], changed(&joined, &["true"], &["false"]));
    house.ok(Method::PATCH, &format!("{path}/{user}"), Some(json!({ "joined": true }))).await;
    news(&house, "ContactCenter", &mut seen).await;
    house.ok(Method::DELETE, &format!("{path}/{user}"), None).await;
    let removed = changed(&member, &["<queue member deleted>"], &[]);
    let entry = news(&house, "ContactCenter", &mut seen).await;
    assert_eq!(gist(&entry), json!(["USER", "MemberRemove", "Queue", removed]));
    house.post(&format!("{path}?delete=true"), ids(&users)).await;
    assert_eq!(entries(&house, "ContactCenter").await.len(), seen, "they were no members");
}

#[tokio::test]
async fn writes_of_users_teams_and_tokens_are_told_too() {
    let house = House::open(quick(still())).await;
    let truth = house.truth().await;
    let user = text(&truth["agents"][1]["id"]);
    let before = house.get(&format!("/api/v2/users/{user}")).await;
    let patch = json!({ "version": before["version"], "title": "Pilot", "name": before["name"] });
    house.ok(Method::PATCH, &format!("/api/v2/users/{user}"), Some(patch)).await;
    let profile = news(&house, "Directory", &mut 0).await;
    let version = before["version"].as_u64().unwrap();
    let change = |property: &str, old: String, new: String| json!({ "property": property, "oldValues": [old], "newValues": [new] });
    let expected = json!([
        change("version", version.to_string(), (version + 1).to_string()),
        change("title", text(&before["title"]).to_owned(), "Pilot".to_owned()),
    ]);
    assert_eq!(gist(&profile), json!(["USER", "Update", "User", expected]));
    let uri = format!("/api/v2/users/{user}");
    assert_eq!(profile["entity"], json!({ "id": user, "selfUri": uri }));

    // Skills and languages.
    let mut seen = 0;
    for (family, property, verb) in
        [("skills", "routingSkills", "PUT"), ("languages", "routingLanguages", "PATCH")]
    {
        let path = format!("/api/v2/users/{user}/routing{family}");
        for had in house.all_pages(&path).await {
            house.ok(Method::DELETE, &format!("{path}/{}", text(&had["id"])), None).await;
            assert_eq!(
                news(&house, "ContactCenter", &mut seen).await["propertyChanges"][0]["newValues"],
                json!([])
            );
        }
        let subject = house.get(&format!("/api/v2/routing/{family}")).await["entities"][0]["id"].clone();
        let id = text(&subject);
        house.post(&path, json!({ "id": id, "proficiency": 3 })).await;
        let entry = news(&house, "ContactCenter", &mut seen).await;
        let expected = changed(property, &[], &[&format!("{id}:3:active")]);
        assert_eq!(gist(&entry), json!(["USER", "Update", "AgentRoutingInfo", expected]));
        assert_eq!(entry["entity"]["id"], user);
        let verb = Method::from_bytes(verb.as_bytes()).unwrap();
        let body = json!({ "id": id, "proficiency": 3.5, "state": "inactive" });
        house.ok(verb, &format!("{path}/{id}"), Some(body)).await;
        let entry = news(&house, "ContactCenter", &mut seen).await;
        let (old, new) = (format!("{id}:3:active"), format!("{id}:3.5:inactive"));
        assert_eq!(entry["propertyChanges"], changed(property, &[&old], &[&new]));
        let bulk = json!([{ "id": id, "proficiency": 3.5 }]);
        house.ok(Method::PATCH, &format!("{path}/bulk"), Some(bulk)).await;
        assert_eq!(entries(&house, "ContactCenter").await.len(), seen);
    }

    // Teams: one leaves, one gets somebody.
    let teams = house.get("/api/v2/teams").await;
    let mine = house.get(&format!("/api/v2/users/{user}?expand=team")).await["team"]["id"].clone();
    let divisions = |id: &Value| {
        teams["entities"].as_array().unwrap().iter().find(|is| is["id"] == *id).unwrap()["division"].clone()
    };
    let other = teams["entities"]
        .as_array()
        .unwrap()
        .iter()
        .find(|team| team["id"] != mine && team["division"] == divisions(&mine));
    let other = text(&other.unwrap()["id"]);
    house.post(&format!("/api/v2/teams/{other}/members"), json!({ "memberIds": [user] })).await;
    let moved = entries(&house, "Groups").await;
    let told: Vec<_> = moved.iter().map(|entry| (text(&entry["entity"]["id"]), gist(entry))).collect();
    assert_eq!(
        told,
        [
            (other, json!(["USER", "Update", "Team", changed("members", &[], &[user])])),
            (text(&mine), json!(["USER", "Update", "Team", changed("members", &[user], &[])])),
        ]
    );

    house.ok(Method::DELETE, &format!("/api/v2/tokens/{user}"), None).await;
    let mut seen = 1;
    let entry = news(&house, "PeoplePermissions", &mut seen).await;
    assert_eq!(gist(&entry), json!(["USER", "Revoke", "AccessToken", []]));
    assert_eq!(entry["entity"]["id"], user);
    let token = house.new_token().await;
    let entry = news(&house, "PeoplePermissions", &mut seen).await;
    assert_eq!(gist(&entry), json!(["USER", "Create", "AccessToken", []]));
    assert_eq!((&entry["entity"]["id"], &entry["remoteIp"]), (&json!("simulator"), &json!(["127.0.0.1"])));
    assert_eq!(house.call_as(&token, Method::DELETE, "/api/v2/tokens/me", None).await.status(), 200);
    let entry = news(&house, "PeoplePermissions", &mut seen).await;
    assert_eq!((&entry["action"], &entry["entity"]["id"]), (&json!("Revoke"), &json!("simulator")));
    let (_, lead_id) = house.token_of_person(0).await;
    let entry = news(&house, "PeoplePermissions", &mut seen).await;
    assert_eq!((&entry["action"], &entry["user"]["id"]), (&json!("Create"), &json!(lead_id)));
    assert_eq!(entry["entity"]["id"], json!(lead_id));
}

#[tokio::test]
async fn one_change_of_a_group_is_told_in_three_entries_and_what_followed() {
    let house = House::open(quick(still())).await;
    let (lead, lead_id) = house.token_of_person(0).await;
    let mut group = None;
    for queue in house.all_pages("/api/v2/routing/queues").await {
        let whole = house.get(&format!("/api/v2/routing/queues/{}", text(&queue["id"]))).await;
        if let Some(serves) = whole["memberGroups"].as_array().and_then(|groups| groups.first()) {
            group = Some((text(&serves["id"]).to_owned(), text(&queue["id"]).to_owned()));
        }
    }
    let (group, queue) = group.expect("a group that serves a queue");
    let truth = house.truth().await;
    let path = format!("/api/v2/groups/{group}/members");
    let members = house.all_pages(&path).await;
    let is_outside = |agent: &&Value| {
        !agent["queueIds"].as_array().unwrap().contains(&json!(queue))
            && members.iter().all(|member| member["id"] != agent["id"])
    };
    let user = text(&truth["agents"].as_array().unwrap().iter().find(is_outside).unwrap()["id"]);
    let add = || Some(json!({ "memberIds": [user] }));
    assert_eq!(house.call_as(&lead, Method::POST, &path, add()).await.status(), 200);
    assert_eq!(house.call_as(&lead, Method::POST, &path, add()).await.status(), 200);
    let told = entries(&house, "Groups").await;
    let count = members.len();
    let (was, is) = (count.to_string(), (count + 1).to_string());
    let expected = [
        json!(["SYSTEM", "Update", "DirectoryGroup", changed("memberCount", &[&was], &[&is])]),
        json!(["USER", "Update", "DirectoryGroup", changed("individuals", &[], &[])]),
        json!([
            "USER",
            "Update",
            "DirectoryGroup",
            changed("group-membership", &[], &[&format!("[{user}]")])
        ]),
    ];
    assert_eq!(told.iter().map(gist).collect::<Vec<_>>(), expected);
    assert!(
        told.iter().all(|entry| entry["context"]["correlationId"] == told[0]["context"]["correlationId"])
    );
    assert_eq!((&told[0]["user"], &told[0]["remoteIp"]), (&json!({}), &json!([])));
    assert_eq!((&told[0]["client"], &told[0]["context"]["userid"]), (&json!({ "id": "" }), &json!(lead_id)));
    assert_eq!(told[2]["user"]["id"], lead_id);

    // All of one call, whichever of them is asked about.
    let sort = json!([{ "name": "Timestamp", "sortOrder": "ascending" }]);
    let related = house.post(RELATED, json!({ "auditId": told[1]["id"], "sort": sort })).await;
    let related = related["entities"].as_array().unwrap();
    assert_eq!(related[..3], told);
    assert!(related.len() > 3, "the queues that the group serves");
    let followed = &related[3..];
    assert!(followed.iter().all(|entry| entry["action"] == "MemberAdd" && entry["level"] == "SYSTEM"));
    assert!(followed.iter().any(|entry| entry["entity"]["id"] == json!(queue)));
    let last = house.post(&format!("{RELATED}?expand=user"), json!({ "auditId": followed[0]["id"] })).await;
    let last = last["entities"].as_array().unwrap();
    assert_eq!((last.len(), &last[last.len() - 1]["id"]), (related.len(), &told[0]["id"]));
    assert!(last[last.len() - 3]["user"]["name"].is_string());

    assert_eq!(house.call_as(&lead, Method::DELETE, &format!("{path}?ids={user}"), None).await.status(), 200);
    let told = entries(&house, "Groups").await;
    assert_eq!(told.len(), 6);
    assert_eq!(told[3]["propertyChanges"], changed("memberCount", &[&is], &[&was]));
    assert_eq!(told[5]["propertyChanges"], changed("group-membership", &[], &[&format!("[{user}]")]));
}
