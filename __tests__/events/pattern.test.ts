/** Event patterns mean what they mean in EventBridge, are refused when they mean nothing, and survive any event. */
import fc from "fast-check";
import { checkPattern, type EventPattern, type Matcher, matches } from "../../lib/events/pattern";
import { PATTERN_ROWS, REFUSED_ROWS } from "../support/event-patterns";

/** Whether an event with this detail matches a pattern of its detail. */
function matchesDetail(pattern: unknown, detail: unknown): boolean {
  return matches(checkPattern({ detail: pattern }, "pattern"), { detail });
}

const shown = (value: unknown) => JSON.stringify(value).slice(0, 150);

it.each(PATTERN_ROWS.map((row) => [row.pattern, row.event, row.expected] as const))(
  "%j and %j match: %s",
  (pattern, event, expected) => {
    expect(matches(checkPattern(pattern, "pattern"), event)).toBe(expected);
  },
);

describe("a pattern is refused", () => {
  const refusal = (path: string) =>
    expect.objectContaining({
      code: "InvalidDefinition",
      retryable: false,
      message: expect.stringMatching(/^@On.{1,500}\.$/s) as string,
      details: { path: `@On${path}` },
    });

  it.each(REFUSED_ROWS.map(({ pattern, path }) => [shown(pattern), path, pattern] as const))(
    "%s, which names %j",
    (_, path, pattern) => {
      expect(() => checkPattern(pattern, "@On")).toThrow(refusal(path));
    },
  );

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["a bigint", 5n],
    ["a symbol", Symbol("a")],
    ["a function", () => "a"],
    ["a date", new Date()],
    ["a lone surrogate", "a\uD800"],
    ["a regular expression", /a/],
    ["an inherited operator", Object.create({ prefix: "a" })],
  ])("for %s, which is nothing that JSON can hold", (_, value) => {
    expect(() => checkPattern({ detail: { a: ["x", value] } }, "@On")).toThrow(refusal(".detail.a[1]"));
    expect(() => checkPattern({ detail: { a: value } }, "@On")).toThrow(refusal(".detail.a"));
  });

  it("for what stands in it as an operand and is nothing that JSON can hold", () => {
    for (const operand of [undefined, Number.NaN, 5n, Symbol("a"), () => "a", "a\uD800"]) {
      for (const operator of [
        "prefix",
        "suffix",
        "wildcard",
        "equals-ignore-case",
        "anything-but",
        "exists",
        "numeric",
      ]) {
        expect(() => checkPattern({ source: [{ [operator]: operand }] }, "@On")).toThrow(
          expect.objectContaining({ code: "InvalidDefinition" }),
        );
      }
      expect(() => checkPattern({ source: [{ numeric: ["<", operand] }] }, "@On")).toThrow(/"?source/);
      expect(() => checkPattern({ source: [{ numeric: [operand, 5] }] }, "@On")).toThrow(/source/);
      expect(() => checkPattern({ source: [{ "anything-but": ["a", operand] }] }, "@On")).toThrow(/source/);
    }
    // biome-ignore lint/suspicious/noSparseArray: holes are what it is about.
    expect(() => checkPattern({ source: ["a", , "b"] }, "@On")).toThrow(refusal(".source[1]"));
  });

  it("for names that are not well-formed", () => {
    expect(() => checkPattern({ detail: { "\uD800": [1] } }, "@On")).toThrow(/is no name of a field/);
  });

  it("when it contains itself, or is too deep", () => {
    const circular: Record<string, unknown> = {};
    circular.a = circular;
    const alternatives: unknown[] = [{ a: [1] }];
    alternatives.push({ $or: alternatives });
    let deep: object = { a: [1] };
    for (let depth = 0; depth < 10_000; depth++) deep = { a: deep };
    for (const detail of [circular, { $or: alternatives }, deep]) {
      expect(() => checkPattern({ detail }, "@On")).toThrow(/nested more than 100 levels deep/);
    }
  });

  it("when it is larger than EventBridge's limits, which it may reach", () => {
    const ofLength = (length: number) => ({ source: ["x".repeat(length - '{"source":[""]}'.length)] });
    expect(matches(checkPattern(ofLength(4_096), "@On"), ofLength(4_096))).toBe(true);
    expect(() => checkPattern(ofLength(4_097), "@On")).toThrow(refusal(""));

    const either = (...names: string[]) => ({ $or: names.map((name) => ({ [name]: [1] })) });
    const ten = either(..."abcdefghij");
    const thousand = { x: ten, y: ten, z: ten };
    expect(matchesDetail(thousand, { x: { j: 1 }, y: { a: 1 }, z: { e: 1 } })).toBe(true);
    expect(matchesDetail(thousand, { x: { j: 1 }, y: { a: 1 }, z: { k: 1 } })).toBe(false);
    expect(() => checkPattern({ detail: { ...thousand, w: either("a", "b") } }, "@On")).toThrow(
      /2000 combinations/,
    );

    for (const limit of [5e9, -5e9, 4_999_999_999.123456, 0.000001]) {
      expect(() => checkPattern({ source: [{ numeric: ["=", limit] }] }, "@On")).not.toThrow();
    }
    for (const limit of [5_000_000_000.000001, -5_000_000_001, 0.0000001, 1e300, 1e-300]) {
      expect(() => checkPattern({ source: [{ numeric: ["=", limit] }] }, "@On")).toThrow(
        /at most six decimals/,
      );
    }
  });

  it("without giving back at full length what it has", () => {
    for (const pattern of [
      { ["x".repeat(1_000_000)]: ["a"] },
      { detail: { ["x".repeat(1_000_000)]: "a" } },
      { source: [{ ["x".repeat(1_000_000)]: "a" }] },
      { source: [{ wildcard: `**${"x".repeat(1_000_000)}` }] },
    ]) {
      expect(() => checkPattern(pattern, "@On")).toThrow(
        expect.objectContaining({ message: expect.stringMatching(/^.{1,2000}$/s) as string }),
      );
    }
  });
});

