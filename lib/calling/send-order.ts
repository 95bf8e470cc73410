/**
 * The order of what one client sends: messages to one actor are queued in the order in which they were sent, awaited or not, also
 * when one of them has to be sent again. Where the transport keeps the order of what it carries, they leave together; once
 * one has failed, those behind it wait for its end.
 *
 *     1 ✓  2 fails  3 ✓          1 ✓  2 fails … 2 ✓  3 ✓
 *          └─ again: behind 3         └─ 3 waits
 */

/** The place of one message among those to its actor. */
export interface SendTurn {
  /** When its next attempt may be made; undefined for at once. */
  ready(): Promise<unknown> | undefined;
  /** An attempt has failed. */
  failed(): void;
}

interface Lane {
  /** Settles when every message that was sent so far has ended. */
  last: Promise<unknown>;
  unsettled: number;
  /** One of them has failed: none may overtake it. */
  isHeldUp: boolean;
}

export class SendOrder {
  private readonly lanes = new Map<string, Lane>();

  /** @param isKept true for a transport by which requests arrive in the order in which they are made */
  constructor(private readonly isKept: boolean) {}

  /**
   * Sends a message in its turn.
   * @param key of its actor
   * @param send makes the attempts, each when it is ready
   */
  async inTurn<T>(key: string, send: (turn: SendTurn) => Promise<T>): Promise<T> {
    const lane = this.lanes.get(key) ?? { last: Promise.resolve(), unsettled: 0, isHeldUp: !this.isKept };
    this.lanes.set(key, lane);
    const before = lane.unsettled++ === 0 ? undefined : lane.last;
    let isFirst = true;
    const sent = send({
      ready: () => {
        const mustWait = lane.isHeldUp || !isFirst;
        isFirst = false;
        return mustWait ? before : undefined;
      },
      failed: () => {
        lane.isHeldUp = true;
      },
    });
    lane.last = Promise.allSettled([before, sent]);
    try {
      return await sent;
    } finally {
      if (--lane.unsettled === 0) this.lanes.delete(key);
    }
  }
}
