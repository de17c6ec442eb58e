// Writes at the proxy: answered as Genesys answers them, refused by Rollcall's own rules.

import assert from "node:assert/strict";
import { UNKNOWN, refused } from "./client.mjs";

export async function run({ presence, users }) {
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
