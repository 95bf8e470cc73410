/** Hints for the router, as Lambda would hand them over from the standard queue. */
import type { Address } from "../../lib/address";
import { hintFor } from "../../lib/messages/hint";
import { type BatchResponse, sqsEventOf } from "../../lib/runtime/messages/sqs-event";
import type { LambdaContext, RouterHandler } from "../../lib/runtime/router";

let serial = 0;

/** Hands over a batch of bodies, and returns how many must come again. */
export async function handBodies(
  handle: RouterHandler,
  bodies: readonly string[],
  context?: LambdaContext,
): Promise<number> {
  const messages = bodies.map((body) => {
    const messageId = `hint-${serial++}`;
    return { messageId, receipt: messageId, body, receiveCount: 1, sentMs: 0, attributes: {} };
  });
  const { batchItemFailures } = (await handle(sqsEventOf("wakes", messages), context)) as BatchResponse;
  return batchItemFailures.length;
}

/** Hints at actors, all in one batch. */
export function hint(handle: RouterHandler, ...addresses: readonly Address[]): Promise<number> {
  return handBodies(
    handle,
    addresses.map((address) => hintFor(address, 0).body),
  );
}
