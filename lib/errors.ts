/**
 * Every error that this package throws. Each has a `code` that programs can compare, `retryable` (is it worth
 * sending the same call again?), and `details` with the bad value or the limit. They keep class, code and
 * details across every transport; see `wire-error.ts`.
 */

/** What went wrong, in data: the bad value, the limit, what to look at. Values must be serialisable. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** The base of all errors of durable-lambda. */
export class DurableError extends Error {
  /** A stable identifier, the same as the name of the error's class. */
  readonly code: string;
  /** True when the same call, with the same call id, may succeed if it is sent again. */
  readonly retryable: boolean;
  /** The bad value, the limit, and what else helps. */
  readonly details: ErrorDetails;

  constructor(
    code: string,
    message: string,
    options: { retryable?: boolean; details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
    // Not from `constructor.name`, which minifiers change.
    Object.defineProperty(this, "name", { value: code, configurable: true, writable: true });
  }
}

/** How an error is made from its message, details and cause. */
export interface ErrorConstructorOf<E extends DurableError = DurableError> {
  new (message: string, details?: ErrorDetails, cause?: unknown): E;
  readonly code: string;
}

function errorClass(code: string, retryable = false): ErrorConstructorOf {
  return class extends DurableError {
    static readonly code: string = code;
    constructor(message: string, details: ErrorDetails = {}, cause?: unknown) {
      super(code, message, { retryable, details, cause });
    }
  };
}

/** A class, a method or an option is declared in a way that cannot work. Thrown when the app is defined. */
export class InvalidDefinition extends errorClass("InvalidDefinition") {}
/** An actor id is empty, too long, not well-formed, or not a string. */
export class InvalidActorId extends errorClass("InvalidActorId") {}
/** No actor of this type is registered here. */
export class UnknownActor extends errorClass("UnknownActor") {}
/** The actor declares no method of this name with `@Method`. */
export class UnknownMethod extends errorClass("UnknownMethod") {}
/** A value cannot be kept: a function, a symbol, a lone surrogate, an undeclared class. Names its path. */
export class NotSerializable extends errorClass("NotSerializable") {}
/** A value has a key that could reach an object's prototype. Names its path. */
export class ForbiddenKey extends errorClass("ForbiddenKey") {}
/** A value is nested more deeply than 100 levels, or contains itself. Names its path. */
export class TooDeep extends errorClass("TooDeep") {}
/** A method's input schema refuses its arguments. `details.issues` say where and why. */
export class ValidationError extends errorClass("ValidationError") {}
/** Encoded bytes that this version cannot read: corrupt, or written by something else. Nothing was changed. */
export class CorruptState extends errorClass("CorruptState") {}
/** An event, an invocation or a request that is none of the known forms. Names the field. */
export class UnexpectedEvent extends errorClass("UnexpectedEvent") {}
/** A request, a message or a result is larger than its transport carries. */
export class PayloadTooLarge extends errorClass("PayloadTooLarge") {}
/** The actor's encoded state is larger than the store keeps. Nothing was written. */
export class StateTooLarge extends errorClass("StateTooLarge") {}
/** The stored state was written by a newer version of the class. This version does not touch it. */
export class StateVersionTooNew extends errorClass("StateVersionTooNew", true) {}
/** The stored state is older than the class, and the class has no step that leads to one of its versions. Names the step. */
export class MissingMigration extends errorClass("MissingMigration") {}
/** A step from an older version of the class's state failed. Nothing was written. Names the step. */
export class MigrationFailed extends errorClass("MigrationFailed") {}
/** Another process held the actor until the call's deadline. */
export class ActorBusy extends errorClass("ActorBusy", true) {}
/** Too many calls wait for this actor in this process. */
export class ActorOverloaded extends errorClass("ActorOverloaded", true) {}
/** The call did not end before its deadline, or within its method's timeout; its turn was rolled back. */
export class CallTimeout extends errorClass("CallTimeout", true) {}
/** The process lost its lease before it could commit. The turn had no effect. */
export class FencedError extends errorClass("FencedError", true) {}
/** The store, or the way to it, failed. A call that ends so may or may not have been applied: retry by call id. */
export class StoreUnavailable extends errorClass("StoreUnavailable", true) {}
/** The queue, or the way to it, failed. The message may or may not have been taken: send it again by its call id. */
export class QueueUnavailable extends errorClass("QueueUnavailable", true) {}
/** The event bus, or the way to it, failed. The event may or may not have been taken: publish it again with its id. */
export class BusUnavailable extends errorClass("BusUnavailable", true) {}
/** The way to the router failed. The call may or may not have been applied: retry by call id. */
export class TransportError extends errorClass("TransportError", true) {}
/** The process is stopping; another one can take the call. */
export class ShuttingDown extends errorClass("ShuttingDown", true) {}
/** A readonly method changed the actor's fields or asked for an effect. */
export class ReadonlyViolation extends errorClass("ReadonlyViolation") {}
/** `ctx` was used after its turn had ended. */
export class TurnEnded extends errorClass("TurnEnded") {}
/**
 * For methods to throw: the message is of no use and must not be tried again. It goes to the dead letters at once.
 * @example throw new TerminalError("The card was declined.", { reason: "expired" });
 */
export class TerminalError extends errorClass("TerminalError") {}
/** A message was begun again and again, and no process lived to tell how it ended: it kills them. */
export class ProcessDied extends errorClass("ProcessDied") {}
/** A call would wait for an actor that waits for this very call. Names the chain. */
export class CallCycle extends errorClass("CallCycle") {}
/** A chain of calls and messages, each caused by the one before, has become longer than the limit. */
export class HopLimitExceeded extends errorClass("HopLimitExceeded") {}
/** `ctx.pending()` in a call that nobody tracks: only `start` leaves a call open. */
export class NotTracked extends errorClass("NotTracked") {}
/** No tracked call has this id, or it was over so long ago that nothing is kept of it. */
export class UnknownCall extends errorClass("UnknownCall") {}
/** A tracked call has not ended within the time that `result()` was given. It goes on. */
export class ResultTimeout extends errorClass("ResultTimeout", true) {}
/** The request is not allowed. */
export class Forbidden extends errorClass("Forbidden") {}
/** A defect in this package or in its configuration. */
export class InternalError extends errorClass("InternalError") {}

/**
 * What a caller gets for an error that an actor's method threw: the original `name`, `message` and own
 * properties. `code` is the original's `code` when that is a string, else `"MethodError"`.
 */
export class MethodError extends DurableError {
  static readonly code: string = "MethodError";

