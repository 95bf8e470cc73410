/**
 * Errors as data, for every transport. An error of this package comes back as its own class; an error that a
 * method threw keeps its name, message and own serialisable properties and comes back as a `MethodError`. The
 * server's stack stays on the server unless asked for.
 */
import { DurableError, errorClasses, InternalError, MethodError, TransportError } from "./errors";
import { shorten } from "./quote";
import { type Json, pack, unpack } from "./values/codec";

/** An error as it travels, in JSON. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** The name of a method's own error; absent for errors of this package. */
  readonly name?: string;
  readonly details?: Json;
  readonly stack?: string;
}

/** Whatever a method threw, as an error that can travel. Errors of this package stay what they are. */
export function methodError(thrown: unknown): DurableError {
  if (isDurableError(thrown)) return thrown;
  const { name, message, code, retryable } = describe(thrown);
  return new MethodError({
    name,
    message,
    ...(code === undefined ? {} : { code }),
    retryable,
    properties: serialisableProperties(thrown),
    cause: thrown,
  });
}

export function errorToWire(error: DurableError, options: { stack: boolean }): WireError {
  const details = serialisableProperties(error.details);
  return {
    code: error.code,
    message: error.message.toWellFormed(),
    retryable: error.retryable,
    ...(error instanceof MethodError ? { name: error.name } : {}),
    ...(Object.keys(details).length === 0 ? {} : { details: pack(details, "details") }),
    ...(options.stack ? { stack: stackOf(error) } : {}),
  };
}

/** The stack of what a method threw, where there is one: that is the line to look at. */
export function stackOf(error: DurableError): string {
  try {
    const { stack } = error instanceof MethodError ? (error.cause as Error) : error;
    return typeof stack === "string" ? stack : String(error.stack);
  } catch {
    return String(error.stack);
  }
}

/** `instanceof` runs code of the value's own, if it is a Proxy. */
function isDurableError(thrown: unknown): thrown is DurableError {
  try {
    return thrown instanceof DurableError;
  } catch {
    return false;
  }
}

/** The error that a wire carried; a `TransportError` when it carried something else. */
export function errorFromWire(wire: unknown): DurableError {
  if (!isWireError(wire)) {
    return new TransportError("The answer is no error of durable-lambda.", {
      answer: shorten(jsonOf(wire), 200),
    });
  }
  const details = detailsOf(wire);
  if (wire.name !== undefined) {
    const { name, message, code, retryable } = wire;
    return new MethodError({ name, message, code, retryable, properties: details });
  }
  const type = errorClasses.get(wire.code);
  if (type !== undefined) return new type(wire.message, details);
  return new DurableError(wire.code, wire.message, { retryable: wire.retryable, details });
}

/** What is nested too deeply has no JSON text. */
function jsonOf(wire: unknown): string {
  try {
    return JSON.stringify(wire) ?? "nothing";
  } catch {
    return "something that is nested too deeply";
  }
}

/** For the outermost layer: an error of this package as it is, anything else as a defect. */
export function asDurableError(thrown: unknown): DurableError {
  if (isDurableError(thrown)) return thrown;
  const { name, message } = describe(thrown);
  return new InternalError(`${name}: ${message}`, {}, thrown);
}

export function isWireError(wire: unknown): wire is WireError {
  const { code, message, retryable, name } = (wire ?? {}) as Partial<Record<keyof WireError, unknown>>;
  return (
    typeof code === "string" &&
    typeof message === "string" &&
    typeof retryable === "boolean" &&
    (name === undefined || typeof name === "string")
  );
}

function detailsOf(wire: WireError): Record<string, unknown> {
  const details = wire.details === undefined ? {} : unpack(wire.details, "details");
  return typeof details === "object" && details !== null ? (details as Record<string, unknown>) : {};
}

/** Reads an arbitrary thrown value; its getters may throw themselves. */
function describe(thrown: unknown): { name: string; message: string; code?: string; retryable: boolean } {
  try {
    if (typeof thrown !== "object" || thrown === null)
      return { name: "Error", message: String(thrown), retryable: false };
    const { name, message, code, retryable } = thrown as Record<string, unknown>;
    return {
      name: (typeof name === "string" ? name : "Error").toWellFormed(),
      message: (typeof message === "string" ? message : "").toWellFormed(),
      ...(typeof code === "string" ? { code: code.toWellFormed() } : {}),
      retryable: retryable === true,
    };
  } catch {
    return { name: "Error", message: "An error that cannot be read was thrown.", retryable: false };
  }
}

/** An error's own, which travels in places of its own. A `code` that is no string does not. */
function isPropertyOf(error: object, key: string, value: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if (key === "code") return typeof value !== "string";
  return !["name", "message", "stack", "cause", "retryable"].includes(key);
}

function serialisableProperties(source: unknown): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  if (typeof source !== "object" || source === null) return kept;
  for (const key of keysOf(source)) {
    try {
      const value = (source as Record<string, unknown>)[key];
      if (!isPropertyOf(source, key, value)) continue;
      pack({ [key]: value }, "error");
      kept[key] = value;
    } catch {
      // Told by its absence: an error must arrive even when a property of it cannot.
    }
  }
  return kept;
}

function keysOf(source: object): string[] {
  try {
    return Object.keys(source);
  } catch {
    return [];
  }
}
