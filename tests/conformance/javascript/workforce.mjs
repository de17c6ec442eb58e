// Units, schedules and adherence: of this moment, and of the past by a report that is fetched.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { UNKNOWN, allPages, refused } from "./client.mjs";

const DAY_MS = 24 * 3_600_000;

export async function run(client, { pass }) {
  const { workforce } = client;
  const business = (await workforce.getWorkforcemanagementBusinessunits()).entities[0].id;
  const whole = await workforce.getWorkforcemanagementBusinessunit(business, { expand: ["settings"] });
  assert.ok(whole.settings.timeZone);
  const codes = (await workforce.getWorkforcemanagementBusinessunitActivitycodes(business)).entities;
  assert.ok(codes.some((code) => code.category === "OnQueueWork"));
  const units = await allPages((pageNumber) =>
    workforce.getWorkforcemanagementManagementunits({ pageSize: 3, pageNumber }));
  const own = (await workforce.getWorkforcemanagementBusinessunitManagementunits(business)).entities;
  const unit = own[0].id;
  assert.ok(units.some((is) => is.id === unit));
  assert.equal((await workforce.getWorkforcemanagementManagementunit(unit)).businessUnit.id, business);
  const old = (await workforce.getWorkforcemanagementManagementunitActivitycodes(unit)).activityCodes;
  assert.deepEqual(Object.keys(old).sort(), codes.map((code) => code.id).sort());
  const agents = (await workforce.getWorkforcemanagementManagementunitUsers(unit)).entities.map((is) => is.id);
  const of = await workforce.getWorkforcemanagementAgentManagementunit(agents[0]);
  assert.equal(of.managementUnit.id, unit);

  await adherence(workforce, unit, agents);
  const now = Date.parse((await client.utilities.getDate()).currentDate);
  const days = { startDate: new Date(now - DAY_MS).toISOString(), endDate: new Date(now + DAY_MS).toISOString() };
  await schedules(workforce, business, unit, { ...days, userIds: agents.slice(0, 2) });
  const past = { ...days, endDate: new Date(now).toISOString() };
  await history(workforce, unit, past, pass);
  await olderForms(workforce, unit, agents[0], past, pass);
}

// Reports about one unit and about one team: one address for both when they are ready.
async function olderForms(workforce, unit, agent, { startDate, endDate }, pass) {
  const question = { startDate, endDate, timeZone: "Europe/Berlin", includeExceptions: true, userIds: [agent] };
  const ofUnit = await workforce.postWorkforcemanagementManagementunitHistoricaladherencequery(unit, question);
  const [{ team }] = await workforce.getWorkforcemanagementAdherence([agent]);
  const ofTeam = await workforce.postWorkforcemanagementTeamAdherenceHistorical(team.id, question);
  await pass(5);
  for (const { id } of [ofUnit, ofTeam]) {
    const { queryState, downloadUrl } = await workforce.getWorkforcemanagementAdherenceHistoricalJob(id);
    assert.equal(queryState, "Complete");
    assert.ok((await download(downloadUrl)).data.length === 1);
  }
}

async function adherence(workforce, unit, agents) {
  const ids = agents.slice(0, 2);
  const two = await workforce.getWorkforcemanagementAdherence(ids);
  assert.deepEqual(two.map((is) => is.user.id).sort(), [...ids].sort());
  const strangers = Array.from({ length: 101 }, () => randomUUID());
  await refused(workforce.getWorkforcemanagementAdherence(strangers), 400, "max.user.ids", "userId");
  await refused(workforce.getWorkforcemanagementAdherence([]), 400, "no.user.ids.specified", "userId");

  const all = (await workforce.getWorkforcemanagementManagementunitAdherence(unit)).entities;
  assert.deepEqual(all.map((is) => is.user.id).sort(), [...agents].sort());
  const forced = await workforce.getWorkforcemanagementManagementunitAdherence(unit, { forceDownloadService: true });
  assert.equal((await download(forced.downloadUrl)).entities.length, agents.length);
  const team = all[0].team.id;
  const ofTeam = (await workforce.getWorkforcemanagementTeamAdherence(team)).entities;
  assert.ok(ofTeam.length > 0 && ofTeam.every((is) => is.team.id === team));
}

async function schedules(workforce, business, unit, body) {
  const ofBusiness = (options) =>
    workforce.postWorkforcemanagementBusinessunitAgentschedulesSearch(business, body, options);
  const ofUnit = (options) =>
    workforce.postWorkforcemanagementManagementunitAgentschedulesSearch(unit, body, options);
  const { status, result } = await ofUnit();
  assert.equal(status, "Complete");
  assert.deepEqual(result.agentSchedules.map((is) => is.user.id).sort(), [...body.userIds].sort());
  assert.deepEqual((await ofBusiness()).result.agentSchedules, result.agentSchedules);
  const forced = await ofUnit({ forceDownloadService: true });
  assert.equal(forced.result, undefined);
  assert.deepEqual((await download(forced.downloadUrl)).agentSchedules, result.agentSchedules);
  assert.equal((await ofBusiness({ forceAsync: true })).status, "Processing");
  const search = (unknown) => workforce.postWorkforcemanagementBusinessunitAgentschedulesSearch(unknown, body);
  await refused(search(UNKNOWN), 404);
  const backwards = { ...body, endDate: body.startDate };
  const call = workforce.postWorkforcemanagementManagementunitAgentschedulesSearch(unit, backwards);
  await refused(call, 400, "invalid.value", "endDate");
  await refused(workforce.postWorkforcemanagementAgentschedulesMine(body), 400);
}

async function history(workforce, unit, { startDate, endDate }, pass) {
  const item = { managementUnitId: unit, startDate, endDate, includeExceptions: true };
  const order = (items, timeZone = "Europe/Berlin") =>
    workforce.postWorkforcemanagementAdherenceHistoricalBulk({ items, timeZone });
  const { job } = await order([item]);
  assert.equal(job.status, "Processing");
  await pass(5);
  const answer = await workforce.getWorkforcemanagementAdherenceHistoricalBulkJob(job.id);
  assert.equal(answer.job.status, "Complete");
  const report = await download(answer.downloadUrls[0]);
  assert.ok(report.userResults.length > 0 && report.userResults.every((is) => is.dayMetrics.length > 0));
  await refused(order([item], "Europe/Nowhere"), 400, "invalid.value", "timeZone");
  await refused(order([]), 400, "invalid.value", "items");
  await refused(order([{ ...item, managementUnitId: UNKNOWN }]), 404);
}

// Addresses of downloads are signed by themselves, and go without a token.
async function download(url) {
  const response = await fetch(url);
  assert.equal(response.status, 200);
  return response.json();
}
