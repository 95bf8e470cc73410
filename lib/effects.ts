/** What a turn causes outside its actor. Kept in the actor's outbox by the turn's commit, and delivered after it. */
import { CorruptState } from "./errors";
import type { PublishedEvent } from "./events/bus";
import { isObject } from "./events/matcher";
import type { DeadReason } from "./messages/dead-letter";
import { type Message, parseMessage } from "./messages/message";
import type { Outcome } from "./messages/tracked-calls";
import { parseStored } from "./values/stored-json";

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

/** What each kind needs to be delivered. */
const IS_VALID: Readonly<Record<Effect["kind"], (effect: Fields) => boolean>> = {
  settle: ({ callId, outcome }) => typeof callId === "string" && isOutcome(outcome),
  message: ({ message }) => isMessage(message),
  event: ({ event }) => isEvent(event),
  letter: ({ message, reason }) => isMessage(message) && typeof fieldsOf(reason).code === "string",
};

/** Empty text when there are none. */
export function encodeEffects(effects: readonly Effect[]): string {
  return effects.length === 0 ? "" : JSON.stringify(effects);
}

/** @throws CorruptState */
export function parseEffects(text: string): readonly Effect[] {
  if (text === "") return [];
  try {
    const effects = parseStored(text, "outbox") as Effect[];
    const areValid = effects.every(
      (effect) => Object.hasOwn(IS_VALID, effect.kind) && IS_VALID[effect.kind](effect as unknown as Fields),
    );
    if (areValid) return effects;
  } catch {
    // The same error as for an effect of a kind that is not known here.
  }
  throw new CorruptState("The actor's outbox cannot be read. It was left as it is.", { field: "outbox" });
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return (value ?? {}) as Fields;
}

function isOutcome(value: unknown): boolean {
  const { status, result, error } = fieldsOf(value);
  if (status === "failed") return typeof error === "string";
  return status === "succeeded" && (result === undefined || typeof result === "string");
}

function isMessage(value: unknown): boolean {
  try {
    return parseMessage(JSON.stringify(value)) !== undefined;
  } catch {
    return false;
  }
}

function isEvent(value: unknown): boolean {
  const { id, source, detailType, detail, timeMs, sender } = fieldsOf(value);
  const areTexts = [id, source, detailType, detail, sender].every((text) => typeof text === "string");
  return areTexts && Number.isFinite(timeMs) && isObject(JSON.parse(detail as string));
}
