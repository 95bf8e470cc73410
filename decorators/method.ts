import type { MethodOptions } from "../lib/definition";
import { InvalidDefinition } from "../lib/errors";
import { isMemberContext, recordMethod, recordOf } from "../lib/metadata";

type AnyMethod = (...args: never[]) => unknown;

interface MethodDecorator {
  <T extends AnyMethod>(prototype: object, name: string, descriptor: TypedPropertyDescriptor<T>): void;
  (method: AnyMethod, context: ClassMethodDecoratorContext): void;
}

/**
 * Declares a method that may be called from outside. Bare, or with options; in both of TypeScript's decorator modes.
 *
 * @throws InvalidDefinition on anything but a public instance method
 * @example
 * ```ts
 * @Method increment(by = 1) { return (this.count += by); }
 * @Method({ readonly: true }) value() { return this.count; }
 * ```
 */
export function Method<T extends AnyMethod>(
  prototype: object,
  name: string,
  descriptor: TypedPropertyDescriptor<T>,
): void;
export function Method(method: AnyMethod, context: ClassMethodDecoratorContext): void;
export function Method(options?: MethodOptions): MethodDecorator;
export function Method(...args: unknown[]): MethodDecorator | undefined {
  if (args.length >= 2) {
    declare(args, {});
    return undefined;
  }
  const [options = {}] = args;
  if (typeof options !== "object" || options === null) throw misplaced();
  return (...target: unknown[]) => declare(target, options);
}

function declare([target, nameOrContext, descriptor]: readonly unknown[], options: object): void {
  if (isMemberContext(nameOrContext)) {
    const { kind, name, static: isStatic, private: isPrivate } = nameOrContext;
    if (kind !== "method" || isStatic || isPrivate || typeof name !== "string") throw misplaced(name);
    recordMethod(recordOf(nameOrContext), name, options);
    return;
  }
  const isMethod = typeof (descriptor as PropertyDescriptor | undefined)?.value === "function";
  // A static member comes with the class itself as its target.
  if (typeof target !== "object" || target === null || typeof nameOrContext !== "string" || !isMethod) {
    throw misplaced(nameOrContext);
  }
  recordMethod(target, nameOrContext, options);
}

function misplaced(name?: unknown): InvalidDefinition {
  const shown = typeof name === "string" || typeof name === "symbol" ? ` (here: ${String(name)})` : "";
  return new InvalidDefinition(
    `@Method goes before a public instance method, not before a field, an accessor, a static or #private member, or a class${shown}.`,
  );
}
