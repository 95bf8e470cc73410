/**
 * What brings the router its work.
 *
 *     messages, wakes ──► batches of up to 10, of which single messages can fail
 *     bus ──► a rule for each pattern ──► events          every minute ──► sweep
 */
import { createHash } from "node:crypto";
import { ArnFormat, Duration, Stack } from "aws-cdk-lib";
import { CfnRule, Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Construct } from "constructs";
import { BATCH_SIZE } from "../lib/aws/resources";
import type { EventPattern } from "../lib/events/pattern";
import { SWEEP_EVERY_MS } from "../lib/wake";
import type { Bus } from "./props";
import type { Queues } from "./queues";

interface Props {
  readonly router: LambdaFunction;
  readonly queues: Queues;
  readonly bus: Bus;
  readonly events: readonly EventPattern[];
  readonly maxConcurrency: number;
  readonly encryptionKey: IKey | undefined;
}

/** Wakes are short, or wait for a lease that messages have too. */
const WAKES_AT_ONCE = 10;
/** EventBridge gives up then. */
const MAX_EVENT_AGE = Duration.hours(24);
/** Lambda does, with an event that it has taken. */
const MAX_ASYNC_AGE = Duration.hours(6);

export class Feeds extends Construct {
  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    const { router, queues, maxConcurrency } = props;
    const batches = { batchSize: BATCH_SIZE, reportBatchItemFailures: true };
    router.addEventSource(new SqsEventSource(queues.messages, { ...batches, maxConcurrency }));
    router.addEventSource(new SqsEventSource(queues.wakes, { ...batches, maxConcurrency: WAKES_AT_ONCE }));
    router.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: MAX_ASYNC_AGE,
      onFailure: { bind: () => ({ destination: queues.undelivered.queueArn }) },
    });
    router.addToRolePolicy(
      new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queues.undelivered.queueArn] }),
    );
    this.sweepEveryMinute(router);
    this.listen(props);
  }

  private sweepEveryMinute(router: LambdaFunction): void {
    new Rule(this, "Sweep", {
      description: "Finds actors that somebody has to look at.",
      schedule: Schedule.rate(Duration.millis(SWEEP_EVERY_MS)),
      // The next one comes in a minute.
      targets: [
        new LambdaTarget(router, {
          event: RuleTargetInput.fromObject({ mode: "sweep" }),
          retryAttempts: 0,
        }),
      ],
    });
  }

  /** One permission for all rules of the bus: a function's policy has no room for one each. */
  private listen({ router, queues, bus, events, encryptionKey }: Props): void {
    const patterns = new Map(events.map((pattern) => [idOf(pattern), pattern]));
    if (patterns.size === 0) return;
    const rulesArn = Stack.of(this).formatArn({
      service: "events",
      resource: "rule",
      // Those of the default bus do not name it.
      resourceName: bus.eventBusName === "default" ? "*" : `${bus.eventBusName}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    const principal = new ServicePrincipal("events.amazonaws.com");
    router.addPermission("Events", { principal, sourceArn: rulesArn });
    queues.undelivered.addToResourcePolicy(
      new PolicyStatement({
        principals: [principal],
        actions: ["sqs:SendMessage"],
        resources: [queues.undelivered.queueArn],
        conditions: { ArnLike: { "aws:SourceArn": rulesArn } },
      }),
    );
    encryptionKey?.addToResourcePolicy(
      new PolicyStatement({
        principals: [principal],
        actions: ["kms:Decrypt", "kms:GenerateDataKey"],
        resources: ["*"],
        conditions: { ArnLike: { "aws:SourceArn": rulesArn } },
      }),
    );
    for (const [id, pattern] of patterns) {
      new CfnRule(this, id, {
        description: "Events that actors listen to.",
        eventBusName: bus.eventBusName,
        eventPattern: pattern,
        targets: [
          {
            id: "Router",
            arn: router.functionArn,
            deadLetterConfig: { arn: queues.undelivered.queueArn },
            retryPolicy: {
              maximumEventAgeInSeconds: MAX_EVENT_AGE.toSeconds(),
              maximumRetryAttempts: 185,
            },
          },
        ],
      });
    }
  }
}

/** By what it says, and not by its place: so a rule stays the same when others come and go. */
function idOf(pattern: EventPattern): string {
  return `On${createHash("sha256").update(JSON.stringify(pattern)).digest("hex").slice(0, 16)}`;
}
