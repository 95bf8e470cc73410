/** A worker as its supervisor sees it: a process that is killed, or stopped for a while. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { TransportError } from "durable-lambda";

/** What a worker is told. */
export interface WorkerOptions {
  /** The SQLite file; undefined for the AWS adapters, which read their environment. */
  readonly file?: string | undefined;
  readonly leaseMs: number;
  /** How long messages stay hidden when a worker dies. */
  readonly hideMs: number;
  /** Batches that it processes at once, of each queue. */
  readonly concurrency: number;
}

/** What a worker tells of its work. */
export interface Progress {
  /** Messages that are done. */
  readonly done?: number;
  /** Messages that had been handed out before. */
  readonly again?: number;
  /** Batches that lost their lease. */
  readonly fenced?: number;
  /** One more batch, or one less, that has been hit as often as may be. */
  readonly worn?: 1 | -1;
}

/** How a worker is started. */
export interface WorkerProgram {
  readonly file: string;
  readonly environment: NodeJS.ProcessEnv;
  /** A file descriptor that takes their logs. */
  readonly log: number;
}

export type WorkerState = "starting" | "ready" | "stopped" | "dead";

export class WorkerProcess {
  state: WorkerState = "starting";
  /** Where it listens. */
  port = 0;
  /** Batches that it has done. */
  batches = 0;
  /** Batches at work that have been hit as often as may be. */
  worn = 0;
  /** Resolves when it is ready, or dead. */
  readonly started: Promise<void>;
  /** Aborts when it dies or is stopped. */
  private presence = new AbortController();
  private readonly child: ChildProcess;

  constructor(
    program: WorkerProgram,
    options: WorkerOptions,
    private readonly watch: {
      onProgress(progress: Progress): void;
      /** Told only of a death that nobody caused. */
      onDeath(reason: string): void;
      onEnd(): void;
    },
  ) {
    this.child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        "--enable-source-maps",
        program.file,
        JSON.stringify(options),
      ],
      { env: program.environment, stdio: ["pipe", "pipe", program.log] },
    );
    this.started = new Promise((resolve) => {
      createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
        this.hear(line);
        resolve();
      });
      this.child.on("exit", (code, signal) => {
        this.end(`${code ?? signal}`);
        resolve();
      });
      this.child.on("error", (error) => {
        this.end(error.message);
        resolve();
      });
    });
    // It may be dead when its standard input is closed.
    this.child.stdin?.on("error", () => {});
  }

  get isReady(): boolean {
    return this.state === "ready";
  }

  /** Waits for an answer of the worker's for as long as the worker is there. @throws TransportError */
  whilePresent<T>(answer: Promise<T>): Promise<T> {
    const { signal } = this.presence;
    return new Promise((resolve, reject) => {
      const leave = () => reject(new TransportError("The worker is gone."));
      signal.addEventListener("abort", leave, { once: true });
      void answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }

  sweep(): void {
    this.child.stdin?.write("\n");
  }

  kill(): void {
    if (this.state === "dead") return;
    this.state = "dead";
    this.child.kill("SIGKILL");
    this.presence.abort();
  }

  /** Freezes it for so long. Its answers come too late: whoever waited has asked another one. */
  async stop(ms: number): Promise<void> {
    this.state = "stopped";
    this.child.kill("SIGSTOP");
    this.presence.abort();
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (this.state !== "stopped") return;
    this.presence = new AbortController();
    this.child.kill("SIGCONT");
    this.state = "ready";
  }

  private hear(line: string): void {
    if (this.state === "starting") {
      this.port = Number(line);
      this.state = "ready";
      return;
    }
    const progress = JSON.parse(line) as Progress;
    if (progress.done !== undefined) this.batches++;
    this.worn += progress.worn ?? 0;
    this.watch.onProgress(progress);
  }

  private end(reason: string): void {
    if (this.state !== "dead") {
      this.state = "dead";
      this.presence.abort();
      this.watch.onDeath(reason);
    }
    this.watch.onEnd();
  }
}
