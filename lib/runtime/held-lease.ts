/** An actor's lease, from taking it to giving it back. */
import { type Address, addressKey } from "../address";
import { sleep } from "../clock";
import { FencedError, StoreUnavailable } from "../errors";
import { busyWaitMs, type Lease, leaseEnd } from "../lease";
import { backoffMs } from "../random";
import type { Head, Release } from "../store";
import { asDurableError } from "../wire-error";
import { startHeartbeat } from "./heartbeat";
import type { Host } from "./host";
import type { CallQueue } from "./queue";
import { retrying, STORE_RETRIES } from "./retrying";

/**
 * Waits until the lease is held, or until nobody wants it any more: calls leave the queue at their deadlines, and a wake has
 * one too. When the store fails for good, the waiting calls fail with it. One lease id serves all requests, so that an acquisition
 * whose response was lost is found again.
 */
export async function acquireLease(
  host: Host,
  address: Address,
  queue: CallQueue,
): Promise<HeldLease | undefined> {
  const { store, clock, random, limits } = host;
  const leaseId = random.id();
  let failures = 0;
  let busySinceMs: number | undefined;
  for (let attempt = 0; queue.isWanted(clock.now()); attempt++) {
    const nowMs = clock.now();
    const untilMs = leaseEnd(nowMs, limits.leaseMs, queue.hostEndMs());
    try {
      const answer = await store.acquire(address, { leaseId, nowMs, untilMs });
      if (answer.acquired) {
        noteWait(host, address, busySinceMs);
        return new HeldLease(host, address, leaseId, answer.head, nowMs, untilMs);
      }
      busySinceMs ??= nowMs;
      await sleep(clock, busyWaitMs(attempt, answer.leaseUntilMs - clock.now(), random));
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

export class HeldLease {
  /** What commits are conditioned on. */
  readonly lease: Lease;

  constructor(
    private readonly host: Host,
    private readonly address: Address,
    leaseId: string,
    /** The actor as it was when the lease was taken. */
    readonly head: Head,
    readonly sinceMs: number,
    /** Its end, unless it is renewed once more. */
    public untilMs: number,
  ) {
    this.lease = { id: leaseId, fence: head.fence };
  }

  /** Renews the lease until the returned function is called. See {@link startHeartbeat}. */
  keepAlive(hostEndMs: () => number, onLost: () => void): () => void {
    const onRenewed = (untilMs: number) => {
      this.untilMs = untilMs;
    };
    return startHeartbeat(this.host, this.address, this.lease, hostEndMs, onRenewed, onLost);
  }

  /**
   * Notes in the head that there may be pieces of a state beside it from now on.
   * @throws FencedError when the lease is lost; StoreUnavailable
   */
  async markPieces(hostEndMs: number): Promise<void> {
    const { host, address, lease } = this;
    const untilMs = leaseEnd(host.clock.now(), host.limits.leaseMs, hostEndMs);
    const isHeld = await retrying(host, () => host.store.renew(address, lease, untilMs, { hasPieces: true }));
    if (!isHeld) throw this.lostError();
    this.untilMs = untilMs;
  }

  /** Gives the lease back without a commit, and notes what was delivered meanwhile. */
  async release(release: Release): Promise<void> {
    const { host, address, lease } = this;
    try {
      await host.store.release(address, lease, release);
    } catch (thrown) {
      // Nothing is lost: the lease ends by itself, and effects can be delivered twice.
      const reason = asDurableError(thrown).message;
      host.log.warn("lease not released", { actor: address.type, actorId: address.id, reason });
    }
  }

  /** Why turns that ran under this lease had no effect, once somebody else has it. */
  lostError(): FencedError {
    const { host, address, sinceMs } = this;
    const heldMs = host.clock.now() - sinceMs;
    return new FencedError(
      `The lease of ${addressKey(address)} was lost after ${heldMs} ms, before its turns could be committed: they had ` +
        "no effect. The process was paused, cut off from the store, or kept busy without letting the lease be renewed.",
      { actor: address.type, id: address.id, heldMs, leaseMs: host.limits.leaseMs },
    );
  }
}
