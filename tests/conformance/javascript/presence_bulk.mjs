// Presences of many users in one call, read and written.

import assert from "node:assert/strict";
import { refused } from "./client.mjs";

const AT_ONCE = 50;

export async function run(client) {
  const { presence, users } = client;
  const ids = (await users.getUsers({ pageSize: 2, pageNumber: 3 })).entities.map((user) => user.id);
  const definitions = (await presence.getPresenceDefinitions0()).entities;
  const busy = definitions.find((is) => is.systemPresence === "Busy" && is.type === "System").id;
  await presence.putUsersPresencesBulk(
    ids.map((id) => ({ id, source: "PURECLOUD", presenceDefinition: { id: busy }, message: "in bulk" })),
  );
  const read = await presence.getUsersPresencesPurecloudBulk({ id: ids });
  assert.deepEqual(read.map((is) => [is.presenceDefinition.id, is.message]), ids.map(() => [busy, "in bulk"]));
  const many = Array.from({ length: AT_ONCE + 1 }, (_, index) => ids[index % ids.length]);
  await refused(presence.getUsersPresencesPurecloudBulk({ id: many }), 400);
}
