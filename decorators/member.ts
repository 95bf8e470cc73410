import { InvalidDefinition } from "../lib/errors";
import { type ClassRecord, isMemberContext, recordOf } from "../lib/metadata";

export type AnyMethod = (...args: never[]) => unknown;

/**
 * A decorator for methods, in both of TypeScript's modes.
 * @typeParam Args what the method must take
 */
export interface MethodDecorator<Args extends readonly unknown[] = never[]> {
  <T extends (...args: Args) => unknown>(
    prototype: object,
    name: string,
    descriptor: TypedPropertyDescriptor<T>,
  ): void;
  (method: (...args: Args) => unknown, context: ClassMethodDecoratorContext): void;
}

/**
 * The method that a decorator was put before, from what either mode hands over.
 * @throws InvalidDefinition on anything but a public instance method
 */
export function decoratedMethod(
  decorator: string,
  [target, nameOrContext, descriptor]: readonly unknown[],
): { readonly record: ClassRecord; readonly name: string } {
  if (isMemberContext(nameOrContext)) {
    const { kind, name, static: isStatic, private: isPrivate } = nameOrContext;
    if (kind !== "method" || isStatic || isPrivate || typeof name !== "string") {
      throw misplaced(decorator, name);
    }
    return { record: recordOf(nameOrContext), name };
  }
  const isMethod = typeof (descriptor as PropertyDescriptor | undefined)?.value === "function";
  // A static member comes with the class itself as its target.
  if (typeof target !== "object" || target === null || typeof nameOrContext !== "string" || !isMethod) {
    throw misplaced(decorator, nameOrContext);
  }
  return { record: target, name: nameOrContext };
}

export function misplaced(decorator: string, name?: unknown): InvalidDefinition {
  const shown = typeof name === "string" || typeof name === "symbol" ? ` (here: ${String(name)})` : "";
  return new InvalidDefinition(
    `${decorator} goes before a public instance method, not before a field, an accessor, a static or #private member, or a class${shown}.`,
  );
}
