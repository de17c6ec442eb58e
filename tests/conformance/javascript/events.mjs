// An event, from the subscription to the socket. Somebody else changes the presence when it listens.

import { Socket } from "./socket.mjs";

export async function run(client, context) {
  const { tell, userId } = context;
  const channel = await client.notifications.postNotificationsChannels();
  const topic = `v2.users.${userId}.presence`;
  const answer = await client.notifications.putNotificationsChannelSubscriptions(channel.id, [{ id: topic }]);
  tell("subscribed", answer.entities.map((entity) => entity.state));
  const socket = await Socket.open(context, channel);
  await socket.ping();
  tell("listening", topic);
  tell("event", await socket.frame("an event", (frame) => frame.topicName === topic));
  await socket.close();
}
