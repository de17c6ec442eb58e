// Reads and listens with the official SDK, as its documentation shows; prints one JSON object a step.
// Arguments: base URL, client id, client secret, the user to listen to.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const platform = require("purecloud-platform-client-v2");
const { WebSocket } = require("ws");

const [base, id, secret, userId] = process.argv.slice(2);
const tell = (step, answer) => console.log(JSON.stringify({ step, answer }));

const { hostname, protocol, port } = new URL(base);
const client = platform.ApiClient.instance;
client.config.live_reload_config = false;
client.setGateway({ host: hostname, protocol: protocol.replace(":", ""), port: Number(port) });
await client.loginClientCredentialsGrant(id, secret);

const usersApi = new platform.UsersApi();
const expand = ["presence", "routingStatus"];
const users = [];
for (let pageNumber = 1, pageCount = 1; pageNumber <= pageCount; pageNumber += 1) {
  const page = await usersApi.getUsers({ pageSize: 25, pageNumber, expand });
  pageCount = page.pageCount;
  users.push(...page.entities);
}
tell("users", users.map((user) => ({
  id: user.id,
  name: user.name,
  systemPresence: user.presence.presenceDefinition.systemPresence,
  routingStatus: user.routingStatus.status,
})));
const two = await usersApi.getUsers({ id: users.slice(0, 2).map((user) => user.id) });
tell("usersById", two.entities.map((user) => user.id));

const definitions = await new platform.PresenceApi().getPresenceDefinitions0();
tell("definitions", definitions.entities.length);

const routing = new platform.RoutingApi();
const queues = (await routing.getRoutingQueues({ pageSize: 100 })).entities;
tell("queues", queues.length);
tell("members", (await routing.getRoutingQueueMembers(queues[0].id, { pageSize: 100 })).entities.length);

const observations = await new platform.AnalyticsApi().postAnalyticsQueuesObservationsQuery({
  filter: {
    type: "or",
    predicates: queues.map((queue) => ({
      type: "dimension",
      dimension: "queueId",
      operator: "matches",
      value: queue.id,
    })),
  },
  metrics: ["oWaiting", "oInteracting", "oOnQueueUsers", "oUserPresences"],
});
tell("observations", observations.results.length);

try {
  await usersApi.getUser("00000000-0000-4000-8000-000000000000");
  tell("notFound", "it was found");
} catch (error) {
  tell("notFound", { status: error.status, code: error.code });
}

const notifications = new platform.NotificationsApi();
const channel = await notifications.postNotificationsChannels();
const topic = `v2.users.${userId}.presence`;
const permitted = await notifications.putNotificationsChannelSubscriptions(channel.id, [{ id: topic }]);
tell("subscribed", permitted.entities.map((entity) => entity.state));

const socket = new WebSocket(channel.connectUri);
socket.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
socket.on("message", (data) => {
  const frame = JSON.parse(data.toString());
  if (frame.topicName === "channel.metadata" && frame.eventBody.message === "pong") {
    tell("listening", topic);
  } else if (frame.topicName === topic) {
    tell("event", frame);
    socket.close();
  }
});
socket.on("close", () => process.exit(0));
socket.on("open", () => socket.send(JSON.stringify({ message: "ping" })));
