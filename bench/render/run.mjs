// Drives both walls in headless Chromium, in turn, on one running demo, and prints one table.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { Bounds, median, range } from "./figures.mjs";
import { measure, probe, shown } from "./page.mjs";

const quick = process.argv.includes("--quick");
const world = { agents: 1000, queues: 20, rate: 500 };
const rounds = Number(process.env.ROUNDS ?? (quick ? 1 : 5));
const seconds = quick ? 5 : 10;
const visits = quick ? 3 : 9;
const variants = ["rollcall", "vanilla"];
const viewport = { width: 1600, height: 1000 };

// ---- the demo ----

async function startDemo() {
  const demo = spawn(
    process.env.ROLLCALL,
    [
      "demo",
      ...["--agents", world.agents, "--queues", world.queues, "--events-per-second", world.rate].map(String),
      // Who joins is on the walls when the proxy has read the list of users again, not at once.
      ...["--turnover", "0"],
      ...["--listen", "127.0.0.1:0", "--simulator-listen", "127.0.0.1:0"],
    ],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, RUST_LOG: "warn" } },
  );
  process.on("exit", () => demo.kill());
  demo.once("exit", (code) => fail(`the demo has ended with ${code}`));
  const found = [];
  for await (const line of createInterface({ input: demo.stdout })) {
    const address = line.match(/http:\/\/127\.0\.0\.1:\d+/);
    if (address) found.push(address[0]);
    if (found.length === 2) break;
  }
  const [base, simulator] = found;
  while (!(await fetch(`${base}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 50));
  return { demo, base, simulator };
}

function fail(text) {
  process.stderr.write(`error: ${text}\n`);
  process.exit(1);
}

async function setRate(simulator, rate) {
  const answer = await fetch(`${simulator}/simulator/scenario`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ eventsPerSecond: rate }),
  });
  if (!answer.ok) fail(`the scenario: ${answer.status} ${await answer.text()}`);
}

// ---- pages ----

// The page of the app with another script: same origin, same style sheet.
function vanillaPage(index) {
  const style = index.match(/<link rel="stylesheet"[^>]*>/)[0];
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Rollcall</title>${style}<script type="module" src="/vanilla/wall.js"></script></head><body><p id="boot" role="status">Loading the wall…</p></body></html>`;
}

async function open(browser, base, variant) {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  page.on("pageerror", (error) => fail(`${variant}: ${error}`));
  page.on("console", (message) => message.type() === "error" && fail(`${variant}: ${message.text()}`));
  if (variant === "vanilla") {
    const index = await (await fetch(`${base}/wall/floor`)).text();
    const script = readFileSync(new URL("vanilla/wall.js", import.meta.url), "utf8");
    await page.route("**/wall/floor", (route) =>
      route.fulfill({ contentType: "text/html", body: vanillaPage(index) }),
    );
    await page.route("**/vanilla/wall.js", (route) =>
      route.fulfill({ contentType: "text/javascript", body: script }),
    );
    await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
  }
  await page.addInitScript(probe);
  await page.goto(`${base}/wall/floor`);
  await page.waitForFunction(() => performance.getEntriesByName("rollcall:first-live").length === 1);
  const cards = await page.locator(".card").count();
  if (cards !== world.agents) fail(`${variant}: ${cards} cards instead of ${world.agents}`);
  return page;
}

const firstLive = (page) =>
  page.evaluate(() => performance.getEntriesByName("rollcall:first-live")[0].startTime);

// ---- the same in the end ----

// Both walls and the simulator's own truth, once nothing happens any more.
async function compare(browser, base, simulator) {
  const pages = [];
  for (const variant of variants) pages.push(await open(browser, base, variant));
  await pages[0].waitForTimeout(2_000);
  await setRate(simulator, 0);
  await pages[0].waitForTimeout(2_000);
  const truth = await (await fetch(`${simulator}/simulator/truth`)).json();
  const facts = {
    agents: Object.fromEntries(truth.agents.map(({ id, state }) => [id, state])),
    queues: Object.fromEntries(truth.queues.map(({ id, waiting }) => [id, waiting])),
  };
  const [ours, theirs] = await Promise.all(pages.map((page) => page.evaluate(shown)));
  for (const kind of ["agents", "queues"]) {
    differ(`${kind} of rollcall and vanilla`, ours[kind], theirs[kind]);
    const first = Object.fromEntries(Object.entries(ours[kind]).map(([id, [value]]) => [id, value]));
    differ(`${kind} of rollcall and the truth`, first, facts[kind]);
  }
  await Promise.all(pages.map((page) => page.context().close()));
  await setRate(simulator, world.rate);
}

function differ(what, left, right) {
  const ids = new Set([...Object.keys(left), ...Object.keys(right)]);
  const different = [...ids].filter((id) => JSON.stringify(left[id]) !== JSON.stringify(right[id]));
  if (different.length === 0) return;
  const [id] = different;
  fail(`${what}: ${different.length} differ, ${id}: ${JSON.stringify(left[id])} and ${JSON.stringify(right[id])}`);
}

// ---- download ----

// What a browser is sent for the app's own wasm, scripts and style sheet: compressed with brotli.
async function firstVisit(page) {
  const urls = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => name.split("?")[0]),
  );
  const wanted = [...new Set(urls)].filter((url) => /\.(wasm|js|css)$/.test(url));
  const sizes = await Promise.all(wanted.map(brotliSize));
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

function brotliSize(url) {
  return new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "br" } }, (answer) => {
      let bytes = 0;
      if (answer.headers["content-encoding"] !== "br") fail(`${url} comes without brotli`);
      answer.on("data", (chunk) => (bytes += chunk.length));
      answer.on("end", () => resolve(bytes));
    }).on("error", reject);
  });
}

