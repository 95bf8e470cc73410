/**
 * The event bus on EventBridge. Events are gathered into batches; see `aws/send-batches.ts`. EventBridge takes the entries
 * of a request in their order, so that a sender's events stay in theirs.
 *
 * A request may have been applied although its response was lost and the SDK sent it again. EventBridge drops no
 * repetition: listeners know an event by the id in its metadata. And it takes events for a bus that does not exist, without
 * a word: the bus must be there before an app publishes.
 */
import type { EventBridgeClient, PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { type Clock, systemClock } from "../clock";
import { BusUnavailable, PayloadTooLarge } from "../errors";
import { bytesOfEvent, type EventBus, type PublishedEvent } from "../events/bus";
import { type Random, systemRandom } from "../random";
import { fromEntry, fromEventBridge } from "./event-bridge-errors";
import { eventBridgeSdk } from "./event-bridge-sdk";
import { type Accepted, SendBatches, type SendFailure } from "./send-batches";

/** Of one event, and of a batch. */
const MAX_BYTES = 262_144;

export class EventBridgeBus implements EventBus {
  readonly maxEventBytes = MAX_BYTES;
  private readonly batches: SendBatches<PutEventsRequestEntry>;

  /** @param bus its name or its ARN */
  constructor(
    private readonly client: EventBridgeClient,
    private readonly bus: string,
    { clock = systemClock, random = systemRandom }: { readonly clock?: Clock; readonly random?: Random } = {},
  ) {
    const options = { maxBatchBytes: MAX_BYTES, failure: BusUnavailable, clock, random };
    this.batches = new SendBatches((entries) => this.putEvents(entries), options);
  }

  async publish(event: PublishedEvent): Promise<void> {
    const bytes = bytesOfEvent(event);
    if (bytes > MAX_BYTES) {
      const details = { field: "event", bytes, limitBytes: MAX_BYTES };
      throw new PayloadTooLarge(
        `The event has ${bytes} bytes; EventBridge takes at most ${MAX_BYTES}.`,
        details,
      );
    }
    await this.batches.send(this.entryOf(event), bytes, event.sender);
  }

  private entryOf({ source, detailType, detail, timeMs }: PublishedEvent): PutEventsRequestEntry {
    return {
      EventBusName: this.bus,
      Source: source,
      DetailType: detailType,
      Detail: detail,
      Time: new Date(timeMs),
    };
  }

  private async putEvents(entries: readonly PutEventsRequestEntry[]): Promise<(Accepted | SendFailure)[]> {
    const { PutEventsCommand } = eventBridgeSdk();
    try {
      const { Entries: results = [] } = await this.client.send(
        new PutEventsCommand({ Entries: [...entries] }),
      );
      return entries.map((_, index) => {
        const result = results[index];
        if (result?.EventId !== undefined) return { sequence: undefined };
        const error = fromEntry(result, this.bus);
        return { error, tryAgain: error.retryable };
      });
    } catch (thrown) {
      // The SDK has tried several times; what comes next is for the senders to say.
      const error = fromEventBridge(thrown, this.bus);
      return entries.map(() => ({ error, tryAgain: false }));
    }
  }
}
