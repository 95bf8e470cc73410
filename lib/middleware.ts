/** Middleware: functions of an app's that run around every turn. How they are run: `runtime/turns/middleware.ts`. */
import type { CallContext } from "./call-context";
import type { Mode } from "./envelope";
import { InvalidDefinition } from "./errors";
import type { Logger } from "./log";

/** A turn, as middleware sees it. */
export interface TurnCall {
  /** The actor's stored name, and its id. */
  readonly actor: string;
  readonly id: string;
  /** `onDestroy` when an actor ends that has expired. */
  readonly method: string;
  /** What the method is called with: after its input schema. */
  readonly args: readonly unknown[];
  readonly mode: Mode | "reminder" | "expiry";
  /** The same when the call is tried again. */
  readonly callId: string;
  /** The method is declared readonly. */
  readonly readonly: boolean;
  /** As `ctx.signal`. */
  readonly signal: AbortSignal;
  /** As `ctx.log`: with the actor, the method and the call id on each line. */
  readonly log: Logger;
  /** What is noted of this call: the method finds it as `ctx.context`. */
  readonly context: CallContext;
}

/**
 * Runs around a turn, inside the actor's lease. What it returns is the turn's result; what it throws fails the turn, as if the method
 * had thrown it. `next` runs what is inside, once, and gives the method's own value or error. A middleware that does not call it
 * answers in the method's place. Only a method that ended well changes its actor: when a middleware makes a result of a method's
 * error, what the method had changed and caused is rolled back all the same.
 *
 * @example
 * ```ts
 * const timed: Middleware = async (call, next) => {
 *   const began = performance.now();
 *   try {
 *     return await next();
 *   } finally {
 *     call.log.info("ran", { ms: performance.now() - began });
 *   }
 * };
 * ```
 */
export type Middleware = (call: TurnCall, next: () => Promise<unknown>) => unknown;

/** @throws InvalidDefinition */
export function checkMiddleware(use: readonly Middleware[]): readonly Middleware[] {
  if (Array.isArray(use) && use.every((middleware) => typeof middleware === "function")) return [...use];
  throw new InvalidDefinition("`use` is an array of functions: use: [async (call, next) => next()].", {
    option: "use",
  });
}
