/**
 * The engine answers calls without the event loop in between. Whoever asks it in a loop until something has changed would keep
 * timers, queues and servers of the same process from running, and so wait for ever. So the event loop has its turn
 * now and then.
 */
import { setImmediate } from "node:timers/promises";
import type { Transport } from "../calling/transport";

/** Often enough for people, rarely enough to cost nothing. */
const MAX_MS = 10;

export function fairTransport(transport: Transport): Transport {
  let lastMs = performance.now();
  return {
    ...transport,
    async invoke(request) {
      const reply = await transport.invoke(request);
      if (performance.now() - lastMs > MAX_MS) {
        await setImmediate();
        lastMs = performance.now();
      }
      return reply;
    },
  };
}
