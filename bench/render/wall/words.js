// What the walls in JavaScript say and how they are drawn: as the app does in English at the size of this benchmark.

export const WORDS = {
  "offline": "Offline",
  "not-responding": "Not responding",
  "after-call-work": "After-call work",
  "interacting": "Interacting",
  "communicating": "Communicating",
  "on-queue": "On Queue",
  "unknown": "Unknown",
};

// Of each part of the bar: data-state, title, spoken, data-field, routing status.
export const STAFF = [
  ["interacting", "Interacting", "interacting", "on-queue-interacting", "INTERACTING"],
  ["on-queue", "On Queue, idle", "idle", "on-queue-idle", "IDLE"],
  ["communicating", "Communicating", "communicating", "on-queue-communicating", "COMMUNICATING"],
  ["not-responding", "Not responding", "not responding", "on-queue-not-responding", "NOT_RESPONDING"],
  ["offline", "Off queue", "off queue", "off-queue", undefined],
];

// As small as the app draws a thousand cards and twenty tiles.
export const SIZE = "dense";
export const CARDS = { "--card-min": "13.25rem", "--card-height": "3.375rem", "--card-gap": "0.4375rem" };
export const TILES = { "--columns": "7", "--tile-height": "8.25rem", "--tile-gap": "0.5rem" };

const pad = (n) => String(n).padStart(2, "0");

export function duration(seconds) {
  if (seconds === undefined) return "";
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours === 0) return `${minutes}:${pad(seconds % 60)}`;
  if (hours < 100) return `${hours}:${pad(minutes)}:${pad(seconds % 60)}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function timeOfDay(ms) {
  const date = new Date(ms);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** Whole seconds since then; `undefined` when it is not known since when. */
export function secondsSince(since, now) {
  return since === undefined ? undefined : Math.max(0, Math.floor((now - since) / 1000));
}
