/**
 * Processes a batch of messages: the groups side by side, each in its order. The answer lists what must come again: in each
 * group, the message that failed and all behind it.
 *
 *     group:  1 ✓   2 ✓   3 fails   4   5        answer: 3, 4, 5, again after a while
 *                         3 is dead ─► dead letters, with the reason; then 4, 5 go on
 *
 * A message is taken off its queue only when everything that it led to is safe, so a process that dies on the way leaves
 * nothing undone: the message comes again, and its call is found in the actor's inbox.
 */
import { addressKey } from "../../address";
import type { HostTime } from "../../envelope";
import { type DurableError, UnknownMethod } from "../../errors";
import { addressOf, parseMessage } from "../../messages/message";
import type { Outcome } from "../../messages/tracked-calls";
import { backoffMs } from "../../random";
import { asDurableError } from "../../wire-error";
import { isSuspicious } from "../attempts";
import type { Delivered } from "../mailbox";
import { reportFailure } from "../report";
import type { Runtime } from "../runtime";
import { settleCall } from "../tracked";
import { checkSchema } from "../turns/turn";
import { bury } from "./bury";
import { callFields, type Delivery, readDelivery } from "./delivery";
import type { BatchResponse, QueuedRecord } from "./sqs-event";
import { processWoken } from "./woken";

/** Between two attempts of a message: 1 s at first, doubling. */
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;

