/**
 * For a client with access to the queues, the table of tracked calls and the bus: messages go straight there, and so do
 * questions about them, and events, with no Lambda in between. Only calls that wait for a result take the other way.
 */

import type { Transport } from "../calling/transport";
import type { EmitRequest } from "../events/emit-request";
import type { CallRequest } from "../messages/call-request";
import type { Message } from "../messages/message";
import type { Messenger } from "../messages/messenger";
import { asDurableError, errorToWire } from "../wire-error";

/** @param hasBus false for a client that does not know the bus: the function publishes for it. Default true */
export function directTransport(calls: Transport, messenger: Messenger, hasBus = true): Transport {
  return {
    ...calls,
    // Of messages, that is: the queues keep it.
    keepsOrder: true,
    async invoke(request) {
      const { mode = "call" } = request;
      if (mode === "call" || (mode === "emit" && !hasBus)) return calls.invoke(request);
      try {
        // A client makes whole messages only: with arguments and a call id.
        return { ok: true, ...(await messenger.perform(request as Message | CallRequest | EmitRequest)) };
      } catch (thrown) {
        return { ok: false, error: errorToWire(asDurableError(thrown), { stack: false }) };
      }
    },
  };
}
