/**
 * The expiry of an actor whose class has `expireAfter`, while its lease is held: when it was used, when somebody looks whether it
 * still is, and when the store may drop its head. What is noted here is committed together with the turn.
 *
 *     used ──► look ──► used meanwhile: the next look        used ──► the store may drop the head, should nobody have looked
 *                └────► not used: a turn that destroys it ──► tombstone ──► the store may drop the head
 */
import type { Head } from "../store";
import type { Host } from "./host";

const DAY_MS = 86_400_000;
/** As long as sweeps may fail before the store drops an actor without `onDestroy`. */
const NET_MS = 7 * DAY_MS;
/** Calls that come again for 14 days find their answers in the head, with two days to spare. */
const KEEP_MS = 16 * DAY_MS;
/** After an `onDestroy` that failed. */
const AGAIN_MS = 3_600_000;

/** What the head says of it. */
export interface Moments {
  readonly usedAtMs: number | undefined;
  readonly lookMs: number | undefined;
  readonly expiresAtMs: number | undefined;
}

const NONE: Moments = { usedAtMs: undefined, lookMs: undefined, expiresAtMs: undefined };

/** Of what it depends when somebody looks at the actor, and whether the store may drop it. */
export interface Standing {
  /** False for a tombstone. */
  readonly hasState: boolean;
  /** It has neither reminders nor effects to deliver, which have moments of their own. */
  readonly isAtRest: boolean;
  /** It is all in its head. */
  readonly isWhole: boolean;
  /** The stored moment of the next look, if it is one for this. */
  readonly lookMs: number | undefined;
}

export class ActorExpiry {
  private usedAtMs: number | undefined;
  private againMs: number | undefined;
  private hasTried = false;

  /** @param afterMs undefined for a class whose actors do not expire */
  constructor(
    private readonly clock: Host["clock"],
    private readonly afterMs: number | undefined,
    private readonly stored: Pick<Head, "usedAtMs" | "expiresAtMs">,
  ) {
    this.usedAtMs = stored.usedAtMs;
  }

  /** A turn has succeeded. */
  use(): void {
    this.usedAtMs = this.clock.now();
    this.againMs = undefined;
  }

  /** When it expired, if it has, and this activation has not tried to destroy it. */
  get expiredMs(): number | undefined {
    if (this.hasTried || this.afterMs === undefined || this.usedAtMs === undefined) return undefined;
    const dueMs = this.usedAtMs + this.afterMs;
    return dueMs <= this.clock.now() ? dueMs : undefined;
  }

  /** It is being destroyed. */
  begin(): void {
    this.hasTried = true;
  }

  /** That failed. */
  putOff(): void {
    this.againMs = this.clock.now() + AGAIN_MS;
  }

  /** What the head is to say. */
  moments(standing: Standing): Moments {
    const { afterMs } = this;
    // An actor of a class that did not expire before counts from its first look.
    const usedAtMs = this.usedAtMs ?? (standing.hasState ? this.clock.now() : undefined);
    if (afterMs === undefined || usedAtMs === undefined) return NONE;
    const dueMs = usedAtMs + afterMs;
    const lookMs = standing.hasState ? this.lookMs(standing, dueMs) : undefined;
    return { usedAtMs, lookMs, expiresAtMs: this.dropMs(standing, usedAtMs, dueMs) };
  }

  /**
   * An earlier look that is still to come stays: to move it would cost write units of the index with each commit, and to look too
   * early costs a few each time.
   */
  private lookMs({ lookMs }: Standing, dueMs: number): number {
    if (this.againMs !== undefined) return this.againMs;
    return lookMs !== undefined && lookMs > this.clock.now() && lookMs <= dueMs ? lookMs : dueMs;
  }

  private dropMs(
    { hasState, isAtRest, isWhole }: Standing,
    usedAtMs: number,
    dueMs: number,
  ): number | undefined {
    // One whose `onDestroy` fails must not be lost without a word.
    if (!isAtRest || !isWhole || this.againMs !== undefined) return undefined;
    if (!hasState) return inSeconds(usedAtMs + KEEP_MS);
    // An overdue one is to be looked at first.
    if (dueMs <= this.clock.now()) return this.stored.expiresAtMs;
    return inSeconds(Math.max(dueMs + NET_MS, usedAtMs + KEEP_MS));
  }
}

function inSeconds(ms: number): number {
  return Math.ceil(ms / 1_000) * 1_000;
}
