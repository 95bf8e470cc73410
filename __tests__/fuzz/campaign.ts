/**
 * Feeds a target its inputs, one after the other, and judges what comes of each. An input is known by the seed, the target and
 * its index alone. What is found is shrunk to the smallest text that does the same.
 */
import type fc from "fast-check";
import { diceFor } from "./dice";
import { Finding, type FindingKind, takeReported } from "./finding";
import { checkPrototypes, rememberPrototypes } from "./prototypes";
import { smallerTexts } from "./shrink-text";
import type { Target } from "./target";
import { codeOfThrown } from "./typed-errors";

export interface Failure {
  readonly target: string;
  readonly seed: number;
  readonly index: number;
  readonly kind: FindingKind;
  readonly message: string;
  /** The shrunk input. */
  readonly input: string;
}

export interface Tally {
  readonly target: string;
  inputs: number;
  readonly outcomes: Record<string, number>;
  slowestMs: number;
  /** How many took longer than {@link SLOW_MS}. */
  slow: number;
  busyMs: number;
  /** How many inputs broke a rule; the failures are the different ones among them. */
  broken: number;
  readonly failures: Failure[];
}

export interface Slice {
  readonly seed: number;
  /** The first index, and how many of them, each `step` after the other. */
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

const SLOW_MS = 100;
/** Nothing may take so long, whatever else the machine does. */
const TOO_SLOW_MS = 1_000;
const HANG_MS = 5_000;
const BATCH = 256;
const MAX_FAILURES = 5;
const MAX_SHRINK_MS = 600;
/** How often fast-check goes for the small and the extreme: once in so many choices. */
const BIAS = 3;

/** @param onInput told of each index before it is fed */
export async function campaign(
  target: Target,
  { seed, first, step, count }: Slice,
  onInput: (index: number) => void = () => {},
): Promise<Tally> {
  const tally: Tally = {
    target: target.name,
    inputs: 0,
    outcomes: {},
    slowestMs: 0,
    slow: 0,
    busyMs: 0,
    broken: 0,
    failures: [],
  };
  const startedMs = performance.now();
  await target.open?.();
  rememberPrototypes();
  for (let fed = 0; fed < count; fed += BATCH) {
    const indices = Array.from(
      { length: Math.min(BATCH, count - fed) },
      (_, offset) => first + (fed + offset) * step,
    );
    await runBatch(target, seed, indices, tally, onInput);
  }
  await target.close?.();
  tally.busyMs = performance.now() - startedMs;
  return tally;
}

/** One input alone, as {@link campaign} feeds it. Its failure is shrunk again. */
export async function replay(target: Target, seed: number, index: number): Promise<Tally> {
  return campaign(target, { seed, first: index, step: 1, count: 1 });
}

export function inputOf(target: Target, seed: number, index: number): fc.Value<string> {
  return target.inputs.generate(diceFor(seed, target.name, index), BIAS);
}

async function runBatch(
  target: Target,
  seed: number,
  indices: readonly number[],
  tally: Tally,
  onInput: (index: number) => void,
): Promise<void> {
  const stray = listenForStray();
  try {
    for (const index of indices) {
      onInput(index);
      const value = inputOf(target, seed, index);
      const startedMs = performance.now();
      const verdict = await judge(target, value.value);
      const tookMs = performance.now() - startedMs;
      tally.inputs++;
      tally.slowestMs = Math.max(tally.slowestMs, tookMs);
      if (tookMs > SLOW_MS) tally.slow++;
      const isSlow = tookMs > TOO_SLOW_MS && !(verdict instanceof Finding);
      const finding = isSlow ? await slowness(target, value.value, verdict) : verdict;
      if (finding instanceof Finding) await note(target, seed, index, value, finding, tally);
      else tally.outcomes[finding] = (tally.outcomes[finding] ?? 0) + 1;
    }
    const late = await atRest(stray.seen);
    if (late !== undefined) await findCulprit(target, seed, indices, late, tally, stray.seen);
  } finally {
    stray.stop();
  }
}

/** What came of an input: a word for it, or what was broken. */
async function judge(target: Target, text: string): Promise<string | Finding> {
  const outcome = await outcomeOf(target, text);
  const reported = takeReported();
  if (reported !== undefined) return reported;
  // Cheap, and finds most; the batch's end looks at all of them.
  for (const _key in {}) return pollution() ?? outcome;
  return outcome;
}

async function outcomeOf(target: Target, text: string): Promise<string | Finding> {
  try {
    const outcome = target.feed(text);
    return typeof outcome === "string" ? outcome : await inTime(outcome);
  } catch (thrown) {
    try {
      return codeOfThrown(thrown, target.refusals);
    } catch (finding) {
      return finding as Finding;
    }
  }
}

function inTime(outcome: Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Finding("hang", `no end after ${HANG_MS} ms`)), HANG_MS);
    outcome.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Only what is slow again and again is slow: the machine has other work. */
