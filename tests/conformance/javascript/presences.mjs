// What stands around presences: sources, old lists, presences told from outside; and routing status.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { UNKNOWN, allPages, refused } from "./client.mjs";

export async function run(client, { userId, pass }) {
  const { events, presence, users } = client;
  const definitions = (await presence.getPresenceDefinitions0()).entities;
  const old = await allPages((pageNumber) => presence.getPresencedefinitions({ pageSize: 5, pageNumber }));
  assert.deepEqual(old.map((is) => is.id).sort(), definitions.map((is) => is.id).sort());
  assert.ok(old.every((is) => is.type === undefined), "the old list has no type");
  const system = (await presence.getSystempresences()).map((is) => is.name);
  assert.ok(system.includes("On Queue") && system.length === 10);
  assert.ok(definitions.some((is) => is.systemPresence === "OnQueue"), "and the new one spells it otherwise");

  const sources = (await presence.getPresenceSources()).entities;
  const outside = sources.find((source) => source.type === "User");
  assert.equal((await presence.getPresenceSource(outside.id)).name, outside.name);
  const [told] = await presence.getUsersPresenceBulk("PURECLOUD", { id: [userId] });
  assert.equal(told.userId, userId);

  const of = (name) => definitions.find((is) => is.systemPresence === name && is.type === "System").id;
  await presence.patchUserPresencesPurecloud(userId, { presenceDefinition: { id: of("Meeting") } });
  const is = await presence.getUserPresencesPurecloud(userId);
  assert.equal(is.presenceDefinition.id, of("Meeting"));
  await refused(presence.patchUserPresencesPurecloud(userId, {}), 400, "bad.request", "presenceDefinition");
  const long = { message: "x".repeat(1_001) };
  await refused(presence.patchUserPresencesPurecloud(userId, long), 400, "invalid.value", "message");

  // Told from outside; what could not be taken stands among the errors of a success.
  const event = (user) => ({
    eventId: randomUUID(),
    eventDateTime: new Date().toISOString(),
    userId: user,
    sourceId: outside.id,
    presenceDefinitionId: of("Training"),
  });
  const [good, bad] = [event(userId), event(UNKNOWN)];
  const { errors } = await events.postEventsUsersPresence({ userPresenceEvents: [good, bad] });
  assert.deepEqual(errors.map((error) => [error.eventId, error.retryable]), [[bad.eventId, false]]);
  const now = await presence.getUserPresence(userId, "purecloud");
  assert.equal(now.presenceDefinition.id, of("Training"));

  // Whoever does not answer is asked back by hand; nothing else can be set.
  const silent = await somebodySilent(users, pass);
  await users.putUserRoutingstatus(silent, { status: "IDLE" });
  assert.notEqual((await users.getUserRoutingstatus(silent)).status, "NOT_RESPONDING");
  const another = await somebodySilent(users, pass);
  const userRoutingStatusEvents = [another, UNKNOWN].map((agentId) => ({
    eventId: randomUUID(),
    eventDateTime: new Date().toISOString(),
    agentId,
    status: "Idle",
    sourceId: outside.id,
  }));
  const answer = await events.postEventsUsersRoutingstatus({ userRoutingStatusEvents });
  assert.deepEqual(answer.errors.map((error) => error.eventId), [userRoutingStatusEvents[1].eventId]);
  assert.notEqual((await users.getUserRoutingstatus(another)).status, "NOT_RESPONDING");
  await refused(users.putUserRoutingstatus(userId, { status: "INTERACTING" }), 400, "general.bad.request", "IDLE");
  await refused(users.putUserRoutingstatus(userId, { status: "ASLEEP" }), 400, "invalid.value", "status");
}

// A user whose telephone rings unheard at this moment.
async function somebodySilent(users, pass) {
  for (let tries = 0; tries < 200; tries += 1) {
    const { entities } = await users.getUsers({ pageSize: 100, expand: ["routingStatus"] });
    const silent = entities.find((user) => user.routingStatus.status === "NOT_RESPONDING");
    if (silent) return silent.id;
    await pass(20);
  }
  return assert.fail("everybody answers");
}
