// The wall by hand: the nodes are kept, and what changed is written. Same markup and style sheet as the app.
import { now, start } from "../wall/feed.js";
import { CARDS, SIZE, STAFF, TILES, duration, isLong, secondsSince, timeOfDay } from "../wall/words.js";

const CARD = `<div class="card-box"><span class="card-name" data-field="name"></span><span class="card-label"><i class="glyph" aria-hidden="true"></i><span data-field="label"></span></span><span class="card-time" data-field="time-in-state"></span><span class="card-team" data-field="team"></span></div>`;

const TILE = `<h2 class="tile-name"><span data-field="name"></span><span class="tile-flag" data-field="flag"></span></h2><dl class="tile-figures"><div class="tile-waiting"><dt>waiting</dt><dd data-field="waiting"></dd></div><div class="tile-longest"><dt>longest</dt><dd data-field="longest-wait"></dd></div><div class="tile-service"><dt data-field="promise"></dt><dd data-field="service-level"></dd></div></dl><div class="staff" aria-hidden="true">${STAFF.map(([state]) => `<i data-state="${state}"></i>`).join("")}</div><ul class="legend">${STAFF.map(([state, title, spoken, field]) => `<li data-state="${state}" title="${title}"><i class="glyph" aria-hidden="true"></i><b data-field="${field}"></b><span class="spoken">${spoken}</span></li>`).join("")}</ul>`;

const PAGE = `<main class="wall" data-wall-id="floor" data-stale="false"><header class="header"><h1><span data-field="title"></span></h1><p class="header-count" data-field="agents"></p><div class="live" role="status" data-live="connecting"><i class="live-dot" aria-hidden="true"></i><span class="live-words">Connecting</span><span class="live-latency" aria-hidden="true"></span></div><time class="header-clock"></time></header><div class="wall-body"><div class="queues-room" data-fills="false"><div class="queues-scroll"><ul class="queues" aria-label="Queues" data-size="${SIZE}"></ul></div></div><div class="floor-room"><div class="floor-scroll"><ul class="floor" aria-label="Agents" data-view="cards" data-size="${SIZE}"></ul></div></div></div></main>`;

const cards = new Map();
const tiles = new Map();

function text(parent, field) {
  const node = document.createTextNode("");
  parent.querySelector(`[data-field=${field}]`).append(node);
  return node;
}

// ---- agents ----

function makeCard(agent) {
  const root = document.createElement("li");
  root.className = "card";
  root.dataset.userId = agent.id;
  root.innerHTML = CARD;
  root.dataset.stale = "false";
  root.title = agent.name;
  text(root, "name").data = agent.name;
  const time = root.querySelector("[data-field=time-in-state]");
  const card = { root, agent, shown: {}, time, timeText: text(root, "time-in-state"), labelText: text(root, "label") };
  text(root, "team").data = agent.team ?? "";
  cards.set(agent, card);
  showAgent(card);
  return root;
}

function showAgent(card) {
  const { root, shown, time, labelText } = card;
  const { state, label, since, order, fresh } = card.agent.face;
  if (shown.state !== state) root.dataset.state = shown.state = state;
  if (shown.order !== order) root.style.order = shown.order = order;
  showFresh(root, shown, fresh);
  if (shown.label !== label) {
    labelText.data = shown.label = label;
    root.toggleAttribute("data-long", isLong(card.agent, label));
  }
  if (shown.since !== since) {
    if (since === undefined) delete time.dataset.sinceMs;
    else time.dataset.sinceMs = since;
    shown.since = since;
    showTime(card, now());
  }
}

function showFresh(root, shown, fresh) {
  if (shown.fresh === fresh) return;
  shown.fresh = fresh;
  if (fresh) root.dataset.fresh = fresh;
  else delete root.dataset.fresh;
}

function showTime({ shown, timeText }, at) {
  const seconds = secondsSince(shown.since, at);
  if (seconds === shown.seconds) return;
  shown.seconds = seconds;
  timeText.data = duration(seconds);
}

// ---- queues ----

function makeTile(queue) {
  const root = document.createElement("li");
  root.className = "tile";
  root.dataset.queueId = queue.id;
  root.innerHTML = TILE;
  root.dataset.stale = "false";
  root.title = queue.name;
  text(root, "name").data = queue.name;
  text(root, "promise").data = queue.promise;
  const bars = root.querySelectorAll(".staff > i");
  const entries = root.querySelectorAll(".legend > li");
  const tile = {
    root,
    queue,
    shown: { staff: [] },
    longest: root.querySelector("[data-field=longest-wait]"),
    longestText: text(root, "longest-wait"),
    waitingText: text(root, "waiting"),
    serviceText: text(root, "service-level"),
    staff: STAFF.map(([, , , field], at) => ({ bar: bars[at], entry: entries[at], text: text(root, field) })),
  };
  tiles.set(queue, tile);
  showQueue(tile);
  return root;
}

function showQueue(tile) {
  const { root, shown } = tile;
  const { waiting, service, staff, longestSince, fresh } = tile.queue.face;
  if (shown.waiting !== waiting) tile.waitingText.data = shown.waiting = waiting;
  if (shown.service !== service) tile.serviceText.data = shown.service = service;
  showFresh(root, shown, fresh);
  staff.forEach((members, at) => {
    if (shown.staff[at] === members) return;
    shown.staff[at] = members;
    const { bar, entry, text } = tile.staff[at];
    text.data = members;
    entry.dataset.none = members === 0;
    bar.style.flexGrow = members;
  });
  shown.longestSince = longestSince;
  showWait(tile, now());
}

function showWait({ root, queue, shown, longest, longestText }, at) {
  const seconds = secondsSince(shown.longestSince, at) ?? 0;
  if (seconds === shown.seconds) return;
  shown.seconds = seconds;
  longestText.data = duration(seconds);
  longest.dataset.seconds = seconds;
  const late = queue.target !== undefined && seconds > queue.target;
  if (shown.late !== late) root.dataset.late = shown.late = late;
}

// ---- page ----

function fill(selector, properties, elements) {
  const list = document.querySelector(selector);
  for (const [name, value] of Object.entries(properties)) list.style.setProperty(name, value);
  list.append(...elements);
}

start({
  build(wall, agents, queues) {
    document.body.insertAdjacentHTML("beforeend", PAGE);
    fill(".floor", CARDS, agents.map(makeCard));
    fill(".queues", TILES, queues.map(makeTile));
    text(document.body, "title").data = wall.title;
    text(document.body, "agents").data = `${agents.length} agents`;
  },
  live() {
    const badge = document.querySelector(".live");
    badge.dataset.live = "live";
    badge.querySelector(".live-words").textContent = "Live";
  },
  show(one) {
    if (one.kind === "agent") showAgent(cards.get(one));
    else showQueue(tiles.get(one));
  },
  tick(at, latency) {
    for (const card of cards.values()) showTime(card, at);
    for (const tile of tiles.values()) showWait(tile, at);
    const clock = document.querySelector(".header-clock");
    const time = timeOfDay(at);
    if (clock.textContent !== time) clock.textContent = time;
    const shown = ` · ${latency} ms`;
    const place = document.querySelector(".live-latency");
    if (place.textContent !== shown) place.textContent = shown;
  },
});
