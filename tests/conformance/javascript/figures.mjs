// Analytics about people: who is where, what they do now, and what they did in half hours.

import assert from "node:assert/strict";
import { allPages, lastHour, refused, untilShort } from "./client.mjs";

const byUser = (value) => ({ type: "or", predicates: [{ dimension: "userId", value }] });

export async function run(client, { userId }) {
  const { analytics, users } = client;
  const everybody = await allPages((pageNumber) => users.getUsers({ pageSize: 100, pageNumber }));
  const interval = await lastHour(client);

  const details = { interval, userFilters: [byUser(userId)], paging: { pageSize: 25, pageNumber: 1 } };
  const mine = (await analytics.postAnalyticsUsersDetailsQuery(details)).userDetails;
  assert.deepEqual(mine.map((is) => is.userId), [userId]);
  const all = new Set();
  for (let pageNumber = 1; ; pageNumber += 1) {
    const paging = { pageSize: 50, pageNumber };
    const page = await analytics.postAnalyticsUsersDetailsQuery({ interval, paging });
    (page.userDetails ?? []).forEach((is) => all.add(is.userId));
    // Pages can be short, so that only the number of hits tells the end.
    if (pageNumber * 50 >= page.totalHits) break;
  }
  assert.equal(all.size, everybody.length);
  await refused(analytics.postAnalyticsUsersDetailsQuery({ interval: "yesterday" }), 400, undefined, "interval");
  const large = { interval, paging: { pageSize: 101, pageNumber: 1 } };
  await refused(analytics.postAnalyticsUsersDetailsQuery(large), 400, "invalid.value", "pageSize");

  const aggregates = { interval, groupBy: ["userId"], metrics: ["tSystemPresence"], filter: byUser(userId) };
  const [sums] = (await analytics.postAnalyticsUsersAggregatesQuery(aggregates)).results;
  assert.equal(sums.group.userId, userId);
  const handled = { ...aggregates, metrics: ["tHandle"] };
  await refused(analytics.postAnalyticsUsersAggregatesQuery(handled), 400, undefined, "metrics");
  const observed = await analytics.postAnalyticsUsersObservationsQuery({
    filter: byUser(userId),
    metrics: ["oActiveQueues", "oMemberQueues"],
  });
  assert.ok(observed.results.every((result) => result.group.userId === userId));

  // Bulk presence and routing status, in pages of groups.
  const activity = (pageNumber) =>
    analytics.postAnalyticsUsersActivityQuery(
      { groupBy: ["userId"], metrics: [{ metric: "oMemberQueues", details: true }] },
      { pageSize: 25, pageNumber },
    );
  const told = await untilShort(25, activity, (page) => page.results);
  assert.deepEqual(told.map((result) => result.group.userId).sort(), everybody.map((user) => user.id).sort());
  const queues = await analytics.postAnalyticsRoutingActivityQuery({
    groupBy: ["queueId"],
    metrics: [{ metric: "oUserPresences", details: true }],
  });
  assert.ok(queues.results.length > 0);
  const teams = await analytics.postAnalyticsTeamsActivityQuery({
    groupBy: ["teamId"],
    metrics: [{ metric: "oTeamPresences", details: false }],
  });
  assert.ok(teams.results.length > 0);

  const status = await analytics.getAnalyticsAgentStatus(userId);
  assert.equal(status.userId, userId);
  const top = await analytics.postAnalyticsAgentsStatusQuery({ userOrderBy: "userName" });
  assert.ok(top.entities.length <= 50, "the first fifty");
  const counts = await analytics.postAnalyticsAgentsStatusCounts({}, { groupBy: ["presence"] });
  assert.ok(Object.keys(counts).length > 0);
}
