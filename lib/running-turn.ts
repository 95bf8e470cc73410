/**
 * The turn in which code runs: what a client that is used inside a method adds to its calls, so that they belong to the
 * turn's chain whichever way they travel.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** What a call, or a message, takes along from the turn that makes it. */
export interface RunningTurn {
  /** The actors that wait, this turn's own as the last. */
  readonly chain: readonly string[];
  /** Of what this turn calls or sends. */
  readonly hops: number;
  /** How long the turn may still last, by its own clock. */
  remainingMs(): number;
  /** The turn as a span of a trace, where somebody traces. */
  readonly span?: { run<T>(work: () => T): T } | undefined;
}

const turns = new AsyncLocalStorage<RunningTurn>();

/** The turn that the running code is part of. */
export function runningTurn(): RunningTurn | undefined {
  return turns.getStore();
}

export function runInTurn<T>(turn: RunningTurn, run: () => T): T {
  if (turn.span === undefined) return turns.run(turn, run);
  return turn.span.run(() => turns.run(turn, run));
}
