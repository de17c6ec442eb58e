// The wall by hand: the nodes are kept, and what changed is written. Same markup and style sheet as the app.

const CARD = `<span class="card-name" data-field="name"></span><span class="card-label"><i class="glyph" aria-hidden="true"></i><span data-field="label"></span></span><span class="card-time" data-field="time-in-state"></span><span class="card-team" data-field="team"></span>`;

// Data-state, title, spoken, data-field, routing status of each part of the bar.
const STAFF = [
  ["interacting", "Interacting", "interacting", "on-queue-interacting", "INTERACTING"],
  ["on-queue", "On Queue, idle", "idle", "on-queue-idle", "IDLE"],
  ["communicating", "Communicating", "communicating", "on-queue-communicating", "COMMUNICATING"],
  ["not-responding", "Not responding", "not responding", "on-queue-not-responding", "NOT_RESPONDING"],
  ["offline", "Off queue", "off queue", "off-queue", undefined],
];

const TILE = `<h2 class="tile-name"><span data-field="name"></span><span class="tile-flag" data-field="flag"></span></h2><dl class="tile-figures"><div class="tile-waiting"><dd data-field="waiting"></dd><dt>waiting</dt></div><div><dd data-field="longest-wait"></dd><dt>longest</dt></div><div class="tile-interacting"><dd data-field="interacting"></dd><dt>in progress</dt></div></dl><div class="staff" aria-hidden="true">${STAFF.map(([state]) => `<i data-state="${state}"></i>`).join("")}</div><ul class="legend">${STAFF.map(([state, title, spoken, field]) => `<li data-state="${state}" title="${title}"><i class="glyph" aria-hidden="true"></i><b data-field="${field}"></b><span class="spoken">${spoken}</span></li>`).join("")}</ul>`;

const PAGE = `<main class="wall" data-wall-id="floor" data-stale="false"><header class="header"><h1><span data-field="title"></span></h1><p class="header-count" data-field="agents"></p><div class="live" role="status" data-live="connecting"><i class="live-dot" aria-hidden="true"></i><span class="live-words">Connecting</span><span class="live-latency" aria-hidden="true"></span></div><time class="header-clock"></time></header><div class="wall-body"><div class="queues-room" data-fills="false"><div class="queues-scroll"><ul class="queues" aria-label="Queues"></ul></div></div><div class="floor-room"><div class="floor-scroll"><ul class="floor" aria-label="Agents" data-view="cards"></ul></div></div></div></main>`;

const WORDS = {
  "offline": "Offline",
  "not-responding": "Not responding",
  "after-call-work": "After-call work",
  "interacting": "Interacting",
  "communicating": "Communicating",
  "on-queue": "On Queue",
  "unknown": "Unknown",
};

const MEDIA = ["call", "callback", "email", "message", "chat", "socialExpression", "video"];
// At most a dozen highlights a second, as in the app.
const HIGHLIGHTS = 12;

const agents = new Map();
const queues = new Map();
const labels = new Map();
let serverOffset = 0;
let latency = 0;
let highlights = HIGHLIGHTS;
let floor = 0;
let built = false;

const now = () => Date.now() + serverOffset;
const pad = (n) => String(n).padStart(2, "0");

