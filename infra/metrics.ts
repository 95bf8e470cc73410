/** The app's figures in CloudWatch, for alarms and the dashboard. */
import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import type { MetricName } from "../lib/telemetry/metrics";

const DEFAULT_PERIOD = Duration.minutes(1);

/** Where the router writes the app's metrics. */
export interface Figures {
  readonly namespace: string;
  /** The router's name: the same namespace may have several apps. */
  readonly service: string;
}

/** Over all actors. */
export function total(
  { namespace, service }: Figures,
  name: MetricName,
  statistic: "SUM" | "AVG" | "MAX",
  period = DEFAULT_PERIOD,
): IMetric {
  return new MathExpression({
    expression: `SELECT ${statistic}("${name}") FROM SCHEMA("${namespace}", actor, service) WHERE service = '${service}'`,
    label: name,
    period,
  });
}

/** One line for each type of actor. */
export function byActor({ namespace, service }: Figures, name: MetricName, statistic: string): IMetric {
  return new MathExpression({
    expression: `SEARCH('{"${namespace}",actor,service} MetricName="${name}" service="${service}"', '${statistic}', 60)`,
    label: "",
    period: DEFAULT_PERIOD,
  });
}
