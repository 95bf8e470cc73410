/** The decoder: JSON with tags, as text and as structures. What it accepts can be written again, and means the same. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { decode, encode, type Json, pack, unpack } from "../../../lib/values/codec";
import { promised } from "../finding";
import { hostileJson, mutated } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";

const SEEDS = [
  '{"a":[1,2.5,"x",null,true],"b":{"c":{"d":[]}}}',
  '{"when":{"$date":"2026-11-23T12:00:00.000Z"},"big":{"$bigint":"-12"},"bytes":{"$bytes":"AQID"}}',
  '{"map":{"$map":[["k",{"$set":[1,{"$undefined":true}]}],[{"$date":null},{"$number":"NaN"}]]}}',
  '[{"$object":{"$date":"mine"}},{"$number":"-0"},{"$set":[]},{"$map":[]}]',
  '{"constructor":{"name":"x"},"then":1,"toJSON":{"a":1},"length":3}',
];

/** Values of all kinds, as they are written. */
const kept = fc
  .anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, maxDepth: 4 })
  .map((value) => {
    try {
      return encode(value, "value");
    } catch {
      // A key that is forbidden, by chance.
      return "null";
    }
  });

const REFUSALS = ["CorruptState", "ForbiddenKey", "TooDeep", "NotSerializable"];

/** Of JSON, where `decode` may go without a walk, which must not show. */
export const decoder: Target = {
  name: "decoder",
  weight: 300,
  inputs: fc.oneof(
    { weight: 6, arbitrary: mutated(SEEDS, { garbled: true }) },
    { weight: 2, arbitrary: hostileJson },
    { weight: 1, arbitrary: kept },
  ),
  refusals: REFUSALS,
  feed(text) {
    const value = decode(text, "value");
    const unpacked = unpack(JSON.parse(text) as Json, "value");
    promised(isDeepStrictEqual(value, unpacked), "decode means what unpack means");
    promised(!reachesPrototype(JSON.parse(text)), "no key by which a prototype can be reached is accepted");
    const again = decode(encode(value, "value"), "value");
    promised(isDeepStrictEqual(value, again), "what is read can be written again");
    return ACCEPTED;
  },
};

/** For JSON that was accepted, and so is not too deep. */
function reachesPrototype(json: unknown): boolean {
  if (typeof json !== "object" || json === null) return false;
  const own = Object.entries(json);
  return own.some(
    ([key, value]) =>
      key === "__proto__" ||
      (key === "constructor" && Object.hasOwn(Object(value), "prototype")) ||
      reachesPrototype(value),
  );
}

/** Every value that a method could hold and that is no good, and what can be kept. */
const KINDS: readonly (() => unknown)[] = [
  () => () => 1,
  () => Symbol("s"),
  () => new (class Undeclared {})(),
  () => Object.create({ inherited: 1 }),
  () => Object.assign(Object.create(null), { a: 1 }),
  () => ({ [Symbol("s")]: 1 }),
  () => "\ud800",
  () => ({ "\ud800": 1 }),
  () => JSON.parse('{"__proto__":1}'),
  () => ({ constructor: { prototype: 1 } }),
  () => new WeakMap(),
  () => Promise.resolve(1),
  () => /x/,
  () => new Error("x"),
  () => new Proxy({}, {}),
  () => new (class extends Array {})(3),
  () => new (class extends Map {})(),
  () => new Float64Array(2),
  () => new ArrayBuffer(2),
  () => Buffer.from("x"),
  () => new Array(3),
  () => 10n ** 10_000n,
  () => new Date(8.64e15),
  () => {
    const self: unknown[] = [];
    self.push(new Map([[self, self]]));
    return self;
  },
];

/** The input says which kinds, and where: JSON in which `{"$":n}` stands for one of them. */
export const encoder: Target = {
  name: "encoder",
  weight: 100,
  inputs: fc.oneof(
    { weight: 3, arbitrary: mutated(['[{"$":0},{"a":{"$":1}},[{"$":2}],{"b":[1,{"$":3}]}]', ...SEEDS]) },
    {
      weight: 2,
      arbitrary: fc.array(fc.integer({ min: 0, max: 40 }).map((kind) => `{"$":${kind}}`)).map(listOf),
    },
  ),
  refusals: REFUSALS,
  feed(text) {
    const value = withKinds(JSON.parse(text), 0);
    const written = JSON.stringify(pack(value, "value"));
    promised(encode(value, "value") === written, "a value has one encoding");
    const again = unpack(JSON.parse(written) as Json, "value");
    promised(encode(again, "value") === written, "what is kept comes back");
    return ACCEPTED;
  },
};

function listOf(texts: readonly string[]): string {
  return `[${texts.join(",")}]`;
}

/** Deeper than the limit it may be: it is only read here. */
function withKinds(json: unknown, depth: number): unknown {
  if (typeof json !== "object" || json === null || depth > 150) return json;
  if (Array.isArray(json)) return json.map((element) => withKinds(element, depth + 1));
  const { $: kind } = json as { $?: unknown };
  if (Object.keys(json).length === 1 && typeof kind === "number") {
    return KINDS[Math.abs(Math.trunc(kind)) % KINDS.length]?.() ?? kind;
  }
  const entries = Object.entries(json).map(([key, value]) => [key, withKinds(value, depth + 1)] as const);
  return Object.fromEntries(entries);
}
