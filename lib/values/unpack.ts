/** From JSON with tags back to values; `codec.ts` lists the tags. */
import { CorruptState } from "../errors";
import { quote, shorten } from "../quote";
import { checkKey, checkText, type Json, MAX_BIGINT_DIGITS, MAX_DEPTH, tooDeep } from "./json";
import { formatPath, type Path } from "./path";

/**
 * The inverse of {@link pack}. May reuse and change `json`, which the caller gives away.
 * @throws CorruptState for an unknown tag; ForbiddenKey, TooDeep: each with the path
 */
export function unpack(json: Json, root: string): unknown {
  return unpackValue(json, { parent: undefined, key: root }, 0);
}

function unpackValue(json: Json, path: Path, depth: number): unknown {
  if (typeof json === "string") return checkText(json, path);
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return unpackArray(json as Json[], path, depth + 1);
  const fields = json as Record<string, Json>;
  const keys = Object.keys(fields);
  const only = keys.length === 1 ? keys[0] : undefined;
  if (only?.startsWith("$")) return unpackTag(only, fields[only] as Json, path, depth);
  return unpackFields(fields, keys, path, depth + 1);
}

function unpackArray(array: Json[], path: Path, depth: number): unknown[] {
  if (depth > MAX_DEPTH) throw tooDeep(path);
  const result: unknown[] = array;
  for (let index = 0; index < array.length; index++) {
    const element = array[index] as Json;
    if (typeof element === "object" || typeof element === "string") {
      result[index] = unpackValue(element, { parent: path, key: index }, depth);
    }
  }
  return result;
}

function unpackFields(fields: Record<string, Json>, keys: string[], path: Path, depth: number): unknown {
  if (depth > MAX_DEPTH) throw tooDeep(path);
  const result: Record<string, unknown> = fields;
  for (const key of keys) {
    const value = fields[key] as Json;
    const here: Path = { parent: path, key };
    checkKey(key, value, here);
    if (typeof value === "object" || typeof value === "string") result[key] = unpackValue(value, here, depth);
  }
  return result;
}

/** The entries of a Map: the pairs are no level of their own, as they are none when packed. */
function unpackEntries(entries: Json[], path: Path, depth: number): Map<unknown, unknown> {
  if (depth > MAX_DEPTH) throw tooDeep(path);
  const map = new Map<unknown, unknown>();
  entries.forEach((entry, index) => {
    const [key, value] = entry as [Json, Json];
    const pair: Path = { parent: path, key: index };
    map.set(
      unpackValue(key, { parent: pair, key: 0 }, depth),
      unpackValue(value, { parent: pair, key: 1 }, depth),
    );
  });
  return map;
}

function unpackTag(tag: string, body: Json, path: Path, depth: number): unknown {
  const here: Path = { parent: path, key: tag };
  switch (tag) {
    case "$date":
      if (body === null) return new Date(Number.NaN);
      if (typeof body === "string" && isIsoDate(body)) return new Date(body);
      break;
    case "$bigint":
      if (typeof body === "string" && body.length <= MAX_BIGINT_DIGITS && /^-?\d+$/.test(body))
        return BigInt(body);
      break;
    case "$number":
      if (typeof body === "string" && NUMBERS.has(body)) return NUMBERS.get(body);
      break;
    case "$undefined":
      if (body === true) return undefined;
      break;
    case "$bytes":
      if (typeof body === "string") {
        const bytes = Buffer.from(body, "base64");
        if (bytes.toString("base64") === body) return new Uint8Array(bytes);
      }
      break;
    case "$set":
      if (Array.isArray(body)) return new Set(unpackArray(body as Json[], here, depth + 1));
      break;
    case "$map":
      if (Array.isArray(body) && body.every((entry) => Array.isArray(entry) && entry.length === 2)) {
        return unpackEntries(body as Json[], here, depth + 1);
      }
      break;
    case "$object":
      if (isEscaped(body)) return unpackFields(body, Object.keys(body), here, depth + 1);
      break;
    default:
      throw new CorruptState(
        `${formatPath(path)} has the unknown tag ${quote(tag)}. An object with one key that begins ` +
          'with "$" is written {"$object":{…}}.',
        { path: formatPath(path), tag: shorten(tag) },
      );
  }
  throw new CorruptState(`${formatPath(here)} is not what the tag ${shorten(tag)} holds.`, {
    path: formatPath(here),
  });
}

const NUMBERS = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/** Only what would be taken for a tag is wrapped. */
function isEscaped(body: Json): body is Record<string, Json> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  const [only, ...others] = Object.keys(body);
  return only?.startsWith("$") === true && others.length === 0;
}

function isIsoDate(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text;
}
