/**
 * A process of the simulation: whatever runs code of ours. It has a clock of its own, which is off by some seconds, and can
 * be paused, go on, and die at any moment. Its code runs only when something enters it: a timer, an answer, a request.
 */
import type { Clock } from "../../../lib/clock";
import type { Chance } from "../chance";
import type { World } from "../world";

export class SimulatedProcess {
  /** The one whose code runs at this moment. */
  static current: SimulatedProcess | undefined;

  /** True for one that runs actors. */
  readonly isFunction: boolean = false;
  /** Faults may end it. */
  readonly isMortal: boolean = true;
  readonly clock: Clock;
  readonly chance: Chance;
  /** What shall happen when it goes on. */
  private readonly held: (() => void)[] = [];
  private readonly lastWords: (() => void)[] = [];
  private state: "running" | "paused" | "dead" = "running";
  private pauses = 0;

  constructor(
    readonly world: World,
    readonly name: string,
    readonly skewMs: number,
  ) {
    const { timeline } = world;
    this.chance = world.chance.for("process", name);
    this.clock = {
      now: () => timeline.nowMs + skewMs,
      setTimer: (delayMs, run) => timeline.after(delayMs, () => this.enter(run)),
    };
  }

  get isAlive(): boolean {
    return this.state !== "dead";
  }

  get isPaused(): boolean {
    return this.state === "paused";
  }

  /** Runs code of the process: now, when it goes on, or never. */
  enter(run: () => void): void {
    if (this.state === "dead") return;
    if (this.state === "paused") return void this.held.push(run);
    if (this.isMortal && this.world.crashesHere()) {
      this.kill();
      return;
    }
    SimulatedProcess.current = this;
    run();
  }

  pause(): void {
    if (this.state === "running") this.state = "paused";
  }

  /** Pauses it for a while, unless it is paused already. */
  pauseFor(ms: number): void {
    if (this.state !== "running") return;
    this.pause();
    const pause = ++this.pauses;
    this.world.timeline.after(ms, () => {
      if (pause === this.pauses) this.resume();
    });
  }

  resume(): void {
    if (this.state !== "paused") return;
    this.state = "running";
    this.pauses++;
    // Each in a moment of its own, as whatever comes from outside.
    for (const run of this.held.splice(0)) this.world.timeline.after(0, () => this.enter(run));
  }

  kill(): void {
    if (this.state === "dead") return;
    this.state = "dead";
    this.held.length = 0;
    this.world.trace.add(this.name, "dies");
    for (const say of this.lastWords.splice(0)) say();
  }

  /** Calls `run` when the process dies; the returned function takes that back. */
  onDeath(run: () => void): () => void {
    this.lastWords.push(run);
    return () => {
      const index = this.lastWords.indexOf(run);
      if (index >= 0) this.lastWords.splice(index, 1);
    };
  }
}
