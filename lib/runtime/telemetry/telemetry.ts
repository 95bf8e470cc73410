/** What a process tells of its turns: a line in the log for each, and metrics where somebody takes them. */
import type { Address } from "../../address";
import type { Effect } from "../../effects";
import type { Logger } from "../../log";
import type { MetricName, Metrics, MetricUnit } from "../../telemetry/metrics";
import { safely } from "../../telemetry/safely";
import { lineOf, noteTold } from "../report";
import { fieldsOf, type TurnReport } from "./turn-report";

export class Telemetry {
  constructor(
    private readonly log: Logger,
    private readonly metrics: Metrics | undefined,
    readonly logsArguments: boolean,
  ) {}

  /** False when nobody would hear of a turn that succeeds. */
  get isHeard(): boolean {
    return this.metrics !== undefined || safely(() => this.log.isEnabled?.("info")) !== false;
  }

  report(turn: TurnReport): void {
    safely(() => this.write(turn));
    if (this.metrics !== undefined) this.measure(turn);
  }

  /** The lease of an actor was busy for so long. */
  leaseWaited(address: Address, waitedMs: number): void {
    this.add(address, "LeaseWaits", "Count", 1);
    this.add(address, "LeaseWaitTime", "Milliseconds", waitedMs);
  }

  /** So many turns were thrown away, since another process came first, and run again. */
  thrownAway(address: Address, turns: number): void {
    this.add(address, "Reruns", "Count", turns);
  }

  /** A commit was refused under a lease: that was lost. */
  refused(address: Address): void {
    this.add(address, "Conflicts", "Count", 1);
  }

  /** So many turns were committed by one write. */
  committed(address: Address, turns: number): void {
    this.add(address, "BatchSize", "Count", turns);
  }

  /** Effects have left the outbox, but for the `rest`. */
  delivered(address: Address, effects: readonly Effect[], rest: readonly Effect[], nowMs: number): void {
    if (this.metrics === undefined) return;
    const sinceMs = Math.min(...effects.filter((effect) => !rest.includes(effect)).map(causedMs));
    if (Number.isFinite(sinceMs))
      this.add(address, "OutboxAge", "Milliseconds", Math.max(0, nowMs - sinceMs));
  }

  flush(): void {
    if (this.metrics !== undefined) safely(() => this.metrics?.flush());
  }

  /** One line for each turn: that of its failure, when it has failed for good. */
  private write(turn: TurnReport): void {
    const { log } = this;
    const failure = turn.error && lineOf(turn.error);
    if (turn.error !== undefined) noteTold(turn.error);
    if (failure !== undefined) log[failure.level](failure.message, { ...fieldsOf(turn), ...failure.fields });
    else if (log.isEnabled?.("info") !== false) log.info("turn", fieldsOf(turn));
  }

  private measure({ actor, actorId: id, outcome, ranMs }: TurnReport): void {
    const address = { type: actor, id };
    this.add(address, "Turns", "Count", 1);
    this.add(address, "Failures", "Count", outcome === "failed" || outcome === "lost" ? 1 : 0);
    if (ranMs !== undefined) this.add(address, "TurnTime", "Milliseconds", ranMs);
  }

  private add({ type }: Address, name: MetricName, unit: MetricUnit, value: number): void {
    if (this.metrics !== undefined) safely(() => this.metrics?.addMetric(type, name, unit, value));
  }
}

/** When an effect was caused; infinite where it does not say. */
function causedMs(effect: Effect): number {
  switch (effect.kind) {
    case "message":
      return effect.message.sentAtMs ?? Number.POSITIVE_INFINITY;
    case "event":
      return effect.event.timeMs;
    case "letter":
      return effect.reason.atMs;
    case "settle":
      return Number.POSITIVE_INFINITY;
  }
}
