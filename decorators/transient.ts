import { InvalidDefinition } from "../lib/errors";
import { isMemberContext, recordOf, recordTransient } from "../lib/metadata";

/**
 * Marks a field that is not persisted: a cache, a client, a connection. It starts with its initial value whenever
 * the actor is loaded, and survives between calls only while the actor stays in memory.
 *
 * @throws InvalidDefinition on anything but a public instance field
 * @example
 * ```ts
 * @Transient private readonly http = new HttpClient();
 * ```
 */
export function Transient(prototype: object, name: string, descriptor?: undefined): void;
export function Transient(value: undefined, context: ClassFieldDecoratorContext): void;
export function Transient(target: unknown, nameOrContext: unknown, descriptor?: unknown): void {
  if (isMemberContext(nameOrContext)) {
    const { kind, name, static: isStatic, private: isPrivate } = nameOrContext;
    if (kind !== "field" || isStatic || isPrivate || typeof name !== "string") throw misplaced();
    recordTransient(recordOf(nameOrContext), name);
    return;
  }
  if (
    typeof target !== "object" ||
    target === null ||
    typeof nameOrContext !== "string" ||
    descriptor !== undefined
  ) {
    throw misplaced();
  }
  recordTransient(target, nameOrContext);
}

function misplaced(): InvalidDefinition {
  return new InvalidDefinition("@Transient goes before a public instance field.");
}
