/** Which turns take the lease before they run. */
import type { ActorDefinition } from "../definition";
import type { Host } from "./host";
import type { LiveActor } from "./turns/live-actor";

/** True for a turn that is known to wait for something: its lease is taken before it begins. */
export function holdsFirst(
  { use, waitingCode }: Host,
  definition: ActorDefinition,
  method: string,
  live: LiveActor | undefined,
): boolean {
  if (use.length > 0) return true;
  const isKnown = (name: string) => waitingCode.has(definition, name);
  if (definition.methods.get(method)?.lease === "always" || isKnown(method)) return true;
  const entering = live === undefined ? (["onCreate", "onActivate"] as const) : live.entering;
  return entering.some(isKnown);
}