// ---- the run ----

const { demo, base, simulator } = await startDemo();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    ...["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    // A page that comes out of this script has no address, and may otherwise not speak to one of this machine.
    "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
  ],
});
process.on("exit", () => void browser.close());

const all = Object.fromEntries(variants.map((variant) => [variant, []]));
const live = Object.fromEntries(variants.map((variant) => [variant, []]));
let download = 0;
for (let round = 0; round < rounds; round++) {
  // In turn, and the other first in every second round, so that a noisy minute touches both.
  for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
    const page = await open(browser, base, variant);
    live[variant].push(await firstLive(page));
    if (variant === "rollcall") download ||= await firstVisit(page);
    // Code is compiled and warm after this.
    await page.waitForTimeout(quick ? 1_500 : 3_000);
    const profile = process.env.PROFILE ? `${process.env.PROFILE}/${variant}-${round}.cpuprofile` : undefined;
    all[variant].push(await measure(page, seconds, profile));
    await page.context().close();
  }
  process.stderr.write(`round ${round + 1} of ${rounds}\n`);
}
for (let visit = live.rollcall.length; visit < visits; visit++) {
  for (const variant of variants) {
    const page = await open(browser, base, variant);
    live[variant].push(await firstLive(page));
    await page.context().close();
  }
}
await compare(browser, base, simulator);

const of = (variant, figure) => median(all[variant].map(figure));
const rows = [
  ["frames a second", ({ frames }) => frames / seconds, 0],
  ["script, us an event", ({ script, frames }) => (script * 1000) / frames, 1],
  ["style and layout, us an event", ({ style, frames }) => (style * 1000) / frames, 1],
  ["main thread busy, %", ({ task }) => task / (seconds * 10), 1],
  ["long tasks", ({ long }) => long, 0],
  ["longest, ms", ({ longest }) => longest, 0],
  ["dropped frames", ({ dropped }) => dropped, 0],
  ["worst frame gap, ms", ({ worst }) => worst, 1],
  ["JS heap, MB", ({ heap }) => heap, 1],
  ["wasm memory, MB", ({ wasm }) => wasm, 1],
];
console.log(
  `| ${world.agents} agents, ${world.rate} events/s, ${seconds} s, median of ${rounds} | rollcall | vanilla | ratio | spread |`,
);
console.log("| --- | --: | --: | --: | --- |");
const line = (name, [ours, theirs], digits, spread) => {
  const ratio = theirs > 0 ? (ours / theirs).toFixed(2) : "";
  console.log(`| ${name} | ${ours.toFixed(digits)} | ${theirs.toFixed(digits)} | ${ratio} | ${spread} |`);
};
for (const [name, figure, digits] of rows) {
  const spread = variants.map((variant) => range(all[variant].map(figure), digits)).join(" / ");
  line(name, variants.map((variant) => of(variant, figure)), digits, spread);
}
const lives = variants.map((variant) => median(live[variant]));
line(`first live, ms, median of ${visits}`, lives, 0, variants.map((v) => range(live[v], 0)).join(" / "));
console.log(`| first visit, KB brotli | ${download.toFixed(1)} | | | |`);
console.log("\nboth walls and the simulator's truth agree on a still world");

const bounds = new Bounds();
const ratio = (at) => of("rollcall", rows[at][1]) / of("vanilla", rows[at][1]);
bounds.atMost("app, script an event against vanilla", "x", 1.5, ratio(1));
bounds.atMost("app, main thread busy against vanilla", "x", 1.1, ratio(3));
bounds.below("app, first live, median", "s", 1.0, lives[0] / 1000);
bounds.atMost("app, first visit, brotli", "KB", 220, download);
console.log(`\n${bounds}`);

if (process.env.RESULTS) writeFileSync(process.env.RESULTS, JSON.stringify({ all, live, download }, null, 1));
await browser.close();
demo.removeAllListeners("exit");
const ended = once(demo, "exit");
demo.kill();
await ended;
