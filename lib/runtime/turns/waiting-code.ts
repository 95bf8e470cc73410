/**
 * Which methods and hooks have turned out to wait for something, in this process. What waits can be seen by others before it is
 * committed, so their turns take the lease first: known beforehand, it costs no request more than it must.
 */
import type { ActorDefinition } from "../../definition";

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
