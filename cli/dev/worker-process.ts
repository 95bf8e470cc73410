/** The development server's end of a process that runs one build; `worker.ts` is the other end. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { RouterOutline } from "../../lib/outline";
import type { BuildProblem, Turn } from "../inspector/api";
import type { FromWorker, ToWorker } from "./protocol";

/** Longer than a close takes that waits for turns. */
const STOP_MS = 5_000;

/** The build cannot be loaded, or its app cannot be started. */
export class WorkerFailure {
  constructor(readonly problem: BuildProblem) {}
}

export interface WorkerOptions {
  /** Flags for Node, such as `--inspect`. */
  readonly execArgv: readonly string[];
  readonly onTurn: (turn: Omit<Turn, "position">) => void;
  /** It ended, although nobody told it to. */
  readonly onDeath: (problem: BuildProblem) => void;
}

export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  private isStopping = false;
  private isRunning = false;
  /** Of what was asked last. */
  private answer:
    | { resolve: (message: FromWorker) => void; reject: (failure: WorkerFailure) => void }
    | undefined;

  constructor(options: WorkerOptions) {
    this.child = fork(require.resolve("./worker"), [], {
      execArgv: ["--enable-source-maps", "--disable-warning=ExperimentalWarning", ...options.execArgv],
    });
    this.exited = once(this.child, "exit");
    this.child.on("message", (message: FromWorker) => this.take(message, options));
    this.child.on("exit", (code, signal) => {
      const problem = { message: `The app's process ended with ${signal ?? `code ${code ?? "unknown"}`}.` };
      this.answer?.reject(new WorkerFailure(problem));
      if (this.isRunning && !this.isStopping) options.onDeath(problem);
    });
  }

  /** @throws WorkerFailure */
  async load(bundle: string, entry: string): Promise<RouterOutline> {
    const message = await this.ask({ kind: "load", bundle, entry });
    return message.kind === "loaded" ? message.actors : [];
  }

  /** @returns where its HTTP server is @throws WorkerFailure */
  async run(file: string, pass: string): Promise<string> {
    const message = await this.ask({ kind: "run", file, pass });
    this.isRunning = true;
    return message.kind === "running" ? message.url : "";
  }

  /** Lets running turns end, for a while. */
  async stop(): Promise<void> {
    this.isStopping = true;
    if (this.child.connected) this.child.send({ kind: "stop" } satisfies ToWorker);
    const killing = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
    await this.exited;
    clearTimeout(killing);
  }

  private ask(message: ToWorker): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      this.answer = { resolve, reject };
      this.child.send(message);
    });
  }

  private take(message: FromWorker, { onTurn }: WorkerOptions): void {
    if (message.kind === "turn") {
      onTurn(message.turn);
      return;
    }
    if (message.kind === "failed") this.answer?.reject(new WorkerFailure(message.problem));
    else this.answer?.resolve(message);
    this.answer = undefined;
  }
}
