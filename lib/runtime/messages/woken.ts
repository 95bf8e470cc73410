/**
 * What comes off the standard queue: hints, for actors to be looked at, and messages whose delay is over. Done twice, neither
 * does harm. What cannot be done now stays on the queue for a while.
 */
import type { Address } from "../../address";
import type { HostTime } from "../../envelope";
import type { DurableError } from "../../errors";
import { readHint } from "../../messages/hint";
import { backoffMs } from "../../random";
import { asDurableError } from "../../wire-error";
import type { Host } from "../host";
import type { Runtime } from "../runtime";
import { bury } from "./bury";
import { passOn } from "./delayed";
import type { QueuedRecord } from "./sqs-event";

/** Returns the records that must come again. */
export async function processWoken(
  runtime: Runtime,
  records: readonly QueuedRecord[],
  time: HostTime,
): Promise<readonly QueuedRecord[]> {
  const failed = await Promise.all(
    records.map(async (record) => {
      try {
        await process(runtime, record, time);
        return [];
      } catch (thrown) {
        await handBack(runtime.host, record, asDurableError(thrown));
        return [record];
      }
    }),
  );
  return failed.flat();
}

async function process(runtime: Runtime, record: QueuedRecord, time: HostTime): Promise<void> {
  const { host } = runtime;
  let address: Address | undefined;
  try {
    address = readHint(record.body);
  } catch (thrown) {
    return bury(host, record, asDurableError(thrown), 0);
  }
  if (address === undefined) return passOn(host, record);
  try {
    await runtime.wake(address, time);
  } catch (thrown) {
    const error = asDurableError(thrown);
    if (error.retryable) throw error;
    // The sweep comes again for as long as the actor is due: nothing is lost with this hint.
    host.log.error("actor not woken", { actor: address.type, actorId: address.id, code: error.code, error });
  }
}

/** Leaves a record on the queue, for a while that grows each time. */
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
