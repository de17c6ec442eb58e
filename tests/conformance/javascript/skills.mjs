// Skills and languages of a user: one by one, in bulk, switched off, and too many at once.

import assert from "node:assert/strict";
import { UNKNOWN, allPages, refused } from "./client.mjs";

const IN_BULK = 50;

export async function run(client, { userId }) {
  const { routing, users } = client;
  const skills = await allPages((pageNumber) => routing.getRoutingSkills({ pageSize: 5, pageNumber }));
  const [first, second] = skills.map((skill) => skill.id);
  assert.equal((await routing.getRoutingSkill(first)).name, skills[0].name);
  const held = async () => {
    const all = await allPages((pageNumber) => users.getUserRoutingskills(userId, { pageSize: 1, pageNumber }));
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
  await users.postUserRoutingskills(userId, { id: second, proficiency: 1 });
  assert.equal((await held()).get(second).proficiency, 1);

  const many = Array.from({ length: IN_BULK + 1 }, () => ({ id: first, proficiency: 1 }));
  await refused(users.patchUserRoutingskillsBulk(userId, many), 400, "bad.request", `${IN_BULK}`);
  await refused(users.putUserRoutingskillsBulk(userId, [{ id: first, proficiency: 6 }]), 400, "invalid.value", "proficiency");
  await refused(users.postUserRoutingskills(userId, { id: UNKNOWN, proficiency: 1 }), 400, "invalid.value", "id");
  const asleep = { id: first, proficiency: 1, state: "asleep" };
  await refused(users.putUserRoutingskill(userId, first, asleep), 400, "invalid.value", "state");
  await refused(users.getUserRoutingskills(UNKNOWN), 404);
  await refused(users.deleteUserRoutingskill(userId, UNKNOWN), 404, "not.found");
  assert.equal((await held()).size, 2, "what was refused changed nothing");

  const languages = await allPages((pageNumber) => routing.getRoutingLanguages({ pageSize: 2, pageNumber }));
  const [german, french] = languages.map((language) => language.id);
  const spoken = async () => {
    const all = await allPages((pageNumber) => users.getUserRoutinglanguages(userId, { pageSize: 1, pageNumber }));
    return new Map(all.map((language) => [language.id, language]));
  };
  await users.patchUserRoutinglanguagesBulk(userId, [{ id: german, proficiency: 5 }]);
  await users.postUserRoutinglanguages(userId, { id: french, proficiency: 2 });
  await users.patchUserRoutinglanguage(userId, french, { id: french, proficiency: 3, state: "inactive" });
  assert.deepEqual([(await spoken()).get(french).proficiency, (await spoken()).get(french).state], [3, "inactive"]);
  await users.deleteUserRoutinglanguage(userId, french);
  assert.ok(!(await spoken()).has(french) && (await spoken()).has(german));
}
