/**
 * For a client with access to the queues and to the table of tracked calls: messages go straight there, and so do questions
 * about them, with no Lambda in between. Only calls that wait for a result take the other way.
 */

import type { Transport } from "../calling/transport";
import type { EmitRequest } from "../events/emit-request";
import type { CallRequest } from "../messages/call-request";
import type { Message } from "../messages/message";
import type { Messenger } from "../messages/messenger";
import { asDurableError, errorToWire } from "../wire-error";

export function directTransport(calls: Transport, messenger: Messenger): Transport {
  return {
    ...calls,
    async invoke(request) {
      if (request.mode === undefined || request.mode === "call") return calls.invoke(request);
      try {
        // A client makes whole messages only: with arguments and a call id.
        return { ok: true, ...(await messenger.perform(request as Message | CallRequest | EmitRequest)) };
      } catch (thrown) {
        return { ok: false, error: errorToWire(asDurableError(thrown), { stack: false }) };
      }
    },
  };
}
