import type { ActorClass } from "../lib/actor";
import { type ActorOptions, defineActor } from "../lib/definition";
import { InvalidDefinition } from "../lib/errors";

type ActorDecorator = (type: ActorClass, context?: ClassDecoratorContext) => void;

/**
 * Makes a class an actor. Bare, with a stored name, or with options; in both of TypeScript's decorator modes.
 *
 * The stored name is part of every actor's address. It is the class's name unless you give one; give one before
 * you rename the class.
 *
 * @throws InvalidDefinition when the class does not extend DurableActor, declares no method, or cannot be named
 * @example
 * ```ts
 * @Actor class Counter extends DurableActor { … }
 * @Actor("Counter") class CounterV2 extends DurableActor { … }
 * @Actor({ name: "Counter", version: 2 }) class Counter extends DurableActor { … }
 * ```
 */
export function Actor(type: ActorClass, context?: ClassDecoratorContext): void;
export function Actor(name: string): ActorDecorator;
export function Actor(options: ActorOptions): ActorDecorator;
export function Actor(
  target: ActorClass | string | ActorOptions,
  context?: ClassDecoratorContext,
): ActorDecorator | undefined {
  if (typeof target === "function" && (context === undefined || context.kind === "class")) {
    defineWhenComplete(target, {}, context);
    return undefined;
  }
  if (
    context !== undefined ||
    target === null ||
    (typeof target !== "string" && typeof target !== "object")
  ) {
    throw new InvalidDefinition(
      "@Actor goes before a class: @Actor class Counter extends DurableActor { … }",
    );
  }
  const options = typeof target === "string" ? { name: target } : target;
  return (type, classContext) => defineWhenComplete(type, options, classContext);
}

/** In standard mode the class gets its decorator metadata only after its decorators have run. */
function defineWhenComplete(type: ActorClass, options: ActorOptions, context?: ClassDecoratorContext): void {
  if (typeof type !== "function" || (context !== undefined && context.kind !== "class")) {
    throw new InvalidDefinition(
      "@Actor goes before a class: @Actor class Counter extends DurableActor { … }",
    );
  }
  if (context === undefined) defineActor(type, options);
  else context.addInitializer(() => defineActor(type, options));
}
