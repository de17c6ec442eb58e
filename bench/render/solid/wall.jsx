// The wall in Solid: a signal for each part of a face that changes, those of one frame set in one batch.
import { For, batch, createMemo, createSignal } from "solid-js";
import { render } from "solid-js/web";
import { now, start } from "../wall/feed.js";
import { CARDS, SIZE, STAFF, TILES, duration, isLong, secondsSince, timeOfDay } from "../wall/words.js";

const [time, setTime] = createSignal(0);
const [latency, setLatency] = createSignal();
const [live, setLive] = createSignal(false);
/** What sets the signals of an agent or a queue. */
const setters = new Map();

/** A signal for each part of its face. */
function signals(one) {
  const parts = Object.entries(one.face).map(([name, value]) => [name, createSignal(value)]);
  setters.set(one, parts.map(([name, [, set]]) => [name, set]));
  return Object.fromEntries(parts.map(([name, [get]]) => [name, get]));
}

function Card({ agent }) {
  const { state, label, since, order, fresh } = signals(agent);
  const seconds = createMemo(() => secondsSince(since(), time()));
  return (
    <li
      class="card"
      data-user-id={agent.id}
      data-stale="false"
      title={agent.name}
      data-state={state()}
      data-fresh={fresh()}
      data-long={isLong(agent, label()) ? "" : undefined}
      style={{ order: order() }}
    >
      <div class="card-box">
        <span class="card-name" data-field="name">{agent.name}</span>
        <span class="card-label">
          <i class="glyph" aria-hidden="true" />
          <span data-field="label">{label()}</span>
        </span>
        <span class="card-time" data-field="time-in-state" data-since-ms={since()}>{duration(seconds())}</span>
        <span class="card-team" data-field="team">{agent.team ?? ""}</span>
      </div>
    </li>
  );
}

function Tile({ queue }) {
  const { waiting, service, staff, longestSince, fresh } = signals(queue);
  const seconds = createMemo(() => secondsSince(longestSince(), time()) ?? 0);
  const late = createMemo(() => queue.target !== undefined && seconds() > queue.target);
  return (
    <li
      class="tile"
      data-queue-id={queue.id}
      data-stale="false"
      title={queue.name}
      data-fresh={fresh()}
      data-late={String(late())}
    >
      <h2 class="tile-name">
        <span data-field="name">{queue.name}</span>
        <span class="tile-flag" data-field="flag" />
      </h2>
      <dl class="tile-figures">
        <div class="tile-waiting">
          <dt>waiting</dt>
          <dd data-field="waiting">{waiting()}</dd>
        </div>
        <div class="tile-longest">
          <dt>longest</dt>
          <dd data-field="longest-wait" data-seconds={seconds()}>{duration(seconds())}</dd>
        </div>
        <div class="tile-service">
          <dt data-field="promise">{queue.promise}</dt>
          <dd data-field="service-level">{service()}</dd>
        </div>
      </dl>
      <div class="staff" aria-hidden="true">
        <For each={STAFF}>{([name], at) => <i data-state={name} style={{ "flex-grow": staff()[at()] }} />}</For>
      </div>
      <ul class="legend">
        <For each={STAFF}>
          {([name, title, spoken, field], at) => (
            <li data-state={name} title={title} data-none={String(staff()[at()] === 0)}>
              <i class="glyph" aria-hidden="true" />
              <b data-field={field}>{staff()[at()]}</b>
              <span class="spoken">{spoken}</span>
            </li>
          )}
        </For>
      </ul>
    </li>
  );
}

function Wall({ wall, agents, queues }) {
  const clock = createMemo(() => (latency() === undefined ? "" : timeOfDay(time())));
  return (
    <main class="wall" data-wall-id="floor" data-stale="false">
      <header class="header">
        <h1><span data-field="title">{wall.title}</span></h1>
        <p class="header-count" data-field="agents">{`${agents.length} agents`}</p>
        <div class="live" role="status" data-live={live() ? "live" : "connecting"}>
          <i class="live-dot" aria-hidden="true" />
          <span class="live-words">{live() ? "Live" : "Connecting"}</span>
          <span class="live-latency" aria-hidden="true">{latency() === undefined ? "" : ` · ${latency()} ms`}</span>
        </div>
        <time class="header-clock">{clock()}</time>
      </header>
      <div class="wall-body">
        <div class="queues-room" data-fills="false">
          <div class="queues-scroll">
            <ul class="queues" aria-label="Queues" data-size={SIZE} style={TILES}>
              <For each={queues}>{(queue) => <Tile queue={queue} />}</For>
            </ul>
          </div>
        </div>
        <div class="floor-room">
          <div class="floor-scroll">
            <ul class="floor" aria-label="Agents" data-view="cards" data-size={SIZE} style={CARDS}>
              <For each={agents}>{(agent) => <Card agent={agent} />}</For>
            </ul>
          </div>
        </div>
      </div>
    </main>
  );
}

start({
  build(wall, agents, queues) {
    setTime(now());
    render(() => <Wall wall={wall} agents={agents} queues={queues} />, document.body);
  },
  live: () => setLive(true),
  show: (one) => batch(() => setters.get(one).forEach(([name, set]) => set(one.face[name]))),
  tick: (at, newest) =>
    batch(() => {
      setTime(at);
      setLatency(newest);
    }),
});
