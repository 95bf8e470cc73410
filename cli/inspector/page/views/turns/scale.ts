/** How long the bars of turns are, and of which parts. */
import type { Turn } from "../../../api";

export const SEGMENTS = ["waited", "loaded", "ran", "committed"] as const;
export type Segment = (typeof SEGMENTS)[number];

export const SEGMENT_MEANING: Readonly<Record<Segment, string>> = {
  waited: "In the mailbox, and for a lease that was busy",
  loaded: "The request that took the lease and brought the actor",
  ran: "In the method",
  committed: "The commit, with the turns that share it",
};

export function segmentsOf(turn: Turn): Readonly<Record<Segment, number>> {
  const { waitedMs, loadedMs = 0, ranMs = 0, committedMs = 0 } = turn;
  return { waited: waitedMs, loaded: loadedMs, ran: ranMs, committed: committedMs };
}

export function totalMsOf(turn: Turn): number {
  return Object.values(segmentsOf(turn)).reduce((sum, ms) => sum + ms, 0);
}

const SMALLEST_MS = 5;
/** So many turns fit; the bars of those that took longer are cut, so that one of them does not make all others dots. */
const SHARE = 0.9;
const ROUND = [1, 1.5, 2, 3, 5, 7.5, 10];

/** What a bar of full length stands for. */
export function scaleOf(turns: readonly Turn[]): number {
  const totals = turns.map(totalMsOf).sort((one, other) => one - other);
  const typical = totals[Math.floor((totals.length - 1) * SHARE)] ?? 0;
  return roundUp(Math.max(SMALLEST_MS, typical));
}

function roundUp(ms: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(ms));
  return magnitude * (ROUND.find((step) => step * magnitude >= ms) ?? 10);
}
