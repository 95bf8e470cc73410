/** From values to JSON with tags; `codec.ts` lists these. One walk screens and tags at once. */
import { types } from "node:util";
import {
  checkKey,
  checkText,
  type Json,
  MAX_BIGINT_DIGITS,
  MAX_DEPTH,
  notSerializable,
  tooDeep,
} from "./json";
import type { Path } from "./path";

/**
 * Says how an instance of a class is packed when it is found under the field `key` of the class whose packer
 * this is: as which plain fields, and with which packer for these. Undefined when nothing declares it there.
 * Arrays, Maps and Sets pass the field on to what they hold; under a plain object there is none.
 */
export type ClassPacker = (instance: object, key: string | undefined) => PackedInstance | undefined;

interface PackedInstance {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly packer: ClassPacker;
}

/**
 * Turns a value into JSON with tags. Plain JSON comes back as the same object, uncopied.
 * @param root what the value is called in error paths, e.g. `"args"`
 * @throws NotSerializable, ForbiddenKey, TooDeep: each with the path
 */
export function pack(value: unknown, root: string, classes?: ClassPacker): Json {
  return packValue(value, { parent: undefined, key: root }, 0, classes, undefined);
}

/** The fields of an instance; `classes` is the packer of its class. Otherwise as {@link pack}. */
export function packInstance(
  fields: Readonly<Record<string, unknown>>,
  root: string,
  classes: ClassPacker,
): Json {
  return packFields(fields, { parent: undefined, key: root }, 1, classes, true);
}

function packValue(
  value: unknown,
  path: Path,
  depth: number,
  classes: ClassPacker | undefined,
  key: string | undefined,
): Json {
  switch (typeof value) {
    case "string":
      return checkText(value, path);
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value) && !Object.is(value, -0)) return value;
      return { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: digitsOf(value, path) };
    case "undefined":
      return { $undefined: true };
    case "object":
      return value === null ? null : packObject(value, path, depth + 1, classes, key);
    default:
      throw notSerializable(path, `a ${typeof value}`);
  }
}

function packObject(
  value: object,
  path: Path,
  depth: number,
  classes: ClassPacker | undefined,
  key: string | undefined,
): Json {
  if (depth > MAX_DEPTH) throw tooDeep(path);
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || isRoot(prototype)) {
    return packFields(value as Record<string, unknown>, path, depth, classes, false);
  }
  if (types.isUint8Array(value)) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  }
  if (isRoot(Object.getPrototypeOf(prototype) as object)) {
    if (Array.isArray(value)) return packArray(value, path, depth, classes, key);
    if (types.isDate(value)) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
    if (types.isSet(value)) return { $set: packArray([...value], path, depth, classes, key) };
    if (types.isMap(value)) return { $map: packEntries(value, path, depth, classes, key) };
  }
  const packed = classes?.(value, key);
  if (packed !== undefined) return packFields(packed.fields, path, depth, packed.packer, true);
  throw notSerializable(path, `an instance of ${className(value)}`, DECLARE_IT);
}

function digitsOf(value: bigint, path: Path): string {
  // Hexadecimal digits are quickly counted, and fewer.
  if (value.toString(16).length <= MAX_BIGINT_DIGITS) {
    const digits = value.toString();
    if (digits.length <= MAX_BIGINT_DIGITS) return digits;
  }
  throw notSerializable(path, `a bigint of more than ${MAX_BIGINT_DIGITS} digits`);
}

/** True for `Object.prototype`, of this realm or of another one (test runners have several). */
function isRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null;
}

function packEntries(
  map: ReadonlyMap<unknown, unknown>,
  path: Path,
  depth: number,
  classes: ClassPacker | undefined,
  field: string | undefined,
): Json {
  return Array.from(map, ([key, value], index) => {
    const atKey: Path = { parent: path, key: `key ${index}`, isLabel: true };
    const atValue: Path =
      typeof key === "string"
        ? { parent: path, key }
        : { parent: path, key: `value ${index}`, isLabel: true };
    return [
      packValue(key, atKey, depth, classes, undefined),
      packValue(value, atValue, depth, classes, field),
    ];
  });
}

/** Copies only from the first element on that does not stand for itself. */
function packArray(
  array: readonly unknown[],
  path: Path,
  depth: number,
  classes: ClassPacker | undefined,
  key: string | undefined,
): readonly Json[] {
  let copy: Json[] | undefined;
  for (let index = 0; index < array.length; index++) {
    const element = array[index];
    const packed = packValue(element, { parent: path, key: index }, depth, classes, key);
    if (copy === undefined && packed !== element) copy = array.slice(0, index) as Json[];
    copy?.push(packed);
  }
  return copy ?? (array as readonly Json[]);
}

/** Copies only from the first field on that does not stand for itself. */
function packFields(
  fields: Readonly<Record<string, unknown>>,
  path: Path,
  depth: number,
  classes: ClassPacker | undefined,
  areDeclared: boolean,
): Json {
  const keys = Object.keys(fields);
  const symbols = Object.getOwnPropertySymbols(fields);
  if (symbols[0] !== undefined) throw notSerializable({ parent: path, key: symbols[0] }, "a symbol key");
  let copy: Record<string, Json> | undefined;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const value = fields[key];
    const here: Path = { parent: path, key };
    checkKey(key, value, here);
    const packed = packValue(value, here, depth, classes, areDeclared ? key : undefined);
    if (copy === undefined && packed !== value) {
      copy = {};
      for (const earlier of keys.slice(0, index)) copy[earlier] = fields[earlier] as Json;
    }
    if (copy !== undefined) copy[key] = packed;
  }
  const result = copy ?? (fields as { readonly [key: string]: Json });
  return keys.length === 1 && keys[0]?.startsWith("$") ? { $object: result } : result;
}

const DECLARE_IT =
  "Declare its class with class-transformer's @Type on the field that holds it, store plain data, or mark the field @Transient.";

function className(value: object): string {
  const { constructor: type } = value;
  return typeof type === "function" && type.name !== "" ? type.name : "an unnamed class";
}
