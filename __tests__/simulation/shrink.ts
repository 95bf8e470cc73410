/**
 * Makes a schedule that fails smaller: leaves out faults and errands, as long as the same check still finds something. By
 * delta debugging (A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002), within a number of
 * tries.
 */
import { runSchedule, type ScheduleResult } from "./schedule";

const MAX_TRIES = 300;

export interface Shrunk {
  /** The names of what is left. */
  readonly names: readonly string[];
  /** The run with no more than these, with its trace. */
  readonly result: ScheduleResult;
}

export async function shrink(failed: ScheduleResult): Promise<Shrunk> {
  const { seed } = failed;
  const checks = new Set(failed.violations.map(({ check }) => check));
  let tries = 0;
  const fails = async (names: readonly string[]) => {
    tries++;
    const { violations } = await runSchedule({ seed, only: new Set(names) });
    return violations.some(({ check }) => checks.has(check));
  };
  let names: readonly string[] = [...failed.struck, ...failed.errands];
  for (let parts = 2; names.length > 0 && tries < MAX_TRIES; ) {
    const size = Math.ceil(names.length / parts);
    let isSmaller = false;
    for (let start = 0; start < names.length && tries < MAX_TRIES; start += size) {
      const rest = [...names.slice(0, start), ...names.slice(start + size)];
      if (!(await fails(rest))) continue;
      names = rest;
      isSmaller = true;
      start -= size;
    }
    if (size === 1 && !isSmaller) break;
    parts = isSmaller ? Math.max(2, parts - 1) : Math.min(names.length, parts * 2);
  }
  return { names, result: await runSchedule({ seed, only: new Set(names), keepsTrace: true }) };
}
