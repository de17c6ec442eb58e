// Skills and languages of a user: one by one, in bulk, switched off, and too many at once.

import assert from "node:assert/strict";
import { UNKNOWN, allPages, refused } from "./client.mjs";

const IN_BULK = 50;

export async function run(client, { userId }) {
  const { routing, users } = client;
  const skills = await allPages((pageNumber) => routing.getRoutingSkills({ pageSize: 5, pageNumber }));
  const [first, second] = skills.map((skill) => skill.id);
  const held = async () => {
    const all = await allPages((pageNumber) => users.getUserRoutingskills(userId, { pageSize: 25, pageNumber }));
    return new Map(all.map((skill) => [skill.id, skill]));
  };
  await users.putUserRoutingskillsBulk(userId, [{ id: first, proficiency: 2 }]);
  assert.deepEqual([...(await held()).keys()], [first], "PUT replaces all");
  await users.patchUserRoutingskillsBulk(userId, [{ id: second, proficiency: 4.5 }]);
  assert.equal((await held()).size, 2, "PATCH adds");
  await users.putUserRoutingskill(userId, first, { id: first, proficiency: 3, state: "inactive" });
  const changed = (await held()).get(first);
  assert.deepEqual([changed.proficiency, changed.state], [3, "inactive"]);
  await users.deleteUserRoutingskill(userId, second);
  assert.ok(!(await held()).has(second));

  const many = Array.from({ length: IN_BULK + 1 }, () => ({ id: first, proficiency: 1 }));
  await refused(users.patchUserRoutingskillsBulk(userId, many), 400);
  await refused(users.getUserRoutingskills(UNKNOWN), 404);
  const languages = await routing.getRoutingLanguages({ pageSize: 5 });
  await users.patchUserRoutinglanguagesBulk(userId, [{ id: languages.entities[0].id, proficiency: 5 }]);
}
