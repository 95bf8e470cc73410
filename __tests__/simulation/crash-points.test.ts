/**
 * Small scenarios, each run again and again: each time somebody dies at the next of all the points at which anybody could. Whatever the
 * point is, all must end as it should: what was told is true, what was committed has its effects once, nothing is left behind.
 */
import { runSchedule } from "./schedule";
import type { Errand, SessionPlan } from "./workload/plan";
import type { Step } from "./workload/program";

const SEED = 1;

const add = (amount: number): Step => ({ do: "add", amount });
const PAUSE = { pauseMs: 100 };
const call = (to: string, ...steps: Step[]) => ({
  ask: "call" as const,
  to,
  steps,
  timeoutMs: 30_000,
  isNow: false,
  isKeyed: false,
  ...PAUSE,
});
const send = (to: string, ...steps: Step[]) => ({
  ask: "send" as const,
  messages: [{ to, steps, delayMs: 0, isKeyed: false }],
  ...PAUSE,
});
const many = (to: string, count: number) => ({
  ask: "send" as const,
  messages: Array.from({ length: count }, () => ({ to, steps: [add(1)], delayMs: 0, isKeyed: false })),
  ...PAUSE,
});

type Unnamed = Errand extends infer E ? (E extends Errand ? Omit<E, "name"> : never) : never;

const SCENARIOS: Readonly<Record<string, readonly Unnamed[]>> = {
  "calls and a look": [
    call("a", add(5)),
    call("a", { do: "take", amount: 3 }),
    { ask: "look", to: "a", consistency: "strong", isTurn: false, ...PAUSE },
  ],
  "a transfer by a message": [
    call("a", add(5)),
    call("a", { do: "spend", amount: 3 }, { do: "send", to: "b", steps: [add(3)] }),
  ],
  "a transfer by a call, with a checkpoint": [
    send(
      "a",
      { do: "call", to: "b", steps: [add(1)] },
      { do: "save" },
      { do: "call", to: "c", steps: [add(2)] },
    ),
  ],
  "a batch of messages": [many("a", 12)],
  "events, from an actor and from outside": [
    call("a", { do: "emit", to: "b", steps: [add(1)] }),
    { ask: "emit", to: "a", steps: [add(2)], ...PAUSE },
  ],
  "a reminder that sends": [
    call("a", { do: "remind", name: "x", inMs: 2_000, steps: [{ do: "send", to: "b", steps: [add(1)] }] }),
  ],
  "a reminder that comes again, and one that is given up": [
    call(
      "a",
      { do: "remind", name: "x", inMs: 5_000, times: 2, steps: [add(1)] },
      { do: "remind", name: "y", inMs: 1_000, steps: [add(1), { do: "fail" }] },
    ),
  ],
  "a tracked call, and one that is left open": [
    { ask: "start", to: "a", steps: [add(1)], ...PAUSE },
    { ask: "start", to: "b", steps: [add(1), { do: "pend" }], ...PAUSE },
  ],
  "a poison message, and its redrive behind its successor": [
    send("a", add(1), { do: "fail", times: 3 }),
    send("a", add(2)),
    { ask: "redrive", pauseMs: 20_000 },
  ],
  "an actor that is destroyed, and made anew": [
    call("a", add(1), { do: "remind", name: "x", inMs: 60_000, steps: [add(1)] }),
    call("a", { do: "send", to: "b", steps: [add(1)] }, { do: "destroy" }),
    call("a", add(2)),
  ],
};

describe.each([
  ["functions that freeze", true],
  ["servers", false],
])("on %s", (_hosts, isLambda) => {
  it.each(Object.entries(SCENARIOS))("%s", async (_scenario, unnamed) => {
    const errands = unnamed.map((errand, index) => ({ ...errand, name: `s1-${index}` }) as Errand);
    const plans: readonly SessionPlan[] = [{ name: "s1", isDirect: true, errands }];
    const whole = await runSchedule({ seed: SEED, isLambda, plans });
    expect(whole.violations).toEqual([]);
    expect(whole.crashPoints).toBeGreaterThan(20);
    for (let crashAt = 1; crashAt <= whole.crashPoints; crashAt++) {
      const { violations } = await runSchedule({ seed: SEED, isLambda, plans, crashAt });
      expect({ crashAt, violations }).toEqual({ crashAt, violations: [] });
    }
  });
});
