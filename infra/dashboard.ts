/** One page with what an app does: its turns, who waits for whom, its queues, and its function. */
import { Duration } from "aws-cdk-lib";
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  Stats,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { byActor, type Figures } from "./metrics";
import type { Queues } from "./queues";

interface Props {
  readonly router: LambdaFunction;
  readonly queues: Queues;
  readonly figures: Figures | undefined;
}

const WIDTH = 8;

export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { router, queues, figures }: Props) {
    super(scope, id);
    const period = Duration.minutes(1);
    const depth = { statistic: Stats.MAXIMUM, period };
    const sums = { statistic: Stats.SUM, period };
    const page = new CloudWatchDashboard(this, "Page");
    if (figures !== undefined) {
      page.addWidgets(
        graph("Turns", byActor(figures, "Turns", "Sum")),
        graph("Failures", byActor(figures, "Failures", "Sum")),
        graph("Time in methods, p99 (ms)", byActor(figures, "TurnTime", "p99")),
      );
      page.addWidgets(
        graph("Waits for a lease", byActor(figures, "LeaseWaits", "Sum")),
        graph("Lost leases", byActor(figures, "Conflicts", "Sum")),
        graph("Turns run again", byActor(figures, "Reruns", "Sum")),
        graph("Age of effects, maximum (ms)", byActor(figures, "OutboxAge", "Maximum")),
      );
    }
    page.addWidgets(
      graph(
        "Messages that wait",
        queues.messages.metricApproximateNumberOfMessagesVisible(depth),
        queues.wakes.metricApproximateNumberOfMessagesVisible(depth),
      ),
      graph("Oldest message (s)", queues.messages.metricApproximateAgeOfOldestMessage(depth)),
      graph(
        "Failed for good",
        queues.deadLetters.metricApproximateNumberOfMessagesVisible(depth),
        queues.undelivered.metricApproximateNumberOfMessagesVisible(depth),
      ),
    );
    page.addWidgets(
      graph(
        "Invocations",
        router.metricInvocations(sums),
        router.metricErrors(sums),
        router.metricThrottles(sums),
      ),
      graph("Duration, p99 (ms)", router.metricDuration({ statistic: Stats.percentile(99), period })),
      graph("Processes", router.metric("ConcurrentExecutions", { statistic: Stats.MAXIMUM, period })),
    );
  }
}

function graph(title: string, ...left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: WIDTH });
}
