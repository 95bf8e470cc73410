/** An actor's lease, from taking it to giving it back. */
import { type Address, addressKey } from "../address";
import { FencedError } from "../errors";
import { type Lease, leaseEnd } from "../lease";
import type { Commit, Committed, Head, Release } from "../store";
import { asDurableError } from "../wire-error";
import { startHeartbeat } from "./heartbeat";
import type { Host } from "./host";
import { retrying } from "./retrying";

export class HeldLease {
  constructor(
    private readonly host: Host,
    private readonly address: Address,
    /** What commits are conditioned on. */
    readonly lease: Lease,
    private readonly sinceMs: number,
    /** Its end, unless it is renewed once more. */
    public untilMs: number,
  ) {}

  /** Renews the lease until the returned function is called. See {@link startHeartbeat}. */
  keepAlive(hostEndMs: () => number, onLost: () => void): () => void {
    const onRenewed = (untilMs: number) => {
      this.untilMs = untilMs;
    };
    return startHeartbeat(this.host, this.address, this.lease, hostEndMs, onRenewed, onLost);
  }

  /** @throws StoreUnavailable when the outcome cannot be found out */
  async commit(commit: Commit): Promise<Committed> {
    const { host, address, lease } = this;
    const written = await retrying(host, () => host.store.commit(address, lease, commit));
    return !written.committed && this.isOwn(written.current, commit) ? { committed: true } : written;
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

  /** Gives the lease back without a commit, and notes what was delivered meanwhile. False when nobody knows whether it is. */
  async release(release: Release): Promise<boolean> {
    const { host, address, lease } = this;
    try {
      await host.store.release(address, lease, release);
      return true;
    } catch (thrown) {
      // Nothing is lost: the lease ends by itself, and effects can be delivered twice.
      const reason = asDurableError(thrown).message;
      host.log.warn("lease not released", { actor: address.type, actorId: address.id, reason });
      return false;
    }
  }

  /**
   * True when a refusal came because this very commit, without a release, was applied before. The lease's id alone does not tell: a
   * packet that asked for it and came late can have taken it once more, with another fence.
   */
  private isOwn(current: Head | undefined, { onVersion }: Commit): boolean {
    const { id, fence } = this.lease;
    return current?.leaseId === id && current.fence === fence && current.version === onVersion + 1;
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
