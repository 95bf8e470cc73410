import type { InputOf, InputSchemas } from "../lib/input";
import { recordMethod } from "../lib/metadata";
import type { MethodOptions } from "../lib/method-definition";
import { type AnyMethod, decoratedMethod, type MethodDecorator, misplaced } from "./member";

/**
 * Declares a method that may be called from outside. Bare, or with options; in both of TypeScript's decorator modes.
 *
 * With an `input` schema, the method's parameters must take what the schema puts out; else it does not compile.
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
export function Method<const Schemas extends InputSchemas | undefined = undefined>(
  options?: MethodOptions<Schemas>,
): MethodDecorator<InputOf<Schemas>>;
export function Method(...args: unknown[]): MethodDecorator | undefined {
  if (args.length >= 2) {
    declare(args, {});
    return undefined;
  }
  const [options = {}] = args;
  if (typeof options !== "object" || options === null) throw misplaced("@Method");
  return (...target: unknown[]) => declare(target, options);
}

function declare(target: readonly unknown[], options: object): void {
  const { record, name } = decoratedMethod("@Method", target);
  recordMethod(record, name, options);
}
