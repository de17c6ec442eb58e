// The 21st channel of a client ends its first.

import assert from "node:assert/strict";
import { refused } from "./client.mjs";
import { Socket } from "./socket.mjs";

const CHANNELS_PER_CLIENT = 20;

export async function run(client, context) {
  const api = client.notifications;
  const channels = [];
  const sockets = [];
  for (let made = 0; made <= CHANNELS_PER_CLIENT; made += 1) {
    const channel = await api.postNotificationsChannels();
    channels.push(channel);
    sockets.push(await Socket.open(context, channel));
  }
  const topic = `v2.system.no_longer_subscribed.${channels[0].id}`;
  const event = await sockets[0].frame("the last word", (frame) => frame.topicName === topic);
  assert.equal(event.eventBody.channelId, channels[0].id);
  await sockets[0].end();
  await refused(api.getNotificationsChannelSubscriptions(channels[0].id), 404);
  const alive = (await api.getNotificationsChannels({ includechannels: "oauthclient" })).entities;
  assert.equal(alive.length, CHANNELS_PER_CLIENT);
  for (const socket of sockets.slice(1)) {
    assert.equal(socket.closed, null);
    await socket.close();
  }
}
