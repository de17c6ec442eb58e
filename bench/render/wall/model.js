// What the walls in JavaScript know, shared by them: frames go in, and what a card or a tile shows comes out as its face.
// A face is replaced when something in it changed, else it stays the same object.
import { STAFF, WORDS } from "./words.js";

const MEDIA = ["call", "callback", "email", "message", "chat", "socialExpression", "video"];

// The app's own rule: so many highlights begin between two ticks, and none after a tick in which too many wanted to.
const HIGHLIGHTS = 3;
const TOO_MANY = 20;
const TICKS = 6;
const FAINT_TICKS = 2;

/** What stands where there is no number. */
const NOTHING = "–";

const agents = new Map();
const queues = new Map();
const labels = new Map();
const highlights = { left: HIGHLIGHTS, asked: 0, fading: new Map() };

/** Highlights fade, and others may begin. Gives those that look different now. */
export function tickHighlights() {
  highlights.left = highlights.asked >= TOO_MANY ? 0 : HIGHLIGHTS;
  highlights.asked = 0;
  const changed = [];
  for (const [one, left] of highlights.fading) {
    if (left > 1) highlights.fading.set(one, left - 1);
    else highlights.fading.delete(one);
    if (left - 1 === FAINT_TICKS || left === 1) {
      one.face = { ...one.face, fresh: left === 1 ? undefined : "faint" };
      changed.push(one);
    }
  }
  return changed;
}

function highlighted(one, fresh) {
  highlights.asked += 1;
  if (highlights.left === 0) return fresh;
  highlights.left -= 1;
  highlights.fading.set(one, TICKS);
  return "bright";
}

const known = (map, id, make) => {
  let found = map.get(id);
  if (!found) map.set(id, (found = make(id)));
  return found;
};
const agent = (id) => known(agents, id, () => ({ id, kind: "agent", media: {}, active: 0, acw: 0, face: undefined }));
const queue = (id) => known(queues, id, () => ({ id, kind: "queue", figures: new Map(), face: undefined }));

/** Those with a name, by it. */
const byName = (all) => {
  const key = ({ name }) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const keyed = [...all.values()].filter(({ name }) => name !== undefined).map((one) => [key(one), one]);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, one]) => one);
};
export const agentsByName = () => byName(agents);
export const queuesByName = () => byName(queues);

// ---- faces ----

/** Brings the face up to date; whether there is something new in it. */
export function refresh(one) {
  const before = one.face;
  const face = one.kind === "agent" ? agentFace(one, before) : queueFace(one, before);
  if (before && Object.keys(face).every((name) => face[name] === before[name])) return false;
  one.face = face;
  return true;
}

function agentFace(agent, before) {
  const [state, since] = readable(agent);
  const label = WORDS[state] ?? labels.get(agent.presence.definition) ?? state;
  const order = state === "not-responding" ? 2 : state === "offline" ? 5 : state === "unknown" ? 6 : 4;
  const fresh = before && before.state !== state ? highlighted(agent, before.fresh) : before?.fresh;
  return { state, label, since, order, fresh };
}

// The state in words of the attribute, and since when.
function readable({ presence, routing, active, acw, summarySince }) {
  const system = presence?.system;
  if (system === "OFFLINE") return ["offline", presence.since];
  if (routing?.status === "NOT_RESPONDING") return ["not-responding", routing.since];
  if (acw > 0 && active === 0) return ["after-call-work", summarySince];
  if (routing?.status === "INTERACTING") return ["interacting", routing.since];
  if (active > 0) return ["interacting", summarySince];
  if (routing?.status === "COMMUNICATING") return ["communicating", routing.since];
  if (system === "ON_QUEUE") return ["on-queue", Math.max(presence.since, routing?.since ?? 0)];
  if (system) return [system.toLowerCase().replaceAll("_", "-"), presence.since];
  return ["unknown", undefined];
}

