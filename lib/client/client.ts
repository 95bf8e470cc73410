/** The client: typed calls over any transport, sent again when that is safe and may help. */
import type { ActorClass, DurableActor } from "../actor";
import { type Clock, sleep, systemClock } from "../clock";
import { definitionOf } from "../definition";
import { DEFAULT_TIMEOUT_MS, type Invocation, MAX_TIMEOUT_MS, openReply } from "../envelope";
import { type DurableError, UnexpectedEvent } from "../errors";
import { backoffMs, type Random, systemRandom } from "../random";
import { type Json, pack } from "../values/codec";
import { asDurableError } from "../wire-error";
import { type ActorNamespace, type CallOptions, namespace } from "./proxy";
import type { Transport } from "./transport";

export interface Client {
  /**
   * The actors of a class.
   * @throws InvalidDefinition when the class is not an actor
   */
  actor<A extends DurableActor>(type: ActorClass<A>): ActorNamespace<A>;
  /**
   * The actors of a type by its stored name, where the class itself is not at hand: `import type { Counter }`, then
   * `client.actor<Counter>("Counter")`.
   */
  actor<A extends DurableActor = DurableActor>(name: string): ActorNamespace<A>;
}

export interface ClientPorts {
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A call is sent at most this often; its timeout mostly ends it before. */
const MAX_ATTEMPTS = 12;

export function clientOver(
  transport: Transport,
  { clock = systemClock, random = systemRandom }: ClientPorts = {},
): Client {
  /** Every attempt carries the same call id, so that a call that was applied without an answer is not applied again. */
  async function call(
    actor: string,
    id: string,
    method: string,
    args: readonly unknown[],
    { timeoutMs = DEFAULT_TIMEOUT_MS, consistency, idempotencyKey }: CallOptions,
  ): Promise<unknown> {
    const invocation: Invocation = {
      actor,
      id,
      method,
      args: pack(args, "args") as Json[],
      callId: idempotencyKey ?? random.id(),
      ...(consistency === undefined ? {} : { consistency }),
    };
    checkTimeout(timeoutMs);
    const deadlineMs = clock.now() + timeoutMs;
    // A key of the caller's may have been used before this client came.
    const first = idempotencyKey === undefined ? 1 : 2;
    for (let attempt = 0; ; attempt++) {
      const remainingMs = Math.max(1, Math.ceil(deadlineMs - clock.now()));
      const failure = await once({ ...invocation, attempt: first + attempt, timeoutMs: remainingMs });
      if (!("error" in failure)) return failure.value;
      const waitMs = backoffMs(attempt, 20, 2_000, random);
      const worthwhile =
        failure.error.retryable && attempt + 1 < MAX_ATTEMPTS && clock.now() + waitMs < deadlineMs;
      if (!worthwhile) throw failure.error;
      await sleep(clock, waitMs);
    }
  }

  async function once(invocation: Invocation): Promise<{ value: unknown } | { error: DurableError }> {
    try {
      return { value: openReply(await transport.invoke(invocation)) };
    } catch (thrown) {
      return { error: asDurableError(thrown) };
    }
  }

  return {
    actor<A extends DurableActor>(actor: ActorClass<A> | string): ActorNamespace<A> {
      const definition = typeof actor === "string" ? undefined : definitionOf(actor);
      if (definition !== undefined) transport.register?.(definition.type);
      const name = definition?.name ?? String(actor);
      return namespace<A>(definition, (id, method, args, options) => call(name, id, method, args, options));
    },
  };
}

function checkTimeout(timeoutMs: number): void {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return;
  throw new UnexpectedEvent(`"timeoutMs" (${timeoutMs}) is not a whole number from 1 to ${MAX_TIMEOUT_MS}.`, {
    field: "timeoutMs",
    value: timeoutMs,
    limit: MAX_TIMEOUT_MS,
  });
}
