/**
 * What stands in for Lambda's event sources on this machine: the queues that work comes from, and how it is handed to the
 * router, in the form in which Lambda would do it.
 */
import type { Queue, ReceivedMessage } from "../messages/queue";
import type { Ports } from "../ports";
import { type BatchResponse, type Source, sqsEventOf } from "../runtime/messages/sqs-event";
import type { RouterHandler } from "../runtime/router";

export interface EventSource {
  readonly queue: Queue;
  /** Returns the ids of the messages that must come again. */
  process(messages: readonly ReceivedMessage[]): Promise<ReadonlySet<string>>;
}

/** Where work waits: the queues, and what a bus has for those that listen. */
export interface SourcePorts extends Pick<Ports, "queues"> {
  readonly bus: { readonly deliveries: Queue };
}

export function eventSourcesOf(handle: RouterHandler, { queues, bus }: SourcePorts): readonly EventSource[] {
  return [
    { queue: queues.messages, process: (messages) => handleBatch(handle, "messages", messages) },
    { queue: queues.wakes, process: (messages) => handleBatch(handle, "wakes", messages) },
    { queue: bus.deliveries, process: (messages) => handleEvents(handle, messages) },
  ];
}

async function handleBatch(
  handle: RouterHandler,
  source: Source,
  messages: readonly ReceivedMessage[],
): Promise<ReadonlySet<string>> {
  const { batchItemFailures } = (await handle(sqsEventOf(source, messages))) as BatchResponse;
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}

/** EventBridge invokes with one event each; when that fails, it does so again after a while. */
async function handleEvents(
  handle: RouterHandler,
  messages: readonly ReceivedMessage[],
): Promise<ReadonlySet<string>> {
  const failed = await Promise.all(
    messages.map(async ({ messageId, body }) => {
      try {
        await handle(JSON.parse(body));
        return [];
      } catch {
        // The router has logged why.
        return [messageId];
      }
    }),
  );
  return new Set(failed.flat());
}