function queueFace(queue, before) {
  const waiting = count(queue, "oWaiting");
  const counts = STAFF.map(([, , , , status]) =>
    status ? count(queue, "oOnQueueUsers", status) : count(queue, "oOffQueueUsers"),
  );
  const same = before && counts.every((members, at) => members === before.staff[at]);
  return {
    waiting,
    service: queue.service ?? NOTHING,
    staff: same ? before.staff : counts,
    longestSince: waiting > 0 ? longestSince(queue) : undefined,
    fresh: before && before.waiting !== waiting ? highlighted(queue, before.fresh) : before?.fresh,
  };
}

// Media are summed; where there is none of them, the figure over all media counts.
function count({ figures }, metric, qualifier = "") {
  let byMedium;
  let ofAll = 0;
  for (const [medium, values] of figures) {
    const value = values[`${metric} ${qualifier}`];
    if (value === undefined) continue;
    if (medium === "") ofAll = value;
    else byMedium = (byMedium ?? 0) + value;
  }
  return byMedium ?? ofAll;
}

function longestSince({ figures }) {
  let first;
  for (const values of figures.values()) {
    const since = values["oLongestWaiting "];
    if (since && !(first < since)) first = since;
  }
  return first;
}

// ---- frames ----

/** Takes a frame. Gives the agent or queue that it is about, if the wall shows one. */
export function apply({ topicName, eventBody, rollcall }) {
  const parts = topicName.split(".");
  if (topicName === "rollcall.presences") {
    for (const { id, label } of eventBody.definitions) labels.set(id, label);
  } else if (topicName.startsWith("rollcall.users.")) {
    return Object.assign(agent(parts[2]), { name: eventBody.name, team: eventBody.team });
  } else if (topicName.startsWith("rollcall.queues.")) {
    const { name, serviceLevel } = eventBody;
    const target = serviceLevel ? Math.floor(serviceLevel.durationMs / 1000) : undefined;
    const promise = serviceLevel ? `SL ${Math.round(serviceLevel.percentage * 100)}/${target}` : "Service level";
    return Object.assign(queue(parts[2]), { name, target, promise });
  } else if (topicName.startsWith("rollcall.figures.")) {
    const { inTime, counted } = eventBody.interval;
    return Object.assign(queue(parts[2]), { service: counted > 0 ? `${Math.round((inTime * 100) / counted)}%` : NOTHING });
  } else if (topicName.startsWith("v2.users.")) {
    return applyToAgent(agent(parts[2]), parts[3], eventBody, rollcall);
  } else if (topicName.startsWith("v2.analytics.queues.")) {
    return applyToQueue(queue(parts[3]), eventBody, Date.parse(rollcall.at));
  }
  return undefined;
}

function applyToAgent(found, facet, body, { since, at }) {
  if (facet === "presence") {
    const { id, systemPresence } = body.presenceDefinition;
    found.presence = { definition: id, system: systemPresence, since: Date.parse(body.modifiedDate) };
  } else if (facet === "routingStatus") {
    const { status, startTime } = body.routingStatus;
    found.routing = { status, since: Date.parse(startTime) };
  } else if (facet === "conversationsummary") {
    for (const medium of MEDIA) if (body[medium]) found.media[medium] = body[medium];
    let [active, acw] = [0, 0];
    for (const { contactCenter, enterprise } of Object.values(found.media)) {
      active += contactCenter.active;
      acw += contactCenter.acw + enterprise.acw;
    }
    // The proxy has heard of each change, a page may have been spared some.
    found.summarySince = Date.parse(since ?? at);
    Object.assign(found, { active, acw });
  }
  return found;
}

function applyToQueue(found, { group, data }, at) {
  const medium = group.mediaType ?? "";
  const values = found.figures.get(medium) ?? {};
  found.figures.set(medium, values);
  for (const { metrics } of data) {
    for (const { metric, qualifier = "", stats } of metrics) {
      const ms = stats.calculatedMetricValue ?? stats.max;
      if (metric.startsWith("oLongest")) values[`${metric} ${qualifier}`] = ms > 0 ? at - ms : undefined;
      else if (stats.count !== undefined) values[`${metric} ${qualifier}`] = stats.count;
    }
  }
  // A longest of zero has just begun, if there are some.
  if (values["oWaiting "] > 0 && !values["oLongestWaiting "]) values["oLongestWaiting "] = at;
  return found;
}
