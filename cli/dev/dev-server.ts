/**
 * The development server: builds an app's code, runs it on the embedded engine, and builds and runs it anew whenever it is saved. State
 * is in a file, which stays; the process with the code is replaced, once the new one has loaded.
 *
 *     save ──► build ──► load in a new process ──► run ──► calls go there, the old process ends
 *                └ fails    └ fails: the old process goes on, and the server says why
 */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { BuildProblem, Turn } from "../inspector/api";
import { Feed } from "../inspector/feed";
import { type InspectorServer, serveInspector } from "../inspector/server";
import { type Built, Bundler } from "./bundler";
import { DevApp } from "./dev-app";
import { forward } from "./forward";
import { WorkerFailure, WorkerProcess } from "./worker-process";

export interface DevOptions {
  /** The path of the file that exports the actors, or their router. */
  readonly entry: string;
  /** The project's folder; state and builds are in its `.durable/`. */
  readonly folder: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Of this package. */
  readonly version: string;
  /** Flags for the Node that runs the app, such as `--inspect`. */
  readonly execArgv?: readonly string[];
  readonly onTurn?: (turn: Turn) => void;
  /** The code that was saved runs. @param tookMs from the save */
  readonly onReady?: (actors: readonly string[], tookMs: number) => void;
  readonly onProblems?: (problems: readonly BuildProblem[], next: AfterProblems) => void;
}

/** What follows: the code before goes on running, nothing does before a file is saved, or the same code is started again. */
export type AfterProblems = "goes on" | "waits" | "starts again";

/** A process that dies again and again is started again more and more slowly. */
const MAX_PAUSE_MS = 30_000;

export class DevServer {
  private readonly app: DevApp;
  private readonly feed = new Feed();
  private readonly file: string;
  private bundler: Bundler | undefined;
  private inspector: InspectorServer | undefined;
  private worker: WorkerProcess | undefined;
  /** Builds are run one after the other. */
  private running: Promise<void> = Promise.resolve();
  private newest: Built | undefined;
  private deaths = 0;
  private restarting: NodeJS.Timeout | undefined;
  private isClosed = false;

  private constructor(private readonly options: DevOptions) {
    const { entry, folder, version } = options;
    const durable = join(folder, ".durable");
    mkdirSync(durable, { recursive: true });
    this.file = join(durable, "state.db");
    this.app = new DevApp({ name: relative(folder, entry), version, file: this.file });
  }

  /** @throws InvalidDefinition when the port cannot be had; CorruptState when the state's file is something else */
  static async start(options: DevOptions): Promise<DevServer> {
    const server = new DevServer(options);
    const { app, feed } = server;
    try {
      server.inspector = await serveInspector({
        app,
        feed,
        events: (which) => app.events(which),
        port: options.port,
        isReadOnly: false,
        forward: (request, response) => void forward(() => app.running(), request, response),
      });
      server.bundler = await Bundler.start({
        entry: options.entry,
        folder: join(options.folder, ".durable", "build"),
        onBuilt: (built) => server.take(built),
      });
      return server;
    } catch (thrown) {
      await server.close();
      throw thrown;
    }
  }

  get url(): string {
    return this.inspector?.url ?? "";
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.restarting);
    await this.bundler?.stop();
    await this.inspector?.close();
    await this.running;
    await this.worker?.stop();
    await this.app.close();
  }

  /** Of builds that come while one is being loaded, the newest is next. */
  private take(built: Built): void {
    this.newest = built;
    this.deaths = 0;
    clearTimeout(this.restarting);
    this.running = this.running.then(() => this.runNewest());
  }

  private async runNewest(): Promise<void> {
    const built = this.newest;
    this.newest = undefined;
    if (built === undefined || this.isClosed) return;
    if (!built.ok) return this.fail(built.problems);
    await this.replace(built.bundle, built.tookMs);
  }

  private async replace(bundle: string, tookMs: number): Promise<void> {
    const startedMs = Date.now();
    const { app, options } = this;
    app.building({ state: "building", sinceMs: startedMs });
    const worker = new WorkerProcess({
      execArgv: options.execArgv ?? [],
      onTurn: (turn) => options.onTurn?.(this.feed.addTurn(turn)),
      onDeath: (problem) => this.mourn(worker, bundle, problem),
    });
    try {
      const outline = await worker.load(bundle, app.name);
      const url = await worker.run(this.file, app.pass);
      const before = this.worker;
      this.worker = worker;
      app.runsAt(url, outline);
      options.onReady?.(
        outline.map(({ name }) => name),
        tookMs + Date.now() - startedMs,
      );
      await before?.stop();
    } catch (thrown) {
      await worker.stop();
      if (!(thrown instanceof WorkerFailure)) throw thrown;
      this.fail([thrown.problem]);
    }
  }

  private fail(
    problems: readonly BuildProblem[],
    next: AfterProblems = this.worker === undefined ? "waits" : "goes on",
  ): void {
    this.app.building({ state: "failed", sinceMs: Date.now(), problems });
    this.options.onProblems?.(problems, next);
  }

  /** As on Lambda, where the next call starts another process. */
  private mourn(worker: WorkerProcess, bundle: string, problem: BuildProblem): void {
    if (worker !== this.worker || this.isClosed) return;
    this.worker = undefined;
    this.app.stopped();
    this.fail([problem], "starts again");
    const pauseMs = this.deaths === 0 ? 0 : Math.min(MAX_PAUSE_MS, 500 * 2 ** this.deaths);
    this.deaths++;
    this.restarting = setTimeout(() => {
      this.running = this.running.then(() => (this.isClosed ? undefined : this.replace(bundle, 0)));
    }, pauseMs);
  }
}