  constructor(original: {
    name: string;
    message: string;
    code?: string;
    retryable?: boolean;
    properties?: ErrorDetails;
    /** What was thrown; stays in this process. */
    cause?: unknown;
  }) {
    super(original.code ?? MethodError.code, original.message, {
      retryable: original.retryable ?? false,
      details: original.properties ?? {},
      cause: original.cause,
    });
    Object.defineProperty(this, "name", { value: original.name, configurable: true, writable: true });
    for (const [key, value] of Object.entries(this.details)) {
      if (!(key in this)) {
        Object.defineProperty(this, key, { value, enumerable: true, configurable: true, writable: true });
      }
    }
  }
}

/** The classes by code, for errors that arrive over a wire. */
export const errorClasses: ReadonlyMap<string, ErrorConstructorOf> = new Map(
  [
    InvalidDefinition,
    InvalidActorId,
    UnknownActor,
    UnknownMethod,
    NotSerializable,
    ForbiddenKey,
    TooDeep,
    ValidationError,
    CorruptState,
    UnexpectedEvent,
    PayloadTooLarge,
    StateTooLarge,
    StateVersionTooNew,
    MissingMigration,
    MigrationFailed,
    ActorBusy,
    ActorOverloaded,
    CallTimeout,
    FencedError,
    StoreUnavailable,
    QueueUnavailable,
    BusUnavailable,
    TransportError,
    ShuttingDown,
    ReadonlyViolation,
    TurnEnded,
    TerminalError,
    ProcessDied,
    CallCycle,
    HopLimitExceeded,
    NotTracked,
    UnknownCall,
    ResultTimeout,
    Forbidden,
    InternalError,
  ].map((type) => [type.code, type]),
);
