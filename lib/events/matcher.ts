/**
 * What a field of an event is compared with: one of the values of an event pattern. It means what it means in EventBridge,
 * which decides with it what to deliver.
 */

/**
 * One condition on a field. Text is compared character by character, numbers as numbers; a text never equals a number.
 *
 * - `prefix`, `suffix`, `equals-ignore-case`: for text.
 * - `wildcard`: text in which `*` stands for any characters or none; `\*` is an asterisk, `\\` a backslash. EventBridge also
 *   refuses a rule whose wildcards it finds too complex, by a measure that it does not tell.
 * - `numeric`: a comparison such as `["<", 10]`, or a range such as `[">", 0, "<=", 5]`.
 * - `exists`: whether the field is there with a value: text, a number, a boolean or null, alone or in an array.
 * - `anything-but`: any value but these. A field that is missing has none.
 */
export type Matcher =
  | string
  | number
  | boolean
  | null
  | TextMatcher
  | { readonly numeric: NumericRange }
  | { readonly exists: boolean }
  | { readonly "anything-but": Exceptions };

export type TextMatcher =
  | { readonly prefix: string | IgnoringCase }
  | { readonly suffix: string | IgnoringCase }
  | { readonly wildcard: string }
  | IgnoringCase;

export interface IgnoringCase {
  readonly "equals-ignore-case": string;
}

/** Limits are from -5e9 to 5e9, with at most six decimals; the second is greater than the first. */
export type NumericRange =
  | readonly ["=" | "<" | "<=" | ">" | ">=", number]
  | readonly [">" | ">=", number, "<" | "<=", number];

/** Texts, or numbers, or what a text must not begin with, end with, and so on. */
export type Exceptions =
  | string
  | number
  | readonly string[]
  | readonly number[]
  | { readonly prefix: string | readonly string[] }
  | { readonly suffix: string | readonly string[] }
  | { readonly wildcard: string | readonly string[] }
  | { readonly "equals-ignore-case": string | readonly string[] };

/** Whether a value that the event has meets the condition. */
export function matchesValue(matcher: Matcher, value: unknown): boolean {
  if (typeof matcher !== "object" || matcher === null) return value === matcher;
  if ("exists" in matcher) return matcher.exists;
  if ("numeric" in matcher) return typeof value === "number" && isInRange(value, matcher.numeric);
  if ("anything-but" in matcher) return !isException(value, matcher["anything-but"]);
  return typeof value === "string" && matchesText(matcher, value);
}

/** Whether a field that the event does not have meets the condition. */
export function matchesMissing(matcher: Matcher): boolean {
  return isObject(matcher) && "exists" in matcher && !matcher.exists;
}

const COMPARISONS = {
  "=": (value: number, limit: number) => value === limit,
  "<": (value: number, limit: number) => value < limit,
  "<=": (value: number, limit: number) => value <= limit,
  ">": (value: number, limit: number) => value > limit,
  ">=": (value: number, limit: number) => value >= limit,
};

function isInRange(value: number, range: NumericRange): boolean {
  if (!COMPARISONS[range[0]](value, range[1])) return false;
  return range.length === 2 || COMPARISONS[range[2]](value, range[3]);
}

function isException(value: unknown, exceptions: Exceptions): boolean {
  if (!isObject(exceptions)) return listOf(exceptions).includes(value);
  const [[operator = "", texts] = []] = Object.entries(exceptions);
  return listOf(texts).some((text) => matchesValue({ [operator]: text } as unknown as TextMatcher, value));
}

function matchesText(matcher: TextMatcher, text: string): boolean {
  if ("wildcard" in matcher) return matchesWildcard(matcher.wildcard, text);
  if ("prefix" in matcher) {
    const { prefix } = matcher;
    if (typeof prefix === "string") return text.startsWith(prefix);
    return endOfPrefix(text, prefix["equals-ignore-case"]) !== undefined;
  }
  if ("suffix" in matcher) {
    const { suffix } = matcher;
    if (typeof suffix === "string") return text.endsWith(suffix);
    return endsIgnoringCase(text, suffix["equals-ignore-case"]);
  }
  return endOfPrefix(text, matcher["equals-ignore-case"]) === text.length;
}

/** EventBridge looks for a character in its lower and in its upper case, which may be longer: "ß" and "SS". */
function casesOf(character: string): string[] {
  return [character.toLowerCase(), character.toUpperCase()];
}

/** Where the prefix, in whatever case, ends in the text. */
function endOfPrefix(text: string, prefix: string): number | undefined {
  let end = 0;
  for (const character of prefix) {
    const found = casesOf(character).find((form) => text.startsWith(form, end));
    if (found === undefined) return undefined;
    end += found.length;
  }
  return end;
}

function endsIgnoringCase(text: string, suffix: string): boolean {
  let start = text.length;
  for (const character of [...suffix].reverse()) {
    const found = casesOf(character).find((form) => text.endsWith(form, start));
    if (found === undefined) return false;
    start -= found.length;
  }
  return true;
}

/** Looks for each part once, from left to right: no text makes it slow, as it would a regular expression. */
function matchesWildcard(wildcard: string, text: string): boolean {
  const [first = "", ...middle] = partsOf(wildcard);
  const last = middle.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let end = first.length;
  for (const part of middle) {
    const found = text.indexOf(part, end);
    if (found === -1) return false;
    end = found + part.length;
  }
  return end <= text.length - last.length && text.endsWith(last);
}

/** A wildcard's characters, each with the backslash before it. */
export const WILDCARD_CHARACTERS = /\\?[\s\S]/g;

/** The texts between a wildcard's asterisks. */
function partsOf(wildcard: string): string[] {
  const parts = [""];
  for (const [character] of wildcard.matchAll(WILDCARD_CHARACTERS)) {
    if (character === "*") parts.push("");
    else parts.push(`${parts.pop()}${character.at(-1)}`);
  }
  return parts;
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
