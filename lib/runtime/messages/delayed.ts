/**
 * Messages with a delay wait on the standard queue, and are passed on to their actor's group when their time has come. SQS
 * hides a message for 15 minutes at most: a longer delay is waited for in several rounds, each a message of its own.
 */
import { type Message, parseMessage, queued } from "../../messages/message";
import { MAX_DELAY_MS, type OutgoingMessage } from "../../messages/queue";
import { asDurableError } from "../../wire-error";
import type { Host } from "../host";
import { bury } from "./bury";
import type { QueuedRecord } from "./sqs-event";

/** Done twice, it does no harm: a delayed call is looked up among those that were applied. */
export async function passOn(host: Host, record: QueuedRecord): Promise<void> {
  const { queues, clock } = host;
  let message: Message;
  try {
    message = parseMessage(record.body);
  } catch (thrown) {
    return bury(host, record, asDurableError(thrown), 0);
  }
  const sentMs = Number.isFinite(record.sentMs) ? record.sentMs : clock.now();
  const { delayMs = 0, notBeforeMs = sentMs + delayMs, ...rest } = message;
  const remainingMs = notBeforeMs - clock.now();
  let outgoing: OutgoingMessage;
  try {
    // Also while it still waits: what is too large for the one queue must not go round on the other.
    outgoing = queued(rest, queues.messages);
  } catch (thrown) {
    return bury(host, record, asDurableError(thrown), 0);
  }
  if (remainingMs <= 0) {
    await queues.messages.send(outgoing);
    return;
  }
  // `notBeforeMs` takes a few bytes more than `delayMs`; there is room, since no reason comes beside it here.
  const body = JSON.stringify({ ...rest, notBeforeMs });
  await queues.wakes.send({ body, delayMs: Math.min(remainingMs, MAX_DELAY_MS) });
}
