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
import { CorruptState } from "../errors";
import { type Json, MAX_DEPTH } from "./json";
import { type ClassPacker, pack, packInstance } from "./pack";
import { unpack } from "./unpack";

export { type Json, MAX_DEPTH } from "./json";
export { type ClassPacker, pack } from "./pack";
export { unpack } from "./unpack";

/** {@link pack}, then JSON text. */
export function encode(value: unknown, root: string, classes?: ClassPacker): string {
  return JSON.stringify(pack(value, root, classes));
}

/** {@link packInstance}, then JSON text. */
export function encodeFields(
  fields: Readonly<Record<string, unknown>>,
  root: string,
  classes: ClassPacker,
): string {
  return JSON.stringify(packInstance(fields, root, classes));
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
  return isPlain(text) ? json : unpack(json, root);
}

/**
 * True for JSON text that stands for itself: without anything that could be a tag, a risky key or a lone surrogate, and
 * without more brackets than the deepest value may have.
 */
function isPlain(text: string): boolean {
  return text.isWellFormed() && !NEEDS_UNPACK.test(text) && !nestsDeeply(text);
}

function nestsDeeply(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) isInString = false;
    } else if (code === QUOTE) isInString = true;
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      depth++;
      if (depth > MAX_DEPTH) return true;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
  }
  return false;
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}');

const NEEDS_UNPACK = /"\$|__proto__|"constructor"|\\u/;
