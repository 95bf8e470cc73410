/** What a run has led to, for people: a table, and for each failure all that is needed to see it again. */
import type { Failure, Tally } from "./campaign";
import { ACCEPTED } from "./target";

const MAX_SHOWN_LENGTH = 2_000;

/** The tallies of several workers, as one for each target. */
export function merged(tallies: readonly Tally[]): Tally[] {
  const byTarget = new Map<string, Tally>();
  for (const tally of tallies) {
    const sum = byTarget.get(tally.target);
    if (sum === undefined) {
      byTarget.set(tally.target, structuredClone(tally));
      continue;
    }
    sum.inputs += tally.inputs;
    sum.slowestMs = Math.max(sum.slowestMs, tally.slowestMs);
    sum.slow += tally.slow;
    sum.busyMs = Math.max(sum.busyMs, tally.busyMs);
    sum.broken += tally.broken;
    sum.failures.push(...tally.failures);
    for (const [name, count] of Object.entries(tally.outcomes)) {
      sum.outcomes[name] = (sum.outcomes[name] ?? 0) + count;
    }
  }
  return [...byTarget.values()];
}

export function tableOf(tallies: readonly Tally[]): string {
  const rows = tallies.map(({ target, inputs, outcomes, slowestMs, busyMs, broken }) => [
    target,
    inputs.toLocaleString("en"),
    (outcomes[ACCEPTED] ?? 0).toLocaleString("en"),
    String(broken),
    `${slowestMs.toFixed(0)} ms`,
    `${Math.round((inputs / busyMs) * 1_000).toLocaleString("en")}/s`,
    Object.entries(outcomes)
      .filter(([name]) => name !== ACCEPTED)
      .sort(([, one], [, other]) => other - one)
      .map(([name, count]) => `${name} ${count}`)
      .join(", "),
  ]);
  const header = ["target", "inputs", "accepted", "broken", "slowest", "speed", "otherwise"];
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => (row[column] as string).length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 || column === header.length - 1
          ? cell.padEnd(column === 0 ? (widths[column] as number) : 0)
          : cell.padStart(widths[column] as number),
      )
      .join("  ");
  return [header, ...rows].map(line).join("\n");
}

export function totalsOf(tallies: readonly Tally[], seed: number, tookMs: number): string {
  const inputs = tallies.reduce((sum, tally) => sum + tally.inputs, 0);
  const slow = tallies.reduce((sum, tally) => sum + tally.slow, 0);
  const kinds = new Map<string, number>();
  for (const { kind } of tallies.flatMap(({ failures }) => failures))
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const count = (...names: string[]) => names.reduce((sum, name) => sum + (kinds.get(name) ?? 0), 0);
  return (
    `${inputs.toLocaleString("en")} inputs, seed ${seed}: ${count("crash", "hang", "slow")} crashes or hangs, ` +
    `${count("pollution")} pollutions, ${count("untyped error")} untyped errors, ${count("broken promise")} broken promises; ` +
    `${slow} slow; ${(tookMs / 1_000).toFixed(0)} s`
  );
}

export function textOf({ target, seed, index, kind, message, input }: Failure): string {
  const shown = JSON.stringify(input);
  const cut =
    shown.length > MAX_SHOWN_LENGTH
      ? `${shown.slice(0, MAX_SHOWN_LENGTH)}… (${input.length} characters)`
      : shown;
  return [
    `${target}: ${kind}: ${message}`,
    `  input: ${cut}`,
    `  again: npm run fuzz -- --target ${JSON.stringify(target)} --seed ${seed} --replay ${index}`,
  ].join("\n");
}
