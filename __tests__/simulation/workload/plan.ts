/** What the sessions of one schedule do, made by chance: each a list of things to ask for, one after the other. */
import type { Chance } from "../chance";
import type { Step } from "./program";

/** What a session asks for at one time. */
export type Errand = { readonly name: string; readonly pauseMs: number } & (
  | {
      readonly ask: "call";
      readonly to: string;
      readonly steps: readonly Step[];
      readonly timeoutMs: number;
      readonly isKeyed: boolean;
    }
  | {
      readonly ask: "look";
      readonly to: string;
      readonly consistency: "strong" | "eventual";
      /** By a turn that leads to nothing. */
      readonly isTurn: boolean;
    }
  | {
      readonly ask: "send";
      readonly messages: readonly {
        readonly to: string;
        readonly steps: readonly Step[];
        readonly delayMs: number;
        readonly isKeyed: boolean;
      }[];
    }
  | { readonly ask: "start"; readonly to: string; readonly steps: readonly Step[] }
  | { readonly ask: "emit"; readonly to: string; readonly steps: readonly Step[] }
  | { readonly ask: "visit"; readonly to: string }
  | { readonly ask: "redrive" }
);

export interface SessionPlan {
  readonly name: string;
  /** It reaches the queues, the bus and the table of tracked calls itself; else the function does it for it. */
  readonly isDirect: boolean;
  readonly errands: readonly Errand[];
}

const ACTORS = ["a", "b", "c"] as const;
const VISITORS = ["v", "w"] as const;

export function planSessions(chance: Chance): readonly SessionPlan[] {
  return Array.from({ length: chance.between(2, 4) }, (_, index) => {
    const name = `s${index + 1}`;
    const own = chance.for(name);
    const errands = Array.from({ length: own.between(4, 10) }, (_unused, number) =>
      errandOf(own.for(number), `${name}-${number}`),
    );
    return { name, isDirect: own.isTrue(0.5), errands };
  });
}

/** An actor that nobody calls but for once, and the one that it sends to. */
export const STRAGGLER = "q";
const FLOODED = "r";

/** Calls of an actor in quick succession: one that was applied a moment ago is no longer at hand. */
export function planCrowd(chance: Chance): readonly SessionPlan[] {
  return ["crowd-1", "crowd-2"].map((name) => ({
    name,
    isDirect: false,
    errands: Array.from({ length: 30 }, (_, number) => ({
      name: `${name}-${number}`,
      pauseMs: chance.between(0, 20),
      ask: "call" as const,
      to: FLOODED,
      steps: [{ do: "add", amount: 1 } as const],
      isKeyed: false,
      timeoutMs: 30_000,
    })),
  }));
}

/**
 * A message is sent, and while nobody looks after its sender, so many others come to its target that the target no longer has it
 * at hand.
 */
export function planStraggler(chance: Chance): readonly SessionPlan[] {
  const send: Step = { do: "send", to: FLOODED, steps: [{ do: "add", amount: 1 }] };
  const call = { ask: "call", to: STRAGGLER, isKeyed: false, timeoutMs: 30_000 } as const;
  const floods = Array.from({ length: chance.between(4, 6) }, (_, number) => ({
    name: `flood-${number}`,
    pauseMs: chance.between(1_000, 20_000),
    ask: "send" as const,
    messages: Array.from({ length: 10 }, () => ({
      to: FLOODED,
      steps: [{ do: "add", amount: 1 } as const],
      delayMs: 0,
      isKeyed: chance.isTrue(0.3),
    })),
  }));
  return [
    {
      name: "straggler",
      isDirect: false,
      errands: [{ ...call, name: "straggler-0", pauseMs: 500, steps: [send] }],
    },
    { name: "flood", isDirect: true, errands: floods },
  ];
}

function errandOf(chance: Chance, name: string): Errand {
  const base = { name, pauseMs: chance.isTrue(0.7) ? chance.between(0, 300) : chance.between(0, 12_000) };
  const to = chance.pick(ACTORS);
  const dice = chance.fraction();
  if (dice < 0.36) return { ...base, to, ...callOf(chance) };
  if (dice < 0.5) return { ...base, ask: "look", to, ...lookOf(chance) };
  if (dice < 0.76) {
    const count = chance.isTrue(0.45) ? chance.between(4, 14) : chance.between(1, 3);
    const messages = Array.from({ length: count }, () => ({
      to: chance.pick(ACTORS),
      steps: stepsOf(chance, "message"),
      delayMs: chance.isTrue(0.1) ? chance.between(1, 40_000) : 0,
      isKeyed: chance.isTrue(0.15),
    }));
    return { ...base, ask: "send", messages };
  }
  if (dice < 0.86) return { ...base, ask: "start", to, steps: stepsOf(chance, "start") };
  if (dice < 0.92) return { ...base, ask: "emit", to, steps: stepsOf(chance, "message") };
  if (dice < 0.96) return visitOf(chance, name);
  return { ...base, ask: "redrive" };
}

