/**
 * Makes a schedule that fails smaller: leaves out faults and errands, as long as the same check still finds something.
 */
import { runSchedule, type ScheduleResult } from "./schedule";

const MAX_TRIES = 300;

export interface Shrunk {
  /** The names of what is left. */
  readonly names: readonly string[];
  /** The run with no more than these, with its trace. */
  readonly result: ScheduleResult;
}

export async function shrink({ seed, violations, struck, errands }: ScheduleResult): Promise<Shrunk> {
  const checks = new Set(violations.map(({ check }) => check));
  const names = await smallest([...struck, ...errands], async (some) => {
    const result = await runSchedule({ seed, only: new Set(some) });
    return result.violations.some(({ check }) => checks.has(check));
  });
  return { names, result: await runSchedule({ seed, only: new Set(names), keepsTrace: true }) };
}

/**
 * As few of the names as still fail, by delta debugging (A. Zeller and R. Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", 2002), within a number of tries.
 */
export async function smallest(
  all: readonly string[],
  fails: (names: readonly string[]) => Promise<boolean>,
): Promise<readonly string[]> {
  let names = all;
  let tries = 0;
  for (let parts = 2; names.length > 0 && tries < MAX_TRIES; ) {
    const size = Math.ceil(names.length / parts);
    let isSmaller = false;
    for (let start = 0; start < names.length && tries < MAX_TRIES; ) {
      const rest = [...names.slice(0, start), ...names.slice(start + size)];
      tries++;
      if (await fails(rest)) {
        names = rest;
        isSmaller = true;
      } else start += size;
    }
    if (size === 1 && !isSmaller) break;
    parts = isSmaller ? Math.max(2, parts - 1) : Math.min(names.length, parts * 2);
  }
  return names;
}
