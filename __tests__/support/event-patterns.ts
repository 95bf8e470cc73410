/**
 * Event patterns, events, and whether they match: what EventBridge's documentation says, and for arrays of objects and fields
 * that are missing what its engine does. The matcher is held to it, and so is whatever endpoint the tests are given.
 */
import type { EventPattern } from "../../lib/events/pattern";

/** A pattern, an event, and whether they match. */
export interface PatternRow {
  readonly pattern: EventPattern;
  readonly event: object;
  readonly expected: boolean;
  readonly notOnLocalStack: boolean;
}

/** What every event has besides. */
export const EVENT = {
  version: "0",
  id: "17793124-05d4-b198-2fde-7ededc63b103",
  "detail-type": "OrderPaid",
  source: "shop.orders",
  account: "123456789012",
  time: "2026-07-01T12:00:00Z",
  region: "eu-central-1",
  resources: [],
  detail: {},
};

type Detail = NonNullable<EventPattern["detail"]>;

/** Results that LocalStack 4.4 does not have. */
const TRUE = "true on AWS";
const FALSE = "false on AWS";
type Result = boolean | typeof TRUE | typeof FALSE;

const matching = (pattern: EventPattern, event: object, result: Result): PatternRow => ({
  pattern,
  event: { ...EVENT, ...event },
  expected: result === true || result === TRUE,
  notOnLocalStack: typeof result === "string",
});

const detail = (pattern: Detail, value: object, result: Result) =>
  matching({ detail: pattern }, { detail: value }, result);

/** The conditions on a field, and for values of it whether they match; `undefined` is a field that is missing. */
function field(
  conditions: Detail[string],
  ...results: readonly (readonly [value: unknown, result: Result])[]
): PatternRow[] {
  return results.map(([value, result]) =>
    detail({ field: conditions }, value === undefined ? {} : { field: value }, result),
  );
}

