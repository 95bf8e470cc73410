/** What a deployment has to know of an app before it runs: its actors, and which events they listen to. */
import type { ActorDefinition } from "./definition";
import type { EventPattern } from "./events/pattern";

export interface ActorOutline {
  readonly name: string;
  /** Which events it listens to: a rule for each brings them. */
  readonly events: readonly EventPattern[];
}

/** Of one router. */
export type RouterOutline = readonly ActorOutline[];

/**
 * Whoever loads an app's code only to look at it puts a function there. A symbol that all copies of this package share: the app's is
 * in its bundle, and its handler may be wrapped in others.
 */
const LOOKER = Symbol.for("durable-lambda.looker");

/** A router was made. */
export function announce(definitions: readonly ActorDefinition[]): void {
  const { [LOOKER]: look } = globalThis as { [LOOKER]?: (outline: RouterOutline) => void };
  look?.(
    definitions.map(({ name, listeners }) => ({ name, events: listeners.map(({ pattern }) => pattern) })),
  );
}
