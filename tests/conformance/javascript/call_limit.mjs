// More calls in a minute than a token may make. The simulator must be one that enforces it.

import assert from "node:assert/strict";
import { refused } from "./client.mjs";

const CALLS_PER_MINUTE = 300;

export async function run(client) {
  for (let call = 1; call < CALLS_PER_MINUTE; call += 1) await client.tokens.getTokensMe();
  // Every answer says how much is left; the SDK tells the headers where it is asked to.
  client.platform.setReturnExtendedResponses(true);
  const last = await client.tokens.getTokensMe();
  assert.deepEqual(rates(last.headers), [CALLS_PER_MINUTE, CALLS_PER_MINUTE]);
  const { status, headers, body } = await client.tokens.getTokensMe().catch((refusal) => refusal);
  assert.equal(status, 429);
  assert.deepEqual(rates(headers), [CALLS_PER_MINUTE + 1, CALLS_PER_MINUTE]);
  const seconds = Number(headers["retry-after"]);
  assert.ok(seconds > 0 && seconds <= 60 && Math.abs(seconds - headers["inin-ratelimit-reset"]) <= 1);
  assert.equal(headers["inin-correlation-id"], body.contextId);

  client.platform.setReturnExtendedResponses(false);
  const error = await refused(client.tokens.getTokensMe(), 429, "too.many.requests.retry.after", "Retry the request in [");
  assert.equal(error.limit.value, CALLS_PER_MINUTE);
  assert.equal(error.limit.key, "client.credentials.token.rate.per.minute");
}

const rates = (headers) => ["count", "allowed"].map((what) => Number(headers[`inin-ratelimit-${what}`]));