it("keeps a copy of a pattern: what is changed later in the original does not count", () => {
  const original = { source: ["a"], detail: { b: [{ prefix: "c" }] } };
  const pattern = checkPattern(original, "@On");
  expect(pattern).toEqual(original);
  original.source.push("x");
  original.detail.b[0] = { prefix: "y" };
  expect(matches(pattern, { source: "a", detail: { b: "cd" } })).toBe(true);
  expect(matches(pattern, { source: "x", detail: { b: "cd" } })).toBe(false);
  expect(matches(pattern, { source: "a", detail: { b: "yd" } })).toBe(false);
});

describe("whatever the event", () => {
  const pattern = checkPattern({ source: ["a"], detail: { b: { c: [1] }, d: [{ exists: false }] } }, "@On");

  it.each([
    [null],
    [undefined],
    ["a"],
    [5],
    [true],
    [[]],
    [[{ source: "a" }]],
    [{}],
    [{ source: "a", detail: null }],
    [() => 5],
  ])("%j does not match", (event) => {
    expect(matches(pattern, event)).toBe(false);
  });

  it("only its own fields count", () => {
    const inherited = Object.create({ source: "a", detail: { b: { c: 1 } } });
    expect(matches(pattern, inherited)).toBe(false);
    expect(matchesDetail({ a: ["x"] }, JSON.parse('{ "__proto__": { "a": "x" } }'))).toBe(false);
    for (const name of ["constructor", "toString", "__proto__", "valueOf", "__defineGetter__"]) {
      expect(matchesDetail({ [name]: [{ exists: true }] }, {})).toBe(false);
      expect(matchesDetail({ [name]: { name: [{ "anything-but": "x" }] } }, {})).toBe(false);
      expect(matchesDetail({ [name]: [{ exists: false }] }, {})).toBe(true);
    }
  });

  it("what JSON cannot hold is no value", () => {
    for (const value of [undefined, () => 5, Symbol("a"), 5n]) {
      expect(matchesDetail({ a: [{ exists: true }] }, { a: value })).toBe(false);
      expect(matchesDetail({ a: [{ "anything-but": "x" }] }, { a: [value] })).toBe(false);
      expect(matchesDetail({ a: [{ exists: false }] }, { a: value })).toBe(true);
    }
  });

  it("depth does not overflow, and what is very deep is missing", () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
      ['[{"a":', "}]"],
    ] as const) {
      const deep = JSON.parse(`{"a":${open.repeat(100_000)}1${close.repeat(100_000)}}`) as unknown;
      for (const conditions of [
        { a: [1] },
        { a: [{ exists: true }] },
        { a: { a: { b: [1] } }, "a.a.c": [1] },
      ]) {
        expect(matchesDetail(conditions, deep)).toBe(false);
      }
      const flat = JSON.parse(`{"a":${open.repeat(40)}1${close.repeat(40)}}`) as unknown;
      expect(matchesDetail({ [open.includes("a") ? Array(41).fill("a").join(".") : "a"]: [1] }, flat)).toBe(
        true,
      );
    }
  });

  it("many values do not take time out of proportion", () => {
    const times = (count: number, value: unknown) => Array.from({ length: count }, () => value);
    // Were each value of one array tried with each of the others, it would be 10^30 attempts.
    const arrays = Object.fromEntries(
      Array.from("abcdefghij", (name) => [name, times(1_000, { x: 1, y: 1 })]),
    );
    const conditions = Object.fromEntries(Array.from("abcdefghij", (name) => [name, { x: [1], y: [1] }]));
    expect(matchesDetail(conditions, arrays)).toBe(true);
    expect(matchesDetail({ ...conditions, k: [1] }, arrays)).toBe(false);
    expect(matchesDetail({ ...conditions, j: { x: [1], z: [1] } }, arrays)).toBe(false);
    const elements = Array.from({ length: 30_000 }, (_, index) => ({ a: 1, b: index, c: -index }));
    expect(matchesDetail({ x: { a: [1], b: [29_999], c: [-29_999] } }, { x: elements })).toBe(true);
    expect(matchesDetail({ x: { a: [1], b: [29_999], c: [-29_998] } }, { x: elements })).toBe(false);
    const nested = times(100, { b: times(100, { c: 1, d: 1 }), e: 1 });
    expect(matchesDetail({ a: { b: { c: [1], d: [2] }, e: [1] } }, { a: nested })).toBe(false);
    // Arrays that are one field by their dots: an element of each, and so 10^6 choices, which are not made.
    const dotted = {
      "a.b.c": times(1_000, { x: 1, y: 1 }),
      "a.b": { c: times(1_000, { y: 1, z: 1 }) },
      a: { "b.c": times(1_000, { z: 1, x: 1 }) },
    };
    expect(matchesDetail({ a: { b: { c: { x: [1], y: [1], z: [2] } } } }, dotted)).toBe(false);
  });

  it("text does not take time out of proportion", () => {
    const text = "a".repeat(200_000);
    expect(matchesDetail({ a: [{ wildcard: "a*a*a*a*a*a*a*a*a*a*a*b" }] }, { a: text })).toBe(false);
    expect(matchesDetail({ a: [{ wildcard: "*a*a*a*a*a*a*a*a*a*a*a*" }] }, { a: text })).toBe(true);
    expect(matchesDetail({ a: [{ suffix: { "equals-ignore-case": "AAAAAAAAAAb" } }] }, { a: text })).toBe(
      false,
    );
  });
});

