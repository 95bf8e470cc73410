/** Random values for the codec's property tests: those that can be kept, and positions in them with their paths. */
import fc from "fast-check";

/** Keys that a codec with tags, or one that copies objects carelessly, would get wrong. */
const AWKWARD_KEYS = [
  "",
  "$",
  "$x",
  "$$",
  "$date",
  "$map",
  "$object",
  "$undefined",
  "a.b",
  "a b",
  "(key 0)",
  "0",
  "then",
  "toJSON",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "length",
  "é",
  "🙂",
];

/** Any string without lone surrogates, of all planes. */
export const wellFormed = fc.string({ unit: "binary", maxLength: 8 });

export const key = fc
  .oneof({ weight: 2, arbitrary: fc.constantFrom(...AWKWARD_KEYS) }, { weight: 3, arbitrary: wellFormed })
  .filter((name) => name !== "__proto__");

const isForbidden = (name: string, value: unknown) =>
  name === "constructor" && typeof value === "object" && value !== null && Object.hasOwn(value, "prototype");

function objectOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .array(fc.tuple(key, value), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries.filter(([name, held]) => !isForbidden(name, held))));
}

/** An object with exactly one key, which begins with `$`: what a tag looks like. */
const tagLike = (value: fc.Arbitrary<unknown>) =>
  fc
    .tuple(
      fc.constantFrom(
        "$",
        "$x",
        "$date",
        "$bigint",
        "$number",
        "$bytes",
        "$set",
        "$map",
        "$object",
        "$undefined",
      ),
      fc.oneof(
        value,
        fc.constantFrom(null, true, "NaN", "12", "AQID", "2026-01-01T00:00:00.000Z", [], [[1, 2]]),
      ),
    )
    .map(([name, held]) => ({ [name]: held }));

const finite = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map((n) => n + 0);

const plainLeaf = fc.oneof(
  wellFormed,
  finite.filter((n) => !Object.is(n, -0)),
  fc.boolean(),
  fc.constant(null),
);

const richLeaf = fc.oneof(
  { weight: 3, arbitrary: plainLeaf },
  { weight: 2, arbitrary: fc.constantFrom(undefined, Number.NaN, Infinity, -Infinity, -0, 0) },
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Uint8Array.from(bytes)),
);

