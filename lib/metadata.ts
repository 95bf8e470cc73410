/**
 * The only file that touches reflect-metadata. Decorators write here and definitions read here, in both of
 * TypeScript's decorator modes: the old one hands over the prototype, the standard one a `context` whose
 * `metadata` object ends up on the class as `Class[Symbol.metadata]`.
 *
 * Nothing here reads `design:*`: esbuild does not emit it.
 */
import "reflect-metadata";
import { InvalidDefinition } from "./errors";

// TypeScript's and esbuild's standard decorators create `context.metadata` only where this symbol exists.
const METADATA: symbol = Symbol.metadata ?? Symbol.for("Symbol.metadata");
if (Symbol.metadata === undefined) Object.defineProperty(Symbol, "metadata", { value: METADATA });

const METHODS = "durable-lambda:methods";
const LISTENERS = "durable-lambda:listeners";
const TRANSIENT = "durable-lambda:transient";
const DEFINITION = "durable-lambda:definition";

/** A class of any constructor; what decorators are applied to. */
export type AnyClass = abstract new (...args: never[]) => object;

/** The part of a standard decorator's context that this package reads. */
export interface MemberContext {
  readonly kind: string;
  readonly name: string | symbol;
  readonly static: boolean;
  readonly private: boolean;
  readonly metadata: object;
}

/** The object that records what is declared in a class body: its prototype, or its decorator metadata. */
export type ClassRecord = object;

export function recordOf(context: MemberContext): ClassRecord {
  if (context.metadata === undefined) {
    throw new InvalidDefinition(
      "This compiler gives decorators no metadata. Compile with TypeScript 5.2 or later, with esbuild, or with " +
        '"experimentalDecorators": true.',
    );
  }
  return context.metadata;
}

export function isMemberContext(value: unknown): value is MemberContext {
  return typeof value === "object" && value !== null && "kind" in value && "name" in value;
}

/** Records a declared method, or with the same name replaces it. */
export function recordMethod(record: ClassRecord, name: string, options: object): void {
  ownMap(METHODS, record).set(name, options);
}

/** Records what a method listens to, beside what it listens to already. */
export function recordListener(record: ClassRecord, name: string, options: object): void {
  const own = ownMap(LISTENERS, record);
  own.set(name, [...((own.get(name) as object[] | undefined) ?? []), options]);
}

export function recordTransient(record: ClassRecord, name: string): void {
  ownMap(TRANSIENT, record).set(name, true);
}

/** The methods declared in the class and in its ancestors; a subclass's declaration wins. */
export function declaredMethods(type: AnyClass): Map<string, object> {
  return collect(METHODS, type) as Map<string, object>;
}

/** What the methods of the class and of its ancestors listen to; a subclass's declaration of a method wins. */
export function declaredListeners(type: AnyClass): Map<string, readonly object[]> {
  return collect(LISTENERS, type) as Map<string, readonly object[]>;
}

/** The names of the fields declared `@Transient` in the class and in its ancestors. */
export function transientFields(type: AnyClass): Set<string> {
  return new Set(collect(TRANSIENT, type).keys());
}

/** Attaches the definition to exactly this class; subclasses do not inherit it. */
export function attachDefinition(type: AnyClass, definition: object): void {
  Reflect.defineMetadata(DEFINITION, definition, type);
}

export function attachedDefinition(type: AnyClass): object | undefined {
  return Reflect.getOwnMetadata(DEFINITION, type) as object | undefined;
}

function ownMap(key: string, record: ClassRecord): Map<string, unknown> {
  const existing = Reflect.getOwnMetadata(key, record) as Map<string, unknown> | undefined;
  if (existing !== undefined) return existing;
  const created = new Map<string, unknown>();
  Reflect.defineMetadata(key, created, record);
  return created;
}

function collect(key: string, type: AnyClass): Map<string, unknown> {
  const result = new Map<string, unknown>();
  for (const level of ancestry(type)) {
    const records = [
      level.prototype as object,
      Object.getOwnPropertyDescriptor(level, METADATA)?.value as unknown,
    ];
    for (const record of records) {
      if (typeof record !== "object" || record === null) continue;
      const own = Reflect.getOwnMetadata(key, record) as Map<string, unknown> | undefined;
      for (const [name, value] of own ?? []) result.set(name, value);
    }
  }
  return result;
}

/** From the oldest ancestor down to the class itself. */
function ancestry(type: AnyClass): AnyClass[] {
  const levels: AnyClass[] = [];
  for (let level: unknown = type; typeof level === "function"; level = Object.getPrototypeOf(level)) {
    if (typeof level.prototype === "object") levels.unshift(level as AnyClass);
  }
  return levels;
}
