// Every call that has succeeded so far, once more: without a token, by a client without permissions, for
// what does not exist, with a body that is none, and for a page that is too large. What was answered is in
// the exchanges, and held there against what each route must refuse.

import { Client, UNKNOWN, refused } from "./client.mjs";
import { firstSuccesses } from "./record.mjs";

// Ends the token with which it is called.
const LAST = "Tokens.deleteTokensMe";
// Of these, some members are not named: where the path says the id, that of the body is passed over.
const NOT_BY_MEMBER = ["putUserRoutingskill", "patchUserRoutinglanguage"];

export async function run(client, context) {
  const calls = [...firstSuccesses].filter(([name]) => name !== LAST).map(([, call]) => call);
  const last = firstSuccesses.get(LAST);
  const without = Client.stranger(context);
  const powerless = await Client.signIn({ ...context, ...context.powerless });
  for (const call of [...calls, last]) {
    await again(without, call, call.args);
    await again(powerless, call, call.args);
  }
  for (const call of calls) {
    const named = parameters(client, call);
    const ofNothing = call.args.map((arg) => (typeof arg === "string" ? UNKNOWN : arg));
    if (call.args.some((arg) => typeof arg === "string")) await again(client, call, ofNothing);
    if (named.includes("body")) await refusesBodies(client, call, named.indexOf("body"));
    if (source(client, call).includes("'pageSize'")) {
      const options = { ...call.args[named.indexOf("opts")], pageSize: 1_000_000 };
      const args = replaced(call.args, named.indexOf("opts"), options);
      await refused(client.apis[call.name][call.method](...args), 400, "invalid.value", "pageSize");
    }
  }
}

// A body that is none, and one after the other its members of a kind that nothing is.
async function refusesBodies(client, call, place) {
  await again(client, call, replaced(call.args, place, "no body"));
  const body = call.args[place];
  const whole = Array.isArray(body) ? body[0] : body;
  for (const member of NOT_BY_MEMBER.includes(call.method) ? [] : Object.keys(whole)) {
    const wrong = { ...whole, [member]: [[]] };
    const args = replaced(call.args, place, Array.isArray(body) ? [wrong] : wrong);
    await refused(client.apis[call.name][call.method](...args), 400, undefined, member);
  }
}

// What comes of it is for whoever reads the exchanges.
async function again(client, { name, method }, args) {
  await client.apis[name][method](...args).catch(() => {});
}

// A method as the SDK wrote it.
function source(client, { name, method }) {
  return Object.getPrototypeOf(client.apis[name])[method].toString();
}

// The names of its parameters.
function parameters(client, call) {
  const [, names] = source(client, call).match(/\(([^)]*)\)/);
  return names.split(",").map((name) => name.trim());
}

function replaced(args, place, arg) {
  const all = [...args];
  all[place] = arg;
  return all;
}
