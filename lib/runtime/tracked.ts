/** Ends tracked calls with what their turns led to. */
import type { Outcome, Settled } from "../messages/tracked-calls";
import type { Host } from "./host";
import { retrying } from "./retrying";

/**
 * @param replacesFailure true for a message that was a dead letter before
 * @throws StoreUnavailable
 */
export function settleCall(
  host: Host,
  callId: string,
  outcome: Outcome,
  replacesFailure = false,
): Promise<Settled> {
  const { calls, clock, limits } = host;
  const settledMs = clock.now();
  const settlement = { outcome, settledMs, expiresMs: settledMs + limits.keepResultsMs, replacesFailure };
  return retrying(host, () => calls.settle(callId, settlement));
}
