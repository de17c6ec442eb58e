// A user is changed with the version that was read; with an old one, or none, the change is refused.

import assert from "node:assert/strict";
import { refused } from "./client.mjs";

export async function run(client, { userId }) {
  const { users } = client;
  const { version } = await users.getUser(userId);
  const changed = await users.patchUser(userId, { version, title: "Changed by an SDK" });
  assert.equal(changed.title, "Changed by an SDK");
  await refused(users.patchUser(userId, { version, title: "Too late" }), 409, "general.conflict", "version");
  await refused(users.patchUser(userId, { title: "Blind" }), 400, "invalid.value", "version");
  assert.equal((await users.getUser(userId)).title, "Changed by an SDK");
}
