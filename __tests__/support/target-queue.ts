/** A queue to which a bus delivers the events that fit a pattern. */
import { type EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { sqsClient } from "../../lib/aws/clients";
import { SqsQueue } from "../../lib/aws/sqs-queue";
import type { EventPattern } from "../../lib/events/pattern";
import type { Queue } from "../../lib/messages/queue";
import { targetEndpoint } from "./endpoints";

export class TargetQueue {
  private rules = 0;

  private constructor(
    private readonly sqs: SQSClient,
    readonly queue: Queue,
    private readonly arn: string | undefined,
    /** Of a FIFO queue. */
    private readonly groupId: string | undefined,
  ) {}

  /** @param name of a queue that does not exist; a FIFO queue when it ends like one: it keeps the order of the events */
  static async create(name: string): Promise<TargetQueue> {
    const endpoint = targetEndpoint();
    const sqs =
      endpoint === undefined ? sqsClient() : new SQSClient({ endpoint, useQueueUrlAsEndpoint: false });
    const isFifo = name.endsWith(".fifo");
    const attributes = isFifo ? { FifoQueue: "true", ContentBasedDeduplication: "true" } : {};
    const { QueueUrl: url = "" } = await sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
    );
    const { Attributes: found } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }),
    );
    const queue = new SqsQueue(sqs, { url, variable: "DURABLE_QUEUE" });
    return new TargetQueue(sqs, queue, found?.QueueArn, isFifo ? "all" : undefined);
  }

  /** By one more rule. */
  async listen(client: EventBridgeClient, bus: string, pattern: EventPattern): Promise<void> {
    const rule = { Name: `${bus}-${this.rules++}`, EventBusName: bus };
    await client.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify(pattern) }));
    const target = {
      Id: "queue",
      Arn: this.arn,
      ...(this.groupId === undefined ? {} : { SqsParameters: { MessageGroupId: this.groupId } }),
    };
    await client.send(new PutTargetsCommand({ EventBusName: bus, Rule: rule.Name, Targets: [target] }));
  }

  destroy(): void {
    this.sqs.destroy();
  }
}
