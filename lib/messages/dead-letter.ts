/**
 * A dead letter: a message as it was, and beside it why nobody could process it. The body is untouched, so that whoever
 * moves it back to the queue, this package or the SQS console, sends what was sent first.
 */
import type { Address } from "../address";
import { digest } from "../call-id";
import { type DurableError, MethodError } from "../errors";
import { shorten } from "../quote";
import { errorToWire } from "../wire-error";
import { addressOf, groupIdOf, type Message, parseMessage, REASON_RESERVE_BYTES } from "./message";
import type { OutgoingMessage, ReceivedMessage } from "./queue";

/** Why a message is dead. */
export interface DeadReason {
  readonly code: string;
  readonly message: string;
  /** The name of a method's own error. */
  readonly name?: string;
  readonly stack?: string;
  /** How often it was tried. */
  readonly attempts: number;
  /** When it was given up, in milliseconds since the epoch. */
  readonly atMs: number;
}

/** A message, a reminder or an event that could not be processed. */
export interface DeadLetter {
  readonly messageId: string;
  readonly reason: DeadReason;
  /** The message as it was; what it says of its call is missing when it is not one of this package's. */
  readonly body: string;
  readonly actor?: string;
  readonly id?: string;
  readonly method?: string;
  readonly callId?: string;
  readonly mode?: "send" | "start";
}

const REASON_ATTRIBUTE = "reason";
/** The longest that fits is taken. */
const STACK_LENGTHS = [3_000, 1_000, 300];
const MAX_MESSAGE_LENGTH = 1_000;
/** As text; a character can take 6 bytes of it. The attribute has a name and a type besides. */
const MAX_REASON_BYTES = REASON_RESERVE_BYTES - 64;
/** Of a message that is too large to get a reason beside it, this much stays. */
const CUT_BODY_LENGTH = 100_000;

/** True for a message that was a dead letter before and was moved back. */
export function isRedriven({ attributes }: Pick<ReceivedMessage, "attributes">): boolean {
  return REASON_ATTRIBUTE in attributes;
}

export function reasonOf(error: DurableError, attempts: number, atMs: number): DeadReason {
  const { code, message, name, stack } = errorToWire(error, { stack: error instanceof MethodError });
  const reason = {
    code: shorten(code, 100),
    message: shorten(message, MAX_MESSAGE_LENGTH),
    ...(name === undefined ? {} : { name: shorten(name, 100) }),
    attempts,
    atMs,
  };
  if (stack === undefined) return reason;
  const withStack = STACK_LENGTHS.map((length) => ({ ...reason, stack: shorten(stack, length) }));
  return withStack.find((one) => Buffer.byteLength(attributeText(one)) <= MAX_REASON_BYTES) ?? reason;
}

/** The letter for a message, as it goes to the dead-letter queue; the same again when it is sent twice. */
export function deadLetterFor(
  message: Pick<ReceivedMessage, "messageId" | "body">,
  reason: DeadReason,
  maxMessageBytes: number,
): OutgoingMessage {
  const isTooLarge = Buffer.byteLength(message.body) > maxMessageBytes - REASON_RESERVE_BYTES;
  return {
    body: isTooLarge ? shorten(message.body, CUT_BODY_LENGTH) : message.body,
    // A group each: a receive that holds one letter must not hide the others.
    groupId: digest(message.messageId),
    deduplicationId: digest(message.messageId),
    attributes: { [REASON_ATTRIBUTE]: attributeText(reason) },
  };
}

/** SQS refuses two characters, and knows no other way to write them. */
function attributeText(reason: DeadReason): string {
  return JSON.stringify(reason).replaceAll("\uFFFE", "\\uFFFE").replaceAll("\uFFFF", "\\uFFFF");
}

export function readDeadLetter({
  messageId,
  body,
  attributes,
  receiveCount,
  sentMs,
}: ReceivedMessage): DeadLetter {
  const reason = readReason(attributes[REASON_ATTRIBUTE], receiveCount, sentMs) ?? {
    code: "TooManyReceives",
    message:
      "The queue itself gave the message up: it was handed out more often than its redrive policy allows.",
    attempts: receiveCount,
    atMs: sentMs,
  };
  const message = readMessage(body);
  if (message === undefined) return { messageId, reason, body };
  const { actor, id, method, callId, mode } = message;
  return { messageId, reason, body, actor, id, method, callId, mode };
}

/** The letter's message, as it goes back to its actor; undefined when it is not one of this package's. */
export function redriven({ messageId, body, attributes }: ReceivedMessage): OutgoingMessage | undefined {
  const message = readMessage(body);
  if (message === undefined) return undefined;
  const address: Address = addressOf(message);
  return {
    body,
    groupId: groupIdOf(address),
    // Not the first one's: the queue would take the message for a repetition of it, and drop it.
    deduplicationId: digest(`redriven ${messageId}`),
    attributes: { [REASON_ATTRIBUTE]: attributes[REASON_ATTRIBUTE] ?? "{}" },
  };
}

export function readMessage(body: string): Message | undefined {
  try {
    return parseMessage(body);
  } catch {
    return undefined;
  }
}

function readReason(text: string | undefined, receiveCount: number, sentMs: number): DeadReason | undefined {
  if (text === undefined) return undefined;
  try {
    const { code, message, name, stack, attempts, atMs } = (JSON.parse(text) ?? {}) as Record<
      string,
      unknown
    >;
    if (typeof code !== "string") return undefined;
    return {
      code,
      message: typeof message === "string" ? message : "",
      ...(typeof name === "string" ? { name } : {}),
      ...(typeof stack === "string" ? { stack } : {}),
      attempts: Number.isFinite(attempts) ? (attempts as number) : receiveCount,
      atMs: Number.isFinite(atMs) ? (atMs as number) : sentMs,
    };
  } catch {
    return undefined;
  }
}
