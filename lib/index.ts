/**
 * `durable-lambda`: actors, the router, the client, the errors. Loads no AWS SDK until one is needed.
 * @module durable-lambda
 */
export { Actor, Method, On, Transient } from "../decorators";
export { type ActorClass, DurableActor } from "./actor";
export { type ClientOptions, createClient, createRouter, type RouterOptions } from "./app";
export { type CallContext, type ContextKey, contextKey } from "./call-context";
export type { CallHandle, CallStatus } from "./calling/call-handle";
export type {
  ActorNamespace,
  ActorReference,
  ByMessage,
  CallOptions,
  MethodName,
  Receipt,
  Sender,
  SendOptions,
  Starter,
  TurnNamespace,
  TurnReference,
  TurnSender,
} from "./calling/proxy";
export type { Transport } from "./calling/transport";
export type { Client, EmitOptions } from "./client/client";
export {
  type HttpTransportOptions,
  httpTransport,
  type SignRequest,
  type UnsignedRequest,
} from "./client/http-transport";
export type { ActorContext, DueReminder, ReminderStatus } from "./context";
export type { ActorOptions } from "./definition";
export {
  type DurableContext,
  type DurableHandler,
  type DurableOptions,
  durable,
  type HandlerActor,
  type UntypedRequest,
} from "./durable";
export type { DurableEvent } from "./durable-event";
export type { Duration } from "./duration";
export type { Consistency, Mode } from "./envelope";
export {
  ActorBusy,
  ActorOverloaded,
  BusUnavailable,
  CallCycle,
  CallTimeout,
  CorruptState,
  DurableError,
  type ErrorDetails,
  FencedError,
  Forbidden,
  ForbiddenKey,
  HopLimitExceeded,
  InternalError,
  InvalidActorId,
  InvalidDefinition,
  MethodError,
  MigrationFailed,
  MissingMigration,
  NotSerializable,
  NotTracked,
  PayloadTooLarge,
  ProcessDied,
  QueueUnavailable,
  ReadonlyViolation,
  ResultTimeout,
  ShuttingDown,
  StateTooLarge,
  StateVersionTooNew,
  StoreUnavailable,
  TerminalError,
  TooDeep,
  TransportError,
  TurnEnded,
  UnexpectedEvent,
  UnknownActor,
  UnknownCall,
  UnknownMethod,
  ValidationError,
} from "./errors";
export type { EventBus, PublishedEvent } from "./events/bus";
export type { ActorEvent } from "./events/event";
export type { ListenerOptions } from "./events/listener";
export type { DetailPattern, Matcher } from "./events/pattern";
export type { InputIssue, InputSchemas } from "./input";
export type { ActorView, AppliedCall, Unreadable } from "./inspect/actor-view";
export type { ActorPage, ActorQuery, ActorSummary } from "./inspect/directory";
export type { Inspection, QueueDepths } from "./inspect/inspection";
export type { Invocation, InvocationReply } from "./invocation";
export type { LogFields, Logger, LogLevel } from "./log";
export type { CallReport, CallRequest } from "./messages/call-request";
export type { DeadLetter, DeadReason } from "./messages/dead-letter";
export type { DeadLetterFilter, DeadLetters } from "./messages/dead-letters";
export type { Queue, QueueDepth, Queues } from "./messages/queue";
export type { TrackedCalls } from "./messages/tracked-calls";
export type { MethodOptions } from "./method-definition";
export type { Middleware, TurnCall } from "./middleware";
export type { Missed, ReminderTime } from "./reminders/schedule";
export type { Authorize, HttpCall } from "./runtime/authorize";
export type { Limits } from "./runtime/host";
export type { LambdaContext, RouterHandler } from "./runtime/router";
export type { Migration } from "./state/migrations";
export type { Store } from "./store";
export { jsonLogger } from "./telemetry/json-logger";
export type { MetricName, Metrics, MetricUnit } from "./telemetry/metrics";
export type { TraceContext } from "./trace-context";
export type { Json } from "./values/codec";
export type { WireError } from "./wire-error";
