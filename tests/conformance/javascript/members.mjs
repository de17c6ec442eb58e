// Members of a queue: added, joined, left and removed, each seen in a read when it has taken effect.

import assert from "node:assert/strict";
import { UNKNOWN, allPages, eventually, refused, untilShort } from "./client.mjs";

const AT_ONCE = 100;

export async function run(client) {
  const { routing, users } = client;
  const queue = (await routing.getRoutingQueues({ pageSize: 1 })).entities[0].id;
  const members = async () => {
    const all = await untilShort(AT_ONCE, (pageNumber) =>
      routing.getRoutingQueueMembers(queue, { pageSize: AT_ONCE, pageNumber }));
    return new Map(all.map((member) => [member.id, member]));
  };
  const before = await members();
  const everybody = await allPages((pageNumber) => users.getUsers({ pageSize: 100, pageNumber }));
  const newcomer = everybody.find((user) => !before.has(user.id)).id;

  await routing.postRoutingQueueMembers(queue, [{ id: newcomer }]);
  await eventually("the newcomer is a member", async () => (await members()).has(newcomer));
  const setJoined = async (joined) => {
    // A stranger among them is dropped without a word.
    await routing.patchRoutingQueueMembers(queue, [{ id: newcomer, joined }, { id: UNKNOWN, joined }]);
    await eventually(`joined: ${joined}`, async () => (await members()).get(newcomer).joined === joined);
  };
  await setJoined(true);
  await setJoined(false);
  const joined = (await users.getUserQueues(newcomer)).entities.map((is) => is.id);
  assert.ok(!joined.includes(queue), "only joined queues are listed, unless asked otherwise");
  await routing.postRoutingQueueMembers(queue, [{ id: newcomer }], { _delete: true });
  await eventually("the newcomer is gone", async () => !(await members()).has(newcomer));

  const many = Array.from({ length: AT_ONCE + 1 }, () => ({ id: newcomer }));
  await refused(routing.postRoutingQueueMembers(queue, many), 400);
  await refused(routing.postRoutingQueueMembers(UNKNOWN, [{ id: newcomer }]), 404);
}
