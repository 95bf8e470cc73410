/** The envelope of a call that an actor has from itself: a reminder, or its end. Nobody waits for it. */
import type { Address } from "../../address";
import type { Envelope } from "../../envelope";
import { MAX_TIMEOUT_MS } from "../../timeouts";
import type { Host } from "../host";

/** A turn has to end this long before the host kills the process. */
const HOST_MARGIN_MS = 250;

/** What tells one of them from another. Its `sentAtMs` is its due time: the calls that it makes are as old, whenever it is tried. */
export type OwnCall = Pick<Envelope, "method" | "args" | "callId" | "sentAtMs" | "maybeRepeated" | "attempt">;

export function ownEnvelope({ clock }: Host, address: Address, hostEndMs: number, call: OwnCall): Envelope {
  return {
    address,
    ...call,
    mode: "send",
    deadlineMs: Math.min(clock.now() + MAX_TIMEOUT_MS, hostEndMs - HOST_MARGIN_MS),
    hostEndMs,
    consistency: "strong",
    chain: [],
    hops: 0,
    trace: undefined,
  };
}
