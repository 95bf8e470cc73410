/** The dead letters of a deployed app, for whoever operates it. */
import { systemClock } from "../clock";
import { DeadLetters } from "../messages/dead-letters";
import type { Environment } from "./environment";
import { portsFromEnvironment } from "./from-environment";

/**
 * The dead letters of the queue that `DURABLE_DEAD_LETTER_QUEUE` names; redriving needs `DURABLE_QUEUE` too.
 *
 * @throws InvalidDefinition (with the first use) when a variable is missing or is no queue URL
 * @example
 * ```ts
 * const deadLetters = deadLettersFromEnvironment();
 * for (const { callId, reason } of await deadLetters.list({ actor: "Order" })) console.log(callId, reason);
 * await deadLetters.redrive({ actor: "Order", id: "o-17" });
 * ```
 */
export function deadLettersFromEnvironment(environment: Environment = process.env): DeadLetters {
  return new DeadLetters(portsFromEnvironment(environment), systemClock);
}
