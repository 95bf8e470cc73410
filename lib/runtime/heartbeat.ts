/** Renews a lease while its activation lasts. Bound to the activation: no timer outlives it. */
import type { Address } from "../address";
import { type Lease, leaseEnd, renewEveryMs } from "../lease";
import { asDurableError } from "../wire-error";
import type { Host } from "./host";

/**
 * Starts renewing; the returned function stops it.
 * @param hostEndMs asked at each beat: the moment at which the process will be killed
 * @param onRenewed called with the new end after each renewal
 * @param onLost called once when the lease turns out to be somebody else's
 */
export function startHeartbeat(
  host: Host,
  address: Address,
  lease: Lease,
  hostEndMs: () => number,
  onRenewed: (untilMs: number) => void,
  onLost: () => void,
): () => void {
  const { clock, store, log, limits } = host;
  let stopped = false;
  let cancel = clock.setTimer(renewEveryMs(limits.leaseMs), beat);

  function beat(): void {
    void renew().then((held) => {
      if (stopped) return;
      if (held) cancel = clock.setTimer(renewEveryMs(limits.leaseMs), beat);
      else onLost();
    });
  }

  async function renew(): Promise<boolean> {
    try {
      const untilMs = leaseEnd(clock.now(), limits.leaseMs, hostEndMs());
      const held = await store.renew(address, lease, untilMs);
      if (held) onRenewed(untilMs);
      return held;
    } catch (thrown) {
      // The next beat may get through; the commit decides in any case.
      log.warn("lease not renewed", {
        actor: address.type,
        actorId: address.id,
        error: asDurableError(thrown).message,
      });
      return true;
    }
  }

  return () => {
    stopped = true;
    cancel();
  };
}
