/** What of a head is rarely there: a message that failed, what is to be delivered, and the moments at which somebody must look. */
import type { Clock } from "../clock";
import type { Head, Release } from "../store";
import type { ActorExpiry } from "./actor-expiry";
import type { ActorReminders } from "./actor-reminders";

export interface Extras extends Readonly<Pick<Head, "failing" | "outbox" | "reminders">> {
  readonly wakeAtMs: number | undefined;
  readonly usedAtMs: number | undefined;
  readonly expiresAtMs: number | undefined;
}

/** How an actor stands once something is written: what its moments depend on. */
export interface Standing {
  /** Nothing is left to deliver or to remove. */
  readonly isDone: boolean;
  /** How long nobody else need look after that, if it is not. */
  readonly graceMs: number;
  readonly hasState: boolean;
  /** All of it is in the head. */
  readonly isWhole: boolean;
}

export function extrasOf({ failing, outbox, reminders, wakeAtMs, usedAtMs, expiresAtMs }: Head): Extras {
  return { failing, outbox, reminders, wakeAtMs, usedAtMs, expiresAtMs };
}

/** The moments that are to be stored in place of those `before`. */
export function momentsOf(
  clock: Clock,
  { isDone, graceMs, hasState, isWhole }: Standing,
  before: Extras,
  reminders: ActorReminders,
  expiry: ActorExpiry,
): Pick<Extras, "wakeAtMs" | "usedAtMs" | "expiresAtMs"> {
  const { nextMs } = reminders;
  const workMs = isDone ? nextMs : Math.min(clock.now() + graceMs, nextMs ?? Number.POSITIVE_INFINITY);
  const wasAtRest = before.outbox === "" && before.reminders === "";
  const { lookMs, usedAtMs, expiresAtMs } = expiry.moments({
    hasState,
    isAtRest: workMs === undefined,
    isWhole,
    lookMs: wasAtRest ? before.wakeAtMs : undefined,
  });
  return { wakeAtMs: workMs ?? lookMs, usedAtMs, expiresAtMs };
}

/** What a release, and a commit as well, has to say of them: undefined what stays, and `null` what goes. */
export function changesTo(after: Extras, before: Extras): Release {
  return {
    outbox: after.outbox === before.outbox ? undefined : after.outbox,
    wakeAtMs: changeOf(after.wakeAtMs, before.wakeAtMs),
    usedAtMs: changeOf(after.usedAtMs, before.usedAtMs),
    expiresAtMs: changeOf(after.expiresAtMs, before.expiresAtMs),
  };
}

function changeOf(after: number | undefined, before: number | undefined): number | null | undefined {
  return after === before ? undefined : (after ?? null);
}
