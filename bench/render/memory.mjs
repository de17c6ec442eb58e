// Whether the page grows with what it hears: memory after so many events, and after ten times as many.
import { fail, setRate, world } from "./demo.mjs";
import { Feeder } from "./feeder.mjs";
import { shown } from "./page.mjs";
import { openWall } from "./pages.mjs";
import { agentsByName, apply, queuesByName, refresh } from "./wall/model.js";

// DESIGN section 9: after 10^6 events JS heap and wasm memory within 1 MB of those after 10^5.
const GROWTH_MB_MAX = 1;

/** Silence after which the page has shown what it has heard. */
const SETTLE_MS = 2_000;
/** The page is given up when it takes nothing for this long. */
const STUCK_MS = 30_000;

/** Feeds the app's page `first` events and then up to `last`. */
export async function memory(browser, demo, bounds, { first, last, tape }) {
  // What the page has to show in the end is worked out beside it from the same frames.
  const feeder = await Feeder.start(demo.base, apply);
  const page = await openWall(browser, feeder.base, "rollcall");
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");

  while (feeder.heard < tape) await page.waitForTimeout(100);
  await setRate(demo, 0);
  await page.waitForTimeout(SETTLE_MS);
  const kept = feeder.heard;
  console.log(`| events, of ${world.agents} agents | as fast as | JS heap, MB | wasm, pages | nodes |`);
  console.log("| --: | --: | --: | --: | --: |");
  row("begin", "", await look(page, cdp));

  const seen = [];
  let fed = 0;
  for (const goal of [first, last]) {
    const began = Date.now();
    const goalHeard = (await page.evaluate(() => window.heard)) + goal - fed;
    await feeder.feed(goal - fed);
    await untilHeard(page, goalHeard);
    const rate = (goal - fed) / ((Date.now() - began) / 1000);
    fed = goal;
    await page.waitForTimeout(SETTLE_MS);
    seen.push(await look(page, cdp));
    row(goal.toLocaleString("en"), `${rate.toFixed(0)}/s`, seen.at(-1));
  }
  console.log(`\n${kept} recorded frames, fed again and again`);
  await check(page);
  await page.context().close();
  feeder.stop();
  await setRate(demo, world.rate);

  const [few, many] = seen;
  const than = `after ${last.toLocaleString("en")} events, above ${first.toLocaleString("en")}`;
  bounds.atMost(`app, JS heap ${than}`, "MB", GROWTH_MB_MAX, many.heap - few.heap);
  bounds.atMost(`app, wasm memory ${than}`, "MB", GROWTH_MB_MAX, ((many.pages - few.pages) * 65_536) / 1e6);
  return seen;
}

function row(events, rate, { heap, pages, nodes }) {
  console.log(`| ${events} | ${rate} | ${heap.toFixed(2)} | ${pages} | ${nodes} |`);
}

/** What the page holds when its garbage is collected. */
async function look(page, cdp) {
  await page.evaluate(() => void (window.longTasks.length = 0));
  // What the first leaves to be finalised, the second collects.
  for (let times = 0; times < 2; times++) await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const of = (wanted) => metrics.find(({ name }) => name === wanted).value;
  const bytes = await page.evaluate(() => window.wasm.buffer.byteLength);
  return { heap: of("JSHeapUsedSize") / 1e6, pages: bytes / 65_536, nodes: of("Nodes") };
}

async function untilHeard(page, goal) {
  let [heard, since] = [0, Date.now()];
  while (heard < goal) {
    await page.waitForTimeout(50);
    const now = await page.evaluate(() => window.heard);
    if (now !== heard) [heard, since] = [now, Date.now()];
    else if (Date.now() - since > STUCK_MS) fail(`the page has heard ${goal - now} events too few and hears no more`);
  }
}

/** A page that has forgotten some events would be small, too. */
async function check(page) {
  const { agents, queues } = await page.evaluate(shown);
  for (const agent of agentsByName()) {
    refresh(agent);
    const [state, , , , since] = agents[agent.id] ?? fail(`agent ${agent.id} is not on the wall`);
    const { face } = agent;
    if (state !== face.state || Number(since) !== face.since)
      fail(`agent ${agent.id} is ${state} since ${since} on the wall, ${face.state} since ${face.since} by what it was fed`);
  }
  for (const queue of queuesByName()) {
    refresh(queue);
    const [waiting] = queues[queue.id] ?? fail(`queue ${queue.id} is not on the wall`);
    if (waiting !== queue.face.waiting)
      fail(`in queue ${queue.id} wait ${waiting} on the wall, ${queue.face.waiting} by what it was fed`);
  }
  console.log("the wall shows what it was fed");
}
