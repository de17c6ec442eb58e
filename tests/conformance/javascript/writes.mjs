// Writes, each seen again in a read.

import assert from "node:assert/strict";
import { Client, UNKNOWN, refused } from "./client.mjs";

export async function run(client, context) {
  const user = (await client.users.getUsers({ pageSize: 5, pageNumber: 2 })).entities[0].id;
  const definitions = (await client.presence.getPresenceDefinitions0()).entities;
  for (const name of ["Busy", "Available"]) {
    const definition = definitions.find((is) => is.systemPresence === name && is.type === "System");
    const body = { presenceDefinition: { id: definition.id }, message: `for ${name}` };
    const answer = await client.presence.patchUserPresence(user, "PURECLOUD", body);
    assert.equal(answer.presenceDefinition.systemPresence, name);
    const read = await client.presence.getUserPresence(user, "purecloud");
    assert.deepEqual([read.presenceDefinition.id, read.message], [definition.id, `for ${name}`]);
  }
  const nothing = { presenceDefinition: { id: UNKNOWN } };
  await refused(client.presence.patchUserPresence(user, "PURECLOUD", nothing), 400);
  await refused(client.presence.patchUserPresence(UNKNOWN, "PURECLOUD", { message: "nobody" }), 404);
  await refused(client.users.putUserRoutingstatus(user, { status: "ASLEEP" }), 400);

  const other = await Client.signIn(context);
  await other.tokens.deleteTokensMe();
  await refused(other.users.getUsers(), 401);
}
