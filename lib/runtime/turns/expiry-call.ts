/** The call that the end of an expired actor is. */
import { type Address, addressKey } from "../../address";
import { digest } from "../../call-id";
import { Call } from "../call";
import type { Host } from "../host";
import { ownEnvelope } from "./own-envelope";

/** @param dueMs the moment at which it has expired: the same whenever that is tried again */
export function expiryCall(host: Host, address: Address, dueMs: number, hostEndMs: number): Call {
  const envelope = ownEnvelope(host, address, hostEndMs, {
    method: "onDestroy",
    args: [],
    callId: digest(`expiry\n${addressKey(address)}\n${dueMs}`).slice(0, 16),
    sentAtMs: dueMs,
    // Whether it was is not written anywhere.
    maybeRepeated: true,
    attempt: 1,
  });
  return new Call(envelope, host.clock, () => {});
}
