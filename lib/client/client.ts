/** The client: typed calls and messages over any transport. */
import type { ActorClass, DurableActor } from "../actor";
import { keyedCallId } from "../call-id";
import { type Clock, systemClock } from "../clock";
import { type ActorDefinition, definitionOf } from "../definition";
import { durationMs } from "../duration";
import { UnexpectedEvent } from "../errors";
import { DEFAULT_TIMEOUT_MS, type Invocation, MAX_MESSAGE_DELAY_MS, openReply } from "../invocation";
import { quote } from "../quote";
import { type Random, systemRandom } from "../random";
import { type Json, pack } from "../values/codec";
import { type CallHandle, callHandle } from "./call-handle";
import {
  type ActorNamespace,
  type CallOptions,
  type MethodCall,
  namespace,
  type Receipt,
  type SendOptions,
} from "./proxy";
import { Requester } from "./requester";
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
  /**
   * A call that was started, here or in another process, by its id. Asks nothing yet.
   * @example const decision = await client.call<Decision>(callId).result({ timeout: "1m" });
   */
  call<T = unknown>(callId: string): CallHandle<T>;
}

export interface ClientPorts {
  readonly clock?: Clock;
  readonly random?: Random;
}

export function clientOver(
  transport: Transport,
  { clock = systemClock, random = systemRandom }: ClientPorts = {},
): Client {
  const requester = new Requester(transport, clock, random);

  /** Every attempt carries the same call id, so that a call that was applied without an answer is not applied again. */
  function invocationOf(
    { actor, id, method, args }: MethodCall,
    idempotencyKey: string | undefined,
  ): Invocation & { readonly callId: string } {
    const own = idempotencyKey !== undefined;
    if (own) checkKey(idempotencyKey);
    return {
      actor,
      id,
      method,
      args: pack(args, "args") as Json[],
      ...(own
        ? { callId: keyedCallId({ type: actor, id }, idempotencyKey) }
        : { callId: random.id(), sentAtMs: clock.now() }),
    };
  }

  async function call(method: MethodCall, options: CallOptions): Promise<unknown> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, consistency, idempotencyKey } = options;
    const invocation = {
      ...invocationOf(method, idempotencyKey),
      ...(consistency === undefined ? {} : { consistency }),
    };
    const reply = await requester.send(timeoutMs, (attempt, remainingMs) => ({
      ...invocation,
      attempt,
      timeoutMs: remainingMs,
    }));
    return openReply(reply);
  }

  async function queue(
    mode: "send" | "start",
    method: MethodCall,
    { delay = 0, idempotencyKey }: SendOptions,
  ): Promise<Receipt> {
    const delayMs = durationMs(delay, "delay", { minMs: 0, maxMs: MAX_MESSAGE_DELAY_MS });
    const invocation = {
      ...invocationOf(method, idempotencyKey),
      mode,
      ...(delayMs === 0 ? {} : { delayMs }),
    };
    await requester.send(DEFAULT_TIMEOUT_MS, (attempt) => ({
      ...invocation,
      ...(attempt === 1 ? {} : { attempt }),
    }));
    return { callId: invocation.callId };
  }

  function actorNamespace<A extends DurableActor>(
    name: string,
    definition: ActorDefinition | undefined,
  ): ActorNamespace<A> {
    return namespace<A>(name, definition, {
      call,
      send: (method, options) => queue("send", method, options),
      start: async (method, options) => callHandle((await queue("start", method, options)).callId, requester),
    });
  }

  return {
    actor<A extends DurableActor>(actor: ActorClass<A> | string): ActorNamespace<A> {
      if (typeof actor === "string") return actorNamespace<A>(actor, undefined);
      const definition = definitionOf(actor);
      transport.register?.(definition.type);
      return actorNamespace<A>(definition.name, definition);
    },
    call: <T>(callId: string) => callHandle<T>(callId, requester),
  };
}

/** Anything else would be made a text that other keys may have too. @throws UnexpectedEvent */
function checkKey(key: unknown): void {
  if (typeof key === "string" && key.isWellFormed()) return;
  throw new UnexpectedEvent(`"idempotencyKey" (${quote(key)}) is not well-formed text.`, {
    field: "idempotencyKey",
    value: quote(key),
  });
}
