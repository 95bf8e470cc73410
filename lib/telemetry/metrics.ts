/** The port for metrics. `emf-metrics.ts` writes them for CloudWatch; an app can bring its own. */

/** What a metric counts in. */
export type MetricUnit = "Count" | "Milliseconds";

/** What is measured; `docs/observability.md` says of each what it counts. */
export type MetricName =
  | "Turns"
  | "Failures"
  | "TurnTime"
  | "LeaseWaits"
  | "LeaseWaitTime"
  | "Conflicts"
  | "Reruns"
  | "BatchSize"
  | "OutboxAge";

/** Takes the metrics of a process: an option of routers and local apps. */
export interface Metrics {
  /** Takes one value. @param actor the type of an actor, never its id */
  addMetric(actor: string, name: MetricName, unit: MetricUnit, value: number): void;
  /** Writes what was taken since the last time: at the end of each event of the router's, and when the app closes. */
  flush(): void;
}
