// More calls in a minute than a token may make. The simulator must be one that enforces it.

import assert from "node:assert/strict";
import { refused } from "./client.mjs";

const CALLS_PER_MINUTE = 300;

export async function run(client) {
  for (let call = 0; call < CALLS_PER_MINUTE; call += 1) await client.tokens.getTokensMe();
  const error = await refused(client.tokens.getTokensMe(), 429, "too.many.requests.retry.after");
  assert.equal(error.limit.value, CALLS_PER_MINUTE);
  // The SDK keeps the header to itself; the text says the same.
  const [, seconds] = error.message.match(/Retry the request in \[(\d+)\] seconds/);
  assert.ok(Number(seconds) > 0 && Number(seconds) <= 60);
}
