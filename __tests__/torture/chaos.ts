/**
 * Kills and stops workers while they work: one for every so many messages that are done, so that it never starves them; and
 * never one that works on a message which has been hit so often that it would be taken for one that kills its processes.
 */
import type { SeededRandom } from "../../lib/testing/seeded-random";
import type { Fleet } from "./fleet";
import type { WorkerProcess } from "./worker-process";

export interface ChaosOptions {
  /** Messages for each kill, on average. */
  readonly messagesPerKill: number;
  /** A stop lasts longer than this: until others have taken over. */
  readonly takeOverMs: number;
}

/** One in so many is stopped instead. */
const STOP_EVERY = 16;
/** The moment does not depend on what the worker has just told. */
const MOST_MS = 30;

export class Chaos {
  private next: number;
  private readonly stops = new Set<Promise<void>>();
  private isOver = false;

  constructor(
    private readonly fleet: Fleet,
    private readonly random: SeededRandom,
    private readonly options: ChaosOptions,
  ) {
    this.next = options.messagesPerKill;
    fleet.onProgress = () => this.look();
  }

  /** Harms nobody any more, and resolves when all that were stopped go on. */
  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.stops);
  }

  private look(): void {
    while (this.fleet.progress.done >= this.next) {
      this.next += this.options.messagesPerKill * (0.5 + this.random.fraction());
      setTimeout(() => this.strike(), this.random.fraction() * MOST_MS);
    }
  }

  private strike(): void {
    const { fleet, random } = this;
    if (this.isOver) return;
    const victims = fleet.ready.filter(({ batches, worn }) => batches > 0 && worn === 0);
    const victim = victims[Math.floor(random.fraction() * victims.length)];
    // The last one at work is left alone: each death should find somebody who takes over.
    if (victim === undefined || fleet.ready.length < 2) return;
    if (random.fraction() >= 1 / STOP_EVERY) fleet.kill(victim);
    else this.stop(victim);
  }

  private stop(victim: WorkerProcess): void {
    const { fleet, random } = this;
    const stop = fleet.stop(victim, this.options.takeOverMs * (1 + random.fraction()));
    this.stops.add(stop);
    void stop.then(() => this.stops.delete(stop));
  }
}
