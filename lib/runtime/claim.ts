/**
 * By what right an activation works on an actor: it has seen it while nobody held it, or it holds the lease.
 *
 *     seen ──► commit: applied if nobody has had the actor since ──┬─► applied
 *      │         └─ not the last one: takes the lease in the same write
 *      │                                                           └─► refused: nothing has happened, start again
 *      └─ hold ──► held ──► commit: applied as long as the lease is not lost
 *
 * A turn that cannot have waited for anything cannot have been seen by anybody: it may run before there is a lease, and be thrown
 * away. What others could see, or what names something after the lease, holds first.
 */
import type { Address } from "../address";
import { leaseEnd } from "../lease";
import type { Commit, Committed, Head, LeaseRequest, Release } from "../store";
import { HeldLease } from "./held-lease";
import type { Host } from "./host";
import type { CallQueue } from "./queue";
import { retrying } from "./retrying";
import { ClaimRefused, isOld, type Sighting } from "./sighting";

/** A head that nobody has written yet. */
export const NEW_HEAD: Head = {
  version: 0,
  fence: 0,
  inbox: "",
  hasPieces: false,
  spilled: false,
  failing: "",
  outbox: "",
  reminders: "",
};

export class Claim {
  /** The moment at which the process will be killed: a lease does not outlast it. */
  hostEndMs: number;
  private taking: Promise<HeldLease> | undefined;
  private ownToken: string | undefined;
  /** A lease that was asked for, and of which nobody knows whether it is held. */
  private asked: LeaseRequest | undefined;

  /**
   * @param sighting the actor as it was seen, or as it was when the lease was taken
   * @param sinceMs when the claim was asked for
   * @param lease if it is held
   */
  constructor(
    private readonly host: Host,
    private readonly address: Address,
    private readonly queue: CallQueue,
    private readonly sighting: Sighting,
    readonly sinceMs: number,
    private lease?: HeldLease,
  ) {
    this.hostEndMs = queue.hostEndMs();
  }

  /** The actor as it was seen. */
  get head(): Head {
    return this.sighting.head;
  }

  /** The lease; undefined as long as there is none. */
  get held(): HeldLease | undefined {
    return this.lease;
  }

  /** Of what is committed by this claim. Others may try the same as long as the lease is not held. */
  get fence(): number {
    return this.lease?.lease.fence ?? this.head.fence + 1;
  }

  /** Goes into the names of what this claim writes beside the head: nobody else's has it. */
  get token(): string {
    if (this.lease !== undefined) return String(this.fence);
    this.ownToken ??= this.host.random.id();
    return this.ownToken;
  }

  /**
   * Takes the lease, if it is not held, of the actor as it was seen.
   * @throws ClaimRefused when it is no longer that; StoreUnavailable
   */
  hold(): Promise<HeldLease> {
    if (this.lease !== undefined) return Promise.resolve(this.lease);
    return this.taking ?? this.taken(this.acquire());
  }

  /** Resolves when the lease is taken, if it is being taken; undefined when it is not. @throws as {@link hold} */
  get settled(): Promise<unknown> | undefined {
    return this.lease === undefined ? this.taking : undefined;
  }

  /**
   * Writes by this right. A commit without a release takes the lease, if it is not held.
   * @throws StoreUnavailable when the outcome cannot be found out
   */
  async commit(commit: Commit): Promise<Committed> {
    if (this.settled !== undefined) await this.settled;
    const { lease } = this;
    if (lease !== undefined) return await lease.commit(commit);
    const request = this.request(!commit.release);
    const written = this.commitFree(request, commit);
    if (commit.release) return await written;
    const held = written.then((outcome) => {
      if (outcome.committed) return this.keep(request);
      throw this.refusal(outcome.current);
    });
    await this.taken(held).catch(() => {});
    return written;
  }

  /**
   * Makes sure that the actor was still the one that was seen, where nothing is written that would be refused otherwise.
   * @throws ClaimRefused, StoreUnavailable
   */
  async confirm(): Promise<void> {
    const { host, address, head, queue, sighting } = this;
    const { arrivals } = queue;
    if (sighting.arrivals === arrivals || this.lease !== undefined) return;
    const current = await retrying(host, () => host.store.read(address, { consistent: true }));
    if ((current?.version ?? 0) !== head.version) throw this.refusal(current, arrivals);
  }

  /** What there is to say of a refusal that brought the actor as it is now. */
  refusal(current: Head | undefined, arrivals?: number): ClaimRefused {
    return new ClaimRefused(this.address, {
      head: current ?? NEW_HEAD,
      seenMs: this.host.clock.now(),
      ...(arrivals === undefined ? {} : { arrivals }),
    });
  }

  /** Gives the lease back, if it is held, or may be. Never rejects. */
  async release(release: Release): Promise<void> {
    await this.settled?.catch(() => {});
    const { lease, asked } = this;
    if (lease !== undefined) await lease.release(release);
    else if (asked !== undefined) await this.leaseOf(asked).release(release);
  }

  private async acquire(): Promise<HeldLease> {
    const { host, address, head } = this;
    const request = this.request(true);
    this.asked = request;
    const answer = await retrying(host, () => host.store.acquire(address, request, head));
    if (!answer.acquired) throw this.refusal(answer.current);
    return this.keep(request);
  }

  private async commitFree(request: LeaseRequest, commit: Commit): Promise<Committed> {
    const { host, address, head } = this;
    if (isOld(this.sighting, request.nowMs)) return { committed: false, current: undefined };
    if (!commit.release) this.asked = request;
    const right = { seen: head, request };
    const written = await retrying(host, () => host.store.commit(address, right, commit));
    if (written.committed) return written;
    // The lease that it took is its own: only the response was lost.
    const { leaseId, version } = written.current ?? {};
    const isOwn = leaseId === request.leaseId && version === head.version + 1;
    return isOwn ? { committed: true } : written;
  }

  private taken(held: Promise<HeldLease>): Promise<HeldLease> {
    this.taking = held;
    // Whoever waits for it hears of it.
    held.catch(() => {});
    return held;
  }

  private keep(request: LeaseRequest): HeldLease {
    this.lease = this.leaseOf(request);
    return this.lease;
  }

  private leaseOf({ leaseId, nowMs, untilMs }: LeaseRequest): HeldLease {
    const { host, address, head } = this;
    return new HeldLease(host, address, { id: leaseId, fence: head.fence + 1 }, nowMs, untilMs);
  }

  /** @param takes false for a commit that leaves no lease, and needs no id for one */
  private request(takes: boolean): LeaseRequest {
    const { clock, limits, random } = this.host;
    const nowMs = clock.now();
    const untilMs = leaseEnd(nowMs, limits.leaseMs, this.hostEndMs);
    return { leaseId: takes ? random.id() : "", nowMs, untilMs };
  }
}
