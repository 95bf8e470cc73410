/** One schedule's world: virtual time, the simulated cloud, the processes, and whoever watches. */

import { definitionOf } from "../../lib/definition";
import { matches } from "../../lib/events/pattern";
import { SWEEP_EVERY_MS } from "../../lib/wake";
import { Chance } from "./chance";
import { Ledger } from "./checks/ledger";
import { Visitors } from "./checks/visitors";
import { SimulatedDynamoDb } from "./cloud/dynamodb";
import { SimulatedEventBridge } from "./cloud/event-bridge";
import { BUS, QUEUES, TABLES } from "./cloud/names";
import { type AcceptedMessage, SimulatedSqs } from "./cloud/sqs";
import { Corruption } from "./faults/corruption";
import { Faults } from "./faults/faults";
import { EventSource } from "./hosts/event-source";
import type { Fleet } from "./hosts/function-process";
import { Lambda } from "./hosts/lambda";
import type { ServiceName } from "./hosts/sdk-client";
import { Timeline } from "./timeline";
import { Trace } from "./trace";
import { accountOf } from "./workload/account";
import { History } from "./workload/history";
import { opIn } from "./workload/program";

/** 2026-11-25T00:00:00Z. */
const START_MS = 1_795_564_800_000;
/** A queue drops a repetition within this. */
const DEDUPLICATION_MS = 300_000;

export interface WorldOptions {
  readonly seed: number;
  /** For faults and errands, by name. */
  readonly isLeftOut: (name: string) => boolean;
  readonly keepsTrace: boolean;
  /** Functions that are frozen between events, or servers. Default: by chance. */
  readonly isLambda: boolean | undefined;
}

export class World {
  readonly timeline = new Timeline(START_MS);
  readonly chance: Chance;
  readonly trace: Trace;
  readonly faults: Faults;
  readonly history = new History();
  readonly ledger = new Ledger(this);
  readonly visitors = new Visitors(this);
  readonly cloud: {
    readonly dynamodb: SimulatedDynamoDb;
    readonly sqs: SimulatedSqs;
    readonly events: SimulatedEventBridge;
  };
  readonly fleet: Fleet;
  readonly lambda: Lambda;
  /** Services that refuse everything at present. */
  readonly outages = new Set<ServiceName>();
  /** Until when sweeps do not come, and wakes get lost. */
  sweptAgainMs = 0;
  wakesLostUntilMs = 0;
  /** The process that delivers what this actor causes dies before it can note that. */
  straggler: string | undefined;
  /** When a new version of the code is deployed. */
  deployedMs = Number.POSITIVE_INFINITY;
  readonly corruption = new Corruption(this);
  /** Whose request is being applied: the time by its own clock, and whether it has read bytes that were changed. */
  writer: { readonly nowMs: number; readonly isInformed: boolean } | undefined;
  /** Has somebody destroy an actor. */
  destroy: (actor: string) => void = () => {};
  /** Requests that changed something and were applied. */
  writes = 0;
  /** At which point somebody dies, and how many there were so far. */
  crashAt = Number.POSITIVE_INFINITY;
  crashPoints = 0;
  /** The last fault is over. */
  isCalm = false;
  private readonly sources: ReadonlyMap<string, EventSource>;
  private readonly queued = new Map<string, number>();

  constructor(private readonly options: WorldOptions) {
    const { timeline } = this;
    this.chance = Chance.of(options.seed);
    this.trace = new Trace(() => timeline.nowMs - START_MS, options.keepsTrace);
    this.faults = new Faults(this.chance.for("faults"), this.trace, options.isLeftOut);
    this.cloud = this.makeCloud();
    const { isLambda = this.chance.for("fleet").isTrue(0.7) } = options;
    this.fleet = isLambda
      ? { timeoutMs: 30_000, concurrency: 1, maxProcesses: 5 }
      : { timeoutMs: undefined, concurrency: 8, maxProcesses: 3 };
    this.lambda = new Lambda(this, this.fleet, () => (timeline.nowMs < this.deployedMs ? 1 : 2));
    this.sources = new Map(
      [QUEUES.messages, QUEUES.wakes].map((url) => [url, new EventSource(this, this.lambda, url)]),
    );
    this.sweepLater();
  }

