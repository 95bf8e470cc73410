/** What is known of a method that may be called from outside: what `@Method` was given, checked. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Duration, msWithin } from "./duration";
import type { InvalidDefinition } from "./errors";
import { type InputSchemas, isSchema } from "./input";
import { quote } from "./quote";
import { MAX_TIMEOUT_MS } from "./timeouts";

/**
 * Options of `@Method`.
 * @typeParam Schemas what `input` is
 */
export interface MethodOptions<Schemas extends InputSchemas | undefined = InputSchemas> {
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
  /**
   * Checks the arguments of each call, message and reminder before the method runs, which gets what the schema puts out. Any
   * schema that follows Standard Schema (zod, valibot, arktype): one for the method's only argument, or an array with one for
   * each. What it refuses is a `ValidationError`. Default: arguments of any kind and number.
   *
   * @example
   * ```ts
   * @Method({ input: z.object({ amount: z.number().positive() }) })
   * deposit({ amount }: { amount: number }) { this.balance += amount; }
   * ```
   */
  readonly input?: Schemas;
  /**
   * The most that a turn of this method may run, hooks included, for calls, messages and reminders alike: from 1 ms to 15
   * minutes. Then `ctx.signal` aborts, the turn is rolled back, and the call fails with `CallTimeout`. A call's own deadline
   * counts when it is earlier. Default: no limit but that.
   */
  readonly timeout?: Duration;
  /**
   * `"always"` has the lease taken before each turn of this method. By default a method that returns no promise may run before there
   * is one, which saves a request; its turn can then be thrown away and run again, when another process has changed the actor
   * meanwhile. Ask for the lease where the method starts something outside that must not start twice for that, such as a `fetch`
   * that it does not await. A method that waits for anything has the lease in any case.
   */
  readonly lease?: "always";
}

export interface MethodDefinition {
  readonly name: string;
  readonly readonly: boolean;
  readonly maxAttempts: number;
  /** A schema for each argument; undefined when there are none. */
  readonly input: readonly StandardSchemaV1[] | undefined;
  readonly timeoutMs: number | undefined;
  readonly lease: "always" | undefined;
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
  const { readonly = false, maxAttempts = DEFAULT_MAX_ATTEMPTS, timeout, input, lease } = options;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MOST_ATTEMPTS) {
    throw invalid(
      `declares "${name}" with maxAttempts ${String(maxAttempts)}: it is a whole number from 1 to ${MOST_ATTEMPTS}.`,
      { method: name, value: maxAttempts, limit: MOST_ATTEMPTS },
    );
  }
  const schemas = input === undefined ? undefined : [input].flat();
  for (const schema of schemas ?? []) {
    if (isSchema(schema)) continue;
    throw invalid(
      `declares "${name}" with an input that is no Standard Schema (${quote(schema)}). Give a schema of zod 4, valibot or arktype, or an array with one for each argument.`,
      { method: name, value: quote(schema) },
    );
  }
  const timeoutMs = msWithin(timeout, { minMs: 1, maxMs: MAX_TIMEOUT_MS });
  if (timeout !== undefined && timeoutMs === undefined) {
    throw invalid(
      `declares "${name}" with the timeout ${quote(timeout)}: it is a duration from 1 ms to 15 minutes, such as "5s".`,
      { method: name, value: quote(timeout), maxMs: MAX_TIMEOUT_MS },
    );
  }
  if (lease !== undefined && (lease !== "always" || readonly)) {
    throw invalid(
      readonly
        ? `declares "${name}" with a lease and as readonly: a readonly method takes none.`
        : `declares "${name}" with the lease ${quote(lease)}: it is "always", or not given.`,
      { method: name, value: quote(lease) },
    );
  }
  return { name, readonly, maxAttempts, timeoutMs, lease, input: schemas };
}
