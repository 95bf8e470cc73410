/**
 * Virtual time: what is to happen, in the order of its moments. Between two of them everything that follows from the first
 * one without time passing happens, down to the last microtask; so a run is the same each time.
 */

interface Entry {
  readonly atMs: number;
  /** Of several for one moment, the one that was asked for first comes first. */
  readonly order: number;
  run: (() => void) | undefined;
}

export class Timeline {
  /** A binary heap: each entry comes before both of its children. */
  private readonly heap: Entry[] = [];
  private order = 0;

  constructor(private currentMs: number) {}

  get nowMs(): number {
    return this.currentMs;
  }

  /** Calls `run` in so many milliseconds; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const entry: Entry = { atMs: this.currentMs + Math.max(0, Math.ceil(delayMs)), order: this.order++, run };
    this.push(entry);
    return () => {
      entry.run = undefined;
    };
  }

  /** Lets time pass until `isOver`, asked after each moment, or until nothing is left to happen. */
  run(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          if (isOver() || !this.next()) return resolve();
        } catch (thrown) {
          return reject(thrown as Error);
        }
        // A tick that is asked for by a microtask comes when no microtask is left; without a round of the event loop.
        queueMicrotask(() => process.nextTick(step));
      };
      process.nextTick(step);
    });
  }

  private next(): boolean {
    for (let entry = this.pop(); entry !== undefined; entry = this.pop()) {
      const { run, atMs } = entry;
      if (run === undefined) continue;
      this.currentMs = atMs;
      run();
      return true;
    }
    return false;
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[index] = heap[parent] as Entry;
      index = parent;
    }
    heap[index] = entry;
  }

  private pop(): Entry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
