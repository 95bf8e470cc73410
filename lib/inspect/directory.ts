/**
 * The port for finding actors without knowing their ids. The runtime never needs that; people who look after an app do. Adapters:
 * `aws/dynamo-directory.ts`, `local/sqlite-directory.ts`; contract in `__tests__/contract/directory-contract.ts`.
 */
import { UnexpectedEvent } from "../errors";
import { quote } from "../quote";

/** Which actors {@link Inspection.list} gives. */
export interface ActorQuery {
  /** Of this type alone; default all. */
  readonly type?: string;
  /** Whose id contains this, in the same case. */
  readonly search?: string;
  /** The `next` of the page before. */
  readonly after?: string;
  /** At most so many, from 1 to 1,000; default 100. */
  readonly limit?: number;
}

/** An actor in a list. */
export interface ActorSummary {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  /** Present while somebody holds the actor's lease, or held it last and did not give it back. */
  readonly leaseUntilMs?: number;
  /** When somebody must look at it next: a reminder, or effects that are not delivered. */
  readonly wakeAtMs?: number;
}

/** A part of a list of actors. */
export interface ActorPage {
  /** May be fewer than asked for, even none, although more follow. */
  readonly actors: readonly ActorSummary[];
  /** Absent on the last page. */
  readonly next?: string;
}

/** Every method may throw `StoreUnavailable`. */
export interface Directory {
  /** The actors that have a state, in an order that stays the same while none is added. @throws UnexpectedEvent for a wrong query */
  list(query: ActorQuery): Promise<ActorPage>;
  /** How many there are of each type; undefined where that would mean to read all of them. */
  counts(): Promise<Readonly<Record<string, number>> | undefined>;
}

const DEFAULT_LISTED = 100;
export const MAX_LISTED = 1_000;

/** @throws UnexpectedEvent */
export function checkLimit(limit: number = DEFAULT_LISTED): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LISTED) return limit;
  throw new UnexpectedEvent(`"limit" (${quote(limit)}) is not a whole number from 1 to ${MAX_LISTED}.`, {
    field: "limit",
    value: quote(limit),
    limit: MAX_LISTED,
  });
}

/** For a `next` that no page had. */
export function badPage(after: string): UnexpectedEvent {
  return new UnexpectedEvent(`${quote(after)} is not the "next" of a page of actors.`, {
    field: "after",
    value: quote(after),
  });
}
