/**
 * The store port: what the runtime needs from a place that keeps actors. One item per actor, the head, holds its
 * state, its lease and its inbox, so that checking the fence and writing the state are one atomic act. Adapters:
 * `aws/dynamo-store.ts`, `local/sqlite-store.ts`; `__tests__/contract` holds what each must do.
 *
 *     acquire ──► head ──► turns ──► commit + release
 *        │ refused                     │ refused: the head as it is now
 *
 *     read ─────► head ──► turns ──► commit, if nobody has had the actor since
 *                                      │ refused: the head as it is now
 */
import type { Address } from "./address";
import type { Lease } from "./lease";
import type { DuePage } from "./wake";

/** Everything that a turn needs to know of an actor. */
export interface Head {
  /** +1 per commit; 0 for an actor that was never committed. */
  readonly version: number;
  /** +1 per acquisition; never falls. */
  readonly fence: number;
  /** The lease that somebody holds or held, by this store's last word. */
  readonly leaseId?: string | undefined;
  readonly leaseUntilMs?: number | undefined;
  /** Absent before the first commit that had one, and after one that took it away. */
  readonly state?: StoredState | undefined;
  /** The text of an `Inbox`. */
  readonly inbox: string;
  /** True when there are pieces of a state beside the head, or may be: whoever wrote them may not have come to name or remove them. */
  readonly hasPieces: boolean;
  /** True when entries of the inbox have moved to parts. */
  readonly spilled: boolean;
  /** Which message failed last, and how often: the text of a `FailingMessage`. Empty when none did. */
  readonly failing: string;
  /** Effects that are committed and perhaps not delivered: the text of an `Effect[]`. Empty when there are none. */
  readonly outbox: string;
  /** The text of the actor's reminders, see `reminders/reminder.ts`. Empty when there are none. */
  readonly reminders: string;
  /** The next moment at which somebody must look at the actor; absent when there is none. */
  readonly wakeAtMs?: number | undefined;
  /** When a turn was committed last, of a class that expires. */
  readonly usedAtMs?: number | undefined;
  /** After this the whole head may disappear, and the actor with it; absent when it must not. */
  readonly expiresAtMs?: number | undefined;
}

export interface StoredState {
  /** Encoded by `values/state-codec.ts`; in the head of a large state the names of its pieces, see `state/manifest.ts`. */
  readonly text: string;
  /** The version of the class's schema that wrote it. */
  readonly schema: number;
}

export interface LeaseRequest {
  readonly leaseId: string;
  readonly nowMs: number;
  readonly untilMs: number;
}

/**
 * An actor as somebody has seen it, with no pieces of its state beside the head. While version and fence are still the same, nobody
 * has committed to it or taken its lease since. Where there was a lease that has ended, whoever held it may have prolonged it, or
 * marked that there may be pieces: so a store looks for that too.
 */
export type Seen = Pick<Head, "version" | "fence" | "leaseId">;

/** The right to commit to an actor that nobody holds: to have seen it as it is. */
export interface Unheld {
  readonly seen: Seen;
  /** The lease that the commit takes, if it takes one. */
  readonly request: LeaseRequest;
}

/** A refusal brings the head as it is now, with the lease that is in the way. */
export type Acquired =
  | { readonly acquired: true; readonly head: Head }
  | { readonly acquired: false; readonly current: Head | undefined };

/** What a commit writes. What is absent or undefined stays as it is. */
export interface Commit {
  /** The version that the turns ran on; the commit makes it one more. */
  readonly onVersion: number;
  /** `null` takes it away, with its schema. */
  readonly state?: string | null | undefined;
  readonly schema?: number | undefined;
  /** The whole inbox as it shall be in the head: the text of an `Inbox`. */
  readonly inbox?: string | undefined;
  readonly spilled?: boolean | undefined;
  /** Empty text takes them away. */
  readonly failing?: string | undefined;
  readonly outbox?: string | undefined;
  readonly reminders?: string | undefined;
  /** `null` takes it away. */
  readonly wakeAtMs?: number | null | undefined;
  readonly usedAtMs?: number | null | undefined;
  /** In whole seconds: not every store counts finer. */
  readonly expiresAtMs?: number | null | undefined;
  /** Give the lease back in the same write. */
  readonly release: boolean;
}

