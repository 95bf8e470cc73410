/** Activations of one actor, until one of them counts. */
import type { Address } from "../address";
import type { ActorDefinition } from "../definition";
import { type Activated, Activation } from "./activation";
import { claimActor } from "./claiming";
import type { Host } from "./host";
import { holdsFirst } from "./lease-need";
import type { CallQueue } from "./queue";
import { ClaimRefused, isOld, type Sighting } from "./sighting";
import type { WarmActor } from "./warm-actor";

/** Commits without a lease that were refused in a row: after so many, the lease makes sure of the next one. */
const MAX_REFUSALS = 2;

/**
 * Runs what waits in `queue` and what is due, with one commit. Every call that it takes is settled; it does not throw.
 * @param read the actor, if somebody has just read it
 */
export async function activate(
  host: Host,
  definition: ActorDefinition,
  address: Address,
  queue: CallQueue,
  warm: WarmActor | undefined,
  read: Sighting | undefined,
): Promise<Activated> {
  let kept = warm && isOld(warm, host.clock.now()) ? undefined : warm;
  let known = newer(read, kept);
  for (let refusals = 0; ; refusals++) {
    const needsLease = (method: string) => holdsFirst(host, definition, method, kept?.live);
    const mustHold = refusals >= MAX_REFUSALS || queue.some(needsLease);
    const claim = await claimActor(host, address, queue, known, mustHold);
    if (claim === undefined) return { warm: kept, isDue: false };
    try {
      return await new Activation(host, definition, address, queue, claim).run(kept);
    } catch (thrown) {
      if (!(thrown instanceof ClaimRefused)) throw thrown;
      known = thrown.sighting;
      // Turns have run on it that are thrown away.
      kept = undefined;
    }
  }
}

/** The later sighting of two. */
function newer(one: Sighting | undefined, other: Sighting | undefined): Sighting | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const isOlder = one.head.version < other.head.version || one.head.fence < other.head.fence;
  return isOlder ? other : one;
}
