// Teams: walked by cursors, and people taken in, where failures stand inside a success.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { UNKNOWN, allCursors, refused } from "./client.mjs";

const AT_ONCE = 50;

export async function run(client) {
  const { teams } = client;
  const all = await allCursors((after) => teams.getTeams({ pageSize: 2, after }), "after");
  const [team, ...others] = all;
  assert.equal((await teams.getTeam(team.id)).name, team.name);
  const membersOf = (id) => allCursors((after) => teams.getTeamMembers(id, { pageSize: 5, after }), "after");
  const members = await membersOf(team.id);
  assert.equal(members.length, team.memberCount);
  await refused(teams.getTeam(UNKNOWN), 404);
  await refused(teams.getTeams({ after: "no-cursor" }), 400, "invalid.value", "cursor");

  const [newcomer] = await membersOf(others[0].id);
  const memberIds = [newcomer.id, UNKNOWN];
  const { entities = [], failures } = await teams.postTeamMembers(team.id, { memberIds });
  assert.equal(entities.length + failures.length, 2);
  assert.ok(failures.some((failure) => failure.id === UNKNOWN && failure.reason));
  const many = { memberIds: Array.from({ length: AT_ONCE + 1 }, () => randomUUID()) };
  await refused(teams.postTeamMembers(team.id, many), 400, "bad.request", "memberIds");
}
