// biome-ignore-all lint/suspicious/noThenProperty: objects with a `then` are what these tests are about
/** What the codec promises for every value: it comes back equal, or its path is named before anything is written. */
import { DurableError } from "durable-lambda";
import fc from "fast-check";
import { decode, encode, type Json, MAX_DEPTH, pack, unpack } from "../../lib/values/codec";
import {
  bury,
  keepable,
  key,
  keySegment,
  likeness,
  pathOf,
  plain,
  plainPosition,
  position,
  wellFormed,
} from "../support/values-arbitrary";

function expectSame(actual: unknown, expected: unknown): void {
  expect(likeness(actual)).toBe(likeness(expected));
}

/** The error that `work` throws. */
function thrownBy(work: () => unknown): DurableError {
  try {
    work();
  } catch (error) {
    if (error instanceof DurableError) return error;
    throw new Error(`threw ${String(error)}, which is no DurableError`);
  }
  throw new Error("threw nothing");
}

const prototypeBefore = Object.getOwnPropertyNames(Object.prototype).sort();
afterAll(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(prototypeBefore);
});

describe("decode(encode(x))", () => {
  it("equals x for every nesting of all supported types", () => {
    fc.assert(
      fc.property(keepable, (value) => {
        expectSame(decode(encode(value, "state"), "state"), value);
      }),
      { numRuns: 1_500 },
    );
  });

  it("is the same over unpack(JSON copy of pack(x)), the form in which arguments travel", () => {
    fc.assert(
      fc.property(keepable, (value) => {
        const sent = JSON.parse(JSON.stringify(pack(value, "args"))) as Json;
        expectSame(unpack(sent, "args"), value);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, unknown]>([
    ["a date", new Date("2026-11-23T12:00:00.123Z")],
    ["the first and the last date", [new Date(-8.64e15), new Date(8.64e15)]],
    ["an invalid date", new Date(Number.NaN)],
    ["bigints", [0n, -1n, 2n ** 200n]],
    ["bytes", new Uint8Array([0, 1, 254, 255])],
    ["no bytes", new Uint8Array(0)],
    ["undefined at the top", undefined],
    ["fields that are undefined, which differ from missing ones", { there: undefined }],
    ["numbers that JSON has not", [Number.NaN, Infinity, -Infinity, -0, 0]],
    [
      "a Map with keys of any kind",
      new Map<unknown, unknown>([
        [NaN, 1],
        [undefined, 2],
        [{ a: 1n }, 3],
        ["", 4],
        ["__proto__", 5],
      ]),
    ],
    ["a Set of Sets", new Set([new Set([1n]), new Set()])],
    ["a key that is no identifier", { "": 1, "a.b": 2, "a b": 3 }],
    ["keys that look like tags", { $date: "x", $x: 1 }],
    ["one key that looks like a tag", { $date: "2026-01-01T00:00:00.000Z" }],
    ["such keys within each other", { $object: { $object: { $undefined: { $map: [] } } } }],
    ["a thenable's shape as data", { then: "later", catch: null }],
    ["a toJSON that is a string", { toJSON: "no function" }],
    ["a constructor that is data", { constructor: "Ford" }],
    ["a constructor that is an object of data", { constructor: { name: "Ford" } }],
    [
      "names of Object.prototype as keys",
      { toString: 1, hasOwnProperty: 2, valueOf: 3, __defineGetter__: 4 },
    ],
    ["all of Unicode in strings and keys", { "é\u0000\u2028🙂": "é\u0000\u2028🙂\uFFFF" }],
  ])("equals x for %s", (_name, value) => {
    expectSame(decode(encode(value, "state"), "state"), value);
  });

  it("gives a Buffer back as a Uint8Array", () => {
    const back = decode(encode({ bytes: Buffer.from("abc") }, "state"), "state") as { bytes: Uint8Array };
    expect(Object.getPrototypeOf(back.bytes)).toBe(Uint8Array.prototype);
    expect([...back.bytes]).toEqual([97, 98, 99]);
  });

  it("keeps only the part of a buffer that a view shows", () => {
    const view = new Uint8Array(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2);
    expect(decode(encode(view, "state"), "state")).toEqual(new Uint8Array([2, 3]));
  });

  it("gives an object without a prototype back as an ordinary one", () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1n });
    expect(decode(encode(bare, "state"), "state")).toStrictEqual({ a: 1n });
  });

  it("gives a hole in an array back as undefined", () => {
    const holed = new Array<number>(3);
    holed[1] = 1;
    expect(decode(encode(holed, "state"), "state")).toStrictEqual([undefined, 1, undefined]);
  });

  it("gives the elements of an array back, and as in JSON nothing else that it carries", () => {
    expectSame(decode(encode(/b(c)?/.exec("abc"), "state"), "state"), ["bc", "c"]);
  });

  it("turns one object that is held twice into two equal ones", () => {
    fc.assert(
      fc.property(keepable, (inner) => {
        const shared = { inner };
        const back = decode(encode({ a: shared, b: [shared], c: new Set([shared]) }, "state"), "state");
        expectSame(back, { a: { inner }, b: [{ inner }], c: new Set([{ inner }]) });
        const { a, b } = back as { a: object; b: object[] };
        expect(a).not.toBe(b[0]);
      }),
    );
  });

  it("does not change the value that it encodes", () => {
    fc.assert(
      fc.property(keepable, (value) => {
        const before = likeness(value);
        encode(value, "state");
        expect(likeness(value)).toBe(before);
      }),
    );
  });
});

/**
 * The fast path is for values made of null, booleans, well-formed strings, finite numbers except -0, arrays without
 * holes, and plain objects of which none has exactly one key that begins with "$".
 */
describe("plain JSON", () => {
  it("is encoded as exactly what JSON.stringify writes, and packed as the same object", () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(encode(value, "state")).toBe(JSON.stringify(value));
        expect(pack(value, "state")).toBe(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is decoded as exactly what JSON.parse reads", () => {
    fc.assert(
      fc.property(plain, (value) => {
        const text = JSON.stringify(value);
        expectSame(decode(text, "state"), JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, unknown, string]>([
    ["-0", [-0], '[{"$number":"-0"}]'],
    ["undefined in a field", { a: undefined }, '{"a":{"$undefined":true}}'],
    ["a hole", new Array(1), '[{"$undefined":true}]'],
    ["an object with one key that begins with $", { $a: 1 }, '{"$object":{"$a":1}}'],
    ["a Date", [1, new Date(0)], '[1,{"$date":"1970-01-01T00:00:00.000Z"}]'],
    ["an invalid Date", new Date(Number.NaN), '{"$date":null}'],
    ["a bigint", 12n, '{"$bigint":"12"}'],
    ["a Map", new Map([["a", 1n]]), '{"$map":[["a",{"$bigint":"1"}]]}'],
    ["a Set", new Set(["a"]), '{"$set":["a"]}'],
    ["bytes", new Uint8Array([1, 2, 3]), '{"$bytes":"AQID"}'],
  ])("ends at %s, which has a form of its own", (_name, value, text) => {
    expect(encode(value, "state")).toBe(text);
    expect(pack(value, "state")).not.toBe(value);
  });

  it("is not left for two keys that begin with $", () => {
    const value = { $a: 1, $b: 2 };
    expect(pack(value, "state")).toBe(value);
  });

  it("is copied only where something in it is not plain", () => {
    const untouched = { deep: [1, 2, 3] };
    const packed = pack({ untouched, date: new Date(0) }, "state") as Record<string, unknown>;
    expect(packed.untouched).toBe(untouched);
  });
});

class Point {
  constructor(
    readonly x = 0,
    readonly y = 0,
  ) {}
}
class NamedMap extends Map<string, number> {}
class NamedSet extends Set<string> {}
class NamedDate extends Date {}
class NamedArray extends Array<number> {}

const UNSUPPORTED: readonly [string, () => unknown][] = [
  ["a function", () => () => 1],
  ["an async function", () => async () => 1],
  ["a class", () => Point],
  ["a symbol", () => Symbol("s")],
  ["a registered symbol", () => Symbol.iterator],
  ["a lone high surrogate", () => "a\uD800"],
  ["a lone low surrogate", () => "\uDC00b"],
  ["surrogates in the wrong order", () => "\uDC00\uD800"],
  ["a RegExp", () => /x/],
  ["a Promise", () => Promise.resolve(1)],
  ["a WeakMap", () => new WeakMap()],
  ["a WeakSet", () => new WeakSet()],
  ["a WeakRef", () => new WeakRef({})],
  ["an Error", () => new Error("e")],
  ["a class instance", () => new Point(1, 2)],
  ["an instance of a class without a name", () => new (class {})()],
  ["an object that inherits data", () => Object.create({ inherited: 1 }) as object],
  ["a Map of a subclass", () => new NamedMap()],
  ["a Set of a subclass", () => new NamedSet()],
  ["a Date of a subclass", () => new NamedDate()],
  ["an array of a subclass", () => NamedArray.from([1])],
  ["an object that only claims to be a Date", () => Object.create(Date.prototype) as object],
  ["an Int8Array", () => new Int8Array(1)],
  ["a Uint8ClampedArray", () => new Uint8ClampedArray(1)],
  ["a Float64Array", () => new Float64Array(1)],
  ["a BigInt64Array", () => new BigInt64Array(1)],
  ["an ArrayBuffer", () => new ArrayBuffer(1)],
  ["a DataView", () => new DataView(new ArrayBuffer(1))],
  ["a boxed string", () => Object("s") as object],
  ["a boxed number", () => Object(1) as object],
  ["a boxed boolean", () => Object(true) as object],
  ["a boxed bigint", () => Object(1n) as object],
  ["a boxed symbol", () => Object(Symbol("s")) as object],
  ["a URL", () => new URL("http://localhost/")],
  ["a generator", () => (function* () {})()],
];

describe("a value that cannot be kept", () => {
  it.each(UNSUPPORTED)("is NotSerializable at exactly its path: %s", (_name, make) => {
    fc.assert(
      fc.property(position, (steps) => {
        const error = thrownBy(() => encode(bury(make(), steps), "state"));
        const path = pathOf("state", steps);
        expect(error.code).toBe("NotSerializable");
        expect(error.details.path).toBe(path);
        expect(error.message.startsWith(`${path} is `)).toBe(true);
        expect(error.retryable).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it("is named with its class, and with what may be done", () => {
    const error = thrownBy(() => encode({ at: new Point() }, "state"));
    expect(error.message).toContain("an instance of Point");
    expect(error.message).toMatch(/@Type.*@Transient/s);
  });

  it("has a path in which a field that begins with a parenthesis does not look like the key of a Map", () => {
    expect(thrownBy(() => encode({ "(key 0)": /x/ }, "state")).details.path).toBe('state["(key 0)"]');
    expect(thrownBy(() => encode(new Map([["(key 0)", /x/]]), "state")).details.path).toBe(
      'state["(key 0)"]',
    );
    expect(thrownBy(() => encode(new Map([[/x/, 1]]), "state")).details.path).toBe("state(key 0)");
  });

  it("is NotSerializable at its path when it is a symbol as a key", () => {
    fc.assert(
      fc.property(position, (steps) => {
        const error = thrownBy(() => encode(bury({ a: 1, [Symbol("tag")]: 1 }, steps), "args"));
        expect(error.code).toBe("NotSerializable");
        expect(error.details.path).toBe(`${pathOf("args", steps)}[Symbol(tag)]`);
      }),
      { numRuns: 100 },
    );
  });

  it("is NotSerializable at its path when it is a lone surrogate in a key", () => {
    fc.assert(
      fc.property(position, wellFormed, (steps, start) => {
        const bad = `${start}\uD83D`;
        const error = thrownBy(() => encode(bury({ fine: 1, [bad]: 1 }, steps), "result"));
        expect(error.code).toBe("NotSerializable");
        expect(error.details.path).toBe(pathOf("result", steps) + keySegment(bad));
      }),
      { numRuns: 100 },
    );
  });

  it("is found in arguments that came from outside, too", () => {
    fc.assert(
      fc.property(
        plainPosition.filter((steps) => !steps.some(looksLikeTag)),
        (steps) => {
          const error = thrownBy(() => unpack([bury("\uD800", steps)] as Json, "args"));
          expect(error.code).toBe("NotSerializable");
          expect(error.details.path).toBe(pathOf("args[0]", steps));
        },
      ),
      { numRuns: 40 },
    );
  });
});

const withOwnProto = (): unknown => JSON.parse('{"__proto__":{"polluted":true}}');
const withConstructorPrototype = (): unknown => ({ constructor: { prototype: { polluted: true } } });
const FORBIDDEN: readonly [string, () => unknown, string][] = [
  ["an own __proto__", withOwnProto, ".__proto__"],
  ["an own __proto__ that is null", () => JSON.parse('{"__proto__":null}') as unknown, ".__proto__"],
  ["constructor.prototype", withConstructorPrototype, ".constructor"],
  ["constructor.prototype that is null", () => ({ constructor: { prototype: null } }), ".constructor"],
];

describe("a key that could reach a prototype", () => {
  it.each(FORBIDDEN)("is ForbiddenKey at its path when encoded: %s", (_name, make, ending) => {
    fc.assert(
      fc.property(position, (steps) => {
        const error = thrownBy(() => encode(bury(make(), steps), "state"));
        expect(error.code).toBe("ForbiddenKey");
        expect(error.details.path).toBe(pathOf("state", steps) + ending);
        expect(error.message.startsWith(pathOf("state", steps) + ending)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each(FORBIDDEN)("is ForbiddenKey at its path when decoded: %s", (_name, make, ending) => {
    fc.assert(
      fc.property(
        plainPosition.filter((steps) => !steps.some(looksLikeTag)),
        (steps) => {
          const text = JSON.stringify(bury(make(), steps));
          const error = thrownBy(() => decode(text, "state"));
          expect(error.code).toBe("ForbiddenKey");
          expect(error.details.path).toBe(pathOf("state", steps) + ending);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['{"\\u005f_proto__":1}', /^state\.__proto__$/],
    ['{"const\\u0072uctor":{"prototype":1}}', /^state\.constructor$/],
    ['{"constructor" : {"prototype":{}}}', /^state\.constructor$/],
    ['{"$set":[{"__proto__":1}]}', /^state.*\[0\]\.__proto__$/],
    ['{"$map":[["a",{"__proto__":1}]]}', /^state.*\.__proto__$/],
    ['{"$object":{"$a":{"__proto__":1}}}', /^state.*\.\$a\.__proto__$/],
  ])("is found in whatever way it is written: %s", (text, path) => {
    const error = thrownBy(() => decode(text, "state"));
    expect(error.code).toBe("ForbiddenKey");
    expect(error.details.path).toMatch(path);
  });

  it("does not come in under a tag that unwraps to it", () => {
    const text = '{"constructor":{"$object":{"prototype":{"polluted":true}}}}';
    expect(["ForbiddenKey", "CorruptState"]).toContain(thrownBy(() => decode(text, "state")).code);
  });

  it("is data as the key of a Map", () => {
    const map = new Map<string, unknown>([
      ["__proto__", 1],
      ["constructor", new Map([["prototype", 1]])],
    ]);
    expectSame(decode(encode(map, "state"), "state"), map);
  });
});

function looksLikeTag(step: { into: string; name?: string; before: unknown[]; after: unknown[] }): boolean {
  return (
    step.into === "field" &&
    step.before.length + step.after.length === 0 &&
    step.name?.startsWith("$") === true
  );
}

const CONTAINERS: readonly [string, (inner: unknown) => unknown][] = [
  ["arrays", (inner) => [inner]],
  ["objects", (inner) => ({ a: inner })],
  ["objects that look like tags", (inner) => ({ $date: inner })],
  ["Maps, in values", (inner) => new Map([["a", inner]])],
  ["Maps, in keys", (inner) => new Map([[inner, "a"]])],
  ["Sets", (inner) => new Set([inner])],
];
const LEAVES: readonly [string, unknown][] = [
  ["a string", "x"],
  ["null", null],
  ["undefined", undefined],
  ["a bigint", 1n],
  ["NaN", Number.NaN],
  ["-0", -0],
];
const nest = (levels: number, wrap: (inner: unknown) => unknown, leaf: unknown): unknown =>
  Array.from({ length: levels }).reduce<unknown>((inner) => wrap(inner), leaf);

describe("a bigint", () => {
  it("is kept up to 10,000 digits; a longer one would take seconds to read, and is refused both ways", () => {
    const longest = 10n ** 9_999n;
    expect(decode(encode({ n: longest }, "state"), "state")).toEqual({ n: longest });
    const error = thrownBy(() => encode({ n: longest * 10n }, "state"));
    expect([error.code, error.details.path]).toEqual(["NotSerializable", "state.n"]);
    const text = `{"n":{"$bigint":"1${"0".repeat(10_000)}"}}`;
    expect(thrownBy(() => decode(text, "state")).code).toBe("CorruptState");
  });
});

describe("nesting", () => {
  const cases = CONTAINERS.flatMap(([name, wrap]) =>
    LEAVES.map(([leafName, leaf]) => [name, leafName, wrap, leaf] as const),
  );

  it.each(cases)(`of ${MAX_DEPTH} levels of %s around %s comes back`, (_name, _leafName, wrap, leaf) => {
    const value = nest(MAX_DEPTH, wrap, leaf);
    expectSame(decode(encode(value, "state"), "state"), value);
  });

  it(`of ${MAX_DEPTH} levels may end in an empty container, a Date or bytes`, () => {
    for (const innermost of [[], {}, new Map(), new Set(), new Date(0), new Uint8Array(1)]) {
      const value = nest(MAX_DEPTH - 1, (inner) => [inner], innermost);
      expectSame(decode(encode(value, "state"), "state"), value);
    }
  });

  it.each(CONTAINERS)(`of ${MAX_DEPTH + 1} levels of %s is TooDeep when encoded`, (_name, wrap) => {
    const error = thrownBy(() => encode(nest(MAX_DEPTH + 1, wrap, 1), "state"));
    expect(error.code).toBe("TooDeep");
    expect(error.details.limit).toBe(MAX_DEPTH);
    expect(String(error.details.path)).toMatch(/^state/);
  });

  it.each<[string, string, string]>([
    ["arrays", "[", "]"],
    ["objects", '{"a":', "}"],
    ["objects, with a tag beside them", '{"t":{"$undefined":true},"a":', "}"],
    ["Sets", '{"$set":[', "]}"],
    ["Maps", '{"$map":[["a",', "]]}"],
    ["wrapped objects", '{"$object":{"$a":', "}}"],
  ])(`of ${MAX_DEPTH + 1} levels of %s is TooDeep when decoded`, (_name, open, close) => {
    const text = (levels: number) => open.repeat(levels) + 1 + close.repeat(levels);
    expect(() => decode(text(MAX_DEPTH), "state")).not.toThrow();
    expect(thrownBy(() => decode(text(MAX_DEPTH + 1), "state")).code).toBe("TooDeep");
    expect(thrownBy(() => unpack(JSON.parse(text(MAX_DEPTH + 1)) as Json, "args")).code).toBe("TooDeep");
  });

  it("is TooDeep even where the text is so deep that recursion would overflow the stack", () => {
    const text = "[".repeat(200_000) + "]".repeat(200_000);
    expect(thrownBy(() => unpack(JSON.parse(text) as Json, "args")).code).toBe("TooDeep");
    expect(thrownBy(() => decode(text, "state")).code).toBe("TooDeep");
  });

  it("of a value in itself is TooDeep, and the path in the message stays short", () => {
    const list: unknown[] = [];
    list.push(list);
    const object: Record<string, unknown> = {};
    object["a long name of a field"] = { object };
    const map = new Map<string, unknown>();
    map.set("self", map);
    const set = new Set<unknown>();
    set.add([set]);
    for (const cyclic of [list, object, map, set]) {
      const error = thrownBy(() => encode(cyclic, "state"));
      expect(error.code).toBe("TooDeep");
      expect(error.message.length).toBeLessThan(300);
    }
  });
});

describe("text that encode did not write", () => {
  it.each([
    "",
    "{",
    "nonsense",
    "[1,]",
    "undefined",
    '{"$unknown":1}',
    '{"$":1}',
    '{"a":[{"$Date":"2026-01-01T00:00:00.000Z"}]}',
    '{"\\u0024unknown":1}',
    '{"$date":"yesterday"}',
    '{"$date":"2026-01-01"}',
    '{"$date":"2026-02-30T00:00:00.000Z"}',
    '{"$date":1}',
    '{"$date":{}}',
    '{"$bigint":12}',
    '{"$bigint":"1.5"}',
    '{"$bigint":""}',
    '{"$bigint":"0x10"}',
    '{"$bigint":" 1"}',
    '{"$bigint":"1\\n"}',
    '{"$number":"1"}',
    '{"$number":0}',
    '{"$number":"toString"}',
    '{"$undefined":false}',
    '{"$undefined":null}',
    '{"$bytes":"!"}',
    '{"$bytes":"A"}',
    '{"$bytes":"AQI"}',
    '{"$bytes":"AQ=I"}',
    '{"$bytes":[1]}',
    '{"$set":{}}',
    '{"$set":null}',
    '{"$map":{}}',
    '{"$map":[1]}',
    '{"$map":[["a"]]}',
    '{"$map":[["a",1,2]]}',
    '{"$map":[{"0":"a","1":1}]}',
    '{"$object":1}',
    '{"$object":[]}',
    '{"$object":null}',
    '{"$object":{}}',
    '{"$object":{"a":1}}',
    '{"$object":{"$a":1,"$b":2}}',
  ])("is CorruptState: %s", (text) => {
    expect(thrownBy(() => decode(text, "state")).code).toBe("CorruptState");
  });

  it("names where the tag is", () => {
    expect(thrownBy(() => decode('{"a":[0,{"$date":"x"}]}', "state")).details.path).toBe("state.a[1].$date");
    expect(thrownBy(() => decode('{"a":[0,{"$new":"x"}]}', "state")).details).toMatchObject({
      path: "state.a[1]",
      tag: "$new",
    });
  });

  /** JSON made of what a hostile sender would put together. */
  const hostileJson = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.constantFrom<Json>(null, true, 1, "", "NaN", "12", "AQID", "2026-01-01T00:00:00.000Z", "\uD800"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc
        .array(
          fc.tuple(
            fc.oneof(
              fc.constantFrom(
                "$date",
                "$bigint",
                "$number",
                "$undefined",
                "$bytes",
                "$set",
                "$map",
                "$object",
                "$x",
              ),
              fc.constantFrom("__proto__", "constructor", "prototype", "toString", "then"),
              key,
            ),
            tie("value"),
          ),
          { maxLength: 2 },
        )
        .map((entries) => Object.fromEntries(entries)),
    ),
  })).value as fc.Arbitrary<Json>;

  const anyText = fc
    .oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.json(),
      hostileJson.map((json) => JSON.stringify(json)),
      // Text that was fine until something happened to it.
      fc
        .tuple(
          keepable,
          fc.nat(),
          fc.nat(6),
          fc.constantFrom("", "\\u", "$", '"', "{", "}", "0", "__proto__"),
        )
        .map(([value, at, length, inserted]) => {
          const text = encode(value, "state");
          const start = at % (text.length + 1);
          return text.slice(0, start) + inserted + text.slice(start + length);
        }),
    )
    // Text that comes from UTF-8, as all that is stored does.
    .map((text) => text.toWellFormed());

  it("is decoded, or refused with an error of this package; Object.prototype stays as it is", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          decode(text, "state");
        } catch (error) {
          expect(error).toBeInstanceOf(DurableError);
        }
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
        expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(prototypeBefore.length);
      }),
      { numRuns: 3_000 },
    );
  });

  it("is never accepted when it holds what could not be written again", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        let value: unknown;
        try {
          value = decode(text, "state");
        } catch {
          return;
        }
        expectSame(decode(encode(value, "state"), "state"), value);
      }),
      { numRuns: 3_000 },
    );
  });
});
