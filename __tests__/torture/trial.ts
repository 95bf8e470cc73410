/**
 * A trial: workers under load, among faults, until enough has happened; then peace, and the checks.
 *
 *     load, kills, stops, faults of the proxy ──► peace ──► everything comes ──► nothing is left ──► findings
 */
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { SeededRandom } from "../../lib/testing/seeded-random";
import { Account, Alarm } from "./actors";
import { Chaos } from "./chaos";
import { askAll, type Finding, leftBehind, messagesIn, missingIn, type Reports, wrongIn } from "./checks";
import { type Engine, type EngineName, startEngine } from "./engine";
import { Fleet } from "./fleet";
import { accountsOf, Load, type LoadOptions } from "./load";
import { FaultyProxy } from "./proxy";
import { buildWorker } from "./worker-program";

export interface TrialOptions {
  readonly engine: EngineName;
  readonly seed: number;
  readonly workers: number;
  /** How long it goes on, … */
  readonly seconds?: number | undefined;
  /** … or until so much has happened. */
  readonly kills?: number | undefined;
  readonly messages?: number | undefined;
  /** How long everything that was sent may take to come, once the faults are over. */
  readonly restMs: number;
  /** Told of the progress now and then. */
  readonly onProgress?: (line: string) => void;
}

export interface Outcome {
  readonly figures: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  /** Where logs and data are; undefined when all is well, and nothing is kept. */
  readonly folder: string | undefined;
}

const ALARMS = ["alarm-1", "alarm-2", "alarm-3"];
const MESSAGES_PER_KILL = 50;
const TELL_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 1_000;

/** As short as may be, since stops must last longer: SQS counts in seconds. */
const TIMES = {
  file: { leaseMs: 600, hideMs: 600 },
  aws: { leaseMs: 1_000, hideMs: 1_000 },
} as const;
const CONCURRENCY = 4;
const LOAD: LoadOptions = { accounts: 128, senders: 64, callers: 4 };

export async function runTrial(options: TrialOptions): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "durable-torture-"));
  const { findings, figures } = await new Trial(options, folder).run();
  if (findings.length === 0) rmSync(folder, { recursive: true, force: true });
  else writeFileSync(join(folder, "findings.json"), JSON.stringify(findings, undefined, 2));
  return { findings, figures, folder: findings.length === 0 ? undefined : folder };
}

class Trial {
  private readonly startedMs = Date.now();
  private proxy!: FaultyProxy;
  private engine!: Engine;
  private fleet!: Fleet;
  private load!: Load;
  private chaos!: Chaos;

  constructor(
    private readonly options: TrialOptions,
    private readonly folder: string,
  ) {}

  async run(): Promise<Omit<Outcome, "folder">> {
    try {
      await this.begin();
      await this.untilEnough();
      await this.makePeace();
      return await this.conclude();
    } finally {
      this.fleet?.close();
      await this.engine?.close();
      await this.proxy?.close();
    }
  }

  private async begin(): Promise<void> {
    const { engine, seed, workers, kills, messages } = this.options;
    const random = (place: number) => new SeededRandom(seed * 10 + place);
    const { leaseMs, hideMs } = TIMES[engine];
    this.proxy = await FaultyProxy.start(random(1), 2 * leaseMs);
    this.engine = await startEngine(engine, this.folder, this.proxy);
    const program = {
      file: buildWorker(this.folder, engine),
      environment: { ...this.engine.environment, NODE_COMPILE_CACHE: join(this.folder, "compiled") },
      log: openSync(join(this.folder, "workers.log"), "a"),
    };
    const worker = { file: this.engine.file, leaseMs, hideMs, concurrency: CONCURRENCY };
    this.fleet = new Fleet(program, worker, workers, random(2));
    await this.fleet.whenStarted();
    const messagesPerKill = kills && messages ? messages / kills : MESSAGES_PER_KILL;
    this.chaos = new Chaos(this.fleet, random(3), { messagesPerKill, takeOverMs: leaseMs + hideMs });
    this.load = new Load(this.fleet.transport(this.proxy.urlOf), LOAD);
    await this.eachAlarm((alarm) => alarm.begin());
    this.proxy.rage(true);
  }

