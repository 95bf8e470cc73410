/** What the server tells of the app by itself: what it is, its queues, its turns, its events. Filled by `server/live.ts`. */
import type { AppInfo, PlacedEvent, QueueDepths, Turn } from "../../api";
import { Cell } from "./cell";
import { Log } from "./log";

/** Bounded: a page may stay open for days. */
export const MOST_TURNS = 2_000;
const MOST_EVENTS = 1_000;

export const app = new Cell<AppInfo | undefined>(undefined);
export const queues = new Cell<QueueDepths | undefined>(undefined);
export const turns = new Log<Turn>(MOST_TURNS);
export const events = new Log<PlacedEvent>(MOST_EVENTS);

export function isDeployed(info: AppInfo | undefined): boolean {
  return info?.mode === "deployed";
}

/** Letters that are looked at by somebody are letters, too. */
export function countDead(depths: QueueDepths | undefined): number | undefined {
  if (depths === undefined) return undefined;
  const { ready, inFlight, delayed } = depths.deadLetters;
  return ready + inFlight + delayed;
}
