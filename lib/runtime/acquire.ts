/** Taking an actor's lease: asking, waiting while it is busy, asking again. */
import type { Address } from "../address";
import { sleep } from "../clock";
import { StoreUnavailable } from "../errors";
import { busyWaitMs, type Lease, leaseEnd } from "../lease";
import { backoffMs } from "../random";
import type { Head } from "../store";
import { asDurableError } from "../wire-error";
import { type Host, STORE_RETRIES } from "./host";
import type { CallQueue } from "./queue";

export interface Held {
  readonly lease: Lease;
  readonly head: Head;
  readonly sinceMs: number;
}

/**
 * Waits until the lease is held, or until no call waits any more: calls leave the queue at their deadlines. When the
 * store fails for good, the waiting calls fail with it. One lease id serves all requests, so that an acquisition
 * whose response was lost is found again.
 */
export async function acquireLease(
  host: Host,
  address: Address,
  queue: CallQueue,
): Promise<Held | undefined> {
  const { store, clock, random, limits } = host;
  const leaseId = random.id();
  let failures = 0;
  for (let attempt = 0; queue.length > 0; attempt++) {
    const nowMs = clock.now();
    const untilMs = leaseEnd(nowMs, limits.leaseMs, queue.hostEndMs());
    try {
      const answer = await store.acquire(address, { leaseId, nowMs, untilMs });
      if (answer.acquired) {
        return { lease: { id: leaseId, fence: answer.head.fence }, head: answer.head, sinceMs: nowMs };
      }
      await sleep(clock, busyWaitMs(attempt, answer.leaseUntilMs - clock.now(), random));
    } catch (thrown) {
      failures++;
      if (!(thrown instanceof StoreUnavailable) || failures > STORE_RETRIES) {
        queue.failAll(asDurableError(thrown));
        return undefined;
      }
      await sleep(clock, backoffMs(failures, 25, 1_000, random));
    }
  }
  return undefined;
}
