// Opens the wall of each front end in a page of its own, and an empty page to compare with.
import { get } from "node:http";
import { bundle } from "./build.mjs";
import { fail, world } from "./demo.mjs";
import { probe } from "./page.mjs";

export const VARIANTS = ["rollcall", "vanilla", "solid", "react"];
const VIEWPORT = { width: 1600, height: 1000 };

const scripts = new Map();

// The page of the app with another script: same origin, same style sheet.
function otherPage(index, script) {
  const style = index.match(/<link rel="stylesheet"[^>]*>/)?.[0] ?? fail("the app's page has no style sheet");
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Rollcall</title>${style}<script type="module" src="${script}"></script></head><body><p id="boot" role="status">Loading the wall…</p></body></html>`;
}

/** Opens the floor wall and waits until it is live and complete. */
export async function openWall(browser, base, variant) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  page.on("pageerror", (error) => fail(`${variant}: ${error}`));
  page.on("console", (message) => message.type() === "error" && fail(`${variant}: ${message.text()}`));
  if (variant !== "rollcall") {
    if (!scripts.has(variant)) scripts.set(variant, await bundle(variant));
    const index = await (await fetch(`${base}/wall/floor`)).text();
    const script = `/other/${variant}.js`;
    await page.route("**/wall/floor", (route) =>
      route.fulfill({ contentType: "text/html", body: otherPage(index, script) }),
    );
    await page.route(`**${script}`, (route) =>
      route.fulfill({ contentType: "text/javascript", body: scripts.get(variant) }),
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

/** A page with nothing in it. */
export async function openEmpty(browser, base) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await page.route("**/empty", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!DOCTYPE html><title>Empty</title>" }),
  );
  await page.addInitScript(probe);
  await page.goto(`${base}/empty`);
  return page;
}

export const firstLive = (page) =>
  page.evaluate(() => performance.getEntriesByName("rollcall:first-live")[0].startTime);

/** What a browser is sent for the app's own wasm, scripts, style sheet and its one language: KB, compressed with brotli. */
export async function firstVisit(page) {
  const urls = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => name.split("?")[0]),
  );
  const wanted = [...new Set(urls)].filter((url) => /\.(wasm|js|css)$|\/words-[^/]*\.json$/.test(url));
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
