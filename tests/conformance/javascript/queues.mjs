// Queues beside their list: in few words, the time that one waits, the old forms of members, one member
// alone, and the queues of a user.

import assert from "node:assert/strict";
import { UNKNOWN, allPages, eventually, refused } from "./client.mjs";

export async function run(client) {
  const { routing, users } = client;
  const queues = await allPages((pageNumber) => routing.getRoutingQueues({ pageSize: 3, pageNumber }));
  const ids = (list) => list.map((entity) => entity.id).sort();
  for (const read of ["getRoutingQueuesDivisionviews", "getRoutingQueuesDivisionviewsAll"]) {
    const views = await allPages((pageNumber) => routing[read]({ pageSize: 3, pageNumber }));
    assert.deepEqual(ids(views), ids(queues));
  }
  const queue = queues[1].id;
  const renamed = await routing.putRoutingQueue(queue, { name: "Renamed by an SDK" });
  assert.deepEqual([renamed.id, renamed.name], [queue, "Renamed by an SDK"]);
  assert.equal((await routing.getRoutingQueue(queue)).name, "Renamed by an SDK");
  await refused(routing.putRoutingQueue(queue, { name: " " }), 400, "invalid.value", "name");
  await routing.putRoutingQueue(queue, { name: queues[1].name });
  const [estimate] = (await routing.getRoutingQueueEstimatedwaittime(queue)).results;
  assert.ok(estimate.estimatedWaitTimeSeconds >= 0);
  await refused(routing.getRoutingQueues({ sortOrder: "sideways" }), 400, "invalid.value", "sortOrder");

  const members = () => allPages((pageNumber) => routing.getRoutingQueueUsers(queue, { pageSize: 10, pageNumber }));
  const before = new Set(ids(await members()));
  const everybody = await allPages((pageNumber) => users.getUsers({ pageSize: 100, pageNumber }));
  const [first, second] = everybody.map((user) => user.id).filter((user) => !before.has(user));
  await routing.postRoutingQueueUsers(queue, [{ id: first }, { id: second }]);
  const isJoined = async (user) => (await members()).find((member) => member.id === user)?.joined;
  const settles = (user, joined) => eventually(`${user}: ${joined}`, async () => (await isJoined(user)) === joined);
  await routing.patchRoutingQueueUsers(queue, [{ id: first, joined: false }, { id: second, joined: false }]);
  await settles(second, false);

  // A member who was just added is not found yet by calls on the member.
  await eventually("the member is found", () =>
    routing.patchRoutingQueueMember(queue, first, { joined: true }).then(() => true, ({ status }) => {
      assert.equal(status, 404);
      return false;
    }));
  await settles(first, true);
  await routing.patchRoutingQueueUser(queue, first, { joined: false });
  await settles(first, false);
  await routing.patchRoutingQueueMember(queue, first, { ringNumber: 1 });
  await refused(routing.patchRoutingQueueMember(queue, first, { ringNumber: 99 }), 400, "general.bad.request", "ring");
  await refused(routing.patchRoutingQueueMember(queue, first, {}), 400, "general.bad.request", "joined");

  await users.patchUserQueue(queue, first, { joined: true });
  await settles(first, true);
  // A queue of which the user is no member is dropped without a word.
  const [stranger] = queues.map((is) => is.id).filter((id) => id !== queue);
  await users.patchUserQueues(first, [{ id: queue, joined: false }, { id: stranger, joined: false }]);
  await settles(first, false);
  const left = await allPages((pageNumber) => users.getUserQueues(first, { joined: false, pageSize: 1, pageNumber }));
  assert.ok(ids(left).includes(queue));
  await refused(users.patchUserQueue(UNKNOWN, first, { joined: true }), 404, "not.found");
  await refused(users.patchUserQueues(UNKNOWN, [{ id: queue, joined: true }]), 404, "not.found");

  await routing.deleteRoutingQueueMember(queue, first);
  await routing.deleteRoutingQueueUser(queue, second);
  await refused(routing.deleteRoutingQueueMember(queue, first), 404, "not.found");
  assert.deepEqual(new Set(ids(await members())), before);
}
