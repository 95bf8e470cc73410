/**
 * Messages with a delay wait on the standard queue, and are passed on to their actor's group when their time has come. SQS
 * hides a message for 15 minutes at most: a longer delay is waited for in several rounds, each a message of its own.
 */
import type { DurableError } from "../../errors";
import { type Message, parseMessage, queued } from "../../messages/message";
import { MAX_DELAY_MS, type OutgoingMessage } from "../../messages/queue";
import { backoffMs } from "../../random";
import { asDurableError } from "../../wire-error";
import type { Host } from "../host";
import { bury } from "./bury";
import type { QueuedRecord } from "./sqs-event";

/** Returns the messages that could not be passed on, and must come again. */
export async function passOnDelayed(
  host: Host,
  records: readonly QueuedRecord[],
): Promise<readonly QueuedRecord[]> {
  const failed = await Promise.all(
    records.map(async (record) => {
      try {
        await passOn(host, record);
        return [];
      } catch (thrown) {
        await handBack(host, record, asDurableError(thrown));
        return [record];
      }
    }),
  );
  return failed.flat();
}

/** Leaves a message on the queue, for a while that grows each time. */
async function handBack(
  { queues, random, log }: Host,
  record: QueuedRecord,
  error: DurableError,
): Promise<void> {
  const fields = { messageId: record.messageId, code: error.code };
  log.warn("delayed message handed back", { ...fields, reason: error.message });
  const waitMs = backoffMs(record.receiveCount - 1, 1_000, 60_000, random);
  await queues.wakes.hide([record.receipt], waitMs).catch((thrown: unknown) => {
    // It comes again all the same, when its visibility timeout ends.
    log.warn("delayed message not handed back at once", {
      ...fields,
      reason: asDurableError(thrown).message,
    });
  });
}

/** Done twice, it does no harm: a delayed call is looked up among those that were applied. */
async function passOn(host: Host, record: QueuedRecord): Promise<void> {
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
