/**
 * The app that the development server runs: what is stored of it is read from its file, calls go to the process that runs it now. Those
 * that come while it is being built wait.
 */
import type { Address } from "../../lib/address";
import type { Transport } from "../../lib/calling/transport";
import { httpTransport } from "../../lib/client/http-transport";
import { systemClock } from "../../lib/clock";
import { DurableError } from "../../lib/errors";
import type { Matcher } from "../../lib/events/matcher";
import type { ActorView } from "../../lib/inspect/actor-view";
import type { ActorPage, ActorQuery } from "../../lib/inspect/directory";
import type { Inspection, QueueDepths } from "../../lib/inspect/inspection";
import { LocalDatabase } from "../../lib/local/database";
import { localInspection } from "../../lib/local/inspection";
import { type EnginePorts, localPorts } from "../../lib/local/ports";
import type { PlacedEvent } from "../../lib/local/sqlite-bus";
import type { RouterOutline } from "../../lib/outline";
import { systemRandom } from "../../lib/random";
import type { InspectedApp, Letters } from "../app/inspected-app";
import type { ActorTypeInfo, AppInfo, BuildStatus } from "../inspector/api";
import { PASS_HEADER } from "./protocol";

/** A call is not kept waiting for a build for longer. */
const PATIENCE_MS = 30_000;

export interface DevAppOptions {
  /** What people call it: the path of its entry. */
  readonly name: string;
  readonly version: string;
  /** The SQLite file. */
  readonly file: string;
}

export class DevApp implements InspectedApp {
  readonly letters: Letters;
  readonly transport: Transport;
  /** Lets this server's own requests past the app's `authorize`. */
  readonly pass = systemRandom.id();
  private readonly database: LocalDatabase;
  private readonly ports: EnginePorts;
  private readonly inspection: Inspection;
  private build: BuildStatus = { state: "building", sinceMs: Date.now() };
  private outline: RouterOutline = [];
  private url: string | undefined;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly options: DevAppOptions) {
    this.database = new LocalDatabase(options.file);
    this.ports = localPorts(this.database, systemClock, systemRandom);
    this.inspection = localInspection(this.database, this.ports, systemClock);
    this.letters = this.inspection.deadLetters;
    this.transport = {
      invoke: async (request) => {
        const url = await this.running();
        return httpTransport({ url, headers: { [PASS_HEADER]: this.pass } }).invoke(request);
      },
    };
  }

  get name(): string {
    return this.options.name;
  }

  async info(): Promise<AppInfo> {
    const { name, version } = this.options;
    const counts = await this.inspection.counts();
    const known = this.outline.map((actor) => infoOf(actor, counts?.[actor.name] ?? 0));
    // Of a class that the code has no more, or has under another name now, the actors are still there.
    const orphans = Object.entries(counts ?? {})
      .filter(([type]) => !known.some((actor) => actor.name === type))
      .map(([type, count]) => ({ name: type, methods: [], events: [], count }));
    const actors = [...known, ...orphans].sort((a, b) => (a.name < b.name ? -1 : 1));
    return { mode: "dev", name, version, actors, build: this.build };
  }

  list(query: ActorQuery): Promise<ActorPage> {
    return this.inspection.list(query);
  }

  actor(address: Address): Promise<ActorView | undefined> {
    return this.inspection.actor(address);
  }

  depths(): Promise<QueueDepths> {
    return this.inspection.depths();
  }

  events(options?: { readonly after?: number; readonly limit?: number }): PlacedEvent[] {
    return this.ports.bus.published(options);
  }

  /** The code that was saved is not the code that runs, yet or at all. */
  building(status: Exclude<BuildStatus, { state: "ready" }>): void {
    this.build = status;
    this.release();
  }

  /** Calls go there from now on. */
  runsAt(url: string, outline: RouterOutline): void {
    this.url = url;
    this.outline = outline;
    this.build = { state: "ready", sinceMs: Date.now() };
    this.release();
  }

  /** Nothing runs any more. */
  stopped(): void {
    this.url = undefined;
  }

  /**
   * Where the app's HTTP server is, as soon as there is one.
   * @throws DurableError `AppNotRunning` when the build fails, or takes too long
   */
  async running(): Promise<string> {
    const deadlineMs = Date.now() + PATIENCE_MS;
    while (this.url === undefined) {
      if (this.build.state === "failed" || Date.now() >= deadlineMs) throw notRunning(this.build);
      await this.change(deadlineMs - Date.now());
    }
    return this.url;
  }

  close(): Promise<void> {
    return this.database.close();
  }

  private change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private release(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}

function notRunning(build: BuildStatus): DurableError {
  const [problem] = build.state === "failed" ? build.problems : [];
  const why = problem === undefined ? "it is still being built" : problem.message;
  return new DurableError("AppNotRunning", `The app does not run: ${why}`, {
    retryable: true,
    details: problem === undefined ? {} : { ...problem },
  });
}

function infoOf({ name, methods, events }: RouterOutline[number], count: number): ActorTypeInfo {
  return {
    name,
    methods,
    count,
    events: events.map(({ source = [], "detail-type": detailType = [] }) => ({
      source: shown(source),
      detailType: shown(detailType),
    })),
  };
}

function shown(matchers: readonly Matcher[]): string {
  return matchers
    .map((matcher) => (typeof matcher === "string" ? matcher : JSON.stringify(matcher)))
    .join(" or ");
}
