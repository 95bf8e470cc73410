/**
 * The one codec, for state, arguments, results and error details. A value that is plain JSON is encoded as
 * itself; anything else that can be kept becomes an object with one `$` key, so that what is stored or sent
 * stays readable:
 *
 *     Date       {"$date":"2026-11-23T12:00:00.000Z"}     Map   {"$map":[[key, value], …]}
 *     bigint     {"$bigint":"12"}                         Set   {"$set":[value, …]}
 *     Uint8Array {"$bytes":"AQID"}                        NaN, ±Infinity, -0   {"$number":"NaN"}
 *     undefined  {"$undefined":true}
 *
 * A user's own object with exactly one key that begins with `$` is wrapped as `{"$object":{…}}`.
 * Why not a library: docs/decisions/0002-codec.md.
 */
import { types } from "node:util";
import { CorruptState, ForbiddenKey, NotSerializable, TooDeep } from "../errors";
import { formatPath, type Path } from "./path";

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Nesting beyond this is refused: JSON.parse accepts what JSON.stringify later cannot write. */
export const MAX_DEPTH = 100;

/**
 * Says how an instance of a class is packed when it is found under the field `key` of the class whose packer
 * this is: as which plain fields, and with which packer for these. Undefined when nothing declares it there.
 */
export type ClassPacker = (instance: object, key: string | undefined) => PackedInstance | undefined;

export interface PackedInstance {
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

/**
 * The inverse of {@link pack}. May reuse and change `json`, which the caller gives away.
 * @throws CorruptState for an unknown tag; ForbiddenKey, TooDeep: each with the path
 */
export function unpack(json: Json, root: string): unknown {
  return unpackValue(json, { parent: undefined, key: root }, 0);
}

/** {@link pack}, then JSON text. */
export function encode(value: unknown, root: string, classes?: ClassPacker): string {
  return JSON.stringify(pack(value, root, classes));
}

/**
 * The inverse of {@link encode}.
 * @throws CorruptState when the text is not what `encode` writes
 */
export function decode(text: string, root: string): unknown {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (cause) {
    throw new CorruptState(`${root} is not JSON text.`, { path: root }, cause);
  }
  // Text that `encode` wrote holds each of these characters literally wherever a tag or a risky key is.
  return NEEDS_UNPACK.test(text) ? unpack(json, root) : json;
}

const NEEDS_UNPACK = /"\$|__proto__|"constructor"|\\u/;

function packValue(
  value: unknown,
  path: Path,
  depth: number,
  classes: ClassPacker | undefined,
  key: string | undefined,
): Json {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw notSerializable(path, "a string with a lone surrogate");
      return value;
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value) && !Object.is(value, -0)) return value;
      return { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: value.toString() };
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
    return packFields(value as Record<string, unknown>, path, depth, undefined);
  }
  if (Array.isArray(value)) return packArray(value, path, depth, classes, key);
  if (types.isUint8Array(value)) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  }
  if (isRoot(Object.getPrototypeOf(prototype) as object)) {
    if (types.isDate(value)) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
    if (types.isSet(value)) return { $set: packArray([...value], path, depth, classes, key) };
    if (types.isMap(value)) return { $map: packEntries(value, path, depth, classes, key) };
  }
  const packed = classes?.(value, key);
  if (packed !== undefined) return packFields(packed.fields, path, depth, packed.packer);
  throw notSerializable(path, `an instance of ${className(value)}`, value);
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
  return Array.from(map, ([key, value], index) => [
    packValue(key, { parent: path, key: `(key ${index})` }, depth, undefined, undefined),
    packValue(
      value,
      { parent: path, key: typeof key === "string" ? key : `(value ${index})` },
      depth,
      classes,
      field,
    ),
  ]);
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
    if (!key.isWellFormed()) throw notSerializable(here, "a key with a lone surrogate");
    const packed = packValue(value, here, depth, classes, key);
    if (copy === undefined && packed !== value) {
      copy = {};
      for (const earlier of keys.slice(0, index)) copy[earlier] = fields[earlier] as Json;
    }
    if (copy !== undefined) copy[key] = packed;
  }
  const result = copy ?? (fields as { readonly [key: string]: Json });
  return keys.length === 1 && keys[0]?.startsWith("$") ? { $object: result } : result;
}

