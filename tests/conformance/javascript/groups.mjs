// Groups: who is in them, added under the version that was read, and removed.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { UNKNOWN, allPages, refused } from "./client.mjs";

const AT_ONCE = 50;

export async function run(client) {
  const { groups, users } = client;
  const all = await allPages((pageNumber) => groups.getGroups({ pageSize: 2, pageNumber }));
  const { id, name } = all[0];
  assert.equal((await groups.getGroup(id)).name, name);
  const members = async () =>
    (await allPages((pageNumber) => groups.getGroupMembers(id, { pageSize: 2, pageNumber }))).map((user) => user.id);
  const before = await members();
  const individuals = (await groups.getGroupIndividuals(id)).entities.map((user) => user.id);
  assert.deepEqual(individuals.sort(), [...before].sort());

  const everybody = await allPages((pageNumber) => users.getUsers({ pageSize: 100, pageNumber }));
  const memberIds = everybody.map((user) => user.id).filter((user) => !before.includes(user)).slice(0, 2);
  const { version } = await groups.getGroup(id);
  const changed = await groups.postGroupMembers(id, { memberIds, version });
  assert.equal(changed.memberCount, before.length + 2);
  assert.ok(changed.version > version);
  await refused(groups.postGroupMembers(id, { memberIds, version }), 409, "general.conflict", "version");
  await groups.deleteGroupMembers(id, memberIds.join(","));
  assert.deepEqual(await members(), before);

  const many = { memberIds: Array.from({ length: AT_ONCE + 1 }, () => randomUUID()) };
  await refused(groups.postGroupMembers(id, many), 400, "bad.request", `${AT_ONCE}`);
  await refused(groups.postGroupMembers(id, { memberIds: [UNKNOWN] }), 400, "invalid.value", UNKNOWN);
}
