/**
 * From an event on the bus to messages for the actors that listen. Each listener gets its own message, with an id that follows
 * from the event's: however often an event comes, also by several rules, each has its effect once.
 *
 *     event ──► listeners whose pattern fits ──► the actor that it names ──► FIFO queue
 *                                                  └─ names none ──► dead letters, with the reason
 */
import { type Address, addressKey } from "../../address";
import { digest, keyedCallId } from "../../call-id";
import type { ActorDefinition } from "../../definition";
import type { DurableError } from "../../errors";
import { type ReceivedEvent, readEvent } from "../../events/event";
import { actorIdIn, type ListenerDefinition } from "../../events/listener";
import { matches } from "../../events/pattern";
import { deadLetterFor, reasonOf } from "../../messages/dead-letter";
import { asDurableError } from "../../wire-error";
import { checkHops } from "../chain";
import type { Host } from "../host";
import type { Runtime } from "../runtime";

export interface Listened {
  /** So many messages were queued, or had been queued before. */
  readonly messages: number;
}

/** @throws a retryable error when not all that the event leads to is safe: it must come again */
export async function listen(runtime: Runtime, input: Readonly<Record<string, unknown>>): Promise<Listened> {
  const { host, registry } = runtime;
  const listening = registry.definitions.flatMap((definition) =>
    definition.listeners
      .filter(({ pattern }) => matches(pattern, input))
      .map((listener) => [definition, listener] as const),
  );
  if (listening.length === 0) return { messages: 0 };
  let event: ReceivedEvent;
  try {
    event = readEvent(input);
  } catch (thrown) {
    await buryEvent(host, input, "event", asDurableError(thrown));
    return { messages: 0 };
  }
  const outcomes = await Promise.allSettled(
    listening.map(([definition, listener]) => pass(host, definition, listener, event, input)),
  );
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw asDurableError(failure.reason);
  return { messages: outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value).length };
}

/** True when the listener's message is queued; false when it is a dead letter. */
async function pass(
  host: Host,
  { name }: ActorDefinition,
  listener: ListenerDefinition,
  event: ReceivedEvent,
  input: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const target = `${name}.${listener.method}`;
  try {
    checkHops(event.hops, host.limits.hops, target);
    const address: Address = { type: name, id: actorIdIn(listener, event.raw) };
    await host.messenger.post({
      actor: name,
      id: address.id,
      method: listener.method,
      args: [event.packed],
      mode: "send",
      callId: keyedCallId(address, `event ${event.id} ${listener.method}`),
      hops: event.hops,
    });
    host.log.debug("event passed on", { eventId: event.id, to: `${addressKey(address)}.${listener.method}` });
    return true;
  } catch (thrown) {
    const error = asDurableError(thrown);
    if (error.retryable) throw error;
    await buryEvent(host, input, target, error, event.id);
    return false;
  }
}

/** Done twice, it is the same letter. @throws QueueUnavailable */
async function buryEvent(
  { queues, clock, log }: Host,
  input: Readonly<Record<string, unknown>>,
  target: string,
  error: DurableError,
  eventId?: string,
): Promise<void> {
  const { deadLetters } = queues;
  const reason = reasonOf(error, 0, clock.now());
  const body = textOf(input);
  const letter = { messageId: `${eventId ?? digest(body)} ${target}`, body };
  await deadLetters.send(deadLetterFor(letter, reason, deadLetters.maxMessageBytes));
  log.error("event is a dead letter now", { eventId, target, code: reason.code, reason: reason.message });
}

/** What is nested too deeply for JSON is left out. */
function textOf(input: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(input);
  } catch {
    return JSON.stringify(
      Object.fromEntries(Object.entries(input).filter(([, value]) => typeof value === "string")),
    );
  }
}
