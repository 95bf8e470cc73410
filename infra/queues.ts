/**
 * The queues.
 *
 *     messages ──► router ──► what failed for good, with its reason ──► dead letters
 *     wakes, and messages with a delay ──► router ──┬─ what it never could take ──► undelivered
 *     events ──► router ────────────────────────────┘
 */
import { Duration } from "aws-cdk-lib";
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { KEPT_SECONDS, MAX_RECEIVE_COUNT, VISIBILITY_TIMEOUTS } from "../lib/aws/resources";
import type { ActorAppProps } from "./props";

interface Props extends Pick<ActorAppProps, "names" | "encryptionKey"> {
  /** Of the function that takes the messages. */
  readonly timeout: Duration;
}

export class Queues extends Construct {
  readonly messages: Queue;
  readonly deadLetters: Queue;
  readonly wakes: Queue;
  readonly undelivered: Queue;

  constructor(scope: Construct, id: string, { names = {}, encryptionKey, timeout }: Props) {
    super(scope, id);
    const common = {
      enforceSSL: true,
      retentionPeriod: Duration.seconds(KEPT_SECONDS),
      ...(encryptionKey === undefined
        ? { encryption: QueueEncryption.SQS_MANAGED }
        : { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }),
    };
    const fifo = {
      ...common,
      fifo: true,
      // High throughput: the limits are per actor.
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    };
    const visibilityTimeout = Duration.seconds(timeout.toSeconds() * VISIBILITY_TIMEOUTS);
    this.deadLetters = new Queue(this, "DeadLetters", { ...fifo, ...named(names.deadLetterQueue) });
    this.messages = new Queue(this, "Messages", {
      ...fifo,
      ...named(names.queue),
      visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    this.undelivered = new Queue(this, "Undelivered", common);
    this.wakes = new Queue(this, "Wakes", {
      ...common,
      ...named(names.wakeQueue),
      visibilityTimeout,
      deadLetterQueue: { queue: this.undelivered, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
  }
}

function named(queueName: string | undefined): { queueName?: string } {
  return queueName === undefined ? {} : { queueName };
}
