// The channel of the walls in JavaScript: the same call and the same socket as the app's. Frames are applied as they come.
import { agentsByName, apply, queuesByName, tickHighlights, refresh } from "./model.js";

// As the app's page ticks; clocks change with every fourth.
const TICK_MS = 250;
const TICKS_A_SECOND = 4;

let serverOffset = 0;
let latency = 0;

/** The proxy's time. */
export const now = () => Date.now() + serverOffset;

/**
 * Opens the wall. `view` has `build(wall, agents, queues)`, then `live()` when the socket is open, `show(one)` for an agent or
 * a queue with a new face, and `tick(now, latency)` every second.
 */
export async function start(view) {
  const answer = await fetch("/rollcall/walls/floor/channel", {
    method: "POST",
    headers: { "x-rollcall": "1", "content-type": "application/json" },
    body: "{}",
  });
  const { wall, seq, serverTime, connectUri, frames } = await answer.json();
  serverOffset = Date.parse(serverTime) - Date.now();
  frames.forEach(apply);
  const [agents, queues] = [agentsByName(), queuesByName()];
  for (const one of [...agents, ...queues]) refresh(one);
  const shown = new Set([...agents, ...queues]);
  document.getElementById("boot").remove();
  document.title = `${wall.title} · Rollcall`;
  view.build(wall, agents, queues);

  const hear = ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.topicName === "channel.metadata") {
      if (frame.rollcall) serverOffset = Date.parse(frame.rollcall.serverTime) - Date.now();
    } else if (frame.rollcall.seq > seq) {
      const changed = apply(frame);
      if (shown.has(changed) && refresh(changed)) view.show(changed);
      latency = Math.max(0, Math.round(now() - Date.parse(frame.rollcall.at)));
    }
  };
  const socket = new WebSocket(`ws://${location.host}${new URL(connectUri).pathname}`);
  socket.onopen = () => {
    view.live();
    requestAnimationFrame(() => setTimeout(() => performance.mark("rollcall:first-live")));
  };
  socket.onmessage = hear;

  let ticks = 0;
  setInterval(() => {
    for (const one of tickHighlights()) if (shown.has(one)) view.show(one);
    ticks += 1;
    if (ticks % TICKS_A_SECOND === 0) view.tick(now(), latency);
  }, TICK_MS);
}