describe("by chance", () => {
  const name = fc.constantFrom("a", "b");
  const value = fc.constantFrom(0, 1, "x", "xy", null);
  const { event } = fc.letrec<{ event: object; node: unknown }>((tie) => ({
    event: fc.record({ a: tie("node"), b: tie("node") }),
    node: fc.oneof(
      { maxDepth: 3, depthSize: "large" },
      value,
      fc.array(tie("node"), { maxLength: 3 }),
      tie("event"),
    ),
  }));
  const matcher = fc.oneof<fc.Arbitrary<Matcher>[]>(
    value,
    fc.constantFrom<Matcher>(
      { prefix: "x" },
      { exists: true },
      { "anything-but": "x" },
      { numeric: [">", 0] },
    ),
  );
  const path = fc.array(name, { minLength: 1, maxLength: 2 }).map((names) => names.join("."));
  const fields = fc.dictionary(path, fc.array(matcher, { minLength: 1, maxLength: 2 }), {
    minKeys: 1,
    maxKeys: 3,
  });

  it("a pattern matches when there is a choice of elements of arrays with which each field does", () => {
    let matching = 0;
    fc.assert(
      fc.property(fields, event, (conditions, detail) => {
        const expected = matchesByChoice(Object.entries(conditions), valuesIn(detail));
        if (expected) matching++;
        expect(matchesDetail(conditions, detail)).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
    expect(matching).toBeGreaterThan(200);
  });

  it("any JSON value is judged without an error", () => {
    fc.assert(
      fc.property(fields, fc.jsonValue(), (conditions, event) => {
        const pattern = checkPattern({ detail: conditions }, "@On");
        expect(typeof matches(pattern, event)).toBe("boolean");
        expect(typeof matches(pattern, { detail: event })).toBe("boolean");
      }),
    );
  });
});

/** A value in an event, where it is, and of which arrays' elements it is a part. */
interface Leaf {
  readonly path: string;
  readonly value: unknown;
  readonly elements: ReadonlyMap<unknown, number>;
}

function valuesIn(node: unknown, path = "", elements: Leaf["elements"] = new Map()): Leaf[] {
  if (Array.isArray(node)) {
    return node.flatMap((element: unknown, index) =>
      valuesIn(
        element,
        path,
        typeof element === "object" && element !== null ? new Map(elements).set(node, index) : elements,
      ),
    );
  }
  if (typeof node !== "object" || node === null) return [{ path, value: node, elements }];
  return Object.entries(node).flatMap(([key, value]) =>
    valuesIn(value, path === "" ? key : `${path}.${key}`, elements),
  );
}

/** Tries every combination of values, and compares in the plainest way. */
function matchesByChoice(
  conditions: (readonly [string, Matcher[]])[],
  leaves: Leaf[],
  chosen: Leaf[] = [],
): boolean {
  const [[path, matchers] = [], ...rest] = conditions;
  if (path === undefined) return true;
  return leaves.some(
    (leaf) =>
      leaf.path === path &&
      (matchers as Matcher[]).some((matcher) => meets(leaf.value, matcher)) &&
      chosen.every(({ elements }) =>
        [...elements].every(([array, index]) => (leaf.elements.get(array) ?? index) === index),
      ) &&
      matchesByChoice(rest, leaves, [...chosen, leaf]),
  );
}

function meets(value: unknown, matcher: Matcher): boolean {
  switch (JSON.stringify(matcher)) {
    case '{"prefix":"x"}':
      return value === "x" || value === "xy";
    case '{"exists":true}':
      return true;
    case '{"anything-but":"x"}':
      return value !== "x";
    case '{"numeric":[">",0]}':
      return value === 1;
    default:
      return value === matcher;
  }
}

/** What the types allow and refuse; the compiler is the test. */
const wellTyped: EventPattern = {
  source: ["a", { prefix: { "equals-ignore-case": "b" } }],
  "detail-type": [{ "anything-but": ["a", "b"] }, { wildcard: "a*" }],
  detail: {
    a: [1, null, { numeric: [">", 0, "<=", 5] }],
    b: { c: [{ exists: false }] },
    $or: [{ d: [true] }, { e: ["f"] }],
  },
};

it("is well-typed when it is well-formed", () => {
  expect(checkPattern(wellTyped, "@On")).toEqual(wellTyped);
  // @ts-expect-error a condition is in an array
  const bare: EventPattern = { source: "a" };
  // @ts-expect-error no such operator
  const unknown: EventPattern = { source: [{ contains: "a" }] };
  // @ts-expect-error a range goes up
  const downwards: EventPattern = { source: [{ numeric: ["<", 5, ">", 0] }] };
  for (const pattern of [bare, unknown, downwards]) expect(() => checkPattern(pattern, "@On")).toThrow();
});
