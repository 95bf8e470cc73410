/** The values that DynamoDB's items hold here, how it compares and measures them, and its refusals. */
import { ServiceError } from "./service";

export type Value = string | number | boolean;
/** Never changed once it is stored: versions of an item may be handed out and compared. */
export type Item = Readonly<Record<string, Value>>;
export type Attributes = Record<string, Value>;

const MAX_ITEM_BYTES = 400 * 1_024;
const MAX_NUMBER_BYTES = 21;

export function invalid(message: string): ServiceError {
  return new ServiceError("ValidationException", message, { $fault: "client" });
}

/** A defect of the simulation, or a use of DynamoDB that it should be taught. */
export function unsupported(what: string, where: string): Error {
  return new Error(`The simulated DynamoDB does not know ${what}: ${where}`);
}

/**
 * Attributes as the document client sends them, with its default options: it leaves out what is undefined, and refuses
 * numbers that are not exact.
 */
export function attributesOf(fields: Readonly<Record<string, unknown>>): Item {
  const attributes: Attributes = {};
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    if (typeof value === "number") {
      // DynamoDB has no negative zero.
      attributes[name] = exact(value) + 0;
    } else if (typeof value === "string" || typeof value === "boolean") attributes[name] = value;
    else throw unsupported(`values such as ${String(value)}`, name);
  }
  return attributes;
}

function exact(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`Special numeric value ${value} is not allowed`);
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  const side = value > 0 ? "greater than Number.MAX" : "lesser than Number.MIN";
  throw new Error(`Number ${value} is ${side}_SAFE_INTEGER. Use NumberValue from @aws-sdk/lib-dynamodb.`);
}

/** Numbers by size, texts by their bytes; both are of one type. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return compareTexts(String(a), String(b));
}

/** By UTF-8 bytes, which differs from JavaScript's order for what lies beyond U+FFFF. */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [unitA, unitB] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (unitA !== unitB) return rankOf(unitA) - rankOf(unitB);
  }
  return a.length - b.length;
}

function rankOf(unit: number): number {
  const isSurrogate = unit >= 0xd800 && unit < 0xe000;
  return isSurrogate ? unit + 0x1_0000 : unit;
}

/** @throws ValidationException */
export function checkItemSize(item: Item, act: "" | " to update"): void {
  if (mostBytesOf(item) <= MAX_ITEM_BYTES || bytesOf(item) <= MAX_ITEM_BYTES) return;
  throw invalid(`Item size${act} has exceeded the maximum allowed size`);
}

/** Quicker to say than the exact size, which nearly no item needs. */
function mostBytesOf(item: Item): number {
  let bytes = 0;
  for (const name in item) {
    const value = item[name];
    bytes += 3 * name.length + (typeof value === "string" ? 3 * value.length : MAX_NUMBER_BYTES);
  }
  return bytes;
}

/** As DynamoDB counts: names and values. */
export function bytesOf(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += Buffer.byteLength(name) + bytesOfValue(item[name] as Value);
  return bytes;
}

function bytesOfValue(value: Value): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "boolean") return 1;
  const digits = String(Math.abs(value)).replace(/^0\.|\./, "").length;
  return Math.ceil(digits / 2) + (value < 0 ? 2 : 1);
}
