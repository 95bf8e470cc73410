/**
 * The hooks of an actor's life: methods of its class that the runtime calls by itself, as part of a turn. Which of them a class
 * has is looked up once, when it is defined, so that actors without any pay nothing.
 */
import type { InvalidDefinition } from "./errors";
import { type AnyClass, transientFields } from "./metadata";

const HOOKS = ["onCreate", "onActivate", "onDestroy"] as const;

export type Hook = (typeof HOOKS)[number];

/**
 * The hooks that a class has, its own and those of its ancestors.
 * @param invalid makes the error for a member that bears the name of one and cannot be called
 * @throws InvalidDefinition
 */
export function hooksOf(type: AnyClass, invalid: (problem: string) => InvalidDefinition): ReadonlySet<Hook> {
  const fields = transientFields(type);
  const hooks = HOOKS.filter((hook) => {
    const member = memberOf(type.prototype as object, hook);
    if (member === undefined && !fields.has(hook)) return false;
    if (typeof member?.value === "function" && !fields.has(hook)) return true;
    throw invalid(
      `has a field or an accessor "${hook}", the name of a hook. Make it a method: ${hook}() { … }.`,
    );
  });
  return new Set(hooks);
}

/** Fields are not there yet: they belong to instances. */
function memberOf(prototype: object, name: string): PropertyDescriptor | undefined {
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    const member = Object.getOwnPropertyDescriptor(level, name);
    if (member !== undefined) return member;
  }
  return undefined;
}
