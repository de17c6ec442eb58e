// What an organisation has set up once, and the addresses under which answers name themselves.

import assert from "node:assert/strict";
import { UNKNOWN, allPages, refused } from "./client.mjs";

export async function run(client, { userId }) {
  const { presence, routing, users, utilities, workforce } = client;
  assert.equal((await presence.getPresenceSettings()).restorePresenceSettings.enabled, false);
  const { entities: sources } = await presence.getPresenceSources();
  const primary = await presence.getPresenceUserPrimarysource(userId);
  assert.equal(primary.sourceId, sources[0].id);
  const { presenceDefinition } = await presence.getUserPresence(userId, "PURECLOUD");
  const old = await presence.getPresencedefinition(presenceDefinition.id);
  assert.equal(old.id, presenceDefinition.id);
  await refused(presence.getPresencedefinition(UNKNOWN), 404, "not.found");

  const { utilization } = await routing.getRoutingUtilization();
  assert.ok(Object.values(utilization).every((medium) => medium.maximumCapacity === 1));
  assert.equal((await routing.getRoutingUserUtilization(userId)).level, "Organization");
  const zones = await allPages((pageNumber) => utilities.getTimezones({ pageSize: 200, pageNumber }));
  assert.ok(zones.some((zone) => zone.id === "Europe/Berlin"));

  const { email } = await users.getUser(userId);
  const q64 = (search) => Buffer.from(JSON.stringify(search)).toString("base64");
  const query = [{ type: "EXACT", fields: ["email"], value: email }];
  const { results } = await users.getUsersSearch(q64({ query }));
  assert.deepEqual(results.map((user) => user.id), [userId]);
  await refused(users.getUsersSearch("not base64"), 400, "invalid.value", "q64");

  const [unit] = (await workforce.getWorkforcemanagementBusinessunits()).entities;
  const { entities: codes } = await workforce.getWorkforcemanagementBusinessunitActivitycodes(unit.id);
  const code = await workforce.getWorkforcemanagementBusinessunitActivitycode(unit.id, codes[0].id);
  assert.equal(code.name, codes[0].name);
}
