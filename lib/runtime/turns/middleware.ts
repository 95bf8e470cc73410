/**
 * The middleware of an app: functions around every turn, the first of them outermost. A call that is answered from the inbox is no
 * turn.
 *
 *     first ─► second ─► the method
 *       ◄────────◄────────┘ its value, or what it throws
 */
import { TurnEnded } from "../../errors";
import type { MethodDefinition } from "../../method-definition";
import type { Middleware, TurnCall } from "../../middleware";
import type { Call } from "../call";
import type { TurnContext } from "./context";

/** What a turn is for, as far as it matters here. */
export type TurnMethod = Pick<MethodDefinition, "name" | "readonly">;

/** What a turn has come to. */
export interface TurnEnd {
  readonly value: unknown;
  /** The method ran and did not throw. */
  readonly hasRun: boolean;
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
