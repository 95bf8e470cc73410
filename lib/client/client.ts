/** The client: typed calls and messages over any transport. */
import type { ActorClass, DurableActor } from "../actor";
import { addressKey } from "../address";
import { keyedCallId } from "../call-id";
import { type CallHandle, callHandle } from "../calling/call-handle";
import {
  type ActorNamespace,
  type CallOptions,
  type MethodCall,
  namespace,
  type Receipt,
  type SendOptions,
} from "../calling/proxy";
import { Requester } from "../calling/requester";
import { SendOrder, type SendTurn } from "../calling/send-order";
import type { Transport } from "../calling/transport";
import { type Clock, systemClock } from "../clock";
import { type ActorDefinition, definitionOf } from "../definition";
import { durationMs } from "../duration";
import type { EmitRequest } from "../events/emit-request";
import { type Invocation, MAX_MESSAGE_DELAY_MS, openReply } from "../invocation";
import { type Random, systemRandom } from "../random";
import { runningTurn } from "../running-turn";
import { traced } from "../telemetry/tracing";
import { DEFAULT_TIMEOUT_MS } from "../timeouts";
import type { TraceContext } from "../trace-context";
import { type Json, pack } from "../values/codec";

/** Calls actors, sends messages, publishes events. {@link createClient} makes one; local apps and test apps have one. */
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
  /**
   * Publishes an event on the app's bus, for methods that listen with `@On`, and for any other consumer.
   *
   * @param detailType at most 128 characters
   * @param detail a plain object; the event's id goes into its `metadata`
   * @returns its id, when the bus has taken it
   * @throws UnexpectedEvent, NotSerializable; PayloadTooLarge beyond 256 KB; BusUnavailable
   * @example await client.emit("OrderPaid", { orderId: "o-17", amount: 20 }, { source: "shop" });
   */
  emit(detailType: string, detail?: object, options?: EmitOptions): Promise<{ readonly eventId: string }>;
}

/** Options of {@link Client.emit}. */
export interface EmitOptions {
  /** Where the event comes from, as listeners see it. Default `"durable-lambda"`. */
  readonly source?: string;
  /** The same id again means the same event: each listening method takes it once. Default: a new one. */
  readonly eventId?: string;
}

/** Of events that name no other. */
const DEFAULT_SOURCE = "durable-lambda";

export interface ClientPorts {
  readonly clock?: Clock;
  readonly random?: Random;
}

export function clientOver(
  transport: Transport,
  { clock = systemClock, random = systemRandom }: ClientPorts = {},
): Client {
  const requester = new Requester(transport, clock, random);
  const order = new SendOrder(transport.keepsOrder === true);

  /** Every attempt carries the same call id, so that a call that was applied without an answer is not applied again. */
  function invocationOf(
    { actor, id, method, args }: MethodCall,
    idempotencyKey: string | undefined,
    trace: TraceContext | undefined,
  ): Invocation & { readonly callId: string } {
    const own = idempotencyKey !== undefined;
    const turn = runningTurn();
    return {
      actor,
      id,
      method,
      args: pack(args, "args") as Json[],
      ...(own
        ? { callId: keyedCallId({ type: actor, id }, idempotencyKey) }
        : { callId: random.id(), sentAtMs: clock.now() }),
      // Used inside an actor's method: what follows from its turn is part of the same chain.
      ...(turn === undefined ? {} : { hops: turn.hops }),
      ...(trace === undefined ? {} : { trace }),
    };
  }

  async function call(
    method: MethodCall,
    options: CallOptions,
    trace: TraceContext | undefined,
  ): Promise<unknown> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, consistency, idempotencyKey } = options;
    const turn = runningTurn();
    const invocation = {
      ...invocationOf(method, idempotencyKey, trace),
      ...(consistency === undefined ? {} : { consistency }),
      ...(turn === undefined ? {} : { chain: turn.chain }),
    };
    const withinMs = turn === undefined ? timeoutMs : Math.min(timeoutMs, Math.max(1, turn.remainingMs()));
    const reply = await requester.send(withinMs, (attempt, remainingMs) => ({
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
    trace: TraceContext | undefined,
  ): Promise<Receipt> {
    const delayMs = durationMs(delay, "delay", { minMs: 0, maxMs: MAX_MESSAGE_DELAY_MS });
    const invocation = {
      ...invocationOf(method, idempotencyKey, trace),
      mode,
      ...(delayMs === 0 ? {} : { delayMs }),
    };
    const request = (attempt: number) => ({ ...invocation, ...(attempt === 1 ? {} : { attempt }) });
    const send = (turn?: SendTurn) => requester.send(DEFAULT_TIMEOUT_MS, request, turn);
    // A message with a delay has no place in the order of the others.
    await (delayMs > 0 ? send() : order.inTurn(addressKey({ type: method.actor, id: method.id }), send));
    return { callId: invocation.callId };
  }

  function actorNamespace<A extends DurableActor>(
    name: string,
    definition: ActorDefinition | undefined,
  ): ActorNamespace<A> {
    const post = (mode: "send" | "start", method: MethodCall, options: SendOptions) =>
      traced("PRODUCER", method, (trace) => queue(mode, method, options, trace));
    return namespace<A>(name, definition, {
      call: (method, options) => traced("CLIENT", method, (trace) => call(method, options, trace)),
      send: (method, options) => post("send", method, options),
      start: async (method, options) => callHandle((await post("start", method, options)).callId, requester),
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
    async emit(detailType, detail = {}, { source = DEFAULT_SOURCE, eventId = random.id() } = {}) {
      const turn = runningTurn();
      const request: EmitRequest = {
        mode: "emit",
        source,
        detailType,
        detail: pack(detail, "detail"),
        eventId,
        ...(turn === undefined ? {} : { hops: turn.hops }),
      };
      await requester.send(DEFAULT_TIMEOUT_MS, () => request);
      return { eventId };
    },
  };
}
