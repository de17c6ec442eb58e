// What runs in a page and on it: the probe, one measurement, and what the page shows.
import { writeFileSync } from "node:fs";

/** Runs in the page before its own scripts: counts the socket's frames, and records painted frames and long tasks. */
export function probe() {
  const Native = window.WebSocket;
  window.heard = 0;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", () => (window.heard += 1));
    }
  };
  // The memory of the app's module, to be asked how large it is.
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const native = WebAssembly[name];
    WebAssembly[name] = async (...args) => {
      const made = await native.apply(WebAssembly, args);
      window.wasm = (made.instance ?? made).exports.memory;
      return made;
    };
  }
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longTasks.push(duration);
  }).observe({ type: "longtask" });
  window.watch = () => {
    window.longTasks.length = 0;
    window.frames = [];
    const step = (time) => {
      window.frames.push(time);
      window.watching = requestAnimationFrame(step);
    };
    window.watching = requestAnimationFrame(step);
    return window.heard;
  };
  window.unwatch = () => {
    cancelAnimationFrame(window.watching);
    const { frames, heard, longTasks, wasm } = window;
    return { frames, heard, longTasks, wasm: wasm ? wasm.buffer.byteLength / 1e6 : 0 };
  };
}

async function counters(cdp) {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value * 1000]));
}

/** What the page uses in so many seconds; times are in milliseconds. */
export async function measure(page, seconds, profile) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  if (profile) {
    await cdp.send("Profiler.enable");
    await cdp.send("Profiler.start");
  }
  const heardBefore = await page.evaluate(() => window.watch());
  const before = await counters(cdp);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after = await counters(cdp);
  const { frames, heard, longTasks, wasm } = await page.evaluate(() => window.unwatch());
  if (profile) writeFileSync(profile, JSON.stringify((await cdp.send("Profiler.stop")).profile));
  const heap = (await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6;
  const spent = (name) => after[name] - before[name];
  const gaps = frames.slice(1).map((time, at) => time - frames[at]);
  return {
    seconds,
    frames: heard - heardBefore,
    script: spent("ScriptDuration"),
    style: spent("RecalcStyleDuration") + spent("LayoutDuration"),
    task: spent("TaskDuration"),
    long: longTasks.length,
    longest: Math.max(0, ...longTasks),
    dropped: gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / (1000 / 60)) - 1), 0),
    worst: Math.max(...gaps),
    heap,
    wasm,
  };
}

/**
 * Runs in the page: of each agent the state and its words, of each queue what waits, and who works; and the nodes of one card
 * and one tile.
 */
export function shown() {
  const text = (parent, field) => parent.querySelector(`[data-field=${field}]`).textContent;
  const agents = [...document.querySelectorAll(".card")].map((card) => [
    card.dataset.userId,
    [
      card.dataset.state,
      ...["name", "team", "label"].map((field) => text(card, field)),
      card.querySelector("[data-field=time-in-state]").dataset.sinceMs,
    ],
  ]);
  const staff = ["interacting", "idle", "communicating", "not-responding"].map((word) => `on-queue-${word}`);
  const fields = ["name", "promise", "service-level", ...staff, "off-queue"];
  const queues = [...document.querySelectorAll(".tile")].map((tile) => [
    tile.dataset.queueId,
    [Number(text(tile, "waiting")), ...fields.map((field) => text(tile, field))],
  ]);
  const node = ({ localName, className, attributes, children }) => {
    const names = [...attributes].map(({ name }) => name).filter((name) => !["data-fresh", "data-long", "data-since-ms"].includes(name));
    return [localName, className, names.toSorted().join(" "), [...children].map(node)];
  };
  return {
    agents: Object.fromEntries(agents),
    queues: Object.fromEntries(queues),
    nodes: { card: node(document.querySelector(".card")), tile: node(document.querySelector(".tile")) },
  };
}
