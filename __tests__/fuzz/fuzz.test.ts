/** A share of the fuzzing that takes seconds; `npm run fuzz` does the rest. And that the fuzzer finds what there is to find. */
import { UnexpectedEvent } from "../../lib/errors";
import { campaign, inputOf, replay, type Tally } from "./campaign";
import { promised } from "./finding";
import { hostileJson, mutated } from "./hostile-text";
import { spansOf } from "./json-spans";
import { merged, tableOf, textOf, totalsOf } from "./report";
import { ACCEPTED, type Target } from "./target";
import { TARGETS } from "./targets";

const SEED = 20_261_125;
const shareOf = (target: Target) => ({
  seed: SEED,
  first: 0,
  step: 1,
  count: target.name === "local server" ? 20 : 250,
});

describe("hostile inputs get typed errors, change no prototype, and end", () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))("%s", async (_name, target) => {
    const tally = await campaign(target, shareOf(target));
    expect(tally.failures.map(textOf)).toEqual([]);
    expect(tally.inputs).toBe(shareOf(target).count);
  });
});

/** A target for JSON such as `{"a":{"b":[1]}}` that does with what it is fed as told. */
function targetThat(feed: (value: unknown) => unknown): Target {
  return {
    name: "a target",
    weight: 1,
    inputs: mutated(['{"a":{"b":[1,"x"]},"c":null}']),
    refusals: ["UnexpectedEvent"],
    async feed(text) {
      await feed(JSON.parse(text));
      return ACCEPTED;
    },
  };
}

const runOf = (target: Target, count = 2_000): Promise<Tally> =>
  campaign(target, { seed: 1, first: 0, step: 1, count });

/** Whether a value has this key somewhere, but not too deep down. */
const hasKey = (value: unknown, key: string, levels = 20): boolean =>
  typeof value === "object" &&
  value !== null &&
  levels > 0 &&
  (Object.hasOwn(value, key) || Object.values(value).some((inner) => hasKey(inner, key, levels - 1)));

describe("the fuzzer finds", () => {
  it("an error that is not typed, and shrinks its input to what it takes", async () => {
    const target = targetThat((value) => {
      if (hasKey(value, "__proto__")) throw new TypeError("no");
    });
    const { failures, broken } = await runOf(target);
    expect(failures).toEqual([expect.objectContaining({ kind: "untyped error", input: '{"__proto__":0}' })]);
    expect(failures[0]?.message).toMatch(/^TypeError: no/);
    expect(broken).toBeGreaterThan(10);
  });

  it("a merge that pollutes, by the key with which it does, and puts the prototype right", async () => {
    const merge = (into: Record<string, unknown>, from: Record<string, unknown>): void => {
      for (const [key, value] of Object.entries(from)) {
        if (typeof value === "object" && value !== null && into[key])
          merge(into[key] as never, value as never);
        else into[key] = value;
      }
    };
    const { failures } = await runOf(targetThat((value) => merge({}, (value ?? {}) as never)));
    expect(failures.map(({ kind }) => kind)).toContain("pollution");
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect("polluted" in {}).toBe(false);
  });

  it("pollution that cannot be enumerated, at the end of its batch", async () => {
    const target = targetThat((value) => {
      if (!hasKey(value, "then")) return;
      Object.defineProperty(Map.prototype, "odd", { value: 1, configurable: true });
    });
    const { failures } = await runOf(target);
    expect(failures).toEqual([
      expect.objectContaining({
        kind: "pollution",
        message: "changed: Map.prototype.odd",
        input: '{"then":0}',
      }),
    ]);
    expect("odd" in Map.prototype).toBe(false);
  });

  it("a typed error whose message carries the payload", async () => {
    const target = targetThat((value) => {
      const { c } = (value ?? {}) as { c?: unknown };
      throw new UnexpectedEvent(`Not this: ${typeof c === "string" ? c : "no text"}`);
    });
    const { failures } = await runOf(target, 5_000);
    expect(failures).toEqual([expect.objectContaining({ kind: "broken promise" })]);
  });

  it("a broken promise, and a code that does not belong to the target", async () => {
    const odd = await runOf(targetThat((value) => promised(!Array.isArray(value), "no array")));
    expect(odd.failures).toEqual([expect.objectContaining({ kind: "broken promise", input: "[]" })]);
    const refused = { ...targetThat(() => {}), refusals: [] };
    const { failures } = await runOf({
      ...refused,
      feed: () => Promise.reject(new UnexpectedEvent("no")),
    });
    expect(failures).toEqual([
      expect.objectContaining({
        kind: "untyped error",
        message: expect.stringMatching(/^UnexpectedEvent: no/),
      }),
    ]);
  });

  it("recursion without a limit", async () => {
    const depth = (value: unknown): number =>
      typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;
    const { failures } = await runOf(targetThat(depth), 20_000);
    expect(failures.map(({ message }) => message.split("\n")[0])).toEqual([
      "RangeError: Maximum call stack size exceeded",
    ]);
  });
});

