/** What this process has seen of an actor, on which turns may run without a lease. */
import { type Address, addressKey } from "../address";
import { FencedError } from "../errors";
import type { Head } from "../store";

/** An actor as it was seen at some moment. */
export interface Sighting {
  readonly head: Head;
  /** When, at the latest. */
  readonly seenMs: number;
  /** How many calls had come to the mailbox by then, where that is known: to those after them it may be old. */
  readonly arrivals?: number;
}

/** Somebody else has had the actor since it was seen: what ran on it is thrown away, and runs again. */
export class ClaimRefused extends FencedError {
  constructor(
    { type, id }: Address,
    /** The actor as it is now. */
    readonly sighting: Sighting,
  ) {
    super(
      `${addressKey({ type, id })} was changed by another process while this turn ran on what it had been before. ` +
        "The turn had no effect, and runs again.",
      { actor: type, id },
    );
  }
}

/**
 * What was seen longer ago than this is looked at again. An actor that has expired is dropped by the store after 16 days at the
 * earliest; one that is created in its place has the same versions and fences once more.
 */
const MAX_AGE_MS = 3_600_000;

/** True for a sighting that nothing may be committed on. */
export function isOld({ seenMs }: Sighting, nowMs: number): boolean {
  return nowMs - seenMs > MAX_AGE_MS;
}
