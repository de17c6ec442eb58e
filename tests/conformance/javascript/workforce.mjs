// Units, schedules and adherence.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { UNKNOWN, refused } from "./client.mjs";

export async function run(client) {
  const { workforce } = client;
  const business = (await workforce.getWorkforcemanagementBusinessunits()).entities[0].id;
  const codes = await workforce.getWorkforcemanagementBusinessunitActivitycodes(business);
  assert.ok(codes.entities.length > 0);
  const unit = (await workforce.getWorkforcemanagementManagementunits()).entities[0].id;
  const agents = (await workforce.getWorkforcemanagementManagementunitUsers(unit)).entities;
  const ids = agents.slice(0, 2).map((agent) => agent.id);
  const adherence = await workforce.getWorkforcemanagementAdherence(ids);
  assert.deepEqual(adherence.map((is) => is.user.id).sort(), [...ids].sort());
  const strangers = Array.from({ length: 101 }, () => randomUUID());
  await refused(workforce.getWorkforcemanagementAdherence(strangers), 400, "max.user.ids");

  const now = Date.parse((await client.utilities.getDate()).currentDate);
  const day = 24 * 3_600_000;
  const body = {
    startDate: new Date(now - day).toISOString(),
    endDate: new Date(now + day).toISOString(),
    userIds: ids,
  };
  const found = await workforce.postWorkforcemanagementBusinessunitAgentschedulesSearch(business, body);
  assert.ok(found.result.agentSchedules.length > 0);
  await refused(workforce.postWorkforcemanagementBusinessunitAgentschedulesSearch(UNKNOWN, body), 404);
}
