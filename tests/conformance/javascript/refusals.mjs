// What a client is refused, and how it learns why.

import assert from "node:assert/strict";
import { Client, UNKNOWN, refused } from "./client.mjs";

export async function run(client, context) {
  const { tell } = context;
  const { status, code } = await refused(client.users.getUser(UNKNOWN), 404);
  tell("notFound", { status, code });
  await refused(client.routing.getRoutingQueue(UNKNOWN), 404, "not.found");
  await refused(client.routing.getRoutingQueueMembers(UNKNOWN), 404, "not.found");
  await refused(client.users.getUsers({ pageSize: 100_000 }), 400);
  await refused(client.analytics.postAnalyticsQueuesObservationsQuery({ metrics: ["oWaiting"] }), 400);
  await refused(client.notifications.getNotificationsChannelSubscriptions("streaming-0-none"), 404);

  const stranger = await Client.signIn(context);
  stranger.platform.setAccessToken("no-token-of-this-house");
  await refused(stranger.notifications.postNotificationsChannels(), 401);
  await assert.rejects(Client.signIn({ ...context, secret: "wrong" }), "a wrong secret does not sign in");
}
