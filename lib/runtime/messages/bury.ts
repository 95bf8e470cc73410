/** Puts messages among the dead letters, and tells whoever must know. */
import type { DurableError } from "../../errors";
import { deadLetterFor, isRedriven, readMessage, reasonOf } from "../../messages/dead-letter";
import { failed } from "../../messages/tracked-calls";
import type { Host } from "../host";
import { reportFailure } from "../report";
import { settleCall } from "../tracked";
import { callFields, type Delivery } from "./delivery";
import type { QueuedRecord } from "./sqs-event";

/**
 * Done twice, as after a lost answer, it is the same letter.
 * @param delivery the message as it was read; undefined for one that cannot be
 * @throws QueueUnavailable, StoreUnavailable: the message must stay where it is
 */
export async function bury(
  host: Host,
  record: QueuedRecord,
  error: DurableError,
  attempts: number,
  delivery?: Delivery,
): Promise<void> {
  const { queues, clock, log } = host;
  const reason = reasonOf(error, attempts, clock.now());
  await queues.deadLetters.send(deadLetterFor(record, reason, queues.deadLetters.maxMessageBytes));
  const { mode, callId } = delivery?.envelope ?? readMessage(record.body) ?? {};
  if (mode === "start" && callId !== undefined) {
    await settleCall(host, callId, failed(error), isRedriven(record));
  }
  reportFailure(log, delivery && callFields(delivery), error, { attempts });
  const fields = delivery ? callFields(delivery) : { messageId: record.messageId, group: record.groupId };
  log.error("message is a dead letter now", { ...fields, code: reason.code, attempts });
}
