/**
 * The event bus of a deployed app, with the rules that `ActorApp` makes: one for each pattern that its actors listen to, and the
 * schedule of the sweep. One more rule copies all events to a queue, for the tests to look at.
 *
 *     bus ──► what an actor listens to ──► function
 *      └────► anything ──► queue ──► events()
 *     every minute ──► function
 */
import {
  DeleteEventBusCommand,
  DeleteRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  type PutRuleCommandInput,
  PutTargetsCommand,
  RemoveTargetsCommand,
  type Target,
} from "@aws-sdk/client-eventbridge";
import { AddPermissionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { eventBridgeClient, sqsClient } from "../../lib/aws/clients";
import { SqsQueue } from "../../lib/aws/sqs-queue";
import type { EventMetadata } from "../../lib/events/event";
import type { EventPattern } from "../../lib/events/pattern";
import { drain } from "../contract/event-bus-contract";

/** In the form in which EventBridge hands over events. */
export interface DeliveredEvent {
  readonly source: string;
  readonly "detail-type": string;
  readonly detail: { readonly metadata?: EventMetadata };
}

/** What somebody else publishes. */
export interface ForeignEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
}

/** The only target that a rule has here. */
const TARGET_ID = "target";

export class DeployedBus {
  private readonly eventBridge = eventBridgeClient();
  private readonly lambda = new LambdaClient();
  private readonly sqs = sqsClient();
  private readonly rules: Pick<PutRuleCommandInput, "Name" | "EventBusName">[] = [];
  private readonly carried: DeliveredEvent[] = [];
  private copiesUrl: string | undefined;

  /** @param name of a bus that exists, and that nobody else uses */
  constructor(private readonly name: string) {}

  /** Brings a function the events that fit the patterns, and has it sweep. */
  async feed(functionArn: string, patterns: readonly EventPattern[]): Promise<void> {
    await this.copyAll();
    for (const [index, pattern] of patterns.entries()) {
      await this.invoke(functionArn, this.ruleFor(pattern, `${this.name}-${index}`));
    }
    await this.invoke(
      functionArn,
      { Name: `${this.name}-sweep`, ScheduleExpression: "rate(1 minute)" },
      { Input: JSON.stringify({ mode: "sweep" }) },
    );
  }

  /** Puts an event on the bus past this package. */
  async put({ source, detailType, detail }: ForeignEvent): Promise<void> {
    const entry = {
      EventBusName: this.name,
      Source: source,
      DetailType: detailType,
      Detail: JSON.stringify(detail),
    };
    await this.eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
  }

  /** What the bus has carried so far, each time that it did. */
  async events(): Promise<readonly DeliveredEvent[]> {
    const copies = new SqsQueue(this.sqs, { url: this.copiesUrl ?? "", variable: "DURABLE_QUEUE" });
    this.carried.push(...((await drain(copies, Number.POSITIVE_INFINITY)) as unknown as DeliveredEvent[]));
    return this.carried;
  }

  async remove(): Promise<void> {
    const { eventBridge, lambda, sqs, rules, copiesUrl } = this;
    try {
      await Promise.all(
        rules.map(async ({ Name, EventBusName }) => {
          await eventBridge.send(new RemoveTargetsCommand({ EventBusName, Rule: Name, Ids: [TARGET_ID] }));
          await eventBridge.send(new DeleteRuleCommand({ EventBusName, Name }));
        }),
      );
      await eventBridge.send(new DeleteEventBusCommand({ Name: this.name }));
      if (copiesUrl !== undefined) await sqs.send(new DeleteQueueCommand({ QueueUrl: copiesUrl }));
    } finally {
      for (const client of [eventBridge, lambda, sqs]) client.destroy();
    }
  }

  private ruleFor(pattern: EventPattern, Name: string): PutRuleCommandInput {
    return { Name, EventBusName: this.name, EventPattern: JSON.stringify(pattern) };
  }

  private async invoke(
    functionArn: string,
    rule: PutRuleCommandInput,
    target: Pick<Target, "Input"> = {},
  ): Promise<void> {
    const ruleArn = await this.connect(rule, { ...target, Arn: functionArn });
    await this.lambda.send(
      new AddPermissionCommand({
        FunctionName: functionArn,
        StatementId: rule.Name,
        Action: "lambda:InvokeFunction",
        Principal: "events.amazonaws.com",
        SourceArn: ruleArn,
      }),
    );
  }

  private async copyAll(): Promise<void> {
    const name = `${this.name}-copies`;
    const { QueueUrl } = await this.sqs.send(new CreateQueueCommand({ QueueName: name }));
    this.copiesUrl = QueueUrl;
    const { Attributes: attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    await this.connect(this.ruleFor({ source: [{ prefix: "" }] }, name), { Arn: attributes?.QueueArn });
  }

  /** @returns the rule's ARN */
  private async connect(
    rule: PutRuleCommandInput,
    target: Pick<Target, "Input"> & { readonly Arn: string | undefined },
  ): Promise<string | undefined> {
    const { Name, EventBusName } = rule;
    const { RuleArn } = await this.eventBridge.send(new PutRuleCommand(rule));
    this.rules.push({ Name, EventBusName });
    const targets = [{ ...target, Id: TARGET_ID }];
    await this.eventBridge.send(new PutTargetsCommand({ EventBusName, Rule: Name, Targets: targets }));
    return RuleArn;
  }
}
