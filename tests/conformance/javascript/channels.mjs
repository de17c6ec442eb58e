// Channels and subscriptions, a refused topic among them, and two sockets on one channel.

import assert from "node:assert/strict";
import { refused } from "./client.mjs";
import { Socket } from "./socket.mjs";

const NO_TOPIC = "v2.users.no.such.topic.at.all";

export async function run(client, context) {
  const { userId } = context;
  const api = client.notifications;
  const channel = await api.postNotificationsChannels();
  await api.headNotificationsChannel(channel.id);
  await refused(api.getNotificationsChannelSubscriptions(`${channel.id}x`), 404);
  const channels = (await api.getNotificationsChannels()).entities;
  assert.ok(channels.some((is) => is.id === channel.id));

  const topic = (facet) => `v2.users.${userId}.${facet}`;
  const listed = async () =>
    (await api.getNotificationsChannelSubscriptions(channel.id)).entities.map((entity) => entity.id).sort();
  await api.putNotificationsChannelSubscriptions(channel.id, [{ id: topic("presence") }]);
  await api.postNotificationsChannelSubscriptions(channel.id, [{ id: topic("routingStatus") }]);
  assert.deepEqual(await listed(), [topic("presence"), topic("routingStatus")]);
  await api.deleteNotificationsChannelSubscriptions(channel.id);
  assert.deepEqual(await listed(), []);

  // One topic that is refused fails all; with ignoreErrors it is answered beside the others.
  const mixed = [{ id: topic("presence") }, { id: NO_TOPIC }];
  await refused(api.putNotificationsChannelSubscriptions(channel.id, mixed), 400);
  assert.deepEqual(await listed(), []);
  const answer = await api.putNotificationsChannelSubscriptions(channel.id, mixed, { ignoreErrors: true });
  const states = new Map(answer.entities.map((entity) => [entity.id, entity]));
  assert.equal(states.get(topic("presence")).state, "Permitted");
  assert.equal(states.get(NO_TOPIC).state, "Rejected");
  assert.ok(states.get(NO_TOPIC).rejectionReason);
  assert.deepEqual(await listed(), [topic("presence")]);

  const many = Array.from({ length: 1_001 }, () => ({ id: topic("presence") }));
  await refused(api.putNotificationsChannelSubscriptions(channel.id, many), 400);

  // The second socket takes the channel; the first one learns nothing more.
  const first = await Socket.open(context, channel);
  await first.ping();
  const second = await Socket.open(context, channel);
  await first.end();
  await second.ping();
  assert.equal(second.closed, null);

  // In-band: additive, and answered by result.
  second.say({ message: "subscribe", topics: [topic("routingStatus")], correlationId: "c-1" });
  await second.frame("an answer", (frame) => frame.result === "200" && frame.status === "subscribed");
  assert.deepEqual(await listed(), [topic("presence"), topic("routingStatus")]);
  await second.close();
}
