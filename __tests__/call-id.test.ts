/** Ids by which calls are recognised: never two calls under one, and always the same for the same call. */
import fc from "fast-check";
import type { Address } from "../lib/address";
import { type ChildCall, callKey, childCallOf, isCallId, keyedCallId } from "../lib/call-id";
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

describe("the id of a call that a turn makes", () => {
  const call: ChildCall = { ordinal: 0, address: A, method: "increment", args: "[5]" };

  it("is the same in every release, since a turn may be run again by a newer one", () => {
    expect(childCallOf({ callId: "AAAAAAAAAAAAAAAA", sentAtMs: 5 }, call)).toEqual({
      callId: "sooGy-Uh_KTWes1T",
      sentAtMs: 5,
    });
  });

  it("is as old as the turn's call, or like that of any age", () => {
    expect(childCallOf({ callId: "AAAAAAAAAAAAAAAA", sentAtMs: 0 }, call).sentAtMs).toBe(0);
    expect(childCallOf({ callId: "mine", sentAtMs: undefined }, call)).not.toHaveProperty("sentAtMs");
  });

  it("is another one for whatever is another one, however alike they are", () => {
    const parent = fc.record({
      callId: fc.oneof(
        fc.string({ unit: fc.constantFrom("a", "0", "1", "\n", "/"), minLength: 1, maxLength: 6 }),
        fc.string({ unit: "grapheme", minLength: 1 }),
      ),
      sentAtMs: fc.constant(undefined),
    });
    const child = fc.record({
      ordinal: fc.nat({ max: 11 }),
      address: fc.record({
        type: fc.constantFrom("a", "aa", "A"),
        id: fc.string({ unit: fc.constantFrom("a", "0", "/", " "), minLength: 1, maxLength: 4 }),
      }),
      method: fc.constantFrom("a", "a0", "b"),
      args: fc.constantFrom("[]", "[0]", "[1]", '["1"]', '["\\n"]', "[[]]"),
    });
    fc.assert(
      fc.property(parent, child, parent, child, (one, oneCall, other, otherCall) => {
        const isSame = JSON.stringify([one.callId, oneCall]) === JSON.stringify([other.callId, otherCall]);
        const [first, second] = [childCallOf(one, oneCall), childCallOf(other, otherCall)];
        expect(first.callId === second.callId).toBe(isSame);
        expect(first.callId).toMatch(/^[\w-]{16}$/);
        expect(isCallId(first.callId)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is never the turn's own, nor that of a child's child", () => {
    const parent = { callId: "AAAAAAAAAAAAAAAA", sentAtMs: 5 };
    const ids = [parent.callId];
    for (let depth = 0; depth < 100; depth++) {
      ids.push(childCallOf({ callId: ids.at(-1) as string, sentAtMs: 5 }, call).callId);
    }
    expect(new Set(ids).size).toBe(101);
  });
});
