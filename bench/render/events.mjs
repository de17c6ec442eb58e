// What an event costs each front end, and whether they all show the same in the end.
import { fail, setRate, world } from "./demo.mjs";
import { median, range } from "./figures.mjs";
import { measure, shown } from "./page.mjs";
import { VARIANTS, firstLive, firstVisit, openWall } from "./pages.mjs";

// DESIGN section 9: script at most 1.5 times and the main thread at most 1.1 times what a wall written by hand takes; a wall
// is there within a second; a first visit downloads at most 220 KB.
const SCRIPT_MAX = 1.5;
const MAIN_THREAD_MAX = 1.1;
const FIRST_LIVE_S_MAX = 1.0;
const FIRST_VISIT_KB_MAX = 220;

const ROWS = [
  ["frames a second", ({ frames, seconds }) => frames / seconds, 0],
  ["script, us an event", ({ script, frames }) => (script * 1000) / frames, 1],
  ["style and layout, us an event", ({ style, frames }) => (style * 1000) / frames, 1],
  ["main thread busy, %", ({ task, seconds }) => task / (seconds * 10), 1],
  ["long tasks", ({ long }) => long, 0],
  ["longest, ms", ({ longest }) => longest, 0],
  ["dropped frames", ({ dropped }) => dropped, 0],
  ["worst frame gap, ms", ({ worst }) => worst, 1],
  ["JS heap, MB", ({ heap }) => heap, 1],
  ["wasm memory, MB", ({ wasm }) => wasm, 1],
];
const [, SCRIPT, , MAIN_THREAD] = ROWS;

/** Measures all in turn, prints the table, and gives what was measured. */
export async function events(browser, demo, bounds, { rounds, seconds, visits, warmUpMs }) {
  const { base } = demo;
  const all = Object.fromEntries(VARIANTS.map((variant) => [variant, []]));
  const live = Object.fromEntries(VARIANTS.map((variant) => [variant, []]));
  let download = 0;
  for (let round = 0; round < rounds; round++) {
    // In turn, and backwards in every second round, so that a noisy minute touches all.
    for (const variant of round % 2 === 0 ? VARIANTS : VARIANTS.toReversed()) {
      const page = await openWall(browser, base, variant);
      live[variant].push(await firstLive(page));
      if (variant === "rollcall") download ||= await firstVisit(page);
      // Code is compiled and warm after this.
      await page.waitForTimeout(warmUpMs);
      const profile = process.env.PROFILE ? `${process.env.PROFILE}/${variant}-${round}.cpuprofile` : undefined;
      all[variant].push(await measure(page, seconds, profile));
      await page.context().close();
    }
    process.stderr.write(`events, round ${round + 1} of ${rounds}\n`);
  }
  for (let visit = live.rollcall.length; visit < visits; visit++) {
    for (const variant of VARIANTS) {
      const page = await openWall(browser, base, variant);
      live[variant].push(await firstLive(page));
      await page.context().close();
    }
  }
  await compare(browser, demo);

  const of = (variant, figure) => median(all[variant].map(figure));
  const ratio = (variant, figure) => of(variant, figure) / of("vanilla", figure);
  console.log(`| ${world.agents} agents, ${world.rate} events/s, ${seconds} s, median of ${rounds} | ${VARIANTS.join(" | ")} | rollcall / vanilla | spread of both |`);
  console.log(`| --- | ${VARIANTS.map(() => "--: | ").join("")}--: | --- |`);
  const line = (name, values, digits, ranges) => {
    const ratio = values[1] > 0 ? (values[0] / values[1]).toFixed(2) : "";
    console.log(`| ${name} | ${values.map((value) => value.toFixed(digits)).join(" | ")} | ${ratio} | ${ranges} |`);
  };
  const spread = (of, digits) => ["rollcall", "vanilla"].map((variant) => range(of(variant), digits)).join(" / ");
  for (const [name, figure, digits] of ROWS) {
    const ranges = spread((variant) => all[variant].map(figure), digits);
    line(name, VARIANTS.map((variant) => of(variant, figure)), digits, ranges);
  }
  const lives = VARIANTS.map((variant) => median(live[variant]));
  line(`first live, ms, median of ${visits}`, lives, 0, spread((variant) => live[variant], 0));
  const script = VARIANTS.map((variant) => ratio(variant, SCRIPT[1]).toFixed(2)).join(" : ");
  console.log(`\nscript an event, ${VARIANTS.join(" : ")} = ${script}`);
  console.log("all walls and the simulator's truth agree on a still world");

  bounds.atMost("app, script an event against vanilla", "x", SCRIPT_MAX, ratio("rollcall", SCRIPT[1]));
  bounds.atMost("app, main thread busy against vanilla", "x", MAIN_THREAD_MAX, ratio("rollcall", MAIN_THREAD[1]));
  bounds.below("app, first live, median", "s", FIRST_LIVE_S_MAX, lives[0] / 1000);
  bounds.atMost("app, first visit, brotli", "KB", FIRST_VISIT_KB_MAX, download);
  return { all, live, download };
}

// ---- the same in the end ----

/** A wall that is slower than the world may have so much to catch up with when that stands still, on a machine that does other things, too. */
const AGREE_WITHIN_MS = 60_000;

// All walls and the simulator's own truth, once nothing happens any more.
async function compare(browser, demo) {
  const pages = [];
  for (const variant of VARIANTS) pages.push(await openWall(browser, demo.base, variant));
  await pages[0].waitForTimeout(2_000);
  await setRate(demo, 0);
  const late = Date.now() + AGREE_WITHIN_MS;
  let difference;
  do {
    await pages[0].waitForTimeout(500);
    difference = await differences(pages, demo);
  } while (difference && Date.now() < late);
  if (difference) fail(difference);
  await Promise.all(pages.map((page) => page.context().close()));
  await setRate(demo, world.rate);
}

/** The first difference in words, if there is one. */
async function differences(pages, { simulator }) {
  const truth = await (await fetch(`${simulator}/simulator/truth`)).json();
  const facts = {
    agents: Object.fromEntries(truth.agents.map(({ id, state }) => [id, state])),
    queues: Object.fromEntries(truth.queues.map(({ id, waiting }) => [id, waiting])),
  };
  const [ours, ...others] = await Promise.all(pages.map((page) => page.evaluate(shown)));
  const found = ["agents", "queues"].flatMap((kind) => {
    const first = Object.fromEntries(Object.entries(ours[kind]).map(([id, [value]]) => [id, value]));
    return [
      differ(`${kind} of rollcall and the truth`, first, facts[kind]),
      ...others.map((theirs, at) => differ(`${kind} of rollcall and ${VARIANTS[at + 1]}`, ours[kind], theirs[kind])),
    ];
  });
  // What is to be drawn the same way must have the same nodes, or it is no comparison.
  found.push(...others.map(({ nodes }, at) => differ(`nodes of vanilla and ${VARIANTS[at + 1]}`, others[0].nodes, nodes)));
  return found.find((words) => words !== undefined);
}

function differ(what, left, right) {
  const ids = new Set([...Object.keys(left), ...Object.keys(right)]);
  const different = [...ids].filter((id) => JSON.stringify(left[id]) !== JSON.stringify(right[id]));
  if (different.length === 0) return undefined;
  const [id] = different;
  return `${what}: ${different.length} differ, ${id}: ${JSON.stringify(left[id])} and ${JSON.stringify(right[id])}`;
}
