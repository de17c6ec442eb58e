// Analytics about conversations: what goes on, what has become of each, and figures by half hours.

import assert from "node:assert/strict";
import { lastHour, refused } from "./client.mjs";

const PAGE = 25;

export async function run(client, context) {
  const { analytics, routing } = client;
  const [queue] = (await routing.getRoutingQueues({ pageSize: 1 })).entities;
  const interval = await lastHour(client);
  const filter = { type: "or", predicates: [{ dimension: "queueId", value: queue.id }] };

  const all = new Map();
  let totalHits;
  for (let pageNumber = 1; ; pageNumber += 1) {
    const page = await analytics.postAnalyticsConversationsDetailsQuery({
      interval,
      segmentFilters: [filter],
      order: "asc",
      paging: { pageSize: PAGE, pageNumber },
    });
    ({ totalHits } = page);
    const some = page.conversations ?? [];
    some.forEach((is) => all.set(is.conversationId, is));
    if (some.length < PAGE) break;
  }
  assert.ok(all.size > PAGE, "more than a page was walked");
  assert.equal(all.size, totalHits);
  const visits = (is) =>
    is.participants.flatMap((who) => who.sessions).flatMap((session) => session.segments ?? []);
  assert.ok([...all.values()].every((is) => visits(is).some((segment) => segment.queueId === queue.id)));
  const large = { interval, paging: { pageSize: 101, pageNumber: 1 } };
  await refused(analytics.postAnalyticsConversationsDetailsQuery(large), 400, undefined, "pageSize");

  const metrics = ["nOffered", "tAnswered", "tAbandon", "oServiceLevel"];
  const aggregates = { interval, granularity: "PT30M", groupBy: ["queueId"], filter, metrics };
  const { results } = await analytics.postAnalyticsConversationsAggregatesQuery(aggregates);
  assert.deepEqual(results.map((result) => result.group.queueId), [queue.id]);
  const offered = results[0].data.flatMap((is) => is.metrics).filter((is) => is.metric === "nOffered");
  assert.ok(offered.some((is) => is.stats.count > 0));
  const unknown = { ...aggregates, metrics: ["nSmiles"] };
  await refused(analytics.postAnalyticsConversationsAggregatesQuery(unknown), 400, "invalid.value", "nSmiles");
  const odd = { ...aggregates, granularity: "PT7M" };
  await refused(analytics.postAnalyticsConversationsAggregatesQuery(odd), 400, "invalid.value", "granularity");

  const activity = { groupBy: ["queueId"], metrics: [{ metric: "oInteracting", details: true }] };
  const now = await analytics.postAnalyticsConversationsActivityQuery(activity, { pageSize: 100 });
  assert.ok(now.results.every((result) => result.group.queueId));
  const none = { groupBy: ["queueId"], metrics: [] };
  await refused(analytics.postAnalyticsConversationsActivityQuery(none), 400, undefined, "metrics");
  await jobs(analytics, interval, all.size, context);
}

// The same as a job, for whoever wants more than a page.
async function jobs(analytics, interval, atLeast, { pass }) {
  const { jobId } = await analytics.postAnalyticsConversationsDetailsJobs({ interval, order: "asc" });
  assert.ok((await analytics.getAnalyticsConversationsDetailsJobsAvailability()).dataAvailabilityDate);
  await pass(60);
  assert.equal((await analytics.getAnalyticsConversationsDetailsJob(jobId)).state, "FULFILLED");
  const found = new Set();
  for (let cursor; ; ) {
    const page = await analytics.getAnalyticsConversationsDetailsJobResults(jobId, { pageSize: PAGE, cursor });
    (page.conversations ?? []).forEach((is) => found.add(is.conversationId));
    ({ cursor } = page);
    if (!cursor) break;
  }
  assert.ok(found.size >= atLeast, `${found.size} of ${atLeast}`);
  const other = await analytics.postAnalyticsConversationsDetailsJobs({ interval });
  await analytics.deleteAnalyticsConversationsDetailsJob(other.jobId);
  await refused(analytics.getAnalyticsConversationsDetailsJob(other.jobId), 404);
}
