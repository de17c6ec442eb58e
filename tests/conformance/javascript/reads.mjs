// What a wall reads: users, presences, definitions, queues, members, observations, topics.

import assert from "node:assert/strict";
import { allPages, untilShort } from "./client.mjs";

export async function run(client, { tell }) {
  const expand = ["presence", "routingStatus"];
  const users = await allPages((pageNumber) => client.users.getUsers({ pageSize: 25, pageNumber, expand }));
  tell("users", users.map((user) => ({
    id: user.id,
    name: user.name,
    systemPresence: user.presence.presenceDefinition.systemPresence,
    routingStatus: user.routingStatus.status,
  })));
  const ids = users.slice(0, 2).map((user) => user.id);
  const two = await client.users.getUsers({ id: ids });
  assert.deepEqual(two.entities.map((user) => user.id).sort(), [...ids].sort(), "ids, joined as the SDK does");
  const one = await client.users.getUser(ids[0], { expand });
  assert.equal(one.name, users[0].name);
  assert.ok(one.presence && one.routingStatus);

  const definitions = (await client.presence.getPresenceDefinitions0()).entities;
  tell("definitions", definitions.length);
  const presence = await client.presence.getUserPresence(ids[0], "purecloud");
  assert.equal(presence.source, "PURECLOUD");
  assert.ok(definitions.some((definition) => definition.id === presence.presenceDefinition.id));

  const queues = await allPages((pageNumber) => client.routing.getRoutingQueues({ pageSize: 3, pageNumber }));
  tell("queues", queues.length);
  assert.equal((await client.routing.getRoutingQueue(queues[0].id)).name, queues[0].name);
  const members = await untilShort(5, (pageNumber) =>
    client.routing.getRoutingQueueMembers(queues[0].id, { pageSize: 5, pageNumber }));
  tell("members", members.length);

  const observations = await client.analytics.postAnalyticsQueuesObservationsQuery({
    filter: {
      type: "or",
      predicates: queues.map((queue) => ({
        type: "dimension",
        dimension: "queueId",
        operator: "matches",
        value: queue.id,
      })),
    },
    metrics: ["oWaiting", "oInteracting", "oOnQueueUsers", "oUserPresences"],
  });
  tell("observations", observations.results.length);

  const topics = await client.notifications.getNotificationsAvailabletopics({ expand: ["description"] });
  assert.ok(topics.entities.some((topic) => topic.id === "v2.users.{id}.presence"));
}
