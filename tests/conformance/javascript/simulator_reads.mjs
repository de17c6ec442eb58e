// Reads that the proxy does not offer.

import assert from "node:assert/strict";

export async function run(client, { userId }) {
  const definition = (await client.presence.getPresenceDefinitions0()).entities[0];
  assert.equal((await client.presence.getPresenceDefinition0(definition.id)).name, definition.name);
  const german = await client.presence.getPresenceDefinition0(definition.id, { localeCode: "de" });
  assert.equal(german.id, definition.id);
  const status = await client.users.getUserRoutingstatus(userId);
  assert.equal(status.userId, userId);
  assert.ok((await client.tokens.getTokensMe()).OAuthClient.id);
  await client.tokens.headTokensMe();
  assert.ok((await client.utilities.getDate()).currentDate);
}