export const PATTERN_ROWS: readonly PatternRow[] = [
  // Source, type and detail all have to match; of the values of each, one.
  matching({ source: ["shop.orders"] }, {}, true),
  matching({ source: ["shop.carts", "shop.orders"] }, {}, true),
  matching({ source: ["shop.carts"] }, {}, false),
  matching({ source: ["shop.Orders"] }, {}, false),
  matching({ source: ["shop"] }, {}, false),
  matching({ source: [{ prefix: "shop." }], "detail-type": ["OrderPaid"] }, {}, true),
  matching({ source: ["shop.orders"], "detail-type": ["OrderSent"] }, {}, false),
  matching({ "detail-type": [{ "anything-but": ["OrderSent", "OrderLost"] }] }, {}, true),
  matching({ source: ["shop.orders"], detail: { total: [5] } }, { detail: { total: 5 } }, true),
  matching({ source: ["shop.carts"], detail: { total: [5] } }, { detail: { total: 5 } }, false),
  matching({ source: ["shop.orders"], detail: { total: [5] } }, {}, false),

  // Values are compared with their type.
  ...field(["a"], ["a", true], ["A", false], ["ab", false], ["", false], [undefined, false], [null, false]),
  ...field([""], ["", true], [null, false], [undefined, false]),
  ...field(["5"], ["5", true], [5, false]),
  ...field([5], [5, true], ["5", false], [5.5, false], [true, false], [undefined, false]),
  ...field([0], [0, true], [false, FALSE], [null, false], ["", false]),
  ...field([0.1], [0.1, true], [0.2, false]),
  ...field([123456789012], [123456789012, true], [123456789013, false]),
  ...field([true], [true, true], [false, false], ["true", false], [1, FALSE]),
  ...field([null], [null, true], [undefined, false], ["null", false], [0, false], [{}, false], [[], false]),
  ...field(["null"], ["null", true], [null, false]),
  ...field(["a", 5, null], ["a", true], [5, true], [null, true], ["5", false]),
  ...field(["é"], ["é", true], ["e\u0301", false]),

  // Beginnings and ends of text.
  ...field(
    [{ prefix: "ab" }],
    ["ab", true],
    ["abc", true],
    ["a", false],
    ["Abc", false],
    ["xab", false],
    [undefined, false],
  ),
  ...field([{ prefix: "1" }], ["12", true], [null, false]),
  ...field([{ prefix: "" }], ["", true], ["a", true], [undefined, false]),
  ...field(
    [{ suffix: ".png" }],
    ["a.png", true],
    [".png", true],
    ["png", false],
    ["a.PNG", false],
    ["a.png.gz", false],
  ),
  ...field([{ suffix: "😀" }], ["x😀", true], ["x😁", false]),
  ...field(
    [{ prefix: { "equals-ignore-case": "eventb" } }],
    ["EventBridge", true],
    ["EVENTB", true],
    ["event", false],
  ),
  ...field(
    [{ suffix: { "equals-ignore-case": ".Png" } }],
    ["a.PNG", true],
    [".png", true],
    ["a.pngx", false],
    ["png", false],
  ),
  ...field(
    [{ "equals-ignore-case": "Alice" }],
    ["ALICE", true],
    ["alice", true],
    ["alice ", false],
    ["lice", false],
  ),
  ...field([{ "equals-ignore-case": "é" }], ["É", true], ["e", false]),
  ...field([{ "equals-ignore-case": "straße" }], ["STRASSE", TRUE], ["strasse", false]),
  ...field([{ prefix: { "equals-ignore-case": "ßa" } }], ["SSAb", TRUE], ["SsAb", false]),
  ...field([{ suffix: { "equals-ignore-case": "aß" } }], ["bASS", TRUE], ["bAS", false]),
  ...field([{ "equals-ignore-case": "5" }], ["5", true]),

  // Numbers and booleans have neither beginning nor end. (LocalStack fails on them.)
  ...field([{ prefix: "1" }], [12, FALSE], [true, FALSE]),
  ...field([{ suffix: "" }], [12, FALSE]),
  ...field([{ "equals-ignore-case": "5" }], [5, FALSE]),
  ...field([{ wildcard: "*" }], [12, FALSE]),

  // Wildcards.
  ...field(
    [{ wildcard: "a*c" }],
    ["abc", true],
    ["abbc", true],
    ["ab", false],
    ["bac", false],
    ["abcd", false],
  ),
  ...field([{ wildcard: "a*c" }], ["ac", TRUE], ["a\nc", TRUE]),
  ...field([{ wildcard: "*b*" }], ["abc", true], ["b", TRUE], ["ac", false]),
  ...field([{ wildcard: "*" }], ["a", true], ["", TRUE], [undefined, false], [null, false]),
  ...field([{ wildcard: "dir/*.png" }], ["dir/a/b.png", true], ["dir/a.gif", false], ["dirx/a.png", false]),
  ...field([{ wildcard: "ab*ba" }], ["abxba", true], ["aba", false], ["abba", TRUE]),
  ...field([{ wildcard: "x*b*a*" }], ["xabc", false], ["xbcac", TRUE]),
  ...field([{ wildcard: "*ab*ab" }], ["xabxab", true], ["xab", false]),
  ...field([{ wildcard: "a\\*c" }], ["a*c", TRUE], ["abc", false]),
  ...field([{ wildcard: "a\\\\*" }], ["a\\b", TRUE], ["a*", false]),
  ...field([{ wildcard: "a.c" }], ["a.c", true], ["abc", false]),
  ...field([{ wildcard: "" }], ["", true], ["a", false]),

  // Ranges of numbers.
  ...field(
    [{ numeric: ["=", 3.018e2] }],
    [301.8, true],
    [301.9, false],
    ["301.8", false],
    [undefined, false],
  ),
  ...field(
    [{ numeric: [">", 0, "<=", 5] }],
    [5, true],
    [0.000001, true],
    [0, false],
    [5.000001, false],
    [-1, false],
  ),
  ...field([{ numeric: [">=", 0, "<", 5] }], [0, true], [4.999999, true], [5, false]),
  ...field([{ numeric: ["<", 10] }], [-5e9, true], [10, false], ["5", false], [null, false], [[], false]),
  ...field([{ numeric: [">=", -1] }], [-1, true], [-1.000001, false], [5e9, true]),
  ...field([{ numeric: ["<", 0] }, { numeric: [">", 9] }], [-1, true], [10, true], [5, false]),
  ...field([{ numeric: ["<", 2] }], [true, FALSE]),

  // Whether a field has a value. An object is none, and neither is an empty array.
  ...field(
    [{ exists: true }],
    ["a", true],
    [0, true],
    [false, true],
    [null, true],
    ["", true],
    [undefined, false],
  ),
  ...field(
    [{ exists: true }],
    [{ a: 1 }, false],
    [[1], true],
    [[], false],
    [[[1]], true],
    [[{ a: 1 }], false],
  ),
  ...field(
    [{ exists: false }],
    [undefined, true],
    [null, false],
    ["a", false],
    [{ a: 1 }, true],
    [[], true],
    [[1], false],
  ),
  ...field([{ exists: false }, "a"], [undefined, true], ["a", true], ["b", false]),
  ...field(
    { deep: [{ exists: false }] },
    [undefined, true],
    ["a", true],
    [{ deep: 1 }, false],
    [{ other: 1 }, true],
  ),

  // Anything but. A field that is missing is not anything.
  ...field(
    [{ "anything-but": "a" }],
    ["b", true],
    ["a", false],
    ["A", true],
    ["", true],
    [5, true],
    [null, true],
    [true, true],
  ),
  ...field([{ "anything-but": "a" }], [undefined, FALSE], [{ a: 1 }, FALSE], [[], FALSE]),
  ...field([{ "anything-but": 5 }], [6, true], [5, false], ["5", true], [5.000001, true]),
  ...field([{ "anything-but": ["a", "b"] }], ["c", true], ["b", false], [5, true]),
  ...field([{ "anything-but": [1, 2] }], [3, true], [2, false], ["2", true]),
  ...field([{ "anything-but": "" }], ["a", true], ["", false]),
  ...field(
    [{ "anything-but": { prefix: "us-" } }],
    ["eu-1", true],
    ["us-1", false],
    ["US-1", true],
    [5, TRUE],
    [undefined, FALSE],
  ),
  ...field([{ "anything-but": { prefix: ["us-", "eu-"] } }], ["ap-1", true], ["eu-1", false]),
  ...field([{ "anything-but": { suffix: ".png" } }], ["a.gif", true], ["a.png", false], [null, TRUE]),
  ...field([{ "anything-but": { suffix: [".png", ".gif"] } }], ["a.gif", false], ["a.svg", true]),
  ...field([{ "anything-but": { "equals-ignore-case": "a" } }], ["b", true], ["A", false], ["a", false]),
  ...field([{ "anything-but": { "equals-ignore-case": ["a", "b"] } }], ["B", false], ["c", true]),
  ...field([{ "anything-but": { wildcard: "*/lib/*" } }], ["a/lib/b", false], ["a/src/b", true]),
  ...field([{ "anything-but": { wildcard: ["*.tmp", "cache*"] } }], ["cache.txt", false], ["a.txt", true]),
  ...field([{ "anything-but": "a" }, { prefix: "a" }], ["a", true], ["b", true], [5, true]),

  // An array in the event: any of its elements.
  ...field(
    ["a"],
    [["a"], true],
    [["b", "a"], true],
    [["b"], false],
    [[], false],
    [[["a"]], true],
    [[{ a: "a" }], false],
  ),
  ...field([{ prefix: "a" }], [["b", "ab"], true], [["b", "bb"], false]),
  ...field([{ numeric: [">", 5] }], [[1, 9], true], [[1, 2], false]),
  ...field([{ "anything-but": "a" }], [["a", "b"], true], [["a", "a"], false]),
  ...field([null], [[null], true]),

  // Nested fields. What is no object has none.
  detail({ a: { b: { c: [1] } } }, { a: { b: { c: 1 } } }, true),
  detail({ a: { b: { c: [1] } } }, { a: { b: { d: 1 } } }, false),
  detail({ a: { b: [1] } }, { a: 1 }, false),
  detail({ a: { b: [1] } }, { a: null }, false),
  detail({ a: [1] }, { a: { a: 1 } }, false),
  detail({ a: { b: [1], c: [2] } }, { a: { b: 1, c: 2, d: 3 } }, true),
  detail({ a: { b: [1], c: [2] } }, { a: { b: 1, c: 3 } }, false),
  detail({ a: { length: [1] } }, { a: "x" }, false),
  detail({ a: { length: [1] } }, { a: ["x"] }, false),

  // A dot joins keys, in patterns and in events.
  detail({ "a.b": [1] }, { "a.b": 1 }, true),
  detail({ "a.b": [1] }, { a: { b: 1 } }, true),
  detail({ a: { b: [1] } }, { "a.b": 1 }, true),
  detail({ a: { "b.c": [1] } }, { "a.b": { c: 1 } }, true),
  detail({ a: { b: [1] } }, { "a.b": 2, a: { b: 1 } }, true),
  detail({ "a.b": [1] }, { ab: 1, a: { c: 1 } }, false),

  // Arrays of objects: fields in one array come from the same element, whatever is between.
  detail({ a: { b: [1] } }, { a: [{ b: 2 }, { b: 1 }] }, true),
  detail(
    { a: { b: [1], c: [2] } },
    {
      a: [
        { b: 1, c: 2 },
        { b: 3, c: 4 },
      ],
    },
    true,
  ),
  detail(
    { a: { b: [1], c: [2] } },
    {
      a: [
        { b: 1, c: 3 },
        { b: 3, c: 2 },
      ],
    },
    FALSE,
  ),
  detail({ a: { b: [1], c: [2] } }, { a: [{ b: 1 }, { c: 2 }] }, FALSE),
  detail({ a: { b: [1], c: [2] } }, { a: { b: [0, 1], c: [2, 3] } }, true),
  detail({ a: { b: [1] }, c: { d: [2] } }, { a: [{ b: 1 }], c: [{ d: 0 }, { d: 2 }] }, true),
  detail({ a: { b: [1], c: [2] } }, { a: [[{ b: 1, c: 2 }], [{ b: 3 }]] }, true),
  detail({ a: { b: [1], c: [2] } }, { a: [[{ b: 1 }], [{ c: 2 }]] }, FALSE),
  detail({ a: { b: { c: [1], d: [2] }, e: [3] } }, { a: [{ b: [{ c: 1, d: 2 }], e: 3 }] }, true),
  detail({ a: { b: { c: [1], d: [2] }, e: [3] } }, { a: [{ b: [{ c: 1 }, { d: 2 }], e: 3 }] }, FALSE),
  detail({ a: { b: { c: [1], d: [2] }, e: [3] } }, { a: [{ b: [{ c: 1, d: 2 }], e: 4 }, { e: 3 }] }, FALSE),
  detail(
    { a: { b: { c: [1], d: [2] }, e: [3] } },
    { a: [{ b: [{ c: 1, d: 2 }] }, { b: [{ c: 1 }, { c: 1, d: 2 }], e: 3 }] },
    true,
  ),
  detail({ a: { x: ["k"], y: ["v"] } }, { a: [{ x: "k", y: ["u", "v"] }] }, true),

  detail({ a: ["x"], "a.b": [1] }, { a: ["x", { b: 1 }] }, true),
  detail({ a: ["x"], "a.b": [1] }, { a: [["x", { b: 1 }]] }, true),
  detail({ a: ["x"], "a.b": [1] }, { a: [["x"], [{ b: 1 }]] }, FALSE),

  // A missing field of the element that an earlier field, by name, is taken from; of any element when there is none.
  detail({ a: { b: [1], c: [{ exists: false }] } }, { a: [{ b: 1 }, { b: 2, c: 3 }] }, true),
  detail({ a: { c: [{ exists: false }], b: [1] } }, { a: [{ b: 1 }, { b: 2, c: 3 }] }, true),
  detail({ a: { b: [1], c: [{ exists: false }] } }, { a: [{ b: 1, c: 3 }, { b: 2 }] }, FALSE),
  detail({ a: { b: [{ exists: false }], c: [1] } }, { a: [{ c: 1 }, { b: 2, c: 3 }] }, FALSE),
  detail({ a: { b: [{ exists: false }] } }, { a: [{ c: 1 }, { b: 2 }] }, FALSE),
  detail({ a: { b: [{ exists: false }] } }, { a: [{ c: 1 }, { d: 2 }] }, true),

  // One of several patterns, with what stands beside them.
  detail({ $or: [{ a: [1] }, { b: [2] }] }, { a: 1 }, true),
  detail({ $or: [{ a: [1] }, { b: [2] }] }, { b: 2 }, true),
  detail({ $or: [{ a: [1] }, { b: [2] }] }, { a: 2, b: 1 }, false),
  detail({ c: [3], $or: [{ a: [1] }, { b: [2] }] }, { b: 2, c: 3 }, true),
  detail({ c: [3], $or: [{ a: [1] }, { b: [2] }] }, { b: 2, c: 4 }, false),
  detail({ c: [3], $or: [{ a: [1] }, { b: [2] }] }, { c: 3 }, false),
  detail({ $or: [{ a: [1], c: [3] }, { b: [2] }] }, { a: 1 }, false),
  detail({ $or: [{ a: [1] }, { $or: [{ b: [2] }, { c: [3] }], d: [4] }] }, { c: 3, d: 4 }, true),
  detail({ $or: [{ a: [1] }, { $or: [{ b: [2] }, { c: [3] }], d: [4] }] }, { c: 3 }, false),
  detail({ x: { $or: [{ a: [1] }, { b: [2] }] } }, { x: { b: 2 } }, true),
  detail({ x: { $or: [{ a: [1] }, { b: [2] }] } }, { b: 2 }, false),
  detail({ $or: [{ a: [{ exists: false }] }, { b: [2] }] }, {}, true),
  detail(
    { x: { c: [3], $or: [{ a: [1] }, { b: [2] }] } },
    {
      x: [
        { a: 1, c: 4 },
        { a: 2, c: 3 },
      ],
    },
    FALSE,
  ),

  // Fields with the names of operators.
  detail({ prefix: ["a"] }, { prefix: "a" }, true),
  detail({ a: { exists: [true] } }, { a: { exists: true } }, true),

  // Names that every object inherits.
  detail({ constructor: { name: ["Object"] } }, {}, false),
  detail({ toString: [{ exists: true }] }, {}, false),
  detail({ hasOwnProperty: ["a"] }, { hasOwnProperty: "a" }, true),
  detail(JSON.parse('{ "__proto__": { "a": [1] } }'), JSON.parse('{ "__proto__": { "a": 1 } }'), true),
  detail({ a: [1] }, JSON.parse('{ "__proto__": { "a": 1 } }'), false),
];

