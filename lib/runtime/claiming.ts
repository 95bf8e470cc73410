/**
 * How an activation comes by its claim.
 *
 *     last committed by this process, or read ──► free: seen
 *                                             └─► busy, or the work needs it: wait for the lease
 */
import type { Address } from "../address";
import { sleep } from "../clock";
import { StoreUnavailable } from "../errors";
import { busyWaitMs, leaseEnd } from "../lease";
import { backoffMs } from "../random";
import { isManifest } from "../state/manifest";
import type { Head } from "../store";
import { asDurableError } from "../wire-error";
import { Claim, NEW_HEAD } from "./claim";
import { HeldLease } from "./held-lease";
import type { Host } from "./host";
import type { CallQueue } from "./queue";
import { retrying, STORE_RETRIES } from "./retrying";
import { isOld, type Sighting } from "./sighting";

/**
 * Undefined when nobody wants it any more: calls leave the queue at their deadlines, and a wake has one too. When the store fails
 * for good, the waiting calls fail with it.
 *
 * @param known the actor as this process has seen it last
 * @param mustHold the work needs the lease from the start
 */
export async function claimActor(
  host: Host,
  address: Address,
  queue: CallQueue,
  known: Sighting | undefined,
  mustHold: boolean,
): Promise<Claim | undefined> {
  const { clock } = host;
  if (mustHold) return acquireLease(host, address, queue, known?.head);
  const sinceMs = clock.now();
  try {
    const sighting = known && !isOld(known, sinceMs) ? known : await look(host, address, queue);
    if (!queue.isWanted(clock)) return undefined;
    if (isFree(sighting.head, clock.now())) return new Claim(host, address, queue, sighting, sinceMs);
    return await acquireLease(host, address, queue, sighting.head);
  } catch (thrown) {
    queue.failAll(asDurableError(thrown));
    return undefined;
  }
}

async function look(host: Host, address: Address, { arrivals }: CallQueue): Promise<Sighting> {
  const seenMs = host.clock.now();
  const head = await retrying(host, () => host.store.read(address, { consistent: true }));
  return { head: head ?? NEW_HEAD, seenMs, arrivals };
}

/** True when turns may run on it without a lease: none lasts, and nothing is there that must be dealt with first. */
function isFree(head: Head, nowMs: number): boolean {
  const { outbox, hasPieces, state } = head;
  return !isBusy(head, nowMs) && outbox === "" && !hasPieces && !(state && isManifest(state.text));
}

function isBusy({ leaseId, leaseUntilMs = 0 }: Head, nowMs: number): boolean {
  return leaseId !== undefined && leaseUntilMs > nowMs;
}

/** Waits until the lease is held. One lease id serves all requests, so that an acquisition whose response was lost is found again. */
async function acquireLease(
  host: Host,
  address: Address,
  queue: CallQueue,
  known: Head | undefined,
): Promise<Claim | undefined> {
  const { store, clock, random, limits } = host;
  const leaseId = random.id();
  let failures = 0;
  let busySinceMs: number | undefined;
  const wait = (attempt: number, busy: Head | undefined) => {
    busySinceMs ??= clock.now();
    return sleep(clock, busyWaitMs(attempt, (busy?.leaseUntilMs ?? 0) - clock.now(), random));
  };
  let attempt = 0;
  // To ask at once would be in vain.
  if (known !== undefined && isBusy(known, clock.now())) await wait(attempt++, known);
  for (; queue.isWanted(clock); attempt++) {
    const nowMs = clock.now();
    const untilMs = leaseEnd(nowMs, limits.leaseMs, queue.hostEndMs());
    try {
      const answer = await store.acquire(address, { leaseId, nowMs, untilMs });
      if (answer.acquired) {
        noteWait(host, address, busySinceMs);
        const { head } = answer;
        const lease = new HeldLease(host, address, { id: leaseId, fence: head.fence }, nowMs, untilMs);
        return new Claim(host, address, queue, { head, seenMs: nowMs }, nowMs, lease);
      }
      await wait(attempt, answer.current);
    } catch (thrown) {
      failures++;
      if (!(thrown instanceof StoreUnavailable) || failures > STORE_RETRIES) {
        noteWait(host, address, busySinceMs);
        queue.failAll(asDurableError(thrown));
        return undefined;
      }
      await sleep(clock, backoffMs(failures, 25, 1_000, random));
    }
  }
  noteWait(host, address, busySinceMs);
  return undefined;
}

function noteWait({ telemetry, clock }: Host, address: Address, busySinceMs: number | undefined): void {
  if (busySinceMs !== undefined) telemetry.leaseWaited(address, clock.now() - busySinceMs);
}
