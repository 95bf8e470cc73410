/**
 * What is known of an actor class: its stored name and the methods that may be called. Made once, when the class is
 * defined, from what the decorators recorded; calls are looked up in its `Map`, never on the instance.
 */

import { type ActorClass, DurableActor } from "./actor";
import { ACTOR_TYPE } from "./address";
import { type Duration, msWithin } from "./duration";
import { InvalidDefinition } from "./errors";
import { defineListener, type ListenerDefinition, type ListenerOptions } from "./events/listener";
import { type Hook, hooksOf } from "./hooks";
import {
  type AnyClass,
  attachDefinition,
  attachedDefinition,
  declaredListeners,
  declaredMethods,
} from "./metadata";
import { defineMethod, type MethodDefinition } from "./method-definition";
import { quote } from "./quote";
import { defineMigrations, type Migration, type Migrations } from "./state/migrations";

/** Options of `@Actor`. */
export interface ActorOptions {
  /** The actor's stored name; default: the class's name. Set it before you rename the class or minify its name. */
  readonly name?: string;
  /** The version of the state's schema, a whole number from 1; default 1. Older code refuses newer state. */
  readonly version?: number;
  /**
   * How an older state becomes one of this version: by the version to which each step leads. A step gets the fields as the
   * version before left them, nested objects as plain data, and changes them or returns others.
   *
   * @example migrate: { 2: (s) => ({ ...s, currency: "EUR" }), 3: (s: AccountV2) => ({ cents: s.euros * 100 }) }
   */
  readonly migrate?: Readonly<Record<number, Migration>>;
  /**
   * Whether stored fields stay that a new instance of the class does not have, `"keep"`, or go when an actor is loaded,
   * `"drop"`. To drop, every field of the class needs an initial value. Default `"keep"`.
   */
  readonly removedFields?: "keep" | "drop";
  /**
   * Destroys an actor of which no turn was committed for this long, unless it has a reminder; `onDestroy` is called before. From
   * a minute to 10 years. Default: never.
   */
  readonly expireAfter?: Duration;
}

export interface ActorDefinition {
  readonly name: string;
  readonly type: ActorClass;
  readonly schema: number;
  readonly migrations: Migrations;
  readonly removedFields: "keep" | "drop";
  readonly expireAfterMs: number | undefined;
  readonly hooks: ReadonlySet<Hook>;
  readonly methods: ReadonlyMap<string, MethodDefinition>;
  /** Which events its methods listen to. */
  readonly listeners: readonly ListenerDefinition[];
}

/**
 * Defines `type` as an actor. This is what `@Actor` calls.
 * @throws InvalidDefinition saying what to change
 */
export function defineActor(type: AnyClass, options: ActorOptions): void {
  if (!(type.prototype instanceof DurableActor)) {
    throw invalid(type, "does not extend DurableActor.");
  }
  const name = options.name ?? nameOf(type);
  if (!ACTOR_TYPE.test(name)) {
    throw invalid(type, `cannot be named ${JSON.stringify(name)}: a name matches ${ACTOR_TYPE}.`, {
      value: name,
    });
  }
  const schema = options.version ?? 1;
  if (!Number.isInteger(schema) || schema < 1) {
    throw invalid(type, `has the version ${String(schema)}: a version is a whole number from 1.`, {
      value: schema,
    });
  }
  const { removedFields = "keep" } = options;
  if (removedFields !== "keep" && removedFields !== "drop") {
    throw invalid(type, `has the removedFields ${quote(removedFields)}: it is "keep" or "drop".`, {
      value: quote(removedFields),
    });
  }
  const methods = new Map<string, MethodDefinition>();
  const listeners = declaredListeners(type);
  // What listens can be called.
  const silent = Array.from(listeners.keys(), (method): [string, object] => [method, {}]);
  for (const [method, declared] of new Map([...silent, ...declaredMethods(type)])) {
    if (isReserved(method)) {
      throw invalid(type, `declares the method "${method}", a reserved name. Give it another one.`, {
        method,
      });
    }
    methods.set(
      method,
      defineMethod(method, declared, (problem, details) => invalid(type, problem, details)),
    );
  }
  if (methods.size === 0) {
    throw invalid(type, "declares no method. Put @Method before each one that may be called.");
  }
  const definition: ActorDefinition = {
    name,
    type: type as ActorClass,
    schema,
    migrations: defineMigrations(options.migrate, schema, (problem, details) =>
      invalid(type, problem, details),
    ),
    removedFields,
    expireAfterMs: expiryOf(type, options.expireAfter),
    hooks: hooksOf(type, (problem) => invalid(type, problem)),
    methods,
    listeners: [...listeners].flatMap(([method, declared]) => {
      if (methods.get(method)?.readonly) {
        throw invalid(type, `lets the readonly method "${method}" listen to events: it could do nothing.`, {
          method,
        });
      }
      return declared.map((options) => defineListener(type.name, method, options as ListenerOptions));
    }),
  };
  attachDefinition(type, definition);
}

