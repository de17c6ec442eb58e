// One running `rollcall demo`, from which all pages come.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The load of the comparison. */
export const world = { agents: 1000, queues: 20, rate: 500 };

/** Something is broken: that is no figure. */
export function fail(text) {
  process.stderr.write(`error: ${text}\n`);
  process.exit(1);
}

export async function startDemo() {
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
  let base, simulator;
  for await (const line of createInterface({ input: demo.stdout })) {
    // The page's address is a line of its own; the simulator's stands in a sentence.
    base ??= line.match(/^(http:\/\/\S+)\/$/)?.[1];
    simulator = line.match(/^The simulated Genesys Cloud behind it is at (http:\/\/\S+)\.\s/)?.[1];
    if (simulator) break;
  }
  if (!base || !simulator) fail("the demo has not said where it is");
  while (!(await fetch(`${base}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 50));
  return { demo, base, simulator };
}

export async function stopDemo({ demo }) {
  demo.removeAllListeners("exit");
  const ended = once(demo, "exit");
  demo.kill();
  await ended;
}

export async function setRate({ simulator }, rate) {
  const answer = await fetch(`${simulator}/simulator/scenario`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ eventsPerSecond: rate }),
  });
  if (!answer.ok) fail(`the scenario: ${answer.status} ${await answer.text()}`);
}
