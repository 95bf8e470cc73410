/** What the page knows of values without a browser: reading them, comparing them, and what is typed as arguments. */
import { hrefOf, parseRoute, type Route } from "../../cli/inspector/page/routing/route";
import { rowsOf } from "../../cli/inspector/page/tree/rows";
import { parseArguments } from "../../cli/inspector/page/values/arguments";
import { changesBetween } from "../../cli/inspector/page/values/changes";
import { formatDuration, formatRelative, formatSpan } from "../../cli/inspector/page/values/format";
import { isBranch, preview, read } from "../../cli/inspector/page/values/packed";
import { parameterNames } from "../../cli/inspector/page/values/parameters";
import { encode, type Json, pack } from "../../lib/values/codec";
import { NASTY_IDS } from "./fixture/sample";

describe("reads what the codec packs", () => {
  test.each([
    [null, "null", "null"],
    [true, "boolean", "true"],
    [-0, "number", "-0"],
    [Number.NEGATIVE_INFINITY, "number", "-Infinity"],
    ["a", "string", "a"],
    [12n, "bigint", "12"],
    [undefined, "undefined", "undefined"],
    [new Date(0), "date", "1970-01-01T00:00:00.000Z"],
    [new Date(Number.NaN), "date", "Invalid Date"],
    [new Uint8Array([1, 255]), "bytes", "01 ff"],
  ])("%p", (value, kind, text) => {
    expect(read(pack(value, "value"))).toMatchObject({ kind, text });
  });

  test.each([
    [[1, 2], "array", 2],
    [{ a: 1 }, "object", 1],
    [{ $ref: 1 }, "object", 1],
    [{}, "object", 0],
    [new Set([1, 1]), "set", 1],
    [new Map([[{ a: 1 }, 2]]), "map", 1],
  ])("%p", (value, kind, size) => {
    const shown = read(pack(value, "value"));
    expect(shown).toMatchObject({ kind, size });
    expect(isBranch(shown) && shown.children(0, 10)).toHaveLength(size);
  });

  test.each([
    { $date: "yesterday" },
    { $bigint: 12 },
    { $map: [[1]] },
    { $set: "no" },
    { $bytes: "*" },
    { $money: 1 },
    { $undefined: false },
    { $object: { a: 1 } },
  ])("and shows a tag that cannot be as the object that it is: %j", (json) => {
    expect(read(json as Json)).toMatchObject({
      kind: "object",
      size: 1,
      note: expect.stringContaining("no tag"),
    });
  });

  test("in a line of a length", () => {
    const value = { id: 7n, tags: new Set(["a"]), at: new Date(0), deep: { a: { b: 1 } }, list: [1, [2]] };
    expect(preview(pack(value, "value"), 200)).toBe(
      "{ id: 7n, tags: Set(1), at: 1970-01-01T00:00:00.000Z, deep: {…}, list: Array(2) }",
    );
    expect(preview(pack(new Map([["k", [1]]]), "value"))).toBe('Map(1) { "k" → Array(1) }');
    expect(preview("x".repeat(500), 20)).toHaveLength(22);
    expect(preview(pack(value, "value"), 20)).toHaveLength(20);
  });
});

describe("says what is different", () => {
  const between = (before: unknown, after: unknown) => {
    const { places, around, removed } = changesBetween(pack(before, "a"), pack(after, "b"));
    return { places: Object.fromEntries(places), around: [...around], removed };
  };

  test("in fields, Maps, Sets and lists", () => {
    expect(
      between(
        {
          same: [1, { a: 1 }],
          count: 1,
          seats: new Map([
            ["a", 1],
            ["b", 2],
          ]),
          tags: new Set([1]),
          gone: true,
        },
        { same: [1, { a: 1 }], count: 2, seats: new Map([["b", 3]]), tags: new Set([1, 2]), list: [] },
      ),
    ).toEqual({
      places: {
        '."count"': { kind: "changed", before: "1" },
        '."seats"{"b"}': { kind: "changed", before: "2" },
        '."tags"<1>': { kind: "added" },
        '."list"': { kind: "added" },
      },
      around: ['."seats"', '."tags"', ""],
      removed: 2,
    });
  });

  test("when a value becomes one of another kind, and in bytes beyond what is shown", () => {
    expect(between({ a: "1" }, { a: 1 }).places).toEqual({ '."a"': { kind: "changed", before: '"1"' } });
    expect(between({ a: [] }, { a: {} }).places).toEqual({ '."a"': { kind: "changed", before: "[]" } });
    const bytes = (last: number) => new Uint8Array([...new Array(100).fill(0), last]);
    expect(Object.keys(between({ a: bytes(1) }, { a: bytes(2) }).places)).toEqual(['."a"']);
  });

  test("and nothing when nothing is", () => {
    const value = { at: new Date(0), map: new Map([[1, new Set([1n])]]), bytes: new Uint8Array([1]) };
    expect(between(value, structuredClone(value))).toEqual({ places: {}, around: [], removed: 0 });
  });
});

