// People who sign in: by authorization code with PKCE and with a secret, renewed, and sent away. What they
// may do is their own affair, not the client's.

import assert from "node:assert/strict";
import { Client, UNKNOWN, eventually, refused } from "./client.mjs";

const BACK = "http://localhost:5173/signed-in";

export async function run(client, context) {
  const supervisor = await someone(client, context, true);
  const me = await supervisor.users.getUsersMe({ expand: ["presence", "organization"] });
  assert.ok(me.presence && me.organization.id);
  await supervisor.routing.getRoutingQueues();
  const { entities: own } = await supervisor.routing.getRoutingQueuesMe();
  assert.ok(own.length > 0);
  const permitted = await supervisor.authorization.getAuthorizationDivisionspermittedMe("routing:queue:view");
  assert.ok(permitted.length > 0);

  const agent = await someone(client, context, false);
  const { id } = await agent.users.getUsersMe();
  const definition = (await agent.presence.getPresenceDefinitions0()).entities[0];
  await agent.presence.patchUserPresence(id, "PURECLOUD", { presenceDefinition: { id: definition.id } });
  const others = agent.presence.patchUserPresence(me.id, "PURECLOUD", { message: "not mine" });
  await refused(others, 403, "missing.permissions", "presence:userPresence:edit");
  await refused(agent.routing.getRoutingQueues(), 403, "missing.any.permissions", "routing:queue:view");
  const { managementUnit } = await agent.workforce.getWorkforcemanagementAgentsMeManagementunit();
  assert.ok(managementUnit.id);
  const now = Date.parse((await agent.utilities.getDate()).currentDate);
  const [startDate, endDate] = [now, now + 24 * 3_600_000].map((ms) => new Date(ms).toISOString());
  const mine = await agent.workforce.postWorkforcemanagementAgentschedulesMine({ startDate, endDate });
  assert.deepEqual(mine.agentSchedules.map((schedule) => schedule.user.id), [id]);

  // Whoever is sent away is refused from then on.
  await supervisor.tokens.deleteToken(id);
  await refused(agent.users.getUsersMe(), 401, "bad.credentials");
  await refused(client.tokens.deleteToken(UNKNOWN), 404, "not.found");
  await supervisor.tokens.deleteTokensMe();
  await refused(supervisor.users.getUsersMe(), 401, "bad.credentials");
  await refused(client.users.getUsersMe(), 400, undefined, "user context");

  await refusals(context, me.id);
  await withSecret(client, context);
}

// A person who leads, or one who does not, signed in with PKCE.
async function someone(client, context, leads) {
  const { entities } = await client.users.getUsers({ pageSize: 25 });
  for (const { id } of entities) {
    const person = await withVerifier(context, id);
    const { authorization } = await person.users.getUsersMe({ expand: ["authorization"] });
    if (authorization.permissions.includes("routing:queue:view") === leads) return person;
  }
  return assert.fail(leads ? "nobody leads" : "everybody leads");
}

async function withVerifier(context, user) {
  const person = Client.stranger(context);
  const verifier = person.platform.generatePKCECodeVerifier(128);
  const challenge = await person.platform.computePKCECodeChallenge(verifier);
  const back = await choose(context, { user }, { code_challenge: challenge, code_challenge_method: "S256" });
  assert.equal(back.get("state"), "s-1");
  await person.platform.authorizePKCEGrant(context.id, verifier, back.get("code"), BACK);
  return person;
}

// With the client's secret, and a refresh token with which the SDK helps itself when the token ends.
async function withSecret(client, context) {
  const { id, secret, seconds } = context.short;
  const [user] = (await client.users.getUsers({ pageSize: 1 })).entities;
  const person = Client.stranger(context);
  const back = await choose(context, { user: user.id }, { client_id: id });
  await person.platform.loginCodeAuthorizationGrant(id, secret, back.get("code"), BACK);
  const { accessToken, refreshToken } = person.platform.authData;
  assert.ok(refreshToken);
  await person.platform.refreshCodeAuthorizationGrant(id, secret, refreshToken);
  const renewed = person.platform.authData;
  assert.ok(renewed.accessToken !== accessToken && renewed.refreshToken !== refreshToken);
  const used = person.platform.refreshCodeAuthorizationGrant(id, secret, refreshToken);
  await denied(used, "invalid_grant", "a refresh token works once");
  const before = renewed.accessToken;
  await context.pass(seconds + 1);
  // The SDK renews the token by itself, and fails the call that found out all the same.
  await assert.rejects(person.users.getUsersMe(), (error) => error.response.status === 401);
  await eventually("the token is renewed", () => person.platform.authData.accessToken !== before);
  assert.equal((await person.users.getUsersMe()).id, user.id);
}

async function refusals(context, user) {
  const person = Client.stranger(context);
  const [verifier, other] = [person.platform.generatePKCECodeVerifier(43), person.platform.generatePKCECodeVerifier(43)];
  const challenge = await person.platform.computePKCECodeChallenge(verifier);
  const wish = { code_challenge: challenge, code_challenge_method: "S256" };
  const code = (await choose(context, { user }, wish)).get("code");
  const wrong = person.platform.authorizePKCEGrant(context.id, other, code, BACK);
  await denied(wrong, "invalid_grant", "with another verifier");
  const back = await choose(context, { answer: "deny" }, wish);
  assert.equal(back.get("error"), "access_denied");
}

// What a person does on the page: looks at it, chooses, and is sent back with something in the address.
async function choose({ base, id }, answer, wish) {
  const query = new URLSearchParams({ client_id: id, redirect_uri: BACK, response_type: "code", state: "s-1", ...wish });
  const url = `${base}/oauth/authorize?${query}`;
  const page = await fetch(url);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<form/);
  const sent = await fetch(url, { method: "POST", body: new URLSearchParams(answer), redirect: "manual" });
  const location = sent.headers.get("location");
  assert.ok(location?.startsWith(BACK), `${sent.status}`);
  return new URL(location).searchParams;
}

// The token endpoint answers in its own way, and the SDK passes on what its HTTP client throws.
async function denied(call, error, why) {
  const thrown = await call.then(() => assert.fail(why), (thrown) => thrown);
  assert.deepEqual([thrown.response?.status, thrown.response?.data.error], [400, error], why);
}