describe("inputs", () => {
  it("are the same for the same seed and index, whatever ran before", async () => {
    for (const target of TARGETS) {
      const texts = [3, 1, 3].map((index) => inputOf(target, SEED, index).value);
      expect(texts[0]).toBe(texts[2]);
      expect(inputOf(target, SEED, 1).value).toBe(texts[1]);
    }
    const all = Array.from({ length: 50 }, (_, index) => inputOf(TARGETS[0] as Target, SEED, index).value);
    expect(new Set(all).size).toBeGreaterThan(40);
    expect(inputOf(TARGETS[0] as Target, SEED + 1, 3).value).not.toBe(all[3]);
  });

  it("replay a failure with the same shrunk input", async () => {
    const target = targetThat((value) => promised(!hasKey(value, "then"), "no then"));
    const [failure] = (await runOf(target)).failures;
    const [again] = (await replay(target, 1, failure?.index ?? -1)).failures;
    expect(again).toEqual(failure);
    expect(failure?.input).toBe('{"then":0}');
  });

  it("are JSON unless they are to be garbled", () => {
    for (const inputs of [hostileJson, mutated(['{"a":[1,{"b":"x\\n"}],"c":{}}', "[]", '"x"'])]) {
      for (let index = 0; index < 2_000; index++) {
        const text = inputOf({ ...targetThat(() => {}), inputs }, SEED, index).value;
        expect(() => JSON.parse(text)).not.toThrow();
      }
    }
  });

  it("are cut where their parts are", () => {
    const text = '{ "a" : [1, {"b":"},\\""}], "c":null }';
    const cut = (span: { start: number; end: number }) => text.slice(span.start, span.end);
    const { keys, values, items } = spansOf(text);
    expect(keys.map(cut)).toEqual(['"a"', '"b"', '"c"']);
    expect(values.map(cut)).toEqual(["1", '"},\\""', '{"b":"},\\""}', '[1, {"b":"},\\""}]', "null", text]);
    expect(items.map(cut)).toEqual([
      '"b":"},\\""',
      "1",
      '{"b":"},\\""}',
      '"a" : [1, {"b":"},\\""}]',
      '"c":null',
    ]);
    for (const { cutStart, cutEnd } of items) {
      expect(() => JSON.parse(text.slice(0, cutStart) + text.slice(cutEnd))).not.toThrow();
    }
  });
});

describe("the report", () => {
  it("sums up what workers counted, and tells how to see a failure again", async () => {
    const target = targetThat((value) => promised(!hasKey(value, "then"), "no then"));
    const halves = await Promise.all(
      [0, 1].map((first) => campaign(target, { seed: 1, first, step: 2, count: 500 })),
    );
    const [whole] = merged(halves) as [Tally];
    expect(whole.inputs).toBe(1_000);
    expect(whole.broken).toBe((await campaign(target, { seed: 1, first: 0, step: 1, count: 1_000 })).broken);
    expect(tableOf([whole])).toMatch(/^target .*\na target +1,000 /);
    expect(totalsOf([whole], 1, 5_000)).toMatch(/^1,000 inputs, seed 1: 0 crashes or hangs, 0 pollutions/);
    const [failure] = whole.failures;
    expect(failure && textOf(failure)).toContain(`--target "a target" --seed 1 --replay ${failure?.index}`);
  });
});
