/**
 * Actors as handlers: `durable(async (ctx, request) => …)`. A thin layer over the runtime that all actors have: the handler is the one
 * method of an actor class that is made here, `ctx.state` is that class's one field, and the router does the rest.
 *
 *     { actorId, payload, sync: true } ─► a call ────► what the handler returned
 *     { actorId, payload } ─────────────► a message ─► { callId }
 *     anything else: SQS batches, events, HTTP, the sweep, the router's own invocations ─► the router
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type ActorClass, DurableActor } from "./actor";
import { createRouter, type RouterOptions } from "./app";
import type { ActorContext } from "./context";
import { defineActor } from "./definition";
import { answerOf, HANDLE, invocationOf, isDurableEvent } from "./durable-event";
import { InvalidDefinition } from "./errors";
import type { InvocationReply } from "./invocation";
import { recordMethod } from "./metadata";
import type { RouterHandler } from "./runtime/router";
import { notSerializable } from "./values/json";

/**
 * A request of which nothing is known: each of its members passes for anything. Give the request's own type where you can, and a
 * schema as `input` where others send it.
 */
export type UntypedRequest = Readonly<Record<string, never>>;

/** What callers may give for a request: for an untyped one, any object. */
type Given<Request> = [Request] extends [UntypedRequest] ? Readonly<Record<string, unknown>> : Request;

/** What the actors of a handler are to those who call them by a client, or from another actor. */
export interface HandlerActor<State extends object, Request = UntypedRequest, Result = unknown>
  extends DurableActor {
  state: State;
  /** The handler, for one request. */
  handle(request: Given<Request>): Result;
}

/** What a handler can be reminded of: itself, with a request. */
interface HandlerMethods<Request> {
  /** The handler. */
  handle(request: Given<Request>): unknown;
}

/** What a handler finds in its `ctx`: all that an actor's method finds in `this.ctx`, and the state. */
export interface DurableContext<State extends object, Request = UntypedRequest>
  extends ActorContext<HandlerMethods<Request>> {
  /**
   * The actor's state; `{}` for a new actor. Change it, or assign another object. What it is when the handler returns is committed;
   * when the handler throws, it is what it was, or what `ctx.save()` has left.
   */
  state: State;
}

export interface DurableOptions<Request = UntypedRequest> extends RouterOptions {
  /**
   * The stored name of the handler's actors. Two handlers on one table need two names: under one, they would share their actors.
   * Default `"Handler"`.
   */
  readonly name?: string;
  /**
   * Checks each request before the handler runs, which gets what the schema puts out: any schema that follows Standard Schema (zod,
   * valibot, arktype). What it refuses is a `ValidationError`. Default: requests of any kind.
   *
   * @example durable<CounterState, z.infer<typeof Change>>(handle, { input: Change });
   */
  readonly input?: StandardSchemaV1<unknown, Request>;
}

/** What `durable` makes: a handler to give to Lambda as it is. */
export interface DurableHandler<State extends object, Request = UntypedRequest, Result = unknown>
  extends RouterHandler {
  /**
   * The handler's actors as a class, for whatever takes one.
   *
   * @example
   * ```ts
   * const app = createTestApp([handler.actor]);
   * await app.client.actor(handler.actor).get("c1").handle({ action: "increment" });
   * ```
   */
  readonly actor: ActorClass<HandlerActor<State, Request, Result>>;
}

const DEFAULT_NAME = "Handler";

/**
 * Makes a Lambda handler of a function that is called with the context of one actor and a request. Each actor has its own state, and
 * one turn at a time; what a turn changes is committed when it ends.
 *
 * The handler takes events `{ actorId, payload, sync }`, and all that a router takes, so it is an app's entry. With `sync: true` it
 * answers with what `handle` returns, and fails with what `handle` throws. Else it queues the request, which has its effect exactly
 * once, in its turn, and answers with a receipt, `{ callId }`.
 *
 * @typeParam State what `ctx.state` is once it was filled; a new actor's is `{}`
 * @typeParam Request what `handle` is called with: the event's payload. Default: of unknown members
 * @throws InvalidDefinition for something else than a function, or options that cannot work
 * @example
 * ```ts
 * interface Count { count?: number }
 * interface Change { action: "increment" | "get"; amount?: number }
 *
 * export const handler = durable<Count, Change>(async (ctx, request) => {
 *   const { count = 0 } = ctx.state;
 *   if (request.action === "increment") ctx.state.count = count + (request.amount ?? 1);
 *   return { count: ctx.state.count ?? 0 };
 * });
 * ```
 */
export function durable<State extends object, Request = UntypedRequest, Result = unknown>(
  handle: (ctx: DurableContext<State, Request>, request: Request) => Result,
  options: DurableOptions<Request> = {},
): DurableHandler<State, Request, Result> {
  if (typeof handle !== "function") {
    throw new InvalidDefinition("durable() takes a function: durable(async (ctx, request) => { … }).");
  }
  const { name = DEFAULT_NAME, input, ...routerOptions } = options;
  const actor = actorOf(handle, name, input);
  const route = createRouter([actor], routerOptions);
  const handler: RouterHandler = async (event, context) => {
    if (!isDurableEvent(event)) return route(event, context);
    return answerOf((await route(invocationOf(event, name), context)) as InvocationReply);
  };
  return Object.assign(handler, { actor: actor as DurableHandler<State, Request, Result>["actor"] });
}

/** The class whose only method is `handle`. */
function actorOf<State extends object, Request, Result>(
  handle: (ctx: DurableContext<State, Request>, request: Request) => Result,
  name: string,
  input: StandardSchemaV1 | undefined,
): ActorClass {
  class Handler extends DurableActor {
    state: object = {};

    [HANDLE](request: Request): Result {
      return handle(contextOf(this) as DurableContext<State, Request>, request);
    }
  }
  // As `@Method` and `@Actor` do, which would make this file depend on how decorators are compiled.
  recordMethod(Handler.prototype, HANDLE, input === undefined ? {} : { input });
  defineActor(Handler, { name });
  return Handler;
}

/** The turn's own context, with the state on it. Each turn has a new one. */
function contextOf(actor: DurableActor & { state: object }): object {
  return Object.defineProperty(actor.ctx, "state", {
    configurable: true,
    get: () => actor.state,
    set(state: unknown) {
      actor.state = checkState(state);
    },
  });
}

/** @throws NotSerializable: an actor with another state could not be used any more */
function checkState(state: unknown): object {
  if (typeof state === "object" && state !== null) return state;
  const found = state === null ? "null" : `of the type ${typeof state}`;
  throw notSerializable({ parent: undefined, key: "state" }, found, "A handler's state is an object.");
}
