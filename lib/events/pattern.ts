/**
 * Event patterns: which events a listener is for. The router decides with them, on AWS and on the embedded engine, and the
 * same pattern stands in the EventBridge rule that brings the events: what is accepted here means the same there.
 *
 * All fields of a pattern have to match, by any of their conditions. A dot joins keys, in patterns and in events:
 * `{ "a.b": … }` and `{ a: { b: … } }` are one field. By arrays in the event a field has several values, and any will do; but
 * fields that run through the same array are all taken from the same element of it.
 */
import { MAX_DEPTH } from "../values/json";
import type { Path } from "../values/path";
import { checkMatcher, invalidPattern } from "./check-matcher";
import { type Field, hasAll } from "./fields";
import { isObject, type Matcher } from "./matcher";

export type { Matcher } from "./matcher";

/**
 * Conditions on the detail of an event, in its shape.
 * @example { country: ["DE", "AT"], customer: { email: [{ suffix: "@example.com" }] } }
 */
export interface DetailPattern {
  /** Two patterns or more, of which one has to match. */
  readonly $or?: readonly DetailPattern[];
  /** The conditions on a field, or on the fields of an object. */
  readonly [field: string]: readonly Matcher[] | DetailPattern | readonly DetailPattern[] | undefined;
}

export interface EventPattern {
  readonly source?: readonly Matcher[];
  readonly "detail-type"?: readonly Matcher[];
  readonly detail?: DetailPattern;
}

/** The most characters that a rule's pattern has as JSON; without a raised quota it is half of that. */
const MAX_LENGTH = 4_096;
/** The most ways to match: the lengths of all `$or` multiplied. */
const MAX_COMBINATIONS = 1_000;

/** No names of fields within `$or`: operators, and what EventBridge keeps for later ones. */
const RESERVED = new Set(
  (
    "exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr html = < <= > >= regex " +
    "not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before in-date-range " +
    "ip-address-in-range ip-address-not-in-range"
  ).split(" "),
);

/**
 * A copy of the pattern.
 * @param field what the pattern is called in errors
 * @throws InvalidDefinition for what EventBridge would refuse, and for what is not known here
 */
export function checkPattern(pattern: unknown, field: string): EventPattern {
  const path: Path = { parent: undefined, key: field };
  for (const [key, value] of entriesOf(pattern, path)) {
    const inner = { parent: path, key };
    if (key === "detail") checkFields(value, inner, 2);
    else if (key === "source" || key === "detail-type") checkMatchers(value, inner);
    else throw invalidPattern(inner, "is none of source, detail-type and detail");
  }
  const text = JSON.stringify(pattern);
  if (text.length > MAX_LENGTH) {
    throw invalidPattern(path, `has ${text.length} characters as JSON, which is more than ${MAX_LENGTH}`);
  }
  const copy = JSON.parse(text) as EventPattern;
  const combinations = combinationsOf(copy);
  if (combinations > MAX_COMBINATIONS) {
    throw invalidPattern(
      path,
      `has ${combinations} combinations by $or, which is more than ${MAX_COMBINATIONS}`,
    );
  }
  for (const fields of alternativesOf(copy)) {
    const twice = fields.find(([name], index) => fields.findIndex(([other]) => other === name) !== index);
    if (twice !== undefined) throw invalidPattern(path, `has "${twice[0]}" twice: only one would count`);
  }
  return copy;
}

function checkFields(fields: unknown, path: Path, depth: number, isAlternative = false): void {
  if (depth > MAX_DEPTH) throw invalidPattern(path, `is nested more than ${MAX_DEPTH} levels deep`);
  for (const [key, value] of entriesOf(fields, path)) {
    const inner = { parent: path, key };
    if (key === "$or") {
      checkAlternatives(value, inner, depth);
      continue;
    }
    const isName = key.isWellFormed() && !key.split(".").includes("");
    if (!isName) throw invalidPattern(inner, "is no name of a field");
    if (isAlternative && RESERVED.has(key)) throw invalidPattern(inner, "is a reserved name within $or");
    if (Array.isArray(value)) checkMatchers(value, inner);
    else checkFields(value, inner, depth + 1, isAlternative);
  }
}

function checkAlternatives(alternatives: unknown, path: Path, depth: number): void {
  if (!Array.isArray(alternatives) || alternatives.length < 2) {
    throw invalidPattern(path, "is no array of two patterns or more");
  }
  for (const [index, alternative] of alternatives.entries()) {
    checkFields(alternative, { parent: path, key: index }, depth + 1, true);
  }
}

function checkMatchers(matchers: unknown, path: Path): void {
  if (!Array.isArray(matchers)) throw invalidPattern(path, "is no array of values");
  if (matchers.length === 0) throw invalidPattern(path, "is an empty array");
  for (const [index, matcher] of matchers.entries()) checkMatcher(matcher, { parent: path, key: index });
}

function entriesOf(fields: unknown, path: Path): [string, unknown][] {
  if (!isObject(fields)) throw invalidPattern(path, "is neither an array of values nor an object of fields");
  const entries = Object.entries(fields);
  if (entries.length === 0) throw invalidPattern(path, "is an empty object");
  return entries;
}

/** As EventBridge counts: the lengths of all `$or` multiplied, also of those within one another. */
function combinationsOf(pattern: object): number {
  let product = 1;
  for (const [key, value] of Object.entries(pattern)) {
    if (key === "$or") product *= value.length;
    const parts = key === "$or" ? value : Array.isArray(value) ? [] : [value];
    for (const part of parts) product *= combinationsOf(part);
  }
  return product;
}

/** The fields of a pattern, for each combination of what its `$or` allow. */
function alternativesOf(
  pattern: object,
  prefix = "",
  alternatives: readonly Field[][] = [[]],
): readonly Field[][] {
  let all = alternatives;
  for (const [key, value] of Object.entries(pattern)) {
    const before = all;
    if (key === "$or") all = value.flatMap((part: object) => alternativesOf(part, prefix, before));
    else if (Array.isArray(value)) all = before.map((fields) => [...fields, [prefix + key, value]]);
    else all = alternativesOf(value, `${prefix}${key}.`, before);
  }
  return all;
}

/**
 * Whether the event, in EventBridge's form, matches.
 * @param pattern one that was checked
 * @param event of whatever form; what is no JSON object does not match
 */
export function matches(pattern: EventPattern, event: unknown): boolean {
  return isObject(event) && alternativesOf(pattern).some((fields) => hasAll(fields, event));
}
