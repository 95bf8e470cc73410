/**
 * Delivers what committed turns cause outside their actor. Effects stay in the actor's head until all of them are
 * delivered: when the process dies in between, whoever takes the lease next delivers them again. Each can be delivered twice
 * without a second effect.
 */
import type { Address } from "../address";
import type { Effect } from "../effects";
import { asDurableError } from "../wire-error";
import type { Host } from "./host";
import { settleCall } from "./tracked";

/** The most that the effects of one turn take, in bytes of encoded text: they are in the head until they are delivered. */
export const MAX_EFFECTS_BYTES = 16_384;

/** Delivers in order. False when that failed: they stay where they are. */
export async function deliverEffects(
  host: Host,
  address: Address,
  effects: readonly Effect[],
): Promise<boolean> {
  try {
    for (const effect of effects) await deliverEffect(host, address, effect);
    return true;
  } catch (thrown) {
    const { code, message } = asDurableError(thrown);
    host.log.error("effects not delivered", { ...fieldsOf(address), code, reason: message });
    return false;
  }
}

async function deliverEffect(host: Host, address: Address, { callId, outcome }: Effect): Promise<void> {
  const settled = await settleCall(host, callId, outcome);
  // The turn is committed: nobody is left to be told but whoever reads the log.
  if (settled !== "settled")
    host.log.warn("call not ended", { ...fieldsOf(address), callId, because: settled });
}

function fieldsOf(address: Address): { actor: string; actorId: string } {
  return { actor: address.type, actorId: address.id };
}
