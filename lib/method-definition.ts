/** What is known of a method that may be called from outside: what `@Method` was given, checked. */
import type { InvalidDefinition } from "./errors";

/** Options of `@Method`. */
export interface MethodOptions {
  /**
   * The method only looks: one strongly consistent read, no lease, and it runs beside other turns on the last
   * committed state. Changing a field in it is a `ReadonlyViolation`. Default false.
   */
  readonly readonly?: boolean;
  /**
   * How often a message (`send`, `start`) is tried before it goes to the dead letters; from 1 to 100. Only the method's own
   * failures count, not a busy actor or a fault of the infrastructure. Default 3.
   */
  readonly maxAttempts?: number;
}

export interface MethodDefinition {
  readonly name: string;
  readonly readonly: boolean;
  readonly maxAttempts: number;
}

const DEFAULT_MAX_ATTEMPTS = 3;
const MOST_ATTEMPTS = 100;

/**
 * Checks the options of one method.
 * @param invalid makes the error for an option that cannot work
 * @throws InvalidDefinition saying what to change
 */
export function defineMethod(
  name: string,
  options: MethodOptions,
  invalid: (problem: string, details: Record<string, unknown>) => InvalidDefinition,
): MethodDefinition {
  const { readonly = false, maxAttempts = DEFAULT_MAX_ATTEMPTS } = options;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MOST_ATTEMPTS) {
    throw invalid(
      `declares "${name}" with maxAttempts ${String(maxAttempts)}: it is a whole number from 1 to ${MOST_ATTEMPTS}.`,
      { method: name, value: maxAttempts, limit: MOST_ATTEMPTS },
    );
  }
  return { name, readonly, maxAttempts };
}