function duration(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours === 0) return `${minutes}:${pad(seconds % 60)}`;
  if (hours < 100) return `${hours}:${pad(minutes)}:${pad(seconds % 60)}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function text(parent, field) {
  const node = document.createTextNode("");
  parent.querySelector(`[data-field=${field}]`).append(node);
  return node;
}

function highlight(element) {
  if (highlights === 0) return;
  highlights -= 1;
  element.dataset.fresh = element.dataset.fresh === "a" ? "b" : "a";
}

// ---- agents ----

function agent(id) {
  let found = agents.get(id);
  if (!found) {
    found = { id, media: {}, active: 0, acw: 0, shown: {} };
    agents.set(id, found);
  }
  return found;
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

function makeCard(agent) {
  const card = document.createElement("li");
  card.className = "card";
  card.dataset.userId = agent.id;
  card.innerHTML = CARD;
  card.dataset.stale = "false";
  card.title = agent.name;
  agent.card = card;
  agent.time = card.querySelector("[data-field=time-in-state]");
  agent.timeText = text(card, "time-in-state");
  agent.labelText = text(card, "label");
  text(card, "name").data = agent.name;
  text(card, "team").data = agent.team ?? "";
}

function showAgent(agent) {
  const { card, shown } = agent;
  const [state, since] = readable(agent);
  const label = WORDS[state] ?? labels.get(agent.presence.definition) ?? state;
  if (shown.state !== state) {
    card.dataset.state = state;
    card.style.order = state === "not-responding" ? 2 : state === "offline" || state === "unknown" ? 5 : 4;
    if (shown.state) highlight(card);
    shown.state = state;
  }
  if (shown.label !== label) agent.labelText.data = shown.label = label;
  if (shown.since !== since) {
    if (since === undefined) delete agent.time.dataset.sinceMs;
    else agent.time.dataset.sinceMs = since;
    shown.since = since;
    showTime(agent);
  }
}

function showTime({ shown, timeText }) {
  const seconds = shown.since === undefined ? undefined : Math.max(0, Math.floor((now() - shown.since) / 1000));
  if (seconds === shown.seconds) return;
  shown.seconds = seconds;
  timeText.data = seconds === undefined ? "" : duration(seconds);
}

// ---- queues ----

function queue(id) {
  let found = queues.get(id);
  if (!found) {
    found = { id, figures: new Map(), shown: { staff: [] } };
    queues.set(id, found);
  }
  return found;
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

function makeTile(queue) {
  const tile = document.createElement("li");
  tile.className = "tile";
  tile.dataset.queueId = queue.id;
  tile.innerHTML = TILE;
  tile.dataset.stale = "false";
  tile.title = queue.name;
  queue.tile = tile;
  queue.longest = tile.querySelector("[data-field=longest-wait]");
  queue.longestText = text(tile, "longest-wait");
  queue.waitingText = text(tile, "waiting");
  queue.interactingText = text(tile, "interacting");
  const bars = tile.querySelectorAll(".staff > i");
  const entries = tile.querySelectorAll(".legend > li");
  queue.staff = STAFF.map(([, , , field], at) => ({ bar: bars[at], entry: entries[at], text: text(tile, field) }));
  text(tile, "name").data = queue.name;
  text(tile, "flag").data = queue.target ? `over ${queue.target} s` : "";
}

function showQueue(queue) {
  const { shown, tile } = queue;
  const waiting = count(queue, "oWaiting");
  const interacting = count(queue, "oInteracting");
  if (shown.waiting !== waiting) {
    if (shown.waiting !== undefined) highlight(tile);
    queue.waitingText.data = shown.waiting = waiting;
  }
  if (shown.interacting !== interacting) queue.interactingText.data = shown.interacting = interacting;
  STAFF.forEach(([, , , , status], at) => {
    const members = status ? count(queue, "oOnQueueUsers", status) : count(queue, "oOffQueueUsers");
    if (shown.staff[at] === members) return;
    shown.staff[at] = members;
    const { bar, entry, text } = queue.staff[at];
    text.data = members;
    entry.dataset.none = members === 0;
    bar.style.flexGrow = members;
  });
  shown.longestSince = waiting > 0 ? longestSince(queue) : undefined;
  showWait(queue);
}

function showWait({ shown, longest, longestText, target, tile }) {
  const seconds = shown.longestSince ? Math.max(0, Math.floor((now() - shown.longestSince) / 1000)) : 0;
  if (seconds === shown.seconds) return;
  shown.seconds = seconds;
  longestText.data = duration(seconds);
  longest.dataset.seconds = seconds;
  const late = target !== undefined && seconds > target;
  if (shown.late !== late) tile.dataset.late = shown.late = late;
}

// ---- frames ----

// Gives the agent or queue that has changed.
function apply({ topicName, eventBody, rollcall }) {
  const at = Date.parse(rollcall.at);
  const parts = topicName.split(".");
  if (topicName === "rollcall.presences") {
    for (const { id, label } of eventBody.definitions) labels.set(id, label);
  } else if (topicName.startsWith("rollcall.users.")) {
    return Object.assign(agent(parts[2]), { name: eventBody.name, team: eventBody.team });
  } else if (topicName.startsWith("rollcall.queues.")) {
    const { name, serviceLevel } = eventBody;
    const target = serviceLevel ? Math.floor(serviceLevel.durationMs / 1000) : undefined;
    return Object.assign(queue(parts[2]), { name, target });
  } else if (topicName.startsWith("v2.users.")) {
    const found = agent(parts[2]);
    if (parts[3] === "presence") {
      const { id, systemPresence } = eventBody.presenceDefinition;
      found.presence = { definition: id, system: systemPresence, since: Date.parse(eventBody.modifiedDate) };
    } else if (parts[3] === "routingStatus") {
      const { status, startTime } = eventBody.routingStatus;
      found.routing = { status, since: Date.parse(startTime) };
    } else if (parts[3] === "conversationsummary") {
      for (const medium of MEDIA) if (eventBody[medium]) found.media[medium] = eventBody[medium];
      let [active, acw] = [0, 0];
      for (const { contactCenter, enterprise } of Object.values(found.media)) {
        active += contactCenter.active;
        acw += contactCenter.acw + enterprise.acw;
      }
      const same = found.active > 0 === active > 0 && found.acw > 0 === acw > 0;
      if (!same || found.summarySince === undefined) found.summarySince = Date.parse(rollcall.since ?? rollcall.at);
      Object.assign(found, { active, acw });
    }
    return found;
  } else if (topicName.startsWith("v2.analytics.queues.")) {
    const found = queue(parts[3]);
    const medium = eventBody.group.mediaType ?? "";
    const values = found.figures.get(medium) ?? {};
    found.figures.set(medium, values);
    for (const { metrics } of eventBody.data) {
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
  return undefined;
}

function show(changed) {
  if (changed?.card) showAgent(changed);
  else if (changed?.tile) showQueue(changed);
}

function hear({ data }) {
  const frame = JSON.parse(data);
  if (frame.topicName === "channel.metadata") {
    if (frame.rollcall) serverOffset = Date.parse(frame.rollcall.serverTime) - Date.now();
  } else if (frame.rollcall.seq > floor) {
    show(apply(frame));
    latency = Math.max(0, Math.round(now() - Date.parse(frame.rollcall.at)));
  }
}

// ---- page ----

function sortKey({ name }) {
  return name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function byName(all) {
  const named = [...all.values()].filter(({ name }) => name !== undefined);
  const keyed = named.map((one) => [sortKey(one), one]);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, one]) => one);
}

// As small as the app draws a thousand cards and twenty tiles.
function draw(list, properties) {
  list.dataset.size = "dense";
  for (const [name, value] of Object.entries(properties)) list.style.setProperty(name, value);
}

function build({ wall }) {
  document.getElementById("boot").remove();
  document.body.insertAdjacentHTML("beforeend", PAGE);
  document.title = `${wall.title} · Rollcall`;
  const [people, tiles] = [byName(agents), byName(queues)];
  for (const agent of people) makeCard(agent);
  for (const queue of tiles) makeTile(queue);
  people.forEach(showAgent);
  tiles.forEach(showQueue);
  const list = document.querySelector(".floor");
  draw(list, { "--card-min": "12.5rem", "--card-height": "3.375rem", "--card-gap": "0.4375rem" });
  list.append(...people.map(({ card }) => card));
  const top = document.querySelector(".queues");
  draw(top, { "--columns": 7, "--tile-height": "8.25rem", "--tile-gap": "0.5rem" });
  top.append(...tiles.map(({ tile }) => tile));
  text(document.body, "title").data = wall.title;
  text(document.body, "agents").data = `${people.length} agents`;
  built = true;
}

function live() {
  const badge = document.querySelector(".live");
  badge.dataset.live = "live";
  badge.querySelector(".live-words").textContent = "Live";
  requestAnimationFrame(() => setTimeout(() => performance.mark("rollcall:first-live")));
}

function tick() {
  if (!built) return;
  agents.forEach((agent) => agent.card && showTime(agent));
  queues.forEach((queue) => queue.tile && showWait(queue));
  const date = new Date(now());
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const clock = document.querySelector(".header-clock");
  if (clock.textContent !== time) clock.textContent = time;
  const shown = ` · ${latency} ms`;
  const place = document.querySelector(".live-latency");
  if (place.textContent !== shown) place.textContent = shown;
  highlights = HIGHLIGHTS;
}

const answer = await fetch("/rollcall/walls/floor/channel", {
  method: "POST",
  headers: { "x-rollcall": "1", "content-type": "application/json" },
  body: "{}",
});
const channel = await answer.json();
serverOffset = Date.parse(channel.serverTime) - Date.now();
floor = channel.seq;
channel.frames.forEach(apply);
build(channel);
const { pathname } = new URL(channel.connectUri);
const socket = new WebSocket(`ws://${location.host}${pathname}`);
socket.onopen = live;
socket.onmessage = hear;
setInterval(tick, 1000);
