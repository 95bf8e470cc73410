/** What somebody should hear of. */
import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Construct } from "constructs";
import { type Figures, total } from "./metrics";
import type { AlarmProps } from "./props";
import type { Queues } from "./queues";

interface Props extends AlarmProps {
  readonly queues: Queues;
  /** undefined where there are no metrics. */
  readonly figures: Figures | undefined;
}

const OLDEST_MESSAGE = Duration.minutes(5);
const CONFLICTS = 10;
const CONFLICTS_WITHIN = Duration.minutes(5);

export class Alarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: Props,
  ) {
    super(scope, id);
    const { queues, figures, oldestMessage = OLDEST_MESSAGE, conflicts = CONFLICTS } = props;
    const period = Duration.minutes(1);
    const held = { statistic: Stats.MAXIMUM, period };
    this.add(
      "DeadLetters",
      queues.deadLetters.metricApproximateNumberOfMessagesVisible(held),
      0,
      "Messages failed for good. Look at their reasons, then redrive or discard them.",
    );
    this.add(
      "Undelivered",
      queues.undelivered.metricApproximateNumberOfMessagesVisible(held),
      0,
      "Events, sweeps or wakes did not reach the router: it failed, or was throttled for hours.",
    );
    this.add(
      "OldestMessage",
      queues.messages.metricApproximateAgeOfOldestMessage(held),
      oldestMessage.toSeconds(),
      "A message waits for too long: an actor is slow, or the router has too few processes.",
    );
    if (figures === undefined) return;
    this.add(
      "Conflicts",
      total(figures, "Conflicts", "SUM", CONFLICTS_WITHIN),
      conflicts,
      "Commits were refused: processes were paused past their leases, or methods keep the CPU busy.",
    );
  }

  private add(id: string, metric: IMetric, threshold: number, alarmDescription: string): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const { topic } = this.props;
    if (topic === undefined) return;
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
}
