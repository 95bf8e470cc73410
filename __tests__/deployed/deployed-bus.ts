/**
 * The event bus of a deployed app, with one more rule beside those of the app: it copies all events to a queue, for the tests to
 * look at.
 *
 *     bus ──► what an actor listens to ──► function
 *      └────► anything ──► queue ──► events()
 */
import {
  DeleteRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { eventBridgeClient, sqsClient } from "../../lib/aws/clients";
import { SqsQueue } from "../../lib/aws/sqs-queue";
import type { EventMetadata } from "../../lib/events/event";
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
  private readonly sqs = sqsClient();
  private readonly carried: DeliveredEvent[] = [];
  private copiesUrl: string | undefined;

  /** @param name of a bus that exists */
  constructor(private readonly name: string) {}

  async copyAll(): Promise<void> {
    const { QueueUrl } = await this.sqs.send(new CreateQueueCommand({ QueueName: this.rule }));
    this.copiesUrl = QueueUrl;
    const { Attributes: attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    await this.eventBridge.send(
      new PutRuleCommand({
        Name: this.rule,
        EventBusName: this.name,
        EventPattern: JSON.stringify({ source: [{ prefix: "" }] }),
      }),
    );
    const target = { Id: TARGET_ID, Arn: attributes?.QueueArn };
    await this.eventBridge.send(
      new PutTargetsCommand({ EventBusName: this.name, Rule: this.rule, Targets: [target] }),
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

  /** All that the tests have added: a bus with rules that are not the stack's cannot be deleted. */
  async remove(): Promise<void> {
    const { eventBridge, sqs, name: EventBusName, rule, copiesUrl } = this;
    try {
      if (copiesUrl === undefined) return;
      await eventBridge.send(new RemoveTargetsCommand({ EventBusName, Rule: rule, Ids: [TARGET_ID] }));
      await eventBridge.send(new DeleteRuleCommand({ EventBusName, Name: rule }));
      await sqs.send(new DeleteQueueCommand({ QueueUrl: copiesUrl }));
    } finally {
      for (const client of [eventBridge, sqs]) client.destroy();
    }
  }

  /** Also the name of the queue, which has at most 80 characters. */
  private get rule(): string {
    return `${this.name.slice(-60)}-copies`;
  }
}