async function slowness(target: Target, text: string, verdict: string): Promise<string | Finding> {
  for (let round = 0; round < 2; round++) {
    const startedMs = performance.now();
    await judge(target, text);
    if (performance.now() - startedMs < TOO_SLOW_MS) return verdict;
  }
  return new Finding("slow", `takes more than ${TOO_SLOW_MS} ms`);
}

async function note(
  target: Target,
  seed: number,
  index: number,
  value: fc.Value<string>,
  finding: Finding,
  tally: Tally,
): Promise<void> {
  tally.broken++;
  const isKnown = tally.failures.some((known) => signature(known) === signature(finding));
  if (isKnown || tally.failures.length >= MAX_FAILURES) return;
  const { kind, message } = finding;
  const input = kind === "slow" ? value.value : await shrunk(target, value, finding);
  tally.failures.push({ target: target.name, seed, index, kind, message, input });
}

/** Tells findings apart by what is the same for all inputs that lead to one. */
function signature({ kind, message }: { readonly kind: string; readonly message: string }): string {
  return `${kind} ${message
    .split("\n")[0]
    ?.replace(/["'`].*/, "")
    .replaceAll(/\d+/g, "#")
    .slice(0, 60)}`;
}

/** By fast-check, which knows how the text was made; then as the text that it is. */
async function shrunk(target: Target, value: fc.Value<string>, finding: Finding): Promise<string> {
  const endMs = performance.now() + MAX_SHRINK_MS;
  const isSame = async (text: string) => {
    const verdict = await judge(target, text);
    return verdict instanceof Finding && signature(verdict) === signature(finding);
  };
  const least = async <T>(from: T, smaller: (one: T) => Iterable<T>, textOf: (one: T) => string) => {
    let current = from;
    for (let isSmaller = true; isSmaller; ) {
      isSmaller = false;
      for (const candidate of smaller(current)) {
        if (performance.now() > endMs) return current;
        if (!(await isSame(textOf(candidate)))) continue;
        current = candidate;
        isSmaller = true;
        break;
      }
    }
    return current;
  };
  const known = await least(
    value,
    (one) => target.inputs.shrink(one.value_, one.context),
    (one) => one.value,
  );
  return least(
    known.value,
    (text) => smallerTexts(text, isJson(value.value)),
    (text) => text,
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What shows only once all is over: a rejection that nobody handled, a prototype that is not what it was. */
async function atRest(seen: Finding[]): Promise<Finding | undefined> {
  await new Promise((resolve) => setImmediate(resolve));
  return seen.splice(0)[0] ?? pollution();
}

function pollution(): Finding | undefined {
  try {
    checkPrototypes();
    return undefined;
  } catch (finding) {
    return finding as Finding;
  }
}

/** Feeds a batch again, with a look after each input. */
async function findCulprit(
  target: Target,
  seed: number,
  indices: readonly number[],
  late: Finding,
  tally: Tally,
  seen: Finding[],
): Promise<void> {
  const watched: Target = {
    ...target,
    async feed(text) {
      const outcome = await target.feed(text);
      const finding = await atRest(seen);
      if (finding !== undefined) throw finding;
      return outcome;
    },
  };
  for (const index of indices) {
    const value = inputOf(target, seed, index);
    const verdict = await judge(watched, value.value);
    if (verdict instanceof Finding) return note(watched, seed, index, value, verdict, tally);
  }
  // It takes several of them.
  const [first = 0] = indices;
  await note(
    { ...target, feed: () => Promise.reject(late) },
    seed,
    first,
    inputOf(target, seed, first),
    late,
    tally,
  );
}

function listenForStray(): { readonly seen: Finding[]; stop(): void } {
  const seen: Finding[] = [];
  const rejected = (reason: unknown) =>
    seen.push(new Finding("crash", `unhandled rejection: ${String(reason)}`));
  const thrown = (error: unknown) => seen.push(new Finding("crash", `uncaught: ${String(error)}`));
  process.on("unhandledRejection", rejected);
  process.on("uncaughtException", thrown);
  return {
    seen,
    stop() {
      process.off("unhandledRejection", rejected);
      process.off("uncaughtException", thrown);
    },
  };
}
