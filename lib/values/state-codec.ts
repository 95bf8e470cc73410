/**
 * An actor's own fields as text and back. Nested objects whose class `@Type` declares come back as instances of
 * it, so that their methods work after a reload; fields that are missing in the text keep the class's default.
 */
import { CorruptState } from "../errors";
import { type AnyClass, transientFields } from "../metadata";
import { type ClassPacker, decode, encodeFields } from "./codec";
import {
  classOf,
  classOfInstance,
  declarationOf,
  discriminatorOf,
  type NestedClass,
} from "./declared-classes";

type Fields = Record<string, unknown>;

/**
 * The own fields of `actor`, without the transient ones, as text.
 * @throws NotSerializable, ForbiddenKey, TooDeep: each with the path from `state`
 */
export function encodeState(actor: object, type: AnyClass): string {
  return encodeFields(keptFields(actor, type), "state", packerFor(type));
}

/** What becomes of stored fields on their way into an actor. */
export interface LoadOptions {
  /** Makes them those of the class's version; nested objects are still plain data. Default: they are. */
  readonly migrate?: (fields: Fields) => Fields;
  /** Whether those stay that a new instance does not have. Default `"keep"`. */
  readonly removedFields?: "keep" | "drop";
}

/**
 * Sets the fields of a fresh `actor` from text that {@link encodeState} wrote.
 * @throws CorruptState when the text is anything else; whatever `migrate` throws
 */
export function decodeStateInto(
  actor: object,
  type: AnyClass,
  text: string,
  { migrate = (fields) => fields, removedFields = "keep" }: LoadOptions = {},
): void {
  const fields = migrate(decodeFields(text));
  if (removedFields === "drop") {
    for (const name of Object.keys(fields)) if (!Object.hasOwn(actor, name)) delete fields[name];
  }
  assignFields(actor, type, fields);
}

/**
 * The fields in text that {@link encodeState} wrote; nested objects as plain data.
 * @throws CorruptState when the text is anything else
 */
export function decodeFields(text: string): Fields {
  const fields = decode(text, "state");
  if (typeof fields === "object" && fields !== null && Object.getPrototypeOf(fields) === Object.prototype) {
    return fields as Fields;
  }
  throw new CorruptState("state is not an object.", { path: "state" });
}

/**
 * Packs instances in a result as their data, when their class is declared somewhere in the state of `actor`.
 * Any other class instance is refused by the codec.
 */
export function resultPacker(actor: object): ClassPacker {
  let declared: Set<NestedClass> | undefined;
  const packer: ClassPacker = (instance) => {
    declared ??= reachableClasses(actor);
    const known = [...declared].some((type) => instance instanceof type);
    return known ? { fields: keptFields(instance, classOfInstance(instance)), packer } : undefined;
  };
  return packer;
}

function packerFor(owner: AnyClass): ClassPacker {
  return (instance, field) => {
    if (field === undefined) return undefined;
    const discriminator = discriminatorOf(owner, field, instance);
    if (discriminator === undefined) return undefined;
    const type = classOfInstance(instance);
    return { fields: { ...discriminator, ...keptFields(instance, type) }, packer: packerFor(type) };
  };
}

/** A plain copy: JSON.stringify would call a `toJSON` of the class. */
function keptFields(instance: object, type: AnyClass): Readonly<Fields> {
  const fields: Fields = { ...instance };
  for (const name of transientFieldsOf(type)) delete fields[name];
  return fields;
}

const transientByClass = new WeakMap<AnyClass, ReadonlySet<string>>();

function transientFieldsOf(type: AnyClass): ReadonlySet<string> {
  let fields = transientByClass.get(type);
  if (fields === undefined) {
    fields = transientFields(type);
    transientByClass.set(type, fields);
  }
  return fields;
}

function assignFields(instance: object, type: AnyClass, fields: Readonly<Fields>): void {
  for (const name of Object.keys(fields)) {
    const value = instantiate(fields[name], type, name);
    // Defined, not assigned: a setter or a read-only name of the prototype must not get in the way.
    Object.defineProperty(instance, name, { value, writable: true, enumerable: true, configurable: true });
  }
}

/** Turns plain data under a declared field into instances, through arrays, Maps and Sets. */
function instantiate(value: unknown, owner: AnyClass, field: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (declarationOf(owner, field) === undefined) return value;
  if (Array.isArray(value)) return value.map((element) => instantiate(element, owner, field));
  if (value instanceof Set)
    return new Set(Array.from(value, (element) => instantiate(element, owner, field)));
  if (value instanceof Map) return new Map(Array.from(value, ([k, v]) => [k, instantiate(v, owner, field)]));
  if (value instanceof Date || value instanceof Uint8Array) return value;
  const type = classOf(owner, field, value as Fields);
  if (type === undefined) return value;
  const instance = new type();
  const fields = { ...(value as Fields) };
  const discriminator = declarationOf(owner, field)?.discriminator;
  if (discriminator !== undefined && !Object.hasOwn(instance, discriminator)) delete fields[discriminator];
  assignFields(instance, type, fields);
  return instance;
}

/**
 * Every class that `@Type` declares on a field of `actor`, and on the fields of those, and so on: of what the fields hold
 * now, and of a new instance where they hold nothing.
 */
function reachableClasses(actor: object): Set<NestedClass> {
  const found = new Set<NestedClass>();
  const visit = (instance: object, type: NestedClass): void => {
    if (found.has(type)) return;
    found.add(type);
    for (const [field, value] of Object.entries(instance)) {
      const base = declarationOf(type, field)?.base;
      if (base === undefined) continue;
      for (const held of [...instancesIn(value), new base()]) visit(held, classOfInstance(held));
    }
  };
  visit(actor, classOfInstance(actor));
  return found;
}

function instancesIn(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value) || value instanceof Set) return [...value].flatMap(instancesIn);
  if (value instanceof Map) return [...value.values()].flatMap(instancesIn);
  return [value];
}
