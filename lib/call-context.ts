/**
 * What middleware and `authorize` know of a call and its method wants to know too: who calls, for which customer. It belongs to one
 * call in one process: it does not travel with messages, nor to the actors that a method calls.
 */

/** Says what a key's values are; there is no such property. */
declare const valueType: unique symbol;

/** Names a value of a call's context, and says its type. Two keys of one name are two keys. */
export interface ContextKey<T> {
  readonly name: string;
  /** Never there: it ties a key to the type of its values. */
  readonly [valueType]?: (value: T) => T;
}

/**
 * Makes a key for values of a call's context.
 *
 * @param name for people who look at it
 * @example
 * ```ts
 * const CurrentUser = contextKey<User>("user");
 * call.context.set(CurrentUser, user); // in a middleware, or in authorize
 * this.ctx.context.get(CurrentUser)?.name; // in a method
 * ```
 */
export function contextKey<T>(name: string): ContextKey<T> {
  return Object.freeze({ name });
}

/** The values of one call. */
export class CallContext {
  private readonly values = new Map<object, unknown>();

  /** The value of a key; undefined when nobody has set it. */
  get<T>(key: ContextKey<T>): T | undefined {
    return this.values.get(key) as T | undefined;
  }

  /** Sets a key's value, for all that comes later in this call. */
  set<T>(key: ContextKey<T>, value: T): void {
    this.values.set(key, value);
  }
}
