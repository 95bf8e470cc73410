/**
 * The sweep: finds the actors that somebody must look at before the next sweep, and sends each a hint for its moment. It keeps
 * nothing in mind and changes nothing, so it may be skipped, and two may run at once: what is not done yet is found again.
 */
import type { HostTime } from "../envelope";
import { SWEEP_AHEAD_MS } from "../wake";
import { asDurableError } from "../wire-error";
import { sendHint } from "./hints";
import type { Host } from "./host";

/** Of each shard, in one run. */
const MAX_PAGES = 100;
/** A run takes at most this share of its host's time. */
const SHARE = 0.75;

export interface Swept {
  /** So many actors were hinted at. */
  readonly hints: number;
  /** False when there was more than one run does; the next one goes on. */
  readonly isComplete: boolean;
}

/** @throws StoreUnavailable when a part of the index could not be read; the others were swept */
export async function sweep(host: Host, { nowMs, replyByMs }: HostTime): Promise<Swept> {
  const { store, log } = host;
  const untilMs = nowMs + SWEEP_AHEAD_MS;
  const endMs = nowMs + (replyByMs - nowMs) * SHARE;
  const shards = Array.from({ length: store.wakeShards }, (_, shard) =>
    sweepShard(host, shard, untilMs, endMs),
  );
  const outcomes = await Promise.allSettled(shards);
  const swept = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const hints = swept.reduce((sum, one) => sum + one.hints, 0);
  const isComplete = swept.every((one) => one.isComplete);
  if (!isComplete) log.warn("sweep not complete", { hints });
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw asDurableError(failure.reason);
  return { hints, isComplete };
}

async function sweepShard(host: Host, shard: number, untilMs: number, endMs: number): Promise<Swept> {
  let hints = 0;
  let after: string | undefined;
  for (let pages = 0; pages < MAX_PAGES && host.clock.now() < endMs; pages++) {
    const { due, next } = await host.store.readDue(shard, untilMs, after);
    const sent = await Promise.all(due.map(({ address, wakeAtMs }) => sendHint(host, address, wakeAtMs)));
    hints += sent.filter(Boolean).length;
    if (next === undefined) return { hints, isComplete: true };
    after = next;
  }
  return { hints, isComplete: false };
}
