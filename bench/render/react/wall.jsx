// The wall in React: each agent and queue is a store of its own, so that a frame renders one card or tile and not the list.
import { memo, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { now, start } from "../wall/feed.js";
import { CARDS, SIZE, STAFF, TILES, duration, isLong, secondsSince, timeOfDay } from "../wall/words.js";

function store(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const clock = store({ at: 0, latency: undefined });
const live = store(false);
const faces = new Map();

/** What is derived from a store; renders again only when that has changed. */
const use = ({ subscribe, get }, derive = (value) => value) => useSyncExternalStore(subscribe, () => derive(get()));

const useSeconds = (since) => use(clock, ({ at }) => secondsSince(since, at));

function Time({ since }) {
  return (
    <span className="card-time" data-field="time-in-state" data-since-ms={since}>
      {duration(useSeconds(since))}
    </span>
  );
}

const Card = memo(function Card({ agent }) {
  const { state, label, since, order, fresh } = use(faces.get(agent));
  return (
    <li
      className="card"
      data-user-id={agent.id}
      data-stale="false"
      title={agent.name}
      data-state={state}
      data-fresh={fresh}
      data-long={isLong(agent, label) ? "" : undefined}
      style={{ order }}
    >
      <div className="card-box">
        <span className="card-name" data-field="name">{agent.name}</span>
        <span className="card-label">
          <i className="glyph" aria-hidden="true" />
          <span data-field="label">{label}</span>
        </span>
        <Time since={since} />
        <span className="card-team" data-field="team">{agent.team ?? ""}</span>
      </div>
    </li>
  );
});

function Longest({ since }) {
  const seconds = useSeconds(since) ?? 0;
  return (
    <dd data-field="longest-wait" data-seconds={seconds}>{duration(seconds)}</dd>
  );
}

const Staff = memo(function Staff({ staff }) {
  return (
    <>
      <div className="staff" aria-hidden="true">
        {STAFF.map(([name], at) => <i key={name} data-state={name} style={{ flexGrow: staff[at] }} />)}
      </div>
      <ul className="legend">
        {STAFF.map(([name, title, spoken, field], at) => (
          <li key={name} data-state={name} title={title} data-none={staff[at] === 0}>
            <i className="glyph" aria-hidden="true" />
            <b data-field={field}>{staff[at]}</b>
            <span className="spoken">{spoken}</span>
          </li>
        ))}
      </ul>
    </>
  );
});

const Tile = memo(function Tile({ queue }) {
  const { waiting, service, staff, longestSince, fresh } = use(faces.get(queue));
  const { target } = queue;
  const late = use(clock, ({ at }) => target !== undefined && (secondsSince(longestSince, at) ?? 0) > target);
  return (
    <li
      className="tile"
      data-queue-id={queue.id}
      data-stale="false"
      title={queue.name}
      data-fresh={fresh}
      data-late={late}
    >
      <h2 className="tile-name">
        <span data-field="name">{queue.name}</span>
        <span className="tile-flag" data-field="flag" />
      </h2>
      <dl className="tile-figures">
        <div className="tile-waiting">
          <dt>waiting</dt>
          <dd data-field="waiting">{waiting}</dd>
        </div>
        <div className="tile-longest">
          <dt>longest</dt>
          <Longest since={longestSince} />
        </div>
        <div className="tile-service">
          <dt data-field="promise">{queue.promise}</dt>
          <dd data-field="service-level">{service}</dd>
        </div>
      </dl>
      <Staff staff={staff} />
    </li>
  );
});

function Live() {
  const isLive = use(live);
  const latency = use(clock, ({ latency }) => latency);
  return (
    <div className="live" role="status" data-live={isLive ? "live" : "connecting"}>
      <i className="live-dot" aria-hidden="true" />
      <span className="live-words">{isLive ? "Live" : "Connecting"}</span>
      <span className="live-latency" aria-hidden="true">{latency === undefined ? "" : ` · ${latency} ms`}</span>
    </div>
  );
}

function TimeOfDay() {
  const time = use(clock, ({ at, latency }) => (latency === undefined ? "" : timeOfDay(at)));
  return <time className="header-clock">{time}</time>;
}

function Wall({ wall, agents, queues }) {
  return (
    <main className="wall" data-wall-id="floor" data-stale="false">
      <header className="header">
        <h1><span data-field="title">{wall.title}</span></h1>
        <p className="header-count" data-field="agents">{`${agents.length} agents`}</p>
        <Live />
        <TimeOfDay />
      </header>
      <div className="wall-body">
        <div className="queues-room" data-fills="false">
          <div className="queues-scroll">
            <ul className="queues" aria-label="Queues" data-size={SIZE} style={TILES}>
              {queues.map((queue) => <Tile key={queue.id} queue={queue} />)}
            </ul>
          </div>
        </div>
        <div className="floor-room">
          <div className="floor-scroll">
            <ul className="floor" aria-label="Agents" data-view="cards" data-size={SIZE} style={CARDS}>
              {agents.map((agent) => <Card key={agent.id} agent={agent} />)}
            </ul>
          </div>
        </div>
      </div>
    </main>
  );
}

start({
  build(wall, agents, queues) {
    clock.set({ at: now(), latency: undefined });
    for (const one of [...agents, ...queues]) faces.set(one, store(one.face));
    const root = createRoot(document.body);
    flushSync(() => root.render(<Wall wall={wall} agents={agents} queues={queues} />));
  },
  live: () => live.set(true),
  show: (one) => faces.get(one).set(one.face),
  tick: (at, latency) => clock.set({ at, latency }),
});
