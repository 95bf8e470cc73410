/**
 * A message: an invocation that waits in a queue. Its group is its actor, so that an actor's messages keep their order; its
 * deduplication id is its call, so that sending it again within minutes changes nothing.
 */
import { type Address, addressKey } from "../address";
import { type CallIdentity, callKey, digest, isChosen } from "../call-id";
import type { Mode } from "../envelope";
import { PayloadTooLarge, UnexpectedEvent } from "../errors";
import { type CheckedInvocation, checkInvocation, LATEST_MS } from "../invocation";
import { checkDepth } from "../values/stored-json";
import type { OutgoingMessage, Queue } from "./queue";

export interface Message extends CheckedInvocation {
  readonly mode: Exclude<Mode, "call">;
  readonly callId: string;
  /** Of a delayed message that was passed on: not before this moment, by the queue's clock. */
  readonly notBeforeMs?: number;
}

/** A dead letter is a message with its reason beside it, and must fit into a message too. */
export const REASON_RESERVE_BYTES = 8_192;

/** What SQS takes as a group or a deduplication id: up to 128 characters of ASCII, without spaces. */
const QUEUE_ID = /^[!-~]{1,128}$/;

export function addressOf({ actor, id }: Message): Address {
  return { type: actor, id };
}

/** The group of an actor's messages. A hash cannot be taken for another actor's key: types begin with a letter. */
export function groupIdOf(address: Address): string {
  const key = addressKey(address);
  return QUEUE_ID.test(key) ? key : `~${digest(key)}`;
}

/** What makes a call's message the same when it is sent again. Ids of callers' own may be equal for several actors. */
function deduplicationIdOf(address: Address, call: CallIdentity): string {
  const key = callKey(call);
  return isChosen(key) ? digest(`${addressKey(address)}\n${call.callId}`) : key;
}

/**
 * The message in the form that goes to the FIFO queue.
 * @throws PayloadTooLarge
 */
export function queued(message: Message, queue: Pick<Queue, "maxMessageBytes">): OutgoingMessage {
  const { delayMs: _delay, notBeforeMs: _notBefore, timeoutMs: _timeout, ...fields } = message;
  const address = addressOf(message);
  return {
    body: bodyOf(fields, queue),
    groupId: groupIdOf(address),
    deduplicationId: deduplicationIdOf(address, { callId: message.callId, sentAtMs: message.sentAtMs }),
  };
}

/**
 * The message in the form that waits on the standard queue until its time has come.
 * @throws PayloadTooLarge
 */
export function delayed(
  message: Message,
  delayMs: number,
  queue: Pick<Queue, "maxMessageBytes">,
): OutgoingMessage {
  return { body: bodyOf(message, queue), delayMs };
}

function bodyOf(fields: object, { maxMessageBytes }: Pick<Queue, "maxMessageBytes">): string {
  const body = JSON.stringify(fields);
  const bytes = Buffer.byteLength(body);
  const limitBytes = maxMessageBytes - REASON_RESERVE_BYTES;
  if (bytes <= limitBytes) return body;
  throw new PayloadTooLarge(`The message has ${bytes} bytes; a queue takes at most ${limitBytes}.`, {
    field: "args",
    bytes,
    limitBytes,
  });
}

/**
 * Reads the body of a queued message, all but its arguments, of which it only sees that they can be written again.
 * @throws UnexpectedEvent naming the field; InvalidActorId; TooDeep
 */
export function parseMessage(body: string): Message {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    // Without the parser's own words: they quote the text, and the reason is logged.
    throw bad("body", "The message is not JSON.");
  }
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
  const { notBeforeMs, ...fields } = (isObject ? input : {}) as Record<string, unknown>;
  const invocation = checkInvocation(isObject ? fields : input);
  const { mode, callId } = invocation;
  if (mode === "call") throw bad("mode", 'A message has the mode "send" or "start".');
  if (callId === undefined) throw bad("callId", "A message has a callId.");
  if (
    notBeforeMs !== undefined &&
    !(Number.isInteger(notBeforeMs) && Math.abs(notBeforeMs as number) <= LATEST_MS)
  ) {
    throw bad("notBeforeMs", '"notBeforeMs" is no time in whole milliseconds.');
  }
  checkDepth(invocation.args, "args");
  return {
    ...invocation,
    mode,
    callId,
    ...(notBeforeMs === undefined ? {} : { notBeforeMs: notBeforeMs as number }),
  };
}

function bad(field: string, message: string): UnexpectedEvent {
  return new UnexpectedEvent(message, { field });
}
