/**
 * The newest entries of a log that the server keeps, as far as the page has seen them: turns, events. Entries come one by one as
 * they happen, and in a list after each connection; both may tell the same. Bounded, and drawn at most some times a second.
 */
import type { Problem } from "../server/problem";
import { Cell } from "./cell";

export interface Placed {
  /** Rises from each to the next. */
  readonly position: number;
}

const DRAW_MS = 80;

export class Log<T extends Placed> {
  /** The oldest first. */
  readonly entries = new Cell<readonly T[]>([]);
  /** `loading` until it was listed once; a problem when it could not be. */
  readonly status = new Cell<"loading" | "ready" | Problem>("loading");
  private waiting: T[] = [];
  private timer: number | undefined;

  constructor(readonly most: number) {}

  /** The position of the newest that was listed or told; -1 when there is none. */
  get newest(): number {
    return Math.max(newestOf(this.entries.value), newestOf(this.waiting));
  }

  /** One that has just happened. */
  add(entry: T): void {
    this.waiting.push(entry);
    if (this.waiting.length > this.most) this.waiting.shift();
    this.timer ??= window.setTimeout(() => this.draw(), DRAW_MS);
  }

  /**
   * What the server has now.
   * @param newestBefore the newest that was known before it was asked: a log that ends before that is another one
   */
  merge(listed: readonly T[], newestBefore: number): void {
    const isAnother = newestOf(listed) < newestBefore;
    const told = [...this.entries.value, ...this.waiting];
    this.waiting = [];
    this.entries.set(inOrder([...(isAnother ? [] : told), ...listed]).slice(-this.most));
    this.status.set("ready");
  }

  fail(problem: Problem): void {
    if (this.status.value !== "ready") this.status.set(problem);
  }

  private draw(): void {
    this.timer = undefined;
    const added = this.waiting;
    this.waiting = [];
    const known = this.entries.value;
    const isInOrder = newestOf(known) < (added[0]?.position ?? 0);
    const all = [...known, ...added];
    if (added.length > 0) this.entries.set((isInOrder ? all : inOrder(all)).slice(-this.most));
  }
}

function newestOf(entries: readonly Placed[]): number {
  return entries.at(-1)?.position ?? -1;
}

/** By position, each once: what was told last counts. */
function inOrder<T extends Placed>(entries: readonly T[]): T[] {
  const byPosition = new Map(entries.map((entry) => [entry.position, entry]));
  return [...byPosition.values()].sort((one, other) => one.position - other.position);
}
