// Somebody else's client: the official SDK, used as its documentation shows. It plays areas, one module
// each, which check what they can see for themselves; what they read and hear is printed, one JSON object
// a step, to be held against the world.
//
// One argument, a JSON object: base, id, secret, userId (whose presence is changed from outside), areas.

import { createRequire } from "node:module";
import { Client } from "./client.mjs";

const require = createRequire(import.meta.url);
const given = JSON.parse(process.argv[2]);
const context = {
  ...given,
  sdk: require("purecloud-platform-client-v2"),
  WebSocket: require("ws").WebSocket,
  tell: (step, answer) => console.log(JSON.stringify({ step, answer })),
};
context.client = await Client.signIn(context);
for (const area of given.areas) {
  const { run } = await import(`./${area}.mjs`);
  await run(context.client, context);
  context.tell(`${area} done`, true);
}
