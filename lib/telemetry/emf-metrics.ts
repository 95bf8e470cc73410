/**
 * Metrics as lines in the log from which CloudWatch makes them (its embedded metric format), through Powertools' `Metrics`, which is
 * loaded with the first flush. The values of one event are one line for each type of actor.
 */
import type { MetricName, Metrics, MetricUnit } from "./metrics";
import { serviceName } from "./service-name";

type Powertools = InstanceType<typeof import("@aws-lambda-powertools/metrics").Metrics>;
type Value = readonly [name: MetricName, unit: MetricUnit, value: number];

/** Where no variable names another. */
const NAMESPACE = "durable-lambda";
/** A process that flushes rarely keeps no more. */
const MAX_VALUES = 10_000;

export function emfMetrics(): Metrics {
  /** One for each type, whose dimension it keeps. */
  const writers = new Map<string, Powertools>();
  const taken = new Map<string, Value[]>();
  let count = 0;

  function writerOf(actor: string): Powertools {
    const known = writers.get(actor);
    if (known !== undefined) return known;
    const { Metrics } =
      require("@aws-lambda-powertools/metrics") as typeof import("@aws-lambda-powertools/metrics");
    const namespace = process.env.POWERTOOLS_METRICS_NAMESPACE || NAMESPACE;
    const writer = new Metrics({ namespace, serviceName: serviceName(), defaultDimensions: { actor } });
    writers.set(actor, writer);
    return writer;
  }

  function flush(): void {
    const all = [...taken];
    taken.clear();
    count = 0;
    // In one go, since Powertools keeps what is added for each of several invocations at once apart.
    for (const [actor, values] of all) {
      const writer = writerOf(actor);
      for (const [name, unit, value] of values) writer.addMetric(name, unit, value);
      if (writer.hasStoredMetrics()) writer.publishStoredMetrics();
    }
  }

  return {
    addMetric(actor, name, unit, value) {
      const values = taken.get(actor) ?? [];
      taken.set(actor, values);
      values.push([name, unit, value]);
      if (++count >= MAX_VALUES) flush();
    },
    flush,
  };
}
