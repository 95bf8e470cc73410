/**
 * Which methods and hooks have turned out to wait for something, in this process. What waits can be seen by others before it is
 * committed, so their turns take the lease first: known beforehand, it costs no request more than it must.
 */
import type { ActorDefinition } from "../../definition";
import type { Host } from "../host";
import type { LiveActor } from "./live-actor";

export class WaitingCode {
  private readonly byActor = new WeakMap<ActorDefinition, Set<string>>();

  /** @param name of a method, or of a hook */
  note(definition: ActorDefinition, name: string): void {
    const names = this.byActor.get(definition);
    if (names === undefined) this.byActor.set(definition, new Set([name]));
    else names.add(name);
  }

  has(definition: ActorDefinition, name: string): boolean {
    return this.byActor.get(definition)?.has(name) === true;
  }
}

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
