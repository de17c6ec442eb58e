// Teams and divisions.

import assert from "node:assert/strict";
import { UNKNOWN, refused } from "./client.mjs";

export async function run(client) {
  const divisions = (await client.authorization.getAuthorizationDivisions({ pageSize: 100 })).entities;
  assert.ok(divisions.some((division) => division.homeDivision));
  const team = (await client.teams.getTeams({ pageSize: 5 })).entities[0];
  assert.equal((await client.teams.getTeam(team.id)).name, team.name);
  assert.ok((await client.teams.getTeamMembers(team.id, { pageSize: 25 })).entities.length > 0);
  await refused(client.teams.getTeam(UNKNOWN), 404);
}