function lookOf(chance: Chance) {
  const consistency = chance.isTrue(0.8) ? ("strong" as const) : ("eventual" as const);
  return { consistency, isTurn: chance.isTrue(0.5) };
}

/** Mostly after some time, about as long as it takes to be gone. */
function visitOf(chance: Chance, name: string): Errand {
  const pauseMs = chance.isTrue(0.5) ? chance.between(40_000, 130_000) : chance.between(0, 5_000);
  return { name, pauseMs, ask: "visit", to: chance.pick(VISITORS) };
}

function callOf(chance: Chance) {
  const steps = callSteps(chance);
  const timeoutMs = chance.isTrue(0.3) ? chance.between(20, 3_000) : 30_000;
  return { ask: "call", steps, timeoutMs, isKeyed: chance.isTrue(0.3) } as const;
}

function callSteps(chance: Chance): readonly Step[] {
  const dice = chance.fraction();
  if (dice < 0.03) return [{ do: "cycle", via: chance.pick(ACTORS) }];
  if (dice < 0.06) return [{ do: "bloat", what: chance.pick(["state", "effects", "result"]) }];
  if (dice < 0.1) return [{ do: "destroy" }];
  if (dice < 0.12) return [{ do: "again" }];
  if (dice < 0.16) return [amountStep(chance, true), { do: "save" }, amountStep(chance, false)];
  if (dice < 0.26) return [padStep(chance), ...stepsOf(chance, "call", 1)];
  return stepsOf(chance, "call");
}

/** @param as whether somebody waits for it: what fails then is the caller's matter, and not tried again by the queue */
function stepsOf(chance: Chance, as: "call" | "message" | "start", depth = 0): readonly Step[] {
  const steps: Step[] = [amountStep(chance, as === "call" && depth === 0)];
  const inner = () => stepsOf(chance, "message", depth + 1);
  const more = depth >= 2 ? 0 : chance.between(0, depth === 0 ? 2 : 1);
  for (let index = 0; index < more; index++) {
    const to = chance.pick(ACTORS);
    const dice = chance.fraction();
    if (dice < 0.3) {
      const delay = chance.isTrue(0.1) ? { delayMs: chance.between(1, 30_000) } : {};
      steps.push({ do: "send", to, steps: inner(), ...delay });
    } else if (dice < 0.4) steps.push({ do: "emit", to, steps: inner() });
    else if (dice < 0.5) steps.push({ do: "call", to, steps: [amountStep(chance, false)] });
    else if (dice < 0.64) steps.push(reminderStep(chance, inner));
    else if (dice < 0.67) steps.push({ do: "forget", name: chance.pick(["x", "y"]) });
    else if (dice < 0.75) steps.push({ do: "save" }, amountStep(chance, false));
    else if (dice < 0.87)
      steps.push({
        do: "wait",
        ms: waitMs(chance),
      });
    else if (dice < 0.9) steps.push({ do: "hog", ms: chance.between(16_000, 24_000) });
    else if (dice < 0.94) steps.push({ do: "start", to, steps: inner() });
    else if (as !== "call") steps.push(failStep(chance));
  }
  if (as === "start" && depth === 0 && chance.isTrue(0.15)) steps.push({ do: "pend" });
  return steps;
}

function amountStep(chance: Chance, mayRefuse: boolean): Step {
  const amount = chance.between(1, 9);
  if (chance.isTrue(0.65)) return { do: "add", amount };
  return { do: mayRefuse ? "take" : "spend", amount };
}

/** Mostly a change within a state that is too large for the head; now and then one that brings it there, or back. */
function padStep(chance: Chance): Step {
  const lines = chance.isTrue(0.2) ? chance.between(0, 20) : chance.pick([80, 80, 100, 130]);
  return { do: "pad", lines, change: chance.between(0, 200) };
}

/** Mostly short; now and then for longer than its host lives, until that is mended. */
function waitMs(chance: Chance): number {
  const dice = chance.fraction();
  if (dice < 0.8) return chance.between(1, 900);
  return dice < 0.96 ? chance.between(1_000, 22_000) : chance.between(31_000, 40_000);
}

function reminderStep(chance: Chance, inner: () => readonly Step[]): Step {
  const name = chance.pick(["x", "y"]);
  const inMs = chance.isTrue(0.5) ? chance.between(0, 5_000) : chance.between(5_000, 90_000);
  if (chance.isTrue(0.2)) {
    return {
      do: "remind",
      name,
      inMs: 5_000 + inMs,
      steps: [amountStep(chance, false)],
      times: chance.between(2, 3),
    };
  }
  const steps = inner();
  return { do: "remind", name, inMs, steps: chance.isTrue(0.2) ? [...steps, failStep(chance)] : steps };
}

function failStep(chance: Chance): Step {
  return chance.isTrue(0.6) ? { do: "fail", times: chance.between(1, 4) } : { do: "fail" };
}
