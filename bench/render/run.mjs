// Drives the walls in headless Chromium on one running demo, and prints what they cost and which bounds hold.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { chromium } from "playwright-core";
import { startDemo, stopDemo } from "./demo.mjs";
import { events } from "./events.mjs";
import { Bounds } from "./figures.mjs";
import { frames } from "./frames.mjs";
import { memory } from "./memory.mjs";

const quick = process.argv.includes("--quick");
const form = quick
  ? {
      events: { rounds: 1, seconds: 5, visits: 3, warmUpMs: 1_500 },
      memory: { first: 10_000, last: 100_000, tape: 2_000 },
      frames: { rounds: 3, seconds: 6, warmUpMs: 1_500 },
    }
  : {
      events: { rounds: 5, seconds: 10, visits: 9, warmUpMs: 3_000 },
      memory: { first: 100_000, last: 1_000_000, tape: 10_000 },
      frames: { rounds: 3, seconds: 60, warmUpMs: 3_000 },
    };
if (process.env.ROUNDS) form.events.rounds = Number(process.env.ROUNDS);

const load = () => loadavg()[0].toFixed(1);
const loadBefore = load();
const demo = await startDemo();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    ...["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    // A page that comes out of this script has no address, and may otherwise not speak to one of this machine.
    "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
  ],
});
process.on("exit", () => void browser.close());

const bounds = new Bounds();
const results = {};
const parts = { events, memory, frames };
const only = process.env.ONLY?.split(",") ?? Object.keys(parts);
for (const name of only) {
  results[name] = await parts[name](browser, demo, bounds, form[name]);
  console.log("");
}
console.log(
  `${cpus().length} cores, load ${loadBefore} before and ${load()} after; Chromium ${browser.version()}, Node ${process.version}\n`,
);
console.log(`${bounds}`);

if (process.env.RESULTS) writeFileSync(process.env.RESULTS, JSON.stringify(results, null, 1));
await browser.close();
await stopDemo(demo);
