/** Batches of messages for the router, as Lambda would hand them over, and what consumes a queue in their place. */
import type { Address } from "../../lib/address";
import { digest } from "../../lib/call-id";
import { groupIdOf } from "../../lib/messages/message";
import type { ReceivedMessage } from "../../lib/messages/queue";
import type { Ports } from "../../lib/ports";
import { type BatchResponse, type Source, sqsEventOf } from "../../lib/runtime/messages/sqs-event";
import type { LambdaContext, RouterHandler } from "../../lib/runtime/router";

export interface MessageFields {
  readonly args?: readonly unknown[];
  readonly mode?: "send" | "start";
  readonly callId?: string;
  /** Its id is one that the caller chose: it comes without the time of its making. */
  readonly isKeyed?: boolean;
  readonly sentAtMs?: number;
  readonly receiveCount?: number;
  /** When the queue took it; by default when it was sent. */
  readonly queuedMs?: number;
  readonly messageId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

let serial = 0;

/** A message as it comes out of the queue for the first time, unless told otherwise. */
export function messageFor(
  { type, id }: Address,
  method: string,
  nowMs: number,
  fields: MessageFields = {},
): ReceivedMessage {
  const { args = [], mode = "send", sentAtMs = nowMs, receiveCount = 1, queuedMs = sentAtMs } = fields;
  const callId = fields.callId ?? digest(`call ${serial++}`).slice(0, 16);
  const messageId = fields.messageId ?? `m${serial++}`;
  const made = fields.isKeyed ? {} : { sentAtMs };
  return {
    messageId,
    receipt: `${messageId}#${receiveCount}`,
    body: JSON.stringify({ actor: type, id, method, args, mode, callId, ...made }),
    groupId: groupIdOf({ type, id }),
    sequence: String(serial++),
    receiveCount,
    sentMs: queuedMs,
    attributes: fields.attributes ?? {},
  };
}

/** The same message, as it comes once more. */
export function redelivered(message: ReceivedMessage, receiveCount = 2): ReceivedMessage {
  return { ...message, receiveCount, receipt: `${message.messageId}#${receiveCount}` };
}

/** Hands a batch to a router, and returns the ids of the messages that must come again. */
export async function hand(
  handle: RouterHandler,
  messages: readonly ReceivedMessage[],
  context?: LambdaContext,
): Promise<string[]> {
  const { batchItemFailures } = (await handle(sqsEventOf("messages", messages), context)) as BatchResponse;
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

/** Consumes what is visible on the queues, until nothing is. Returns how many messages were handed over. */
export async function drain(
  handle: RouterHandler,
  { queues }: Pick<Ports, "queues">,
  hideMs = 30_000,
): Promise<number> {
  let handed = 0;
  for (let wasEmpty = false; !wasEmpty; ) {
    wasEmpty = true;
    for (const source of ["wakes", "messages"] satisfies Source[]) {
      const queue = queues[source];
      const messages = await queue.receive({ max: 10, waitMs: queue.sureAfterMs, hideMs });
      if (messages.length === 0) continue;
      wasEmpty = false;
      handed += messages.length;
      const { batchItemFailures } = (await handle(sqsEventOf(source, messages))) as BatchResponse;
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      await queue.delete(
        messages.filter(({ messageId }) => !failed.has(messageId)).map(({ receipt }) => receipt),
      );
    }
  }
  return handed;
}