function unpackValue(json: Json, path: Path, depth: number): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (depth + 1 > MAX_DEPTH) throw tooDeep(path);
  if (Array.isArray(json)) return unpackArray(json as Json[], path, depth + 1);
  const fields = json as Record<string, Json>;
  const keys = Object.keys(fields);
  const only = keys.length === 1 ? keys[0] : undefined;
  if (only?.startsWith("$")) return unpackTag(only, fields[only] as Json, path, depth);
  return unpackFields(fields, keys, path, depth + 1);
}

function unpackArray(array: Json[], path: Path, depth: number): unknown[] {
  const result: unknown[] = array;
  for (let index = 0; index < array.length; index++) {
    const element = array[index] as Json;
    if (typeof element === "object" && element !== null) {
      result[index] = unpackValue(element, { parent: path, key: index }, depth);
    }
  }
  return result;
}

function unpackFields(fields: Record<string, Json>, keys: string[], path: Path, depth: number): unknown {
  const result: Record<string, unknown> = fields;
  for (const key of keys) {
    const value = fields[key] as Json;
    const here: Path = { parent: path, key };
    checkKey(key, value, here);
    if (typeof value === "object" && value !== null) result[key] = unpackValue(value, here, depth);
  }
  return result;
}

function unpackTag(tag: string, body: Json, path: Path, depth: number): unknown {
  const here: Path = { parent: path, key: tag };
  switch (tag) {
    case "$date":
      if (body === null) return new Date(Number.NaN);
      if (typeof body === "string" && isIsoDate(body)) return new Date(body);
      break;
    case "$bigint":
      if (typeof body === "string" && /^-?\d+$/.test(body)) return BigInt(body);
      break;
    case "$number":
      if (typeof body === "string" && NUMBERS.has(body)) return NUMBERS.get(body);
      break;
    case "$undefined":
      if (body === true) return undefined;
      break;
    case "$bytes":
      if (typeof body === "string" && BASE64.test(body)) return new Uint8Array(Buffer.from(body, "base64"));
      break;
    case "$set":
      if (Array.isArray(body)) return new Set(unpackArray(body as Json[], here, depth + 1));
      break;
    case "$map":
      if (Array.isArray(body) && body.every((entry) => Array.isArray(entry) && entry.length === 2)) {
        return new Map(unpackArray(body as Json[], here, depth) as [unknown, unknown][]);
      }
      break;
    case "$object":
      if (typeof body === "object" && body !== null && !Array.isArray(body)) {
        return unpackFields(body as Record<string, Json>, Object.keys(body), here, depth + 1);
      }
      break;
    default:
      throw new CorruptState(
        `${formatPath(path)} has the unknown tag ${JSON.stringify(tag)}. An object with one key that begins ` +
          'with "$" is written {"$object":{…}}.',
        { path: formatPath(path), tag },
      );
  }
  throw new CorruptState(`${formatPath(here)} is not what the tag ${tag} holds.`, { path: formatPath(here) });
}

const NUMBERS = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function isIsoDate(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text;
}

function checkKey(key: string, value: unknown, path: Path): void {
  const reachesPrototype =
    key === "__proto__" ||
    (key === "constructor" &&
      typeof value === "object" &&
      value !== null &&
      Object.hasOwn(value, "prototype"));
  if (!reachesPrototype) return;
  throw new ForbiddenKey(`${formatPath(path)} is a forbidden key: it could change an object's prototype.`, {
    path: formatPath(path),
  });
}

function notSerializable(path: Path, what: string, value?: object): NotSerializable {
  const where = formatPath(path);
  const hint =
    value === undefined
      ? "Leave it out, or mark the field @Transient."
      : "Declare its class with class-transformer's @Type on the field that holds it, store plain data, or mark " +
        "the field @Transient.";
  return new NotSerializable(`${where} is ${what}, which cannot be kept. ${hint}`, {
    path: where,
    found: what,
  });
}

function tooDeep(path: Path): TooDeep {
  const where = formatPath(path);
  const shown = where.length > 120 ? `${where.slice(0, 60)}…${where.slice(-40)}` : where;
  return new TooDeep(`${shown} is nested more than ${MAX_DEPTH} levels deep, or contains itself.`, {
    path: shown,
    limit: MAX_DEPTH,
  });
}

function className(value: object): string {
  const { constructor: type } = value;
  return typeof type === "function" && type.name !== "" ? type.name : "an unnamed class";
}
