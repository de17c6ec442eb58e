// Whether the wall costs the screen its smoothness: frames dropped beside those of an empty page, in turn.
import { setRate, world } from "./demo.mjs";
import { median } from "./figures.mjs";
import { measure } from "./page.mjs";
import { openEmpty, openWall } from "./pages.mjs";

// The issue's own bound: at 1,000 agents and 100 events/s at most 3 a minute more than an empty page, median of 3.
const RATE = 100;
const DROPPED_MAX = 3;

/** Looks at both for so many seconds, in so many rounds. */
export async function frames(browser, demo, bounds, { rounds, seconds, warmUpMs }) {
  await setRate(demo, RATE);
  const more = [];
  console.log(`| ${world.agents} agents, ${RATE} events/s, ${seconds} s | dropped a minute, empty page | wall | worst gap, ms, empty page | wall | frames/s heard |`);
  console.log("| --- | --: | --: | --: | --: | --: |");
  for (let round = 0; round < rounds; round++) {
    const found = {};
    // In turn, and the other first in every second round.
    const order = round % 2 === 0 ? ["empty", "wall"] : ["wall", "empty"];
    for (const which of order) {
      const page = which === "empty" ? await openEmpty(browser, demo.base) : await openWall(browser, demo.base, "rollcall");
      await page.waitForTimeout(warmUpMs);
      found[which] = await measure(page, seconds);
      await page.context().close();
    }
    const [empty, wall] = [found.empty, found.wall].map(({ dropped }) => (dropped * 60) / seconds);
    more.push(wall - empty);
    const gaps = [found.empty, found.wall].map(({ worst }) => worst.toFixed(1)).join(" | ");
    console.log(`| round ${round + 1} | ${empty.toFixed(0)} | ${wall.toFixed(0)} | ${gaps} | ${(found.wall.frames / seconds).toFixed(0)} |`);
  }
  await setRate(demo, world.rate);
  bounds.atMost(`app, dropped frames above an empty page's, ${RATE} events/s, median of ${rounds}`, "a minute", DROPPED_MAX, median(more));
  return more;
}
