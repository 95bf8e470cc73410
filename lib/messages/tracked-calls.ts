/**
 * The port for tracked calls: what `start` leaves behind, one row per call, until some days after it has ended.
 * Adapters: `aws/dynamo-calls.ts`, `local/sqlite-calls.ts`; contract in `__tests__/contract/tracked-calls-contract.ts`.
 *
 *     open ──► pending ──settle──► succeeded | failed     the first outcome stays
 */
import type { Address } from "../address";
import type { DurableError } from "../errors";
import { shorten } from "../quote";
import { errorToWire } from "../wire-error";

/** How a call ended, encoded: what the method returned, or its error as a `WireError` in JSON text. */
export type Outcome = { readonly status: "succeeded"; readonly result: string | undefined } | FailedOutcome;

interface FailedOutcome {
  readonly status: "failed";
  readonly error: string;
}

/** An error's own properties are left out when they take more than this. */
const MAX_DETAILS_BYTES = 65_536;

export function failed(error: DurableError): FailedOutcome {
  const wire = errorToWire(error, { stack: false });
  const text = JSON.stringify(wire);
  if (text.length <= MAX_DETAILS_BYTES) return { status: "failed", error: text };
  const { details: _tooLarge, ...rest } = wire;
  return { status: "failed", error: JSON.stringify({ ...rest, message: shorten(rest.message, 1_000) }) };
}

export interface TrackedCall {
  readonly callId: string;
  readonly address: Address;
  readonly method: string;
  readonly startedMs: number;
  /** Undefined while it has not ended. */
  readonly outcome?: Outcome;
  readonly settledMs?: number;
}

export interface NewTrackedCall {
  readonly callId: string;
  readonly address: Address;
  readonly method: string;
  readonly startedMs: number;
  /** After this the row may disappear. */
  readonly expiresMs: number;
}

export interface Settlement {
  readonly outcome: Outcome;
  readonly settledMs: number;
  readonly expiresMs: number;
  /** Also ends a call that has failed: its message was a dead letter and was moved back. Default false. */
  readonly replacesFailure?: boolean;
}

/**
 * - `settled`: the row has this outcome now, by this request or by an earlier one of which the response was lost.
 * - `already`: it has another outcome, which stays.
 * - `unknown`: there is no such row, or no longer.
 */
export type Settled = "settled" | "already" | "unknown";

/** Every method may throw `StoreUnavailable`; a second request with the same values is safe. */
export interface TrackedCalls {
  /** Creates the row. One that is there already stays as it is, and is returned. */
  open(call: NewTrackedCall): Promise<TrackedCall>;
  /** Ends a call that is pending. */
  settle(callId: string, settlement: Settlement): Promise<Settled>;
  /** As it is now, strongly consistent. Expired rows may be missing or not. */
  read(callId: string): Promise<TrackedCall | undefined>;
  /** The largest outcome that a row carries, in bytes of encoded text; no less than a part of the app's store. */
  readonly maxOutcomeBytes: number;
}
