/** `durable-lambda`: actors, the router, the client, the errors. Loads no AWS SDK until one is needed. */
export { Actor, Method, Transient } from "../decorators";
export { type ActorClass, DurableActor } from "./actor";
export { type ClientOptions, createClient, createRouter, type RouterOptions } from "./app";
export type { Client } from "./client/client";
export {
  type HttpTransportOptions,
  httpTransport,
  type SignRequest,
  type UnsignedRequest,
} from "./client/http-transport";
export type { ActorNamespace, ActorReference, CallOptions, MethodName } from "./client/proxy";
export type { Transport } from "./client/transport";
export type { ActorContext } from "./context";
export type { ActorOptions, MethodOptions } from "./definition";
export type { Consistency, Invocation, InvocationReply } from "./envelope";
export {
  ActorBusy,
  ActorOverloaded,
  CallTimeout,
  CorruptState,
  DurableError,
  type ErrorDetails,
  FencedError,
  Forbidden,
  ForbiddenKey,
  InternalError,
  InvalidActorId,
  InvalidDefinition,
  MethodError,
  NotSerializable,
  PayloadTooLarge,
  ReadonlyViolation,
  ShuttingDown,
  StateTooLarge,
  StateVersionTooNew,
  StoreUnavailable,
  TooDeep,
  TransportError,
  TurnEnded,
  UnexpectedEvent,
  UnknownActor,
  UnknownMethod,
} from "./errors";
export { jsonLogger, type LogFields, type Logger } from "./log";
export type { Limits } from "./runtime/host";
export type { LambdaContext, RouterHandler } from "./runtime/router";
export type { Store } from "./store";
export type { Json } from "./values/codec";
export type { WireError } from "./wire-error";
