/**
 * The rules of the lease: how long it lasts, when it is renewed, how a busy one is waited for. Time decides only
 * who may try; whether a commit counts is decided by the lease id and the fence (see `store.ts`).
 */
import { backoffMs, type Random } from "./random";

/** The right to run one actor: a random id per acquisition, and the number that makes a stale one harmless. */
export interface Lease {
  readonly id: string;
  readonly fence: number;
}

export const DEFAULT_LEASE_MS = 15_000;

/** A lease is renewed each time that a third of it has passed, so that two renewals may fail. */
export function renewEveryMs(leaseMs: number): number {
  return Math.max(1, Math.floor(leaseMs / 3));
}

/** When a lease taken now ends; never after the moment at which the host kills the process. */
export function leaseEnd(nowMs: number, leaseMs: number, hostEndMs: number): number {
  return Math.min(nowMs + leaseMs, hostEndMs);
}

/**
 * How long to wait before asking again for a busy lease: a jittered backoff, since holders mostly let go within
 * milliseconds, but no longer than the lease still lasts.
 */
export function busyWaitMs(attempt: number, remainingMs: number, random: Random): number {
  const waitMs = backoffMs(attempt, 8, 400, random);
  return Math.max(1, Math.min(waitMs, remainingMs + random.fraction() * 20));
}
