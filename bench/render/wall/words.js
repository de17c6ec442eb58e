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

// The app's own rule of cards whose texts could be too long for them, in hundredths of the letters' size.
const [NAME_ROOM, LABEL_ROOM, TEAM_ROOM, LINES, ENDLESS] = [1170, 520, 2000, 3, 10000];
const WIDTHS = [
  [/[ !'-),-/:;Ifijlrt]/, 50],
  [/[mwMW]/, 110],
  [/[0-9a-z]/, 72],
  [/[A-Z]/, 85],
  [/[\0-\u00ff\u0590-\u06ff\u3000-\u9fff\uac00-\ud7a3]/, 110],
  [/[\u0100-\u058f]/, 160],
  [/./su, ENDLESS],
];
const widths = new Map();

function width(letter) {
  let wide = widths.get(letter);
  if (wide === undefined) widths.set(letter, (wide = WIDTHS.find(([letters]) => letters.test(letter))[1]));
  return wide;
}

function lines(text, room, broken) {
  let [lines, line, word] = [1, 0, 0];
  for (const letter of text) {
    const wide = width(letter);
    line += wide;
    word = letter === " " ? 0 : word + wide;
    if (line > room && line > word) [lines, line] = [lines + 1, word];
    if (word > room) [lines, line, word] = [lines + broken, wide, wide];
  }
  return lines;
}

export const isLong = ({ name, team = "" }, label) =>
  lines(name, NAME_ROOM, ENDLESS) + lines(label, LABEL_ROOM, 1) > LINES ||
  [...team].reduce((sum, letter) => sum + width(letter), 0) > TEAM_ROOM;
