/**
 * The wake: a hint that somebody should look at an actor, because a reminder is due or effects were left behind. It travels
 * on the standard queue, hidden until its moment. Hints may be lost, doubled, early or late: what is to be done stands in the
 * actor's head, with `wakeAtMs` as the next moment, and the sweep finds heads whose moment has come.
 *
 *     commit with wakeAtMs ──► head, index ◄── sweep, every minute ──► hint ──► activation
 *                        └──► hint at once, when the next sweep would come too late
 */
import { type Address, addressKey } from "./address";
import { nodeCrypto } from "./random";

/** The sweep comes this often. */
export const SWEEP_EVERY_MS = 60_000;
/** It looks ahead so far: until the next one has come and has done its work. */
export const SWEEP_AHEAD_MS = 75_000;

/** An actor that is to be looked at, and when. */
export interface DueActor {
  readonly address: Address;
  readonly wakeAtMs: number;
}

/** Some of the actors that are due, the earliest first; more of them from `next` on. */
export interface DuePage {
  readonly due: readonly DueActor[];
  readonly next?: string;
}

/** The part of an index with `shards` parts that holds an actor: writes to one part are limited. */
export function wakeShardOf(address: Address, shards: number): number {
  return nodeCrypto().createHash("sha256").update(addressKey(address)).digest().readUInt32BE(0) % shards;
}
