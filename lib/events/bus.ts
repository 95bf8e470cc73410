/**
 * The port for events: what the runtime needs from EventBridge, and no more. Adapters: `aws/event-bridge-bus.ts`,
 * `local/sqlite-bus.ts`; contract in `__tests__/contract/event-bus-contract.ts`.
 */

export interface PublishedEvent {
  /** The same when the event is published again; also in the detail's metadata, where listeners find it. */
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  /** The text of a JSON object. */
  readonly detail: string;
  /** When it happened, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** Events of one sender reach the bus in the order in which they are published. */
  readonly sender: string;
}

/** Throws `BusUnavailable` when the bus may or may not have taken an event: publish it again. */
export interface EventBus {
  /**
   * Resolves when the bus has taken the event. Events of one sender that are published one after the other, awaited or not,
   * are taken in that order; when one fails, it and those behind it are sent again.
   *
   * @throws PayloadTooLarge before anything is sent
   */
  publish(event: PublishedEvent): Promise<void>;
  /** The most that an event takes, in bytes, as EventBridge counts: source, type, detail and 14 for the time. */
  readonly maxEventBytes: number;
}

/** @see EventBus.maxEventBytes */
export function bytesOfEvent({ source, detailType, detail }: PublishedEvent): number {
  return 14 + Buffer.byteLength(source) + Buffer.byteLength(detailType) + Buffer.byteLength(detail);
}
