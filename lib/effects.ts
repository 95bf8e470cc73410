/** What a turn causes outside its actor. Kept in the actor's outbox by the turn's commit, and delivered after it. */
import { CorruptState } from "./errors";
import type { PublishedEvent } from "./events/bus";
import type { DeadReason } from "./messages/dead-letter";
import type { Message } from "./messages/message";
import type { Outcome } from "./messages/tracked-calls";

/** Ends a tracked call that was left open. */
export interface SettleEffect {
  readonly kind: "settle";
  readonly callId: string;
  readonly outcome: Outcome;
}

/** A message to an actor. */
export interface MessageEffect {
  readonly kind: "message";
  readonly message: Message;
}

/** An event for the bus. */
export interface EventEffect {
  readonly kind: "event";
  readonly event: PublishedEvent;
}

/** A reminder that failed for good, as the message that it would have been. */
export interface LetterEffect {
  readonly kind: "letter";
  readonly message: Message;
  readonly reason: DeadReason;
}

export type Effect = SettleEffect | MessageEffect | EventEffect | LetterEffect;

const KINDS: ReadonlySet<unknown> = new Set<Effect["kind"]>(["settle", "message", "event", "letter"]);

/** Empty text when there are none. */
export function encodeEffects(effects: readonly Effect[]): string {
  return effects.length === 0 ? "" : JSON.stringify(effects);
}

/** @throws CorruptState */
export function parseEffects(text: string): readonly Effect[] {
  if (text === "") return [];
  try {
    const effects = JSON.parse(text) as Effect[];
    if (effects.every(({ kind }) => KINDS.has(kind))) return effects;
  } catch {
    // The same error as for an effect of a kind that is not known here.
  }
  throw new CorruptState("The actor's outbox cannot be read. It was left as it is.", { field: "outbox" });
}
