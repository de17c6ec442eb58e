// Writes at the proxy: answered as Genesys answers them, refused by Rollcall's own rules.

import assert from "node:assert/strict";
import { UNKNOWN, refused } from "./client.mjs";

export async function run(client) {
  await presences(client);
  await routingStatus(client);
  await skills(client);
}

async function presences({ presence, users }) {
  const { entities } = await users.getUsers({ pageSize: 100, expand: ["routingStatus", "conversationSummary"] });
  const wrapsUp = ({ conversationSummary }) => Object.values(conversationSummary).some((media) => media.contactCenter?.acw > 0);
  const free = entities.filter((user) => user.routingStatus.status === "IDLE" && !wrapsUp(user)).map((user) => user.id);
  const busy = entities.find((user) => user.routingStatus.status === "INTERACTING").id;
  const definitions = (await presence.getPresenceDefinitions0()).entities;
  const of = (name) => definitions.find((is) => is.systemPresence === name && is.type === "System").id;

  const set = await presence.patchUserPresencesPurecloud(free[0], { presenceDefinition: { id: of("Meeting") }, message: "with the team" });
  assert.deepEqual([set.presenceDefinition.id, set.presenceDefinition.systemPresence, set.message], [of("Meeting"), "Meeting", "with the team"]);
  assert.equal(set.changed, true);
  const again = await presence.patchUserPresencesPurecloud(free[0], { presenceDefinition: { id: of("Meeting") } });
  assert.deepEqual([again.changed, again.modifiedDate], [false, set.modifiedDate]);

  const patch = (id, body) => presence.patchUserPresencesPurecloud(id, body);
  await refused(patch(busy, { presenceDefinition: { id: of("Busy") } }), 409, "agent.busy", "conversation");
  await refused(patch(free[1], { presenceDefinition: { id: of("Away") } }), 400, "presence.reason.missing", "reason");
  await refused(patch(free[1], {}), 400, "bad.request", "presenceDefinition");
  await refused(patch(UNKNOWN, { presenceDefinition: { id: of("Busy") } }), 404, "user.unknown", UNKNOWN);

  const ids = free.slice(1, 4);
  const bulk = await presence.putUsersPresencesBulk(ids.map((id) => ({ id, source: "PURECLOUD", presenceDefinition: { id: of("Training") } })));
  assert.deepEqual(bulk.map((is) => [is.id, is.presenceDefinition.id]), ids.map((id) => [id, of("Training")]));
  const some = [free[4], busy].map((id) => ({ id, presenceDefinition: { id: of("Meal") } }));
  await refused(presence.putUsersPresencesBulk(some), 409, "agent.busy", "1 of 2");
  assert.equal((await presence.patchUserPresencesPurecloud(free[4], { presenceDefinition: { id: of("Meal") } })).changed, false);
  await refused(presence.putUsersPresencesBulk(Array.from({ length: 51 }, () => some[0])), 400, "max.user.ids");
  await refused(presence.putUsersPresencesBulk([{ presenceDefinition: { id: of("Meal") } }]), 400, "bad.request", "id");
}

async function routingStatus({ users }) {
  const { entities } = await users.getUsers({ pageSize: 100, expand: ["routingStatus"] });
  const idle = entities.find((user) => user.routingStatus.status === "IDLE").id;
  assert.equal((await users.getUserRoutingstatus(idle)).status, "IDLE");
  const set = await users.putUserRoutingstatus(idle, { status: "IDLE" });
  assert.deepEqual([set.status, set.userId, set.changed], ["IDLE", idle, false]);
  await refused(users.putUserRoutingstatus(idle, { status: "INTERACTING" }), 400, "routing.status.not.settable", "IDLE");
  await refused(users.putUserRoutingstatus(idle, { status: "OFF_QUEUE" }), 409, "routing.status.transition", "NOT_RESPONDING");
}

async function skills({ users }) {
  const { entities } = await users.getUsers({ pageSize: 100 });
  const listed = async (id) => (await users.getUserRoutingskills(id, { pageSize: 100 })).entities;
  const lists = await Promise.all(entities.slice(0, 20).map(async ({ id }) => ({ id, skills: await listed(id) })));
  const { id, skills: held } = lists.find(({ skills }) => skills.length >= 2);
  const known = lists.flatMap(({ skills }) => skills.map((skill) => skill.id));
  const other = known.find((skill) => held.every((is) => is.id !== skill));
  const [first] = held;

  const off = await users.putUserRoutingskill(id, first.id, { id: first.id, proficiency: first.proficiency, state: "inactive" });
  assert.deepEqual([off.id, off.state, off.changed], [first.id, "inactive", true]);
  const added = await users.patchUserRoutingskillsBulk(id, [{ id: other, proficiency: 2.5 }]);
  assert.deepEqual([added.total, added.changed], [held.length + 1, true]);
  const all = await users.putUserRoutingskillsBulk(id, [{ id: other, proficiency: 4 }]);
  assert.deepEqual(all.entities.map((skill) => [skill.id, skill.proficiency]), [[other, 4]]);
  assert.deepEqual((await listed(id)).map((skill) => skill.id), [other]);

  await refused(users.putUserRoutingskill(id, first.id, { id: first.id, proficiency: 1 }), 404, "skill.not.held", first.id);
  await refused(users.putUserRoutingskillsBulk(id, [{ id: UNKNOWN, proficiency: 1 }]), 400, "skill.unknown", UNKNOWN);
  await refused(users.patchUserRoutingskillsBulk(id, [{ id: other, proficiency: 6 }]), 400, "skill.proficiency", "5");
  const many = Array.from({ length: 51 }, (_, at) => ({ id: `skill-${at}`, proficiency: 1 }));
  await refused(users.patchUserRoutingskillsBulk(id, many), 400, "skills.too.many", "50");
}
