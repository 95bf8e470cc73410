/** A wake as it travels on the standard queue, among the messages that wait there for their time. */
import { ACTOR_TYPE, type Address, checkActorId } from "../address";
import { UnexpectedEvent } from "../errors";
import { MAX_DELAY_MS, type OutgoingMessage } from "./queue";

/** The hint for an actor. One that would have to wait for longer than a queue hides it comes early, and is sent again. */
export function hintFor({ type, id }: Address, delayMs: number): OutgoingMessage {
  return {
    body: JSON.stringify({ wake: { actor: type, id } }),
    delayMs: Math.min(Math.max(0, delayMs), MAX_DELAY_MS),
  };
}

/**
 * The actor that a queued body hints at; undefined when it is something else.
 * @throws UnexpectedEvent, InvalidActorId for a hint that names no actor
 */
export function readHint(body: string): Address | undefined {
  const wake = wakeIn(body);
  if (wake === undefined) return undefined;
  const { actor, id } = (wake ?? {}) as { actor?: unknown; id?: unknown };
  if (typeof actor === "string" && ACTOR_TYPE.test(actor)) return { type: actor, id: checkActorId(id) };
  throw new UnexpectedEvent('"wake.actor" is not the name of an actor class.', { field: "wake.actor" });
}

function wakeIn(body: string): unknown {
  // Every message is read here first; most are not worth parsing.
  if (!body.startsWith('{"wake"')) return undefined;
  try {
    return (JSON.parse(body) as { wake?: unknown }).wake;
  } catch {
    return undefined;
  }
}
