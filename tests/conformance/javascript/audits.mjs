// The audit log: who changed what. A query that is asked for, waited for and read to the end; one that is
// answered at once; and what they refuse.

import assert from "node:assert/strict";
import { UNKNOWN, allPages, eventually, refused, untilShort } from "./client.mjs";

const USERS = 3;

export async function run(client, { id: clientId }) {
  const { audit, routing, users } = client;
  const clock = async () => Date.parse((await client.utilities.getDate()).currentDate);
  const since = async (hours) => {
    const now = await clock();
    // An interval does not include its end.
    return `${new Date(now - hours * 3_600_000).toISOString()}/${new Date(now + 1_000).toISOString()}`;
  };

  // What is looked for: some join a queue and leave it again.
  const queue = (await routing.getRoutingQueues({ pageSize: 1 })).entities[0].id;
  const members = await untilShort(100, (pageNumber) =>
    routing.getRoutingQueueMembers(queue, { pageSize: 100, pageNumber }));
  const everybody = await allPages((pageNumber) => users.getUsers({ pageSize: 100, pageNumber }));
  const strangers = everybody.filter((user) => members.every((member) => member.id !== user.id));
  const newcomers = strangers.slice(0, USERS).map(({ id }) => ({ id }));
  assert.equal(newcomers.length, USERS);
  await routing.postRoutingQueueMembers(queue, newcomers);
  await routing.postRoutingQueueMembers(queue, newcomers, { _delete: true });

  const ask = async (body) => {
    const { id } = await audit.postAuditsQuery(body);
    await eventually("the query is done", async () => (await audit.getAuditsQueryTransactionId(id)).state === "Succeeded");
    const entities = [];
    for (let cursor; ;) {
      const page = await audit.getAuditsQueryTransactionIdResults(id, { pageSize: 2, cursor, expand: ["user"] });
      assert.equal(page.id, id);
      assert.ok(page.entities.length <= 2);
      entities.push(...page.entities);
      ({ cursor } = page);
      if (!cursor) return entities;
    }
  };
  const filters = [{ property: "EntityType", value: "Queue" }, { property: "EntityId", value: queue }];
  const of = (action) => [...filters, { property: "Action", value: action }];
  const interval = await since(1);
  const added = await ask({ interval, serviceName: "ContactCenter", filters: of("MemberAdd") });
  for (const { id } of newcomers) {
    const theirs = added.filter((entry) => entry.propertyChanges.some((change) => change.property.includes(id)));
    assert.equal(theirs.length, 1, `one entry tells of ${id}`);
    assert.deepEqual([theirs[0].entity.id, theirs[0].client.id, theirs[0].action], [queue, clientId, "MemberAdd"]);
    assert.ok(theirs[0].eventDate instanceof Date || !Number.isNaN(Date.parse(theirs[0].eventDate)));
  }
  const sort = [{ name: "Timestamp", sortOrder: "ascending" }];
  const all = await ask({ interval, serviceName: "ContactCenter", filters, sort });
  const dates = all.map((entry) => Date.parse(entry.eventDate));
  assert.deepEqual(dates, dates.toSorted((a, b) => a - b));
  assert.ok(all.length >= 2 * USERS);
  assert.deepEqual(await ask({ interval, serviceName: "Presence" }), []);

  // The same at once.
  const removed = await allPages((pageNumber) =>
    audit.postAuditsQueryRealtime({ interval, serviceName: "ContactCenter", filters: of("MemberRemove"), pageSize: 2, pageNumber }));
  assert.ok(removed.length >= USERS);
  const related = (await audit.postAuditsQueryRealtimeRelated({ auditId: removed[0].id })).entities;
  assert.ok(related.length >= USERS && related.some((entry) => entry.id === removed[0].id));
  for (const mapping of [await audit.getAuditsQueryServicemapping(), await audit.getAuditsQueryRealtimeServicemapping()]) {
    const service = mapping.services.find((is) => is.name === "ContactCenter");
    const entity = service.entities.find((is) => is.name === "Queue");
    assert.ok(entity.actions.includes("MemberAdd"));
  }

  await refused(audit.getAuditsQueryTransactionId(UNKNOWN), 404);
  await refused(audit.getAuditsQueryTransactionIdResults(UNKNOWN), 404);
  await refused(audit.postAuditsQueryRealtimeRelated({ auditId: UNKNOWN }), 404);
  await refused(audit.postAuditsQuery({ interval: "yesterday" }), 400);
  await refused(audit.postAuditsQuery({ interval: await since(31 * 24) }), 400);
  await refused(audit.postAuditsQuery({ interval, serviceName: "NoService" }), 400);
  await refused(audit.postAuditsQueryRealtime({ interval: await since(15 * 24) }), 400);
}
