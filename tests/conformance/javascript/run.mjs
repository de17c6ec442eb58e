// Somebody else's client: the official SDK, used as its documentation shows. It plays areas, one module
// each, which check what they can see for themselves; what they read and hear is printed, one JSON object
// a step, to be held against the world.
//
// One argument, a JSON object: base, id, secret, userId (whose presence is changed from outside), areas;
// for some areas also powerless (id and secret of a client without permissions) and short (id and secret of
// one whose tokens live for so many seconds).

import { createRequire } from "node:module";
import { Client } from "./client.mjs";
import { exchanges } from "./record.mjs";

const require = createRequire(import.meta.url);
const given = JSON.parse(process.argv[2]);
const context = {
  ...given,
  sdk: require("purecloud-platform-client-v2"),
  WebSocket: require("ws").WebSocket,
  pass,
  tell: (step, answer) => console.log(JSON.stringify({ step, answer })),
};

// Lets so many seconds pass in a world that stands still otherwise.
async function pass(advanceSeconds) {
  await order("scenario", { eventsPerSecond: null });
  await order("clock", { advanceSeconds });
  await order("scenario", { eventsPerSecond: 0 });
}

async function order(what, body) {
  const headers = { "Content-Type": "application/json" };
  await fetch(`${given.base}/simulator/${what}`, { method: "POST", headers, body: JSON.stringify(body) });
}

context.client = await Client.signIn(context);
for (const area of given.areas) {
  const { run } = await import(`./${area}.mjs`);
  await run(context.client, context);
  context.tell(`${area} done`, true);
}
context.tell("exchanges", exchanges);
