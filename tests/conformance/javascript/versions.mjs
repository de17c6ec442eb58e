// A user is changed with the version that was read; with an old one the change is refused.

import assert from "node:assert/strict";
import { refused } from "./client.mjs";

export async function run(client, { userId }) {
  const { users } = client;
  const { version } = await users.getUser(userId);
  const changed = await users.patchUser(userId, { version, title: "Changed by an SDK" });
  assert.equal(changed.title, "Changed by an SDK");
  await refused(users.patchUser(userId, { version, title: "Too late" }), 409);
}
