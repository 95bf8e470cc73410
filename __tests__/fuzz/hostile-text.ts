/**
 * Hostile texts as arbitraries of fast-check. Two kinds: mutations of valid texts, cheap, for volume; and texts that are
 * made from nothing, by their structure.
 */
import fc from "fast-check";
import { KEYS, LARGE_VALUES, VALUES } from "./dictionary";
import { type Item, type Spans, spansOf } from "./json-spans";
import { smallerTexts } from "./shrink-text";

interface Seed {
  readonly text: string;
  readonly spans: Spans;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const MAX_EDITS = 4;
/** Mostly one: what is wrong in many places is refused for the first of them. */
const MANY_EDITS_EVERY = 4;
const LARGE_EVERY = 300;

/** Valid JSON texts with some of their parts changed. With `garbled` some are no JSON any more. */
export function mutated(
  seeds: readonly string[],
  options: { readonly garbled?: boolean } = {},
): fc.Arbitrary<string> {
  return new Mutated(
    seeds.map((text) => ({ text, spans: spansOf(text) })),
    options.garbled ?? false,
  );
}

class Mutated extends fc.Arbitrary<string> {
  constructor(
    private readonly seeds: readonly Seed[],
    private readonly isGarbled: boolean,
  ) {
    super();
  }

  override generate(dice: fc.Random): fc.Value<string> {
    const seed = one(dice, this.seeds);
    const count = dice.nextInt(1, MANY_EDITS_EVERY) === 1 ? dice.nextInt(2, MAX_EDITS) : 1;
    const edits = Array.from({ length: count }, () => this.edit(dice, seed));
    const text = edited(seed.text, edits);
    return new fc.Value(
      this.isGarbled && dice.nextInt(0, 7) === 0 ? edited(text, [garble(dice, text)]) : text,
      undefined,
    );
  }

  override canShrinkWithoutContext(value: unknown): value is string {
    return typeof value === "string";
  }

  override shrink(text: string): fc.Stream<fc.Value<string>> {
    const smaller = smallerTexts(text, !this.isGarbled);
    return new fc.Stream(smaller).map((shorter) => new fc.Value(shorter, undefined));
  }

  private edit(dice: fc.Random, { text, spans }: Seed): Edit {
    const { values, keys, items } = spans;
    const kind = dice.nextInt(0, 9);
    if (kind === 0 && items.length > 0) {
      const { cutStart, cutEnd } = one(dice, items);
      return { start: cutStart, end: cutEnd, text: "" };
    }
    if (kind === 1 && items.length > 0) return repeated(dice, text, one(dice, items));
    if (kind === 2 && keys.length > 0) return { ...one(dice, keys), text: one(dice, KEYS) };
    if (kind === 3 && keys.length > 0) {
      const { start } = one(dice, keys);
      return { start, end: start, text: `${one(dice, KEYS)}:${someValue(dice)},` };
    }
    const { start, end } = one(dice, values);
    if (kind === 4) return { start, end, text: wrapped(dice, text.slice(start, end)) };
    if (kind === 5) {
      const other = one(dice, this.seeds);
      const part = one(dice, other.spans.values);
      return { start, end, text: other.text.slice(part.start, part.end) };
    }
    if (kind === 6 && text[start] === '"') {
      const at = dice.nextInt(start + 1, end - 1);
      // Behind a backslash it would be another escape, or none.
      if (text[at - 1] !== "\\") return { start: at, end: at, text: one(dice, KEYS).slice(1, -1) };
    }
    return { start, end, text: someValue(dice) };
  }
}

function repeated(dice: fc.Random, text: string, { start, end }: Item): Edit {
  const times = dice.nextInt(0, LARGE_EVERY) === 0 ? 300 : dice.nextInt(1, 3);
  return { start, end: start, text: `${text.slice(start, end)},`.repeat(times) };
}

const WRAPPERS = [
  ["[", "]"],
  ['{"a":', "}"],
  ['{"$set":[', "]}"],
  ['{"$map":[[0,', "]]}"],
  ['{"$object":{"$x":', "}}"],
  ['{"__proto__":', "}"],
  ['{"constructor":{"prototype":', "}}"],
] as const;

function wrapped(dice: fc.Random, inner: string): string {
  const [before, after] = one(dice, WRAPPERS);
  const levels = dice.nextInt(0, LARGE_EVERY) === 0 ? dice.nextInt(95, 105) : dice.nextInt(1, 3);
  return before.repeat(levels) + inner + after.repeat(levels);
}

const NOISE = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\u0000",
  "\ud800",
  "\\u",
  "-",
  "e",
  "\n",
  "__proto__",
];

function garble(dice: fc.Random, text: string): Edit {
  const start = dice.nextInt(0, text.length);
  const end = Math.min(text.length, start + (dice.nextInt(0, 1) === 0 ? 0 : dice.nextInt(1, 12)));
  return { start, end, text: one(dice, NOISE) };
}

function someValue(dice: fc.Random): string {
  return one(dice, dice.nextInt(0, LARGE_EVERY) === 0 ? LARGE_VALUES : VALUES);
}

/** Of edits that overlap, the first counts. */
function edited(text: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  let last = -1;
  for (const edit of edits.toSorted((one, other) => one.start - other.start)) {
    if (edit.start < at || edit.start === last) continue;
    last = edit.start;
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

function one<T>(dice: fc.Random, list: readonly T[]): T {
  return list[dice.nextInt(0, list.length - 1)] as T;
}

/** Any code points, surrogates alone among them. (fast-check's own unit for this takes most of a second to be made.) */
const codePoint = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));

export function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: codePoint, maxLength });
}

const leaf = fc.oneof(
  { weight: 300, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: fc.constantFrom(...LARGE_VALUES) },
  { weight: 60, arbitrary: anyText(12).map((text) => JSON.stringify(text)) },
  { weight: 60, arbitrary: fc.double().map((number) => JSON.stringify(number)) },
  { weight: 30, arbitrary: fc.integer().map(String) },
);

const key = fc.constantFrom(...KEYS);

const objectOf = (value: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(key, value), { maxLength: 4 })
    .map((members) => `{${members.map(([name, text]) => `${name}:${text}`).join(",")}}`);

/** Any JSON, as text, by its structure. */
export const hostileJson: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }).map((elements) => `[${elements.join(",")}]`),
    objectOf(tie("value")),
  ),
})).value;

/** A JSON object that has most of these fields, most of them as given, the others hostile; at times one more. */
export function hostileObject(fields: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const members = Object.entries(fields).map(([name, valid]) =>
    fc
      .oneof(
        { weight: 12, arbitrary: valid },
        { weight: 2, arbitrary: hostileJson },
        { weight: 1, arbitrary: fc.constant(undefined) },
      )
      .map((text) => (text === undefined ? [] : [`${JSON.stringify(name)}:${text}`])),
  );
  const extra = fc.oneof(
    { weight: 19, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(key, leaf).map(([name, text]) => [`${name}:${text}`]) },
  );
  return fc.tuple(...members, extra).map((parts) => `{${parts.flat().join(",")}}`);
}

/** One of these, as JSON. */
export function oneOf(...values: readonly unknown[]): fc.Arbitrary<string> {
  return fc.constantFrom(...values.map((value) => JSON.stringify(value)));
}
