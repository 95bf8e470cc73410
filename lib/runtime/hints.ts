/** Sends the hint that an actor is to be looked at, when that is before the sweep would see it. */
import type { Address } from "../address";
import { hintFor } from "../messages/hint";
import { SWEEP_AHEAD_MS } from "../wake";
import { asDurableError } from "../wire-error";
import type { Host } from "./host";

/** True when it was sent. Never rejects: what is hinted at stands in the actor's head, and the sweep finds it there. */
export async function sendHint(host: Host, address: Address, wakeAtMs: number | undefined): Promise<boolean> {
  const { clock, log } = host;
  if (wakeAtMs === undefined) return false;
  const delayMs = wakeAtMs - clock.now();
  if (delayMs > SWEEP_AHEAD_MS) return false;
  try {
    // Asked for in here: an app may have no such queue.
    await host.queues.wakes.send(hintFor(address, delayMs));
    return true;
  } catch (thrown) {
    const { code, message: reason } = asDurableError(thrown);
    log.warn("hint not sent", { actor: address.type, actorId: address.id, code, reason });
    return false;
  }
}
