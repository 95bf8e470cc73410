/** What a turn causes outside its actor. Kept in the actor's outbox by the turn's commit, and delivered after it. */
import { CorruptState } from "./errors";
import type { Outcome } from "./messages/tracked-calls";

/** Ends a tracked call that was left open. */
export interface SettleEffect {
  readonly kind: "settle";
  readonly callId: string;
  readonly outcome: Outcome;
}

export type Effect = SettleEffect;

/** Empty text when there are none. */
export function encodeEffects(effects: readonly Effect[]): string {
  return effects.length === 0 ? "" : JSON.stringify(effects);
}

/** @throws CorruptState */
export function parseEffects(text: string): readonly Effect[] {
  if (text === "") return [];
  try {
    const effects = JSON.parse(text) as Effect[];
    if (effects.every(({ kind }) => kind === "settle")) return effects;
  } catch {
    // The same error as for an effect of a kind that is not known here.
  }
  throw new CorruptState("The actor's outbox cannot be read. It was left as it is.", { field: "outbox" });
}
