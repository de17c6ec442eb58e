// People as a directory knows them: found by cursor and by what they are, and out of office.

import assert from "node:assert/strict";
import { UNKNOWN, allCursors, allPages, refused } from "./client.mjs";

export async function run(client, { userId }) {
  const { users } = client;
  const everybody = await allPages((pageNumber) => users.getUsers({ pageSize: 40, pageNumber }));
  const query = (options) => users.getUsersQuery({ pageSize: 25, ...options });
  const queried = await allCursors((cursor) => query({ cursor }), "cursor", (page) => page.cursor);
  const ids = (list) => list.map((user) => user.id).sort();
  assert.deepEqual(ids(queried), ids(everybody));
  await refused(query({ cursor: "no-cursor" }), 400, "invalid.value", "cursor");
  await refused(query({ state: "asleep" }), 400, "invalid.value", "state");

  const search = (criteria, pageNumber = 1) =>
    users.postUsersSearch({ pageSize: 25, pageNumber, sortBy: "email", query: criteria });
  const found = await allPages((pageNumber) => search([{ type: "MATCH_ALL" }], pageNumber), (page) => page.results);
  assert.deepEqual(ids(found), ids(everybody));
  const { email } = everybody[3];
  const [one] = (await search([{ type: "EXACT", fields: ["email"], value: email }])).results;
  assert.equal(one.id, everybody[3].id);
  assert.equal((await search([{ type: "EXACT", fields: ["email"], value: "nobody" }])).total, 0);
  await refused(search([{ type: "LIKE", fields: ["name"], value: "a" }]), 400, "invalid.value", "type");
  await refused(search([{ type: "EXACT", fields: ["shoeSize"], value: "a" }]), 400, "invalid.value", "shoeSize");

  await users.putUserOutofoffice(userId, { active: true, indefinite: true });
  assert.equal((await users.getUserOutofoffice(userId)).active, true);
  const { outOfOffice } = await users.getUser(userId, { expand: ["outOfOffice"] });
  assert.equal(outOfOffice.active, true);
  const [startDate, endDate] = ["2026-02-02T00:00:00.000Z", "2026-02-01T00:00:00.000Z"];
  const backwards = users.putUserOutofoffice(userId, { active: true, startDate, endDate });
  await refused(backwards, 400, "invalid.value", "endDate");
  await users.putUserOutofoffice(userId, { active: false });
  assert.equal((await users.getUserOutofoffice(userId)).active, false);
  await refused(users.getUserOutofoffice(UNKNOWN), 404, "not.found");
}