describe("lays out a tree", () => {
  const NEAR = { toggled: new Map(), shownChildren: new Map(), initially: "near" } as const;
  const labels = (value: unknown, query = "") =>
    rowsOf(pack(value, "value"), NEAR, query).rows.map((row) => `${"  ".repeat(row.depth)}${row.id}`);

  test("with what is small and near open, and what is large closed", () => {
    const large = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, index]));
    expect(labels({ a: { b: { c: { d: 1 } } }, large })).toEqual([
      '."a"',
      '  ."a"."b"',
      '    ."a"."b"."c"',
      '."large"',
    ]);
  });

  test("with a long list in parts", () => {
    const rows = rowsOf(pack(Array.from({ length: 250 }), "value"), NEAR, "").rows;
    expect(rows).toHaveLength(101);
    expect(rows.at(-1)).toMatchObject({ kind: "more", rest: 150 });
  });

  test("with what is found alone, and what it is in", () => {
    const value = {
      orders: new Map([
        ["o-1", { note: "Blue mug" }],
        ["o-2", { note: "lamp" }],
      ]),
      mug: 1,
    };
    expect(labels(value, "MUG")).toEqual([
      '."orders"',
      '  ."orders"{"o-1"}',
      '    ."orders"{"o-1"}."note"',
      '."mug"',
    ]);
    expect(rowsOf(pack(value, "value"), NEAR, "MUG").found).toBe(2);
  });

  test("of 100 levels and of 100,000 values", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 99; level++) deep = [deep];
    expect(rowsOf(pack(deep, "value"), { ...NEAR, initially: "all" }, "").rows).toHaveLength(99);
    const wide = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`k${index}`, Array(100).fill(index)]),
    );
    expect(rowsOf(pack(wide, "value"), { ...NEAR, initially: "all" }, "").rows.length).toBeLessThan(4_000);
    expect(rowsOf(pack(wide, "value"), NEAR, "999").found).toBe(101);
  });
});

