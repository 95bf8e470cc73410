/**
 * Delivers what committed turns cause outside their actor. Effects stay in the actor's head until they are delivered: when the
 * process dies in between, whoever takes the lease next delivers them again. Each can be delivered twice without a second
 * effect: a message and a letter have their call's id, an event its own, a tracked call keeps its first outcome.
 *
 *     messages  ─► queue, ten to a request        each kind in its order, the kinds side by side: a bus that is down
 *     events    ─► bus, ten to a request          does not hold up messages
 *     outcomes  ─► tracked calls
 *     letters   ─► dead letters
 */
import { type Address, addressKey } from "../address";
import type { Effect, SettleEffect } from "../effects";
import { deadLetterFor } from "../messages/dead-letter";
import { shorten } from "../quote";
import { asDurableError } from "../wire-error";
import type { Host } from "./host";
import { settleCall } from "./tracked";

/** The most that the effects of one turn take, in bytes of encoded text: they are in the head until they are delivered. */
export const MAX_EFFECTS_BYTES = 16_384;

/** Returns those that could not be delivered, and must stay where they are, in their order. */
export async function deliverEffects(
  host: Host,
  address: Address,
  effects: readonly Effect[],
): Promise<readonly Effect[]> {
  const failures = new Map<string, unknown>();
  let settling: Promise<void> = Promise.resolve();
  // All of them are handed over in one go, so that they share requests; what takes them keeps their order.
  const delivered = effects.map((effect) => {
    if (effect.kind !== "settle") return deliver(host, effect);
    const settled = settling.then(() => settle(host, address, effect));
    settling = settled.catch(() => {});
    return settled;
  });
  const rest: Effect[] = [];
  for (const [index, outcome] of (await Promise.allSettled(delivered)).entries()) {
    const effect = effects[index] as Effect;
    const lane = laneOf(effect);
    if (outcome.status === "rejected" && !failures.has(lane)) failures.set(lane, outcome.reason);
    // What has overtaken one that failed is delivered again behind it.
    if (failures.has(lane)) rest.push(effect);
  }
  for (const [lane, thrown] of failures) {
    const { code, message } = asDurableError(thrown);
    host.log.error("effects not delivered", { ...fieldsOf(address), to: lane, code, reason: message });
  }
  return rest;
}

/** Effects of one lane are delivered in their order. */
function laneOf(effect: Effect): string {
  if (effect.kind !== "message") return effect.kind;
  const { actor, id, delayMs = 0 } = effect.message;
  // A message with a delay has no place in the order of the others.
  return delayMs > 0 ? "delayed messages" : addressKey({ type: actor, id });
}

function deliver(host: Host, effect: Exclude<Effect, SettleEffect>): Promise<unknown> {
  switch (effect.kind) {
    case "message":
      return host.messenger.post(effect.message);
    case "event":
      return attempt(() => host.bus.publish(effect.event));
    case "letter": {
      const { message, reason } = effect;
      const letter = { messageId: message.callId, body: JSON.stringify(message) };
      return attempt(() => {
        const { deadLetters } = host.queues;
        return deadLetters.send(deadLetterFor(letter, reason, deadLetters.maxMessageBytes));
      });
    }
  }
}

/** A port that cannot be had throws at once. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

async function settle(host: Host, address: Address, { callId, outcome }: SettleEffect): Promise<void> {
  const settled = await settleCall(host, callId, outcome);
  // The turn is committed: nobody is left to be told but whoever reads the log.
  if (settled !== "settled")
    host.log.warn("call not ended", { ...fieldsOf(address), callId: shorten(callId, 200), because: settled });
}

function fieldsOf(address: Address): { actor: string; actorId: string } {
  return { actor: address.type, actorId: address.id };
}
