/**
 * The middleware of an app: functions around every turn, the first of them outermost. A call that is answered from the inbox is no
 * turn.
 *
 *     first ─► second ─► the method
 *       ◄────────◄────────┘ its value, or what it throws
 */
import type { CallContext } from "../../call-context";
import type { Mode } from "../../envelope";
import { InvalidDefinition, TurnEnded } from "../../errors";
import type { Logger } from "../../log";
import type { Call } from "../call";
import type { TurnContext } from "./context";
import type { TurnMethod } from "./turn";

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

/** What a turn has come to. */
export interface TurnEnd {
  readonly value: unknown;
  /** The method ran and did not throw. */
  readonly hasRun: boolean;
}

/** @throws InvalidDefinition */
export function checkMiddleware(use: readonly Middleware[]): readonly Middleware[] {
  if (Array.isArray(use) && use.every((middleware) => typeof middleware === "function")) return [...use];
  throw new InvalidDefinition("`use` is an array of functions: use: [async (call, next) => next()].", {
    option: "use",
  });
}

/** Runs a method inside its middleware. Ends after the method, also when nobody waited for that. */
export async function runInside(
  use: readonly Middleware[],
  call: Call,
  context: TurnContext,
  method: TurnMethod,
  run: () => unknown,
): Promise<TurnEnd> {
  const turn = turnCall(call, context, method);
  let hasRun = false;
  let failure: { readonly error: unknown } | undefined;

  async function runFrom(index: number): Promise<unknown> {
    const middleware = use[index];
    if (middleware === undefined) {
      try {
        const value = await run();
        hasRun = true;
        return value;
      } catch (thrown) {
        failure = { error: thrown };
        throw thrown;
      }
    }
    let inside: Promise<unknown> | undefined;
    let isRunning = false;
    let hasEnded = false;
    const next = (): Promise<unknown> => {
      const problem = call.abortReason ?? misuse({ isSecond: inside !== undefined, hasEnded });
      if (problem !== undefined) return refusal(problem);
      isRunning = true;
      inside = runFrom(index + 1);
      const end = () => {
        isRunning = false;
      };
      inside.then(end, end);
      return inside;
    };
    try {
      const value = await middleware(turn, next);
      hasEnded = true;
      // Nobody has waited for its end, so nobody has seen how it failed.
      if (isRunning) await inside;
      return value;
    } catch (thrown) {
      hasEnded = true;
      await Promise.allSettled([inside]);
      throw thrown;
    }
  }

  const value = await runFrom(0);
  // Nobody else would hear of it.
  if (failure !== undefined) context.log.warn("method failed, and middleware answered for it", failure);
  return { value, hasRun };
}

function turnCall(call: Call, context: TurnContext, { name, readonly }: TurnMethod): TurnCall {
  const { address, callId, mode } = call.envelope;
  return {
    actor: address.type,
    id: address.id,
    method: name,
    args: call.args,
    mode: context.isExpiry ? "expiry" : context.reminder === undefined ? mode : "reminder",
    callId,
    readonly,
    get signal() {
      return call.signal;
    },
    get log() {
      return context.log;
    },
    context: call.context,
  };
}

function misuse({ isSecond, hasEnded }: { isSecond: boolean; hasEnded: boolean }): Error | undefined {
  if (isSecond) return new Error("A middleware called next() a second time. A method runs once in its turn.");
  if (!hasEnded) return undefined;
  return new TurnEnded(
    "A middleware called next() after it had returned. Await next(), or return its promise.",
  );
}

/** One that is not awaited must not bring down the process. */
function refusal(problem: Error): Promise<never> {
  const refused = Promise.reject(problem);
  refused.catch(() => {});
  return refused;
}
