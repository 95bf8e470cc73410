/** Numbers, sizes and times as people read them. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const COUNT = new Intl.NumberFormat("en");

export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** `1 letter`, `2 letters`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** How long something took: `7 ms`, `1.24 s`, `3 m 04 s`. */
export function formatDuration(ms: number): string {
  if (ms < 10 && !Number.isInteger(ms)) return `${ms.toFixed(1)} ms`;
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(2)} s`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  return formatSpan(ms);
}

/** A length of time in at most two units: `12 s`, `4 m 10 s`, `3 d 2 h`. */
export function formatSpan(ms: number): string {
  const units: [number, string][] = [
    [DAY_MS, "d"],
    [HOUR_MS, "h"],
    [MINUTE_MS, "m"],
    [SECOND_MS, "s"],
  ];
  const first = units.findIndex(([unitMs]) => ms >= unitMs);
  if (first === -1) return ms <= 0 ? "0 s" : "<1 s";
  const [unitMs, unit] = units[first] as [number, string];
  const whole = `${formatCount(Math.floor(ms / unitMs))} ${unit}`;
  const next = units[first + 1];
  const rest = next === undefined ? 0 : Math.floor((ms % unitMs) / next[0]);
  return rest === 0 || next === undefined ? whole : `${whole} ${rest} ${next[1]}`;
}

/** Seen from now: `in 4 m 10 s`, `12 s ago`, `now`. */
export function formatRelative(atMs: number, nowMs: number): string {
  const awayMs = Math.abs(atMs - nowMs);
  if (awayMs < SECOND_MS) return "now";
  return atMs > nowMs ? `in ${formatSpan(awayMs)}` : `${formatSpan(awayMs)} ago`;
}

/** On one day: `14:02:09.120`. */
export function formatClock(atMs: number): string {
  const at = new Date(atMs);
  if (Number.isNaN(at.getTime())) return "no time";
  const [hours, minutes, seconds] = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits);
  return `${hours}:${minutes}:${seconds}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** `2026-11-25 14:02:09`, in the time zone of who looks at it. */
export function formatMoment(atMs: number): string {
  const at = new Date(atMs);
  if (Number.isNaN(at.getTime())) return "no time";
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(twoDigits).join("-");
  return `${date} ${formatClock(atMs).slice(0, 8)}`;
}

export function formatIso(atMs: number): string {
  const at = new Date(atMs);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return plural(bytes, "byte");
  if (bytes < 1_000_000) return `${trimmed(bytes / 1_000)} KB`;
  return `${trimmed(bytes / 1_000_000)} MB`;
}

/** A text on one line, cut to a length. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

function trimmed(value: number): string {
  return value < 10 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
