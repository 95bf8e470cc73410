/**
 * The queue port: what the runtime needs from SQS, and no more. FIFO queues hand out the messages of one group in their
 * order, and no further one of a group while one is in flight; standard queues have no groups and can delay a message.
 * Adapters: `aws/sqs-queue.ts`, `local/sqlite-queue.ts`; `__tests__/contract/queue-contract.ts` holds what each must do.
 *
 *     send ──► waiting ──receive──► in flight ──delete──► gone
 *                 ▲                    │ hide(ms), or not deleted in time
 *                 └────────────────────┘ again, with a receive count of one more
 */

export interface OutgoingMessage {
  readonly body: string;
  /** Required on a FIFO queue, absent on a standard one. */
  readonly groupId?: string;
  /** On a FIFO queue: a second message with this id within 5 minutes is accepted and dropped. */
  readonly deduplicationId?: string;
  /** On a standard queue: how long the message stays hidden, at most {@link MAX_DELAY_MS}. Never shorter. */
  readonly delayMs?: number;
  /** Short texts beside the body. They count towards the message's size. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface ReceivedMessage {
  /** Of the message: the same for each of its deliveries. */
  readonly messageId: string;
  /** Of this delivery: what {@link Queue.delete} and {@link Queue.hide} take. */
  readonly receipt: string;
  readonly body: string;
  readonly groupId?: string;
  /** 1 for the first delivery. */
  readonly receiveCount: number;
  /** On a FIFO queue: rises from each message of a group to the next; a whole number in decimal. */
  readonly sequence?: string;
  /** When the queue took it, by the queue's clock, in milliseconds since the epoch. */
  readonly sentMs: number;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ReceiveOptions {
  /** At most 10. */
  readonly max: number;
  /** How long to wait for a first message. Seconds in full on SQS. */
  readonly waitMs: number;
  /** How long what is received stays hidden from others. Seconds in full on SQS. */
  readonly hideMs: number;
  /** Ends the wait with what is there. */
  readonly signal?: AbortSignal;
}

/** Every method may throw `QueueUnavailable`; the request may or may not have been applied then. */
export interface Queue {
  /**
   * Resolves when the queue has taken the message, on a FIFO queue with its `sequence`. Messages of
   * one group that are sent one after the other, awaited or not, are queued in that order.
   *
   * @throws PayloadTooLarge before anything is sent
   */
  send(message: OutgoingMessage): Promise<string | undefined>;
  /** Takes messages for a while: nobody else sees them until they are deleted, handed back, or their time is over. */
  receive(options: ReceiveOptions): Promise<ReceivedMessage[]>;
  /** Takes messages off the queue. A receipt of an earlier delivery does nothing. */
  delete(receipts: readonly string[]): Promise<void>;
  /** Hides messages for `ms` from now on; 0 hands them back at once. A receipt of an earlier delivery does nothing. */
  hide(receipts: readonly string[], ms: number): Promise<void>;
  /** How long a {@link receive} must wait to be sure that nothing is there: SQS does not look everywhere at once. */
  readonly sureAfterMs: number;
  /** The most that body and attributes of one message take together, in bytes of UTF-8. */
  readonly maxMessageBytes: number;
}

/** How many messages a queue holds; on SQS about so many. */
export interface QueueDepth {
  /** That somebody can receive. */
  readonly ready: number;
  /** That somebody has received, and neither deleted nor handed back. */
  readonly inFlight: number;
  /** That nobody can receive before a time. */
  readonly delayed: number;
}

/** For those who look; the runtime has no use for it. */
export interface CountedQueue extends Queue {
  /** @throws QueueUnavailable */
  depth(): Promise<QueueDepth>;
}

/** The queues of one app. */
export interface Queues {
  /** FIFO: what waits for actors, a group each. */
  readonly messages: Queue;
  /** Standard: what must not be looked at before its time. */
  readonly wakes: Queue;
  /** FIFO: what could not be processed, with the reason. */
  readonly deadLetters: Queue;
}

/** What SQS delays a single message by at most. */
export const MAX_DELAY_MS = 900_000;