  private async untilEnough(): Promise<void> {
    const { onProgress = () => {} } = this.options;
    let toldMs = Date.now();
    while (!this.isEnough()) {
      await wait(LOOK_EVERY_MS);
      if (Date.now() - toldMs < TELL_EVERY_MS) continue;
      toldMs = Date.now();
      onProgress(
        `${this.seconds()} s: ${this.load.messages} messages, ${this.load.calls} calls, ${this.fleet.kills} kills`,
      );
    }
  }

  /** Also when something is wrong already: its traces are fresh then. */
  private isEnough(): boolean {
    const { seconds, kills = 0, messages = 0 } = this.options;
    if (this.fleet.deaths.length + this.load.wrong.length > 0) return true;
    if (seconds !== undefined) return this.seconds() >= seconds;
    return this.fleet.kills >= kills && this.load.messages >= messages;
  }

  private async makePeace(): Promise<void> {
    this.options.onProgress?.(`${this.seconds()} s: no more faults; everything must come now`);
    this.proxy.rage(false);
    await this.chaos.end();
    await this.load.end();
  }

  private async conclude(): Promise<Omit<Outcome, "folder">> {
    const endMs = Date.now() + this.options.restMs;
    let reports = await this.ask();
    let missing = missingIn(this.load, reports, Date.now());
    while (missing.length > 0 && Date.now() < endMs) {
      await wait(LOOK_EVERY_MS);
      reports = await this.ask();
      missing = missingIn(this.load, reports, Date.now());
    }
    await this.eachAlarm((alarm) => alarm.end());
    let left = await this.leftBehind();
    while (left.length > 0 && Date.now() < endMs) {
      await wait(LOOK_EVERY_MS);
      left = await this.leftBehind();
    }
    const deaths = this.fleet.deaths.map((reason): Finding => {
      return { kind: "wrong", what: `a worker died by itself: ${reason}` };
    });
    const findings = [...missing, ...wrongIn(this.load, reports), ...left, ...deaths];
    return { findings, figures: this.figures(reports, findings) };
  }

  private ask(): Promise<Reports> {
    return askAll(this.load, LOAD, ALARMS);
  }

  private leftBehind(): Promise<Finding[]> {
    const addressesOf = (type: { readonly name: string }, ids: readonly string[]) =>
      ids.map((id) => ({ type: type.name, id }));
    return leftBehind(this.engine, [
      ...addressesOf(Account, accountsOf(LOAD)),
      ...addressesOf(Alarm, ALARMS),
    ]);
  }

  private eachAlarm(act: (alarm: { begin(): Promise<void>; end(): Promise<void> }) => Promise<void>) {
    return Promise.all(ALARMS.map((id) => act(this.load.client.actor(Alarm).get(id))));
  }

  private figures(reports: Reports, findings: readonly Finding[]): Record<string, number> {
    const { proxy, fleet, load } = this;
    const { requests, ...faults } = proxy.counts;
    const count = (kind: Finding["kind"]) => findings.filter((finding) => finding.kind === kind).length;
    const rings = Array.from(reports.alarms.values(), ({ rings }) => rings).reduce(
      (sum, one) => sum + one,
      0,
    );
    return {
      seconds: this.seconds(),
      messages: messagesIn(load, reports),
      calls: load.calls,
      reminders: rings,
      "worker starts": fleet.started,
      kills: fleet.kills,
      "stops past the lease": fleet.stops,
      "requests through the proxy": requests,
      ...Object.fromEntries(Object.entries(faults).map(([fault, times]) => [`requests ${fault}`, times])),
      redeliveries: fleet.progress.again,
      "batches refused by the fence": fleet.progress.fenced,
      lost: count("lost"),
      doubled: count("doubled"),
      "out of order": count("out of order"),
      "left behind": count("left behind"),
      wrong: count("wrong"),
    };
  }

  private seconds(): number {
    return Math.round((Date.now() - this.startedMs) / 1_000);
  }
}