/** A pattern that is refused, and where in it the fault is. */
export interface RefusedRow {
  readonly pattern: unknown;
  readonly path: string;
  /** Not by EventBridge: it has a meaning there that is not known here, or one that it does not document. */
  readonly onlyHere: boolean;
  readonly notOnLocalStack: boolean;
}

type RefusedBy = "only here" | "not on LocalStack";

const refused = (pattern: unknown, path: string, by?: RefusedBy): RefusedRow => ({
  pattern,
  path,
  onlyHere: by === "only here",
  notOnLocalStack: by === "not on LocalStack",
});

const condition = (matcher: unknown, path: string, by?: RefusedBy) =>
  refused({ detail: { field: [matcher] } }, `.detail.field[0]${path}`, by);

/** So many patterns of a field each. */
const alternatives = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ [name]: [index] }));

export const REFUSED_ROWS: readonly RefusedRow[] = [
  // What is no pattern.
  refused({}, "", "not on LocalStack"),
  refused([], ""),
  refused("shop", ""),
  refused(null, ""),
  refused({ source: "shop" }, ".source"),
  refused({ source: [] }, ".source"),
  refused({ source: { prefix: "shop" } }, ".source"),
  refused({ source: null }, ".source"),
  refused({ detail: {} }, ".detail", "not on LocalStack"),
  refused({ detail: "a" }, ".detail"),
  refused({ detail: { field: {} } }, ".detail.field", "not on LocalStack"),
  refused({ detail: { field: "a" } }, ".detail.field"),
  refused({ detail: { field: null } }, ".detail.field"),
  refused({ detail: { field: 5 } }, ".detail.field"),
  refused({ detail: { field: [] } }, ".detail.field"),
  refused({ detail: { a: { b: { c: [] } } } }, ".detail.a.b.c"),

  // Fields that mean nothing to listeners, and names that EventBridge does not find.
  refused({ account: ["123456789012"] }, ".account", "only here"),
  refused({ $or: alternatives("source", 2) }, ".$or", "only here"),
  refused({ detailType: ["OrderPaid"] }, ".detailType", "only here"),
  refused({ detail: [{ exists: true }] }, ".detail", "only here"),
  refused({ detail: { "": [1] } }, '.detail[""]', "only here"),
  refused({ detail: { "a..b": [1] } }, '.detail["a..b"]', "only here"),
  refused({ detail: { "a.": [1] } }, '.detail["a."]', "only here"),
  refused({ detail: { "a.b": [1], a: { b: [2] } } }, "", "only here"),

  // What is no condition.
  condition(["a"], ""),
  condition({}, ""),
  condition({ prefix: "a", suffix: "b" }, ""),
  condition({ contains: "a" }, ""),
  condition({ Prefix: "a" }, ""),
  condition({ cidr: "10.0.0.0/24" }, "", "only here"),
  condition({ exactly: "a" }, "", "only here"),
  condition({ exists: "true" }, ".exists"),
  condition({ exists: null }, ".exists"),
  condition({ prefix: 5 }, ".prefix"),
  condition({ prefix: ["a"] }, ".prefix"),
  condition({ prefix: null }, ".prefix"),
  condition({ prefix: { suffix: "a" } }, ".prefix"),
  condition({ suffix: {} }, ".suffix", "not on LocalStack"),
  condition({ suffix: { "equals-ignore-case": 5 } }, '.suffix["equals-ignore-case"]', "not on LocalStack"),
  condition({ "equals-ignore-case": ["a"] }, '["equals-ignore-case"]'),
  condition({ "equals-ignore-case": "😀" }, '["equals-ignore-case"]', "only here"),
  condition({ wildcard: 5 }, ".wildcard"),
  condition({ wildcard: "a**b" }, ".wildcard"),
  condition({ wildcard: "**" }, ".wildcard"),
  condition({ wildcard: "a\\\\**" }, ".wildcard"),
  condition({ wildcard: "a\\b" }, ".wildcard", "not on LocalStack"),
  condition({ wildcard: "a\\" }, ".wildcard", "not on LocalStack"),

  // Numbers.
  condition({ numeric: 5 }, ".numeric"),
  condition({ numeric: [] }, ".numeric"),
  condition({ numeric: ["="] }, ".numeric"),
  condition({ numeric: ["==", 5] }, ".numeric"),
  condition({ numeric: [5, "="] }, ".numeric"),
  condition({ numeric: ["<", "5"] }, ".numeric"),
  condition({ numeric: ["<", null] }, ".numeric"),
  condition({ numeric: [">", 1, "<"] }, ".numeric"),
  condition({ numeric: ["<", 5, ">", 1] }, ".numeric"),
  condition({ numeric: [">", 1, ">", 2] }, ".numeric"),
  condition({ numeric: ["=", 1, "<", 2] }, ".numeric"),
  condition({ numeric: [">", 1, "<", 2, "<", 3] }, ".numeric"),
  condition({ numeric: [">", 5, "<", 1] }, ".numeric"),
  condition({ numeric: [">=", 5, "<=", 5] }, ".numeric"),
  // EventBridge says that it compares such numbers no further; its newer engine does.
  condition({ numeric: ["<", 5_000_000_001] }, ".numeric", "only here"),
  condition({ numeric: [">", 5e9] }, ".numeric", "only here"),
  condition({ numeric: ["<=", -5e9] }, ".numeric", "only here"),
  condition({ numeric: ["=", 0.1234567] }, ".numeric", "only here"),

  // Exceptions.
  condition({ "anything-but": [] }, '["anything-but"]', "not on LocalStack"),
  condition({ "anything-but": null }, '["anything-but"]', "not on LocalStack"),
  condition({ "anything-but": true }, '["anything-but"]', "not on LocalStack"),
  condition({ "anything-but": ["a", 5] }, '["anything-but"]', "not on LocalStack"),
  condition({ "anything-but": [5, "5"] }, '["anything-but"]', "not on LocalStack"),
  condition({ "anything-but": [null] }, '["anything-but"]', "not on LocalStack"),
  condition({ "anything-but": [["a"]] }, '["anything-but"]'),
  condition({ "anything-but": [{ prefix: "a" }] }, '["anything-but"]', "not on LocalStack"),
  condition({ "anything-but": {} }, '["anything-but"]'),
  condition({ "anything-but": { exists: true } }, '["anything-but"]'),
  condition({ "anything-but": { numeric: ["<", 5] } }, '["anything-but"]'),
  condition({ "anything-but": { "anything-but": "a" } }, '["anything-but"]'),
  condition({ "anything-but": { prefix: "a", suffix: "b" } }, '["anything-but"]'),
  condition({ "anything-but": { prefix: "" } }, '["anything-but"].prefix'),
  condition({ "anything-but": { suffix: ["a", ""] } }, '["anything-but"].suffix'),
  condition({ "anything-but": { prefix: 5 } }, '["anything-but"].prefix'),
  condition({ "anything-but": { prefix: [] } }, '["anything-but"].prefix'),
  condition({ "anything-but": { prefix: { "equals-ignore-case": "a" } } }, '["anything-but"].prefix'),
  condition({ "anything-but": { wildcard: "a**" } }, '["anything-but"].wildcard'),
  condition({ "anything-but": { wildcard: ["a*", "b**"] } }, '["anything-but"].wildcard'),
  condition({ "anything-but": 0.1234567 }, '["anything-but"]', "only here"),

  // Patterns of which one is to match.
  refused({ detail: { $or: { a: [1] } } }, ".detail.$or", "not on LocalStack"),
  refused({ detail: { $or: [] } }, ".detail.$or"),
  refused({ detail: { $or: [{ a: [1] }] } }, ".detail.$or", "not on LocalStack"),
  refused({ detail: { $or: [{ a: [1] }, {}] } }, ".detail.$or[1]", "not on LocalStack"),
  refused({ detail: { $or: [{ a: [1] }, "b"] } }, ".detail.$or[1]"),
  refused({ detail: { $or: [{ a: [1] }, { b: "x" }] } }, ".detail.$or[1].b"),
  refused({ detail: { $or: [{ a: [1] }, { prefix: ["x"] }] } }, ".detail.$or[1].prefix", "not on LocalStack"),
  refused(
    { detail: { $or: [{ a: [1] }, { b: { numeric: [1] } }] } },
    ".detail.$or[1].b.numeric",
    "not on LocalStack",
  ),
  refused({ detail: { a: [1], $or: [{ a: [2] }, { b: [3] }] } }, "", "only here"),

  // Limits.
  refused(
    { detail: { a: { $or: alternatives("b", 32) }, c: { $or: alternatives("d", 32) } } },
    "",
    "not on LocalStack",
  ),
  refused({ source: [`${"x".repeat(4_083)}`] }, "", "only here"),
];
