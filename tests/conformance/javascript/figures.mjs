// Analytics beside the observations: who does what now, and what was done in half hours.

import assert from "node:assert/strict";
import { refused } from "./client.mjs";

export async function run(client, { userId }) {
  const { analytics } = client;
  const now = Date.parse((await client.utilities.getDate()).currentDate);
  const interval = `${new Date(now - 3_600_000).toISOString()}/${new Date(now).toISOString()}`;
  const details = await analytics.postAnalyticsUsersDetailsQuery({
    interval,
    userFilters: [{ type: "or", predicates: [{ dimension: "userId", value: userId }] }],
    paging: { pageSize: 25, pageNumber: 1 },
  });
  assert.deepEqual(details.userDetails.map((is) => is.userId), [userId]);
  assert.equal((await analytics.getAnalyticsAgentStatus(userId)).userId, userId);
  await refused(analytics.postAnalyticsUsersDetailsQuery({ interval: "yesterday" }), 400);
}
