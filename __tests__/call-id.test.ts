/** Ids by which calls are recognised: never two calls under one, and always the same for the same call. */
import fc from "fast-check";
import type { Address } from "../lib/address";
import { callKey, isCallId, keyedCallId } from "../lib/call-id";
import { systemRandom } from "../lib/random";

const A: Address = { type: "Counter", id: "a" };

it.each<[unknown, boolean]>([
  ["a", true],
  ["x".repeat(256), true],
  ["é~ \n🙂", true],
  ["", false],
  ["x".repeat(257), false],
  ["a\uD800", false],
  ["\uDC00", false],
  [1, false],
  [null, false],
  [undefined, false],
  [["a"], false],
])("%j can be a call id: %s", (value, expected) => {
  expect(isCallId(value)).toBe(expected);
});

describe("the id for a key of the caller's", () => {
  it("is the same in every release, since a key holds for days", () => {
    expect(keyedCallId(A, "order-7")).toBe("~q32MQJwFxEonNK5tWralvh");
  });

  it("is another one for another key or another actor, however alike they are", () => {
    const type = fc.constantFrom("Counter", "Counter2", "C", "a");
    const id = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "/", "~", " "), minLength: 1, maxLength: 4 }),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }),
    );
    const key = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "/", "~", "\n", "C"), maxLength: 4 }),
      fc.string({ unit: "binary" }),
    );
    const call = fc.tuple(fc.record({ type, id }), key);
    fc.assert(
      fc.property(call, call, ([one, oneKey], [other, otherKey]) => {
        const isSame = one.type === other.type && one.id === other.id && oneKey === otherKey;
        expect(keyedCallId(one, oneKey) === keyedCallId(other, otherKey)).toBe(isSame);
        expect(keyedCallId(one, oneKey)).toMatch(/^~[\w-]{22}$/);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the key by which an actor remembers a call", () => {
  const callId = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 256 }),
    fc.stringMatching(/^[\w~-]{14,18}$/),
  );
  const sentAtMs = fc.option(fc.nat(), { nil: undefined });

  it("has 16 characters of [\\w~-], whatever the id", () => {
    fc.assert(
      fc.property(callId, sentAtMs, (id, at) => {
        expect(callKey({ callId: id, sentAtMs: at })).toMatch(/^[\w~-]{16}$/);
      }),
    );
  });

  it("is the id itself when that was generated", () => {
    for (let index = 0; index < 1_000; index++) {
      const id = systemRandom.id();
      expect(callKey({ callId: id, sentAtMs: 0 })).toBe(id);
    }
  });

  it("begins with ~ just when the caller chose the id, so that nobody can choose a generated one", () => {
    fc.assert(
      fc.property(callId, sentAtMs, (id, at) => {
        expect(callKey({ callId: id, sentAtMs: at }).startsWith("~")).toBe(at === undefined);
      }),
    );
  });

  it("is another one for another id", () => {
    fc.assert(
      fc.property(callId, callId, sentAtMs, (one, other, at) => {
        const keyOf = (id: string) => callKey({ callId: id, sentAtMs: at });
        expect(keyOf(one) === keyOf(other)).toBe(one === other);
      }),
      { numRuns: 1_000 },
    );
  });
});