/** Everything that can be kept, nested. */
export const keepable: fc.Arbitrary<unknown> = fc.letrec((tie) => {
  const value = tie("value");
  return {
    value: fc.oneof(
      { maxDepth: 5, depthSize: "small" },
      richLeaf,
      objectOf(value),
      fc.array(value, { maxLength: 5 }),
      fc.array(fc.tuple(value, value), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(value, { maxLength: 4 }).map((elements) => new Set(elements)),
      tagLike(value),
    ),
  };
}).value;

/** What JSON holds and the codec leaves as it is: no `-0`, and no object whose only key begins with `$`. */
export const plain: fc.Arbitrary<unknown> = fc.letrec((tie) => {
  const value = tie("value");
  return {
    value: fc.oneof(
      { maxDepth: 5, depthSize: "small" },
      plainLeaf,
      objectOf(value).filter((object) => {
        const [first = "", ...more] = Object.keys(object);
        return more.length > 0 || !first.startsWith("$");
      }),
      fc.array(value, { maxLength: 5 }),
    ),
  };
}).value;

/**
 * A value as text in which nothing that the codec must keep looks like something else: not `-0` like `0`, not a missing
 * field like `undefined`, not a Map in one order like one in another. Jest's equality takes a field that is named
 * `constructor` for the value's class, and two invalid dates for different.
 */
export function likeness(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  switch (Object.getPrototypeOf(value)) {
    case Object.prototype:
      return `{${Object.entries(value).map(([name, held]) => `${JSON.stringify(name)}:${likeness(held)}`)}}`;
    case Array.prototype:
      return `[${Array.from(value as unknown[], likeness)}]`;
    case Map.prototype:
      return `Map{${Array.from(value as Map<unknown, unknown>, (entry) => entry.map(likeness).join("=>"))}}`;
    case Set.prototype:
      return `Set{${Array.from(value as Set<unknown>, likeness)}}`;
    case Date.prototype:
      return `Date(${(value as Date).getTime()})`;
    case Uint8Array.prototype:
      return `Bytes(${value as Uint8Array})`;
    default:
      throw new Error(`${Object.prototype.toString.call(value)} is nothing that the codec gives back`);
  }
}

/** One step from a value into it, with what lies beside it. */
export type Step =
  | { readonly into: "field"; readonly name: string; readonly before: unknown[]; readonly after: unknown[] }
  | { readonly into: "element"; readonly before: unknown[]; readonly after: unknown[] }
  | { readonly into: "set"; readonly before: unknown[]; readonly after: unknown[] }
  | {
      readonly into: "mapValue";
      readonly name: string;
      readonly before: unknown[];
      readonly after: unknown[];
    }
  | { readonly into: "mapValueOfOtherKey"; readonly before: unknown[]; readonly after: unknown[] }
  | { readonly into: "mapKey"; readonly before: unknown[]; readonly after: unknown[] };

const beside = fc.array(plainLeaf, { maxLength: 2 });
const plainKinds = ["field", "element"] as const;
const allKinds = [...plainKinds, "set", "mapValue", "mapValueOfOtherKey", "mapKey"] as const;

function stepOf(kinds: readonly Step["into"][]): fc.Arbitrary<Step> {
  return (
    fc
      .record({ into: fc.constantFrom(...kinds), name: key, before: beside, after: beside })
      // Both have tests of their own: a forbidden key is found before what is under it, and "(" begins a Map's key.
      .filter(({ name }) => name !== "constructor" && !name.startsWith("("))
  );
}

/** A position in nested objects, arrays, Maps and Sets. */
export const position = fc.array(stepOf(allKinds), { maxLength: 6 });

/** A position in nested objects and arrays alone. */
export const plainPosition = fc.array(stepOf(plainKinds), { maxLength: 6 });

/** `value` at `steps` of a value that is otherwise keepable. */
export function bury(value: unknown, steps: readonly Step[]): unknown {
  return steps.reduceRight<unknown>((inner, step) => {
    const { before, after } = step;
    switch (step.into) {
      case "field":
        return Object.fromEntries([
          ...before.map((held, index) => [`before${index}`, held] as const),
          [step.name, inner],
          ...after.map((held, index) => [`after${index}`, held] as const),
        ]);
      case "element":
        return [...before, inner, ...after];
      case "set":
        return new Set([...before.keys(), inner, ...after.map((_, index) => -1 - index)]);
      case "mapKey":
        return new Map([...numbered(before, 0), [inner, "value"], ...numbered(after, before.length)]);
      case "mapValue":
        return new Map<unknown, unknown>([
          ...numbered(before, 0),
          [step.name, inner],
          ...numbered(after, before.length),
        ]);
      default:
        return new Map<unknown, unknown>([
          ...numbered(before, 0),
          [true, inner],
          ...numbered(after, before.length),
        ]);
    }
  }, value);
}

function numbered(values: readonly unknown[], from: number): [unknown, unknown][] {
  return values.map((held, index) => [from + index, held]);
}

/** The path of that position as an error must write it. */
export function pathOf(root: string, steps: readonly Step[]): string {
  return steps.reduce((path, step) => path + segment(step), root);
}

function segment(step: Step): string {
  switch (step.into) {
    case "field":
    case "mapValue":
      return keySegment(step.name);
    case "element":
    case "set":
      return `[${step.before.length}]`;
    case "mapKey":
      return `(key ${step.before.length})`;
    default:
      return `(value ${step.before.length})`;
  }
}

/** `.name` for names that JavaScript takes so, `["…"]` for all others. */
export function keySegment(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
