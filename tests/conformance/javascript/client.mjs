// A signed-in SDK, and what the areas say about its answers.

import assert from "node:assert/strict";
import { recordedApi, recordExchanges } from "./record.mjs";

export const UNKNOWN = "00000000-0000-4000-8000-000000000000";

export class Client {
  // A client of its own: `ApiClient.instance` is one for the whole process.
  static async signIn(context) {
    const client = Client.stranger(context);
    await client.platform.loginClientCredentialsGrant(context.id, context.secret);
    return client;
  }

  // The same without a token.
  static stranger({ sdk, base }) {
    const { hostname, protocol, port } = new URL(base);
    const platform = new sdk.ApiClientClass();
    platform.config.live_reload_config = false;
    platform.setGateway({ host: hostname, protocol: protocol.replace(":", ""), port: Number(port) });
    recordExchanges(sdk, platform);
    return new Client(sdk, platform);
  }

  constructor(sdk, platform) {
    this.platform = platform;
    this.apis = {};
    const api = (name) => (this.apis[name] = recordedApi(name, new sdk[`${name}Api`](platform)));
    this.analytics = api("Analytics");
    this.audit = api("Audit");
    this.authorization = api("Authorization");
    this.events = api("Events");
    this.groups = api("Groups");
    this.notifications = api("Notifications");
    this.oauth = api("OAuth");
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

// The call fails with this status, and with a whole ErrorBody whose message says this.
export async function refused(call, status, code, says = "") {
  const error = await call.then(
    (answer) => assert.fail(`answered instead of ${status}: ${JSON.stringify(answer)}`),
    (error) => error,
  );
  assert.equal(error.status, status, JSON.stringify(error));
  if (code) assert.equal(error.code, code);
  assert.ok(error.message && error.contextId, JSON.stringify(error));
  assert.ok(error.message.includes(says), `${error.message} does not name ${says}`);
  return error;
}

// All entities of a list that says how many pages there are.
export async function allPages(read, listed = (page) => page.entities) {
  const entities = [];
  for (let pageNumber = 1, pageCount = 1; pageNumber <= pageCount; pageNumber += 1) {
    const page = await read(pageNumber);
    assert.equal(page.pageNumber, pageNumber);
    pageCount = page.pageCount;
    entities.push(...listed(page));
    assert.ok(page.total >= entities.length);
    if (pageNumber === pageCount) assert.equal(entities.length, page.total);
  }
  assert.equal(new Set(entities.map((entity) => entity.id)).size, entities.length, "nobody comes twice");
  return entities;
}

// All entities of a list that does not: the first short page is the last.
export async function untilShort(pageSize, read, listed = (page) => page.entities) {
  const entities = [];
  for (let pageNumber = 1; ; pageNumber += 1) {
    const some = listed(await read(pageNumber));
    entities.push(...some);
    if (some.length < pageSize) return entities;
  }
}

// All entities of a list whose pages lead on by a cursor: that of `cursorOf`, else that of `nextUri`.
export async function allCursors(read, parameter, cursorOf) {
  const entities = [];
  for (let cursor, pages = 1; ; pages += 1) {
    const page = await read(cursor);
    entities.push(...page.entities);
    const next = page.nextUri && new URL(page.nextUri, "http://api").searchParams.get(parameter);
    cursor = cursorOf ? cursorOf(page) : next;
    assert.equal(cursor ?? next, next ?? cursor, "the cursor is that of the next address");
    if (!cursor) {
      assert.equal(new Set(entities.map((entity) => entity.id)).size, entities.length, "nobody comes twice");
      assert.ok(pages > 1, "there is more than one page to walk");
      return entities;
    }
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

// The last hour, as analytics ask for it.
export async function lastHour(client) {
  const now = Date.parse((await client.utilities.getDate()).currentDate);
  return `${new Date(now - 3_600_000).toISOString()}/${new Date(now).toISOString()}`;
}