describe("takes arguments", () => {
  test.each([
    ["", []],
    ["  \n ", []],
    ["5", [5]],
    ['1\n"two"\n{ "three": [3, null, true] }', [1, "two", { three: [3, null, true] }]],
    ["1, 2,3", [1, 2, 3]],
    ["[1,\n 2]\n3", [[1, 2], 3]],
    ["-0.5e+3", [-500]],
    ['"\\u00e9\\n"', ["é\n"]],
    ['{"$date":"2026-11-23T12:00:00.000Z"}', [{ $date: "2026-11-23T12:00:00.000Z" }]],
    ['{"$map":[["a",{"$bigint":"1"}]]}', [{ $map: [["a", { $bigint: "1" }]] }]],
    ['{"$object":{"$x":1}}', [{ $object: { $x: 1 } }]],
    ['{"$a":1,"$b":2}', [{ $a: 1, $b: 2 }]],
  ])("%j", (text, args) => {
    expect(parseArguments(text)).toEqual({ args });
  });

  test("whatever the codec writes", () => {
    const value = {
      at: new Date(0),
      map: new Map([[1n, new Set([Number.NaN])]]),
      bytes: new Uint8Array(3),
      $: undefined,
    };
    const text = encode(value, "value");
    expect(parseArguments(`${text}\n${text}`)).toEqual({ args: [JSON.parse(text), JSON.parse(text)] });
  });

  test.each([
    ["1\nfive", 2, 1, 'five is no JSON value. Is it a text? Then write "five".'],
    ["'a'", 1, 1, 'Texts are in double quotes: "like this".'],
    ['"a', 1, 1, 'The text that begins here has no closing ".'],
    ['"a\nb"', 1, 1, 'The text that begins here has no closing " on its line. A line break is written \\n.'],
    ['"\\q"', 1, 2, "\\q means nothing in a text. A backslash is written \\\\."],
    ["{ a: 1 }", 1, 3, 'A key is in double quotes: "a".'],
    ['{ "a" 1 }', 1, 7, "A : and a value are missing after the key."],
    ['{ "a": 1 "b": 2 }', 1, 10, "A comma or the closing } is missing here."],
    ['{ "a": 1, }', 1, 11, "No comma stands before the closing }."],
    ['{ "a": 1', 1, 1, "The object that begins here has no closing }."],
    ["[1, ]", 1, 5, "No comma stands before the closing ]."],
    ["[1", 1, 1, "The list that begins here has no closing ]."],
    ["undefined", 1, 1, 'undefined is written {"$undefined":true}.'],
    ["NaN", 1, 1, 'NaN is written {"$number":"NaN"}.'],
    ["12n", 1, 1, 'A bigint is written {"$bigint":"12"}.'],
    [
      "01",
      1,
      1,
      '01 is no number as JSON writes them, such as 12, -0.5 or 1e6. Is it a text? Then write "01".',
    ],
    ["// note", 1, 1, "JSON has no comments."],
    ["]", 1, 1, "] begins no value. Arguments are JSON values, one per line."],
    [
      '{"$money":1}',
      1,
      1,
      '$money is no known tag. An object with one key that begins with "$" is written {"$object":{"$money":…}}.',
    ],
    [
      '[{"$date":"now"}]',
      1,
      2,
      '$date holds a Date as an ISO text in UTC with milliseconds: {"$date":"2026-11-23T12:00:00.000Z"}.',
    ],
    [
      '{"$object":{"$x":1},"b":2}',
      1,
      12,
      '$x is no known tag. An object with one key that begins with "$" is written {"$object":{"$x":…}}.',
    ],
    ["[".repeat(102), 1, 102, "Values are nested at most 100 levels deep."],
  ])("says what is wrong with %j", (text, line, column, message) => {
    expect(parseArguments(text).problem).toMatchObject({ line, column, message });
  });

  test("with the names of the parameters", () => {
    expect(parameterNames("")).toEqual([]);
    expect(parameterNames("by = 1, note")).toEqual(["by", "note"]);
    expect(parameterNames('a = ",", { b, c } = {}, [d] = [1, 2], ...rest')).toEqual([
      "a",
      "{…}",
      "[…]",
      "rest",
    ]);
    expect(parameterNames("cb = (x, y) => [x, y], größe")).toEqual(["cb", "größe"]);
  });
});

describe("finds its way", () => {
  test.each<Route>([
    { page: "actors" },
    { page: "actors", type: "Counter", search: "a b&c=d#?é" },
    ...NASTY_IDS.map((id): Route => ({ page: "actor", type: "Room", id })),
    { page: "actor", type: "Room", id: "%2F%25", tab: "inbox" },
    { page: "turns", type: "Order", method: "pay", outcome: "failed" },
    { page: "events" },
    { page: "dead-letters", type: "Order" },
  ])("to %j and back", (route) => {
    expect(parseRoute(hrefOf(route))).toEqual(route);
  });

  test("from nothing to the actors, and from nonsense to nowhere", () => {
    expect(parseRoute("")).toEqual({ page: "actors" });
    expect(parseRoute("#/actor/Room/%E0%A4%A")).toMatchObject({ page: "nowhere" });
    expect(parseRoute("#/constructor")).toMatchObject({ page: "nowhere" });
  });
});

test("writes times as people read them", () => {
  expect([0, 0.4, 7, 999, 1_240, 59_900, 64_000].map(formatDuration)).toEqual([
    "0 ms",
    "0.4 ms",
    "7 ms",
    "999 ms",
    "1.24 s",
    "59.9 s",
    "1 m 4 s",
  ]);
  expect([0, 400, 60_000, 3_660_000, 90_000_000].map(formatSpan)).toEqual([
    "0 s",
    "<1 s",
    "1 m",
    "1 h 1 m",
    "1 d 1 h",
  ]);
  expect([formatRelative(5_000, 0), formatRelative(0, 5_000), formatRelative(0, 500)]).toEqual([
    "in 5 s",
    "5 s ago",
    "now",
  ]);
});