/** What is written together with giving a lease back. What is absent or undefined stays as it is. */
export interface Release extends Pick<Commit, "outbox" | "wakeAtMs" | "usedAtMs" | "expiresAtMs"> {
  /** The pieces of a state that were beside the head are removed. */
  readonly hasPieces?: false | undefined;
}

/** A refusal brings the head as it is now: the caller finds out there whether it was this commit that came twice. */
export type Committed =
  | { readonly committed: true }
  | { readonly committed: false; readonly current: Head | undefined };

/** An item beside the head. Writing the same name again replaces it. */
export interface Part {
  readonly name: string;
  readonly body: string;
  /** After this it may disappear. */
  readonly expiresAtMs?: number;
}

/**
 * Every method may throw `StoreUnavailable`; the request may or may not have been applied then. A second request
 * with the same lease id, lease and version is safe.
 */
export interface Store {
  /**
   * Takes the lease when it is free or has ended by `nowMs`, raises the fence, and returns the head. When the lease
   * already carries this `leaseId`, it was acquired by an earlier request whose response was lost: that counts.
   * @param seen takes it only while the actor is still as it was seen, and has no pieces
   */
  acquire(address: Address, request: LeaseRequest, seen?: Seen): Promise<Acquired>;
  /**
   * Under a lease: writes if and only if the lease and the version are still these. Never looks at the time.
   *
   * Without one: writes if and only if the actor is still as it was seen, has no pieces, and no lease of it lasts at
   * `request.nowMs`; raises the fence, so that whoever held one that has ended is refused. A commit that does not release takes the requested lease with it,
   * at the fence after the one that was seen. When a repetition is refused, its first request may have been applied: `current`
   * carries the requested lease then, or the ids of the committed calls.
   */
  commit(address: Address, right: Lease | Unheld, commit: Commit): Promise<Committed>;
  /**
   * Gives the lease back without a commit, and notes in the same write what was delivered meanwhile. Does nothing when the
   * lease is no longer held.
   */
  release(address: Address, lease: Lease, release: Release): Promise<void>;
  /**
   * Prolongs the lease. False when it is no longer held.
   * @param marks notes in the same write that there may be pieces of a state beside the head from now on
   */
  renew(
    address: Address,
    lease: Lease,
    untilMs: number,
    marks?: { readonly hasPieces: true },
  ): Promise<boolean>;
  /** The last committed head; undefined for an actor that nobody has touched. */
  read(address: Address, options: { consistent: boolean }): Promise<Head | undefined>;
  /**
   * Writes all of these parts and removes those that are named, or throws; some may have been written or removed then. The names
   * differ from each other.
   */
  writeParts(address: Address, parts: readonly Part[], removed?: readonly string[]): Promise<void>;
  /** One part by its exact name, strongly consistent. An expired one may be missing. */
  readPart(address: Address, name: string): Promise<Part | undefined>;
  /**
   * The parts whose name begins with `prefix` and is not less than `from`, in the order of their names, strongly
   * consistent. Expired ones may be missing. Names are ASCII.
   */
  readParts(address: Address, prefix: string, from?: string): Promise<Part[]>;
  /**
   * Actors of one shard whose `wakeAtMs` is not after `untilMs`, the earliest first. Eventually consistent: one may be missing
   * that was just committed, or be there although it has been looked at.
   *
   * @param after the `next` of the page before
   */
  readDue(shard: number, untilMs: number, after?: string): Promise<DuePage>;
  /** In how many shards the actors are that somebody must look at: 0 up to, not including, this. */
  readonly wakeShards: number;
  /** The largest part, in bytes of encoded text. */
  readonly maxPartBytes: number;
}
