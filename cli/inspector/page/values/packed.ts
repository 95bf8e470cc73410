/**
 * Packed values as people read them: what a tag such as `{"$map":[…]}` stands for, and what is inside. Nothing is unpacked for
 * good: what a tag cannot mean is shown as the object that it is, with a note, since a damaged state is the one to look at.
 */
import type { Json } from "./json";
import type { Step } from "./path";

export type LeafKind = "string" | "number" | "boolean" | "null" | "undefined" | "bigint" | "date" | "bytes";

export interface Leaf {
  readonly kind: LeafKind;
  /** As it is shown, and copied: a string without its quotes. */
  readonly text: string;
  /** The name of its type, where that is not plain to see. */
  readonly type?: string;
}

export interface Branch {
  readonly kind: "object" | "array" | "map" | "set";
  readonly size: number;
  readonly children: (from: number, to: number) => readonly Child[];
  /** Said of a tag that is not what it should be. */
  readonly note?: string;
}

export type Shown = Leaf | Branch;

export interface Child {
  readonly step: Step;
  readonly value: Json;
}

export function isBranch(shown: Shown): shown is Branch {
  return "children" in shown;
}

type Fields = Readonly<Record<string, Json>>;

export function read(json: Json): Shown {
  if (json === null) return { kind: "null", text: "null" };
  if (typeof json === "string") return { kind: "string", text: json };
  if (typeof json === "number") return { kind: "number", text: String(json) };
  if (typeof json === "boolean") return { kind: "boolean", text: String(json) };
  if (isArray(json)) return arrayOf(json);
  const fields = json as Fields;
  const tag = tagOf(fields);
  if (tag === undefined) return objectOf(fields);
  return readTag(tag, fields[tag] as Json) ?? { ...objectOf(fields), note: `${tag} is no tag like this` };
}

/** The one key of an object that stands for something else. */
export function tagOf(fields: Fields): string | undefined {
  const keys = Object.keys(fields);
  return keys.length === 1 && keys[0]?.startsWith("$") ? keys[0] : undefined;
}

/** What a tag stands for; undefined when it has no such body, or is not known. */
export function readTag(tag: string, body: Json): Shown | undefined {
  switch (tag) {
    case "$date":
      return readDate(body);
    case "$bigint":
      return isText(body) && /^-?\d+$/.test(body)
        ? { kind: "bigint", text: body, type: "bigint" }
        : undefined;
    case "$number":
      return isText(body) && NUMBERS.has(body) ? { kind: "number", text: body } : undefined;
    case "$undefined":
      return body === true ? { kind: "undefined", text: "undefined" } : undefined;
    case "$bytes":
      return readBytes(body);
    case "$set":
      return isArray(body) ? setOf(body) : undefined;
    case "$map":
      return isArray(body) && body.every(isEntry)
        ? mapOf(body as readonly (readonly [Json, Json])[])
        : undefined;
    case "$object":
      return isFields(body) && tagOf(body) !== undefined ? objectOf(body) : undefined;
    default:
      return undefined;
  }
}

const NUMBERS: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity", "-0"]);

function readDate(body: Json): Leaf | undefined {
  if (body === null) return { kind: "date", text: "Invalid Date", type: "Date" };
  if (!isText(body)) return undefined;
  const date = new Date(body);
  const isIso = !Number.isNaN(date.getTime()) && date.toISOString() === body;
  return isIso ? { kind: "date", text: body, type: "Date" } : undefined;
}

const SHOWN_BYTES = 24;

function readBytes(body: Json): Leaf | undefined {
  if (!isText(body)) return undefined;
  try {
    const binary = atob(body);
    const hex = Array.from(binary.slice(0, SHOWN_BYTES), (one) =>
      one.charCodeAt(0).toString(16).padStart(2, "0"),
    );
    const rest = binary.length > SHOWN_BYTES ? " …" : "";
    return { kind: "bytes", text: `${hex.join(" ")}${rest}`, type: `Uint8Array(${binary.length})` };
  } catch {
    return undefined;
  }
}

function objectOf(fields: Fields): Branch {
  const keys = Object.keys(fields);
  return {
    kind: "object",
    size: keys.length,
    children: (from, to) =>
      keys.slice(from, to).map((name) => ({ step: { kind: "field", name }, value: fields[name] as Json })),
  };
}

function arrayOf(array: readonly Json[]): Branch {
  return {
    kind: "array",
    size: array.length,
    children: (from, to) =>
      array
        .slice(from, to)
        .map((value, offset) => ({ step: { kind: "index", index: from + offset }, value })),
  };
}

function setOf(values: readonly Json[]): Branch {
  return {
    kind: "set",
    size: values.length,
    children: (from, to) =>
      values
        .slice(from, to)
        .map((value, offset) => ({ step: { kind: "element", index: from + offset }, value })),
  };
}

function mapOf(entries: readonly (readonly [Json, Json])[]): Branch {
  return {
    kind: "map",
    size: entries.length,
    children: (from, to) =>
      entries
        .slice(from, to)
        .map(([key, value], offset) => ({ step: { kind: "entry", key, index: from + offset }, value })),
  };
}

/** In a line: `{ total: 10, items: Array(3) }`. */
export function preview(json: Json, length = 80): string {
  const shown = read(json);
  if (!isBranch(shown)) return previewLeaf(shown, length);
  let text = "";
  for (const { step, value } of shown.children(0, MOST_PREVIEWED)) {
    const label = previewLabel(step);
    text += `${text === "" ? "" : ", "}${label}${previewInside(value)}`;
    if (text.length > length) break;
  }
  const rest = shown.size > MOST_PREVIEWED ? ", …" : "";
  const [open, close] = shown.kind === "array" ? ["[", "]"] : shown.size === 0 ? ["{", "}"] : ["{ ", " }"];
  const name =
    shown.kind === "map" ? `Map(${shown.size}) ` : shown.kind === "set" ? `Set(${shown.size}) ` : "";
  const whole = `${name}${open}${text}${rest}${close}`;
  return whole.length <= length ? whole : `${whole.slice(0, length - 1).toWellFormed()}…`;
}

const MOST_PREVIEWED = 12;

function previewLabel(step: Step): string {
  if (step.kind === "field") return `${step.name}: `;
  return step.kind === "entry" ? `${previewInside(step.key)} → ` : "";
}

function previewInside(value: Json): string {
  const shown = read(value);
  return isBranch(shown) ? typeOf(shown) : previewLeaf(shown, 32);
}

function previewLeaf({ kind, text }: Leaf, length: number): string {
  const cut = text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
  if (kind === "string") return JSON.stringify(cut);
  return kind === "bigint" ? `${cut}n` : cut;
}

/** `Map(3)`, `{…}`. */
export function typeOf({ kind, size }: Branch): string {
  if (kind === "array") return `Array(${size})`;
  if (kind === "map") return `Map(${size})`;
  if (kind === "set") return `Set(${size})`;
  return size === 0 ? "{}" : "{…}";
}

function isText(json: Json): json is string {
  return typeof json === "string";
}

function isArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

function isEntry(json: Json): boolean {
  return isArray(json) && json.length === 2;
}

function isFields(json: Json): json is Fields {
  return typeof json === "object" && json !== null && !isArray(json);
}
