/** The workers: always so many of them, whatever becomes of each. None of them outlives this process. */
import { httpTransport, type Transport, TransportError } from "durable-lambda";
import type { Random } from "../../lib/random";
import { type Progress, type WorkerOptions, WorkerProcess, type WorkerProgram } from "./worker-process";

/** Of themselves: more of them, and there is no use in starting others. */
const MAX_DEATHS = 20;

/** Oftener than an app does, since what is looked for here is left behind more often. */
const SWEEP_EVERY_MS = 2_000;

export class Fleet {
  started = 0;
  kills = 0;
  stops = 0;
  readonly progress = { done: 0, again: 0, fenced: 0 };
  /** Deaths that nobody caused. */
  readonly deaths: string[] = [];
  onProgress = () => {};
  private readonly workers = new Set<WorkerProcess>();
  private readonly sweeping = setInterval(() => this.pick()?.sweep(), SWEEP_EVERY_MS);
  private isClosed = false;
  private readonly killAll = () => {
    for (const worker of this.workers) worker.kill();
  };

  constructor(
    private readonly program: WorkerProgram,
    private readonly options: WorkerOptions,
    private readonly size: number,
    private readonly random: Random,
  ) {
    process.on("exit", this.killAll);
    this.refill();
  }

  /** Those that are at work. */
  get ready(): readonly WorkerProcess[] {
    return [...this.workers].filter(({ isReady }) => isReady);
  }

  /** Resolves when all workers of the moment have started. @throws when one has not */
  async whenStarted(): Promise<void> {
    await Promise.all([...this.workers].map(({ started }) => started));
    if (this.ready.length < this.size) throw new Error("A worker did not start.");
  }

  /** Kills a worker; another one starts at once. */
  kill(worker: WorkerProcess): void {
    this.kills++;
    worker.kill();
    this.refill();
  }

  /** Stops a worker for so long; another one takes its place meanwhile. */
  async stop(worker: WorkerProcess, ms: number): Promise<void> {
    this.stops++;
    const stopped = worker.stop(ms);
    this.refill();
    await stopped;
  }

  /** A call goes to one of those that are at work, by way of a proxy. */
  transport(urlOf: (port: number) => string): Transport {
    return {
      invoke: async (request) => {
        const worker = this.pick();
        if (worker === undefined) throw new TransportError("No worker is ready.");
        return worker.whilePresent(httpTransport({ url: urlOf(worker.port) }).invoke(request));
      },
    };
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.sweeping);
    this.killAll();
    process.off("exit", this.killAll);
  }

  /** One of those that are at work. */
  private pick(): WorkerProcess | undefined {
    const { ready } = this;
    return ready[Math.floor(this.random.fraction() * ready.length)];
  }

  private refill(): void {
    if (this.isClosed || this.deaths.length > MAX_DEATHS) return;
    let present = 0;
    for (const { state } of this.workers) if (state === "starting" || state === "ready") present++;
    for (; present < this.size; present++) this.start();
  }

  private start(): void {
    this.started++;
    const worker = new WorkerProcess(this.program, this.options, {
      onProgress: ({ done = 0, again = 0, fenced = 0 }: Progress) => {
        this.progress.done += done;
        this.progress.again += again;
        this.progress.fenced += fenced;
        this.onProgress();
      },
      onDeath: (reason) => this.deaths.push(reason),
      onEnd: () => {
        this.workers.delete(worker);
        this.refill();
      },
    });
    this.workers.add(worker);
  }
}
