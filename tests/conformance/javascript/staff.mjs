// People who join and leave: created, made inactive, deleted, brought back, and taken out of a team.

import assert from "node:assert/strict";
import { UNKNOWN, allPages, refused } from "./client.mjs";

export async function run(client) {
  const { users, teams, authorization } = client;
  const [division] = (await authorization.getAuthorizationDivisions()).entities;
  const who = { name: "Nora Newcomer", email: "nora.newcomer@example.com", divisionId: division.id, title: "Trainee" };
  const { id, state } = await users.postUsers(who);
  assert.equal(state, "active");
  assert.equal((await users.getUser(id)).title, "Trainee");
  await refused(users.postUsers(who), 409, "general.conflict", "email");
  await refused(users.postUsers({ ...who, email: "nobody" }), 400, "invalid.value", "email");

  await users.putUserState(id, { state: "inactive" });
  assert.equal((await users.getUserState(id)).state, "inactive");
  const listed = (state) => allPages((pageNumber) => users.getUsers({ pageSize: 40, pageNumber, state }));
  assert.ok(!(await listed("active")).some((user) => user.id === id));
  assert.ok((await listed("inactive")).some((user) => user.id === id));
  await users.deleteUser(id);
  assert.equal((await users.getUserState(id)).state, "deleted");
  assert.ok((await listed("deleted")).some((user) => user.id === id));
  await refused(users.putUserState(id, { state: "asleep" }), 400, "invalid.value", "state");
  await users.putUserState(id, { state: "active" });
  assert.equal((await users.getUser(id)).state, "active");
  await refused(users.deleteUser(UNKNOWN), 404, "not.found");

  const [team] = (await teams.getTeams()).entities;
  await teams.postTeamMembers(team.id, { memberIds: [id] });
  assert.equal((await users.getUser(id, { expand: ["team"] })).team.id, team.id);
  await teams.deleteTeamMembers(team.id, id);
  assert.equal((await users.getUser(id, { expand: ["team"] })).team, undefined);
  await users.deleteUser(id);
}
