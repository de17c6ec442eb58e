// The organisation: what it is called, what it allows, what a client may ask for.

import assert from "node:assert/strict";
import { allPages, refused } from "./client.mjs";

export async function run(client) {
  const { authorization, oauth, organization, tokens } = client;
  const mine = await organization.getOrganizationsMe();
  assert.equal((await tokens.getTokensMe()).organization.id, mine.id);
  const divisions = await allPages((pageNumber) =>
    authorization.getAuthorizationDivisions({ pageSize: 3, pageNumber }));
  assert.equal(divisions.filter((division) => division.homeDivision).length, 1);
  const domains = await allPages((pageNumber) =>
    authorization.getAuthorizationPermissions({ pageSize: 5, pageNumber }));
  assert.ok(domains.some((domain) => domain.domain === "routing" && domain.permissionMap.queue));

  const scopes = (await oauth.getOauthScopes()).entities.map((scope) => scope.id);
  assert.ok(scopes.includes("presence:readonly"));
  assert.equal((await oauth.getOauthScope("presence")).id, "presence");
  await refused(oauth.getOauthScope("presence:write"), 404, "not.found");

  const namespaces = (await organization.getOrganizationsLimitsNamespaces()).entities;
  assert.ok(namespaces.includes("platform.api"));
  const calls = ({ entities }) => entities.find((limit) => limit.key === "client.credentials.token.rate.per.minute");
  assert.equal(calls(await organization.getOrganizationsLimitsNamespace("platform.api")).value, 300);
  assert.equal(calls(await organization.getOrganizationsLimitsNamespaceDefaults("platform.api")).value, 300);
  assert.ok((await organization.getOrganizationsLimitsDocs()).url);
  await refused(organization.getOrganizationsLimitsNamespace("no.such"), 404, "not.found");
}