/** The definition of a class. @throws InvalidDefinition when it carries no `@Actor` of its own */
export function definitionOf(type: AnyClass): ActorDefinition {
  const definition = typeof type === "function" ? attachedDefinition(type) : undefined;
  if (definition !== undefined) return definition as ActorDefinition;
  const shown = typeof type === "function" ? `The class ${type.name || "(unnamed)"}` : `A ${typeof type}`;
  throw new InvalidDefinition(
    `${shown} is not an actor. Put @Actor before a class that extends DurableActor.`,
  );
}

/** Names that every object answers, that promises answer, or that mean something else here. */
export function isReserved(name: string): boolean {
  return RESERVED.has(name) || name in Object.prototype;
}

const MIN_EXPIRY_MS = 60_000;
/** Ten years: more is a mistake. */
const MAX_EXPIRY_MS = 10 * 366 * 86_400_000;

/** @throws InvalidDefinition */
function expiryOf(type: AnyClass, expireAfter: unknown): number | undefined {
  if (expireAfter === undefined) return undefined;
  const ms = msWithin(expireAfter, { minMs: MIN_EXPIRY_MS, maxMs: MAX_EXPIRY_MS });
  if (ms !== undefined) return ms;
  throw invalid(
    type,
    `has the expireAfter ${quote(expireAfter)}: it is a duration from a minute to 10 years, such as "30d".`,
    { value: quote(expireAfter), minMs: MIN_EXPIRY_MS, maxMs: MAX_EXPIRY_MS },
  );
}

const RESERVED: ReadonlySet<string> = new Set([
  "then",
  "catch",
  "finally",
  "toJSON",
  "send",
  "start",
  "ctx",
  "onCreate",
  "onActivate",
  "onDestroy",
  "prototype",
]);

function nameOf(type: AnyClass): string {
  if (type.name !== "" && !isMadeUp(type)) return type.name;
  throw invalid(
    type,
    type.name === ""
      ? 'has no name. Give it one: @Actor("Name").'
      : "would be stored under a name that a bundler or minifier made up, and that the next build may change. Name " +
          'it: @Actor("Counter"), or keep names in the bundle (esbuild: keepNames).',
  );
}

// Bundled and minified together with the user's classes, this function loses its name when they do.
function canary(): void {}
const namesSurvive = canary.name === "canary";

/**
 * A minifier takes the shortest free names: one of four letters would need 200,000 classes. A bundler that joins files
 * calls the second `Counter` `Counter2`. Both leave `x = class extends …` behind, a class whose text has no name.
 */
function isMadeUp(type: AnyClass): boolean {
  const { name } = type;
  if (name.length > (namesSurvive ? 2 : 3) && !/\d$/.test(name)) return false;
  const source = Function.prototype.toString.call(type);
  const isWritten = source.startsWith(`class ${name} `) || source.includes(JSON.stringify(name));
  return !(namesSurvive && isWritten);
}

function invalid(type: AnyClass, problem: string, details: Record<string, unknown> = {}): InvalidDefinition {
  return new InvalidDefinition(`The class ${type.name || "(unnamed)"} ${problem}`, {
    class: type.name,
    ...details,
  });
}
