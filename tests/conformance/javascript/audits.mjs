// An audit query, asked for, waited for and read to the end.

import assert from "node:assert/strict";
import { UNKNOWN, eventually, refused } from "./client.mjs";

export async function run(client) {
  const { audit } = client;
  const now = Date.parse((await client.utilities.getDate()).currentDate);
  const interval = `${new Date(now - 3_600_000).toISOString()}/${new Date(now).toISOString()}`;
  const { id } = await audit.postAuditsQuery({ interval, serviceName: "Presence" });
  await eventually("the query is done", async () => (await audit.getAuditsQueryTransactionId(id)).state === "Succeeded");
  for (let cursor; ;) {
    const page = await audit.getAuditsQueryTransactionIdResults(id, { pageSize: 25, cursor });
    assert.ok(page.entities.length <= 25);
    ({ cursor } = page);
    if (!cursor) break;
  }
  await refused(audit.getAuditsQueryTransactionId(UNKNOWN), 404);
}