  /**
   * Asked whenever somebody could die: when a process goes on after waiting, at each of its requests, before that leaves and when
   * it was applied, and where a queue's messages are handed over and taken off. True when it does.
   */
  crashesHere(): boolean {
    return ++this.crashPoints === this.crashAt;
  }

  isLeftOut(name: string): boolean {
    return this.options.isLeftOut(name);
  }

  /** Processes that start after this have newer code; the others end one after the other. */
  deployAt(afterMs: number): void {
    const { timeline, lambda } = this;
    this.deployedMs = timeline.nowMs + afterMs;
    timeline.after(afterMs + 1, () => {
      for (const process of lambda.alive) {
        timeline.after(this.chance.between(0, 30_000), () => process.retire());
      }
    });
  }

  private makeCloud(): World["cloud"] {
    const { chance, faults, ledger, visitors } = this;
    const dynamodb = new SimulatedDynamoDb([
      { name: TABLES.state, keys: ["pk", "sk"], indexes: [{ name: "wakes", keys: ["wakeShard", "wakeAt"] }] },
      { name: TABLES.workflows, keys: ["pk"] },
    ]);
    const lag = chance.for("lag");
    dynamodb.onWrite = (write) => {
      this.corruption.onWrite(write);
      ledger.onWrite(write);
      visitors.onWrite(write);
    };
    dynamodb.indexLagMs = () =>
      faults.strikes("stale-index") ? lag.between(1_000, 30_000) : lag.between(0, 20);
    dynamodb.staleMs = () => lag.between(0, 1_000);
    const visibilityMs = 90_000;
    const sqs = new SimulatedSqs(
      [
        { url: QUEUES.messages, fifo: true, visibilityMs },
        { url: QUEUES.wakes, fifo: false, visibilityMs },
        { url: QUEUES.deadLetters, fifo: true, visibilityMs },
      ],
      chance.for("sqs").fraction,
    );
    sqs.onAccepted = (accepted) => this.accepted(accepted);
    const events = new SimulatedEventBridge([BUS], chance.for("events").id);
    events.onEvent = (event) => this.published(event);
    return { dynamodb, sqs, events };
  }

  private accepted({ url, body, isDuplicate }: AcceptedMessage): void {
    const { timeline, history } = this;
    this.sources.get(url)?.expect(timeline.nowMs);
    if (isDuplicate) return;
    const message = JSON.parse(body) as { args?: readonly unknown[]; callId?: string };
    const { callId } = message;
    const op = opIn(message);
    if (url === QUEUES.deadLetters && op !== undefined) history.dead.add(op);
    if (url !== QUEUES.messages || callId === undefined) return;
    const firstMs = this.queued.get(callId);
    if (firstMs === undefined) this.queued.set(callId, timeline.nowMs);
    else if (timeline.nowMs - firstMs > DEDUPLICATION_MS && !history.dead.has(String(op))) {
      this.faults.count("late-redelivery");
    }
  }

  /** One rule for each pattern, as the app is deployed. */
  private published(event: object): void {
    for (const { pattern } of definitionOf(accountOf(1)).listeners) {
      if (!matches(pattern, event as Readonly<Record<string, unknown>>)) continue;
      this.lambda.invokeLater(event, this.chance.between(5, 200));
    }
  }

  private sweepLater(): void {
    const { timeline, faults, lambda } = this;
    timeline.after(SWEEP_EVERY_MS, () => {
      this.sweepLater();
      if (timeline.nowMs < this.sweptAgainMs) return;
      lambda.invokeLater({ mode: "sweep" });
      if (faults.strikes("sweep-doubled")) lambda.invokeLater({ mode: "sweep" });
    });
  }
}