export async function consume(
  runtime: Runtime,
  records: readonly QueuedRecord[],
  time: HostTime,
): Promise<BatchResponse> {
  const woken = records.filter(({ source }) => source === "wakes");
  const groups = Map.groupBy(
    records.filter(({ source }) => source === "messages"),
    ({ groupId, messageId }) => groupId ?? messageId,
  );
  const run = (group: readonly QueuedRecord[]) => new Group(runtime, time, group).run();
  const { usual = [], suspicious = [] } = Object.groupBy(groups.values(), (group) =>
    group.some(isSuspicious) ? "suspicious" : "usual",
  );
  const handedBack = await Promise.all([...usual.map(run), processWoken(runtime, woken, time)]);
  // What may kill the process, or keep it waiting, comes last and alone: it must not take others along in mid-turn.
  for (const group of suspicious.sort(byReceives)) handedBack.push(await run(group));
  return { batchItemFailures: handedBack.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

function byReceives([one]: readonly QueuedRecord[], [other]: readonly QueuedRecord[]): number {
  return (one?.receiveCount ?? 0) - (other?.receiveCount ?? 0);
}

/** How far a group has come. */
interface Progress {
  /** So many messages from the front are done with. */
  readonly done: number;
  /** Why the next one cannot be, for now. */
  readonly error?: DurableError;
  /** That one, when it could be read; and how often it was tried, when it was. */
  readonly delivery?: Delivery;
  readonly attempts?: number | undefined;
}

/** The messages of one actor in one batch. */
class Group {
  constructor(
    private readonly runtime: Runtime,
    private readonly time: HostTime,
    private readonly records: readonly QueuedRecord[],
  ) {}

  /** Returns the messages that must come again. */
  async run(): Promise<readonly QueuedRecord[]> {
    let waiting = this.records;
    while (waiting.length > 0) {
      const progress = await this.process(waiting);
      waiting = waiting.slice(progress.done);
      if (progress.error !== undefined) {
        await this.handBack(waiting, progress.error, progress);
        return waiting;
      }
    }
    return [];
  }

  /** Runs messages up to one that fails. One that is dead is buried, and done with. */
  private async process(records: readonly QueuedRecord[]): Promise<Progress> {
    const { deliveries, unreadable } = this.readUpToBad(records);
    if (unreadable !== undefined && deliveries.length === 0) {
      const [bad] = records as [QueuedRecord];
      const error = await this.whyUnreadable(bad, unreadable);
      if (error.retryable) return { done: 0, error };
      const failure = await failureOf(() => bury(this.runtime.host, bad, error, 0));
      return failure === undefined ? { done: 1 } : { done: 0, error: failure };
    }
    let outcomes: readonly Delivered[];
    try {
      outcomes = await this.runtime.deliver((deliveries[0] as Delivery).envelope.address, deliveries);
    } catch (thrown) {
      return { done: 0, error: asDurableError(thrown) };
    }
    const unfinished = await Promise.all(
      deliveries.map((delivery, index) =>
        failureOf(() => this.finish(delivery, outcomes[index] as Delivered)),
      ),
    );
    for (const [index, delivery] of deliveries.entries()) {
      const outcome = outcomes[index] as Delivered;
      if ("reply" in outcome && unfinished[index] === undefined) continue;
      if ("reply" in outcome) return { done: index, error: unfinished[index] as DurableError };
      const { error, verdict } = outcome;
      if (!verdict?.isDead) return { done: index, error, delivery, attempts: verdict?.attempts };
      const failure = await failureOf(() =>
        bury(this.runtime.host, delivery.record, error, verdict.attempts, delivery),
      );
      return failure === undefined ? { done: index + 1 } : { done: index, error: failure };
    }
    return { done: deliveries.length };
  }

  /** The messages of one actor from the front on, up to one that cannot be read. */
  private readUpToBad(records: readonly QueuedRecord[]): {
    deliveries: Delivery[];
    unreadable?: DurableError;
  } {
    const deliveries: Delivery[] = [];
    for (const record of records) {
      try {
        const delivery = readDelivery(this.runtime, record, this.time);
        // What was moved back from the dead letters may be in a group that is not its actor's.
        if (deliveries[0] !== undefined && !isSameActor(deliveries[0], delivery)) break;
        deliveries.push(delivery);
      } catch (thrown) {
        return { deliveries, unreadable: asDurableError(thrown) };
      }
    }
    return { deliveries };
  }

  /** Retryable when newer code may be able to read it, as while an app is being deployed. */
  private async whyUnreadable({ body }: QueuedRecord, error: DurableError): Promise<DurableError> {
    if (error.code !== UnknownMethod.code) return error;
    const { host, registry } = this.runtime;
    const address = addressOf(parseMessage(body));
    const look = async () => {
      const head = await host.store.read(address, { consistent: true });
      checkSchema(registry.actor(address.type), head?.state, address.id);
    };
    const failure = await failureOf(look);
    return failure?.retryable ? failure : error;
  }

  /** What is left to do for a message whose turn is committed: whoever tracks the call can have its result. */
  private async finish({ envelope, isRedriven }: Delivery, outcome: Delivered): Promise<void> {
    if (!("reply" in outcome) || envelope.mode !== "start" || outcome.reply.isPending) return;
    const result: Outcome = { status: "succeeded", result: outcome.reply.result };
    await settleCall(this.runtime.host, envelope.callId, result, isRedriven);
  }

  /** Leaves messages on the queue, for a while that grows with the attempts. They keep their order. */
  private async handBack(
    records: readonly QueuedRecord[],
    error: DurableError,
    { delivery, attempts }: Progress,
  ): Promise<void> {
    const { queues, random, log } = this.runtime.host;
    const [first] = records as [QueuedRecord];
    const fields = {
      ...(delivery && callFields(delivery)),
      messageId: first.messageId,
      group: first.groupId,
    };
    if (attempts !== undefined) reportFailure(log, delivery && callFields(delivery), error, { attempts });
    else log.warn("messages handed back", { ...fields, code: error.code, reason: error.message });
    const waitMs = backoffMs((attempts ?? first.receiveCount) - 1, FIRST_BACKOFF_MS, MAX_BACKOFF_MS, random);
    const failure = await failureOf(() =>
      queues.messages.hide(
        records.map(({ receipt }) => receipt),
        waitMs,
      ),
    );
    // They come again all the same, when their visibility timeout ends.
    if (failure !== undefined)
      log.warn("messages not handed back at once", { ...fields, reason: failure.message });
  }
}

function isSameActor(one: Delivery, other: Delivery): boolean {
  return addressKey(one.envelope.address) === addressKey(other.envelope.address);
}

async function failureOf(work: () => Promise<void>): Promise<DurableError | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    return asDurableError(thrown);
  }
}
