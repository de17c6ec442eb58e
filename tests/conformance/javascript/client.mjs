// A signed-in SDK, and what the areas say about its answers.

import assert from "node:assert/strict";

export const UNKNOWN = "00000000-0000-4000-8000-000000000000";

export class Client {
  // A client of its own: `ApiClient.instance` is one for the whole process.
  static async signIn({ sdk, base, id, secret }) {
    const { hostname, protocol, port } = new URL(base);
    const platform = new sdk.ApiClientClass();
    platform.config.live_reload_config = false;
    platform.setGateway({ host: hostname, protocol: protocol.replace(":", ""), port: Number(port) });
    await platform.loginClientCredentialsGrant(id, secret);
    return new Client(sdk, platform);
  }

  constructor(sdk, platform) {
    this.platform = platform;
    const api = (name) => new sdk[`${name}Api`](platform);
    this.analytics = api("Analytics");
    this.audit = api("Audit");
    this.authorization = api("Authorization");
    this.notifications = api("Notifications");
    this.organization = api("Organization");
    this.presence = api("Presence");
    this.routing = api("Routing");
    this.teams = api("Teams");
    this.tokens = api("Tokens");
    this.users = api("Users");
    this.utilities = api("Utilities");
    this.workforce = api("WorkforceManagement");
  }
}

// The call fails with this status, and with a whole ErrorBody.
export async function refused(call, status, code) {
  const error = await call.then(
    (answer) => assert.fail(`answered instead of ${status}: ${JSON.stringify(answer)}`),
    (error) => error,
  );
  assert.equal(error.status, status, JSON.stringify(error));
  if (code) assert.equal(error.code, code);
  assert.ok(error.message && error.contextId, JSON.stringify(error));
  return error;
}

// All entities of a list that says how many pages there are.
export async function allPages(read) {
  const entities = [];
  for (let pageNumber = 1, pageCount = 1; pageNumber <= pageCount; pageNumber += 1) {
    const page = await read(pageNumber);
    assert.equal(page.pageNumber, pageNumber);
    pageCount = page.pageCount;
    entities.push(...page.entities);
    assert.ok(page.total >= entities.length);
    if (pageNumber === pageCount) assert.equal(entities.length, page.total);
  }
  assert.equal(new Set(entities.map((entity) => entity.id)).size, entities.length, "nobody comes twice");
  return entities;
}

// All entities of a list that does not: the first short page is the last.
export async function untilShort(pageSize, read) {
  const entities = [];
  for (let pageNumber = 1; ; pageNumber += 1) {
    const page = await read(pageNumber);
    entities.push(...page.entities);
    if (page.entities.length < pageSize) return entities;
  }
}

// Asks again until it is so: some writes take their time.
export async function eventually(what, isSo) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`never came about: ${what}`);
}
