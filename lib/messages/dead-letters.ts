/** The dead letters of an app: to look at, to send back to their actors once the cause is mended, or to throw away. */
import type { Clock } from "../clock";
import { DurableError, UnexpectedEvent } from "../errors";
import type { Ports } from "../ports";
import { type DeadLetter, readDeadLetter, redriven } from "./dead-letter";
import { KEEP_RESULTS_MS } from "./messenger";
import type { ReceivedMessage } from "./queue";
import { failed } from "./tracked-calls";

/** Which letters: those that have everything that is given here. */
export interface DeadLetterFilter {
  readonly actor?: string;
  readonly id?: string;
  readonly callId?: string;
  readonly messageId?: string;
}

/** What list() gives at most unless told otherwise. */
const DEFAULT_LIMIT = 100;
/** A queue cannot be searched, only received from: so many letters are looked at. */
const MOST_LETTERS = 10_000;
/** While letters are looked at, nobody else sees them. */
const HIDE_MS = 120_000;

/** The dead letters of an app: looks at them, sends them back, throws them away. */
export class DeadLetters {
  constructor(
    private readonly ports: Pick<Ports, "queues" | "calls">,
    private readonly clock: Clock,
  ) {}

  /**
   * The letters, the oldest first. Reading hides all of them from other readers for a moment.
   *
   * @param filter which ones; default all
   * @param options `limit`: how many at most; default 100
   * @throws QueueUnavailable
   * @example for (const { callId, reason } of await deadLetters.list({ actor: "Order" })) console.log(callId, reason.message);
   */
  async list(
    filter: DeadLetterFilter = {},
    options: { readonly limit?: number } = {},
  ): Promise<DeadLetter[]> {
    const { limit = DEFAULT_LIMIT } = options;
    const found = await this.scan(filter, async () => {});
    return found.slice(0, limit).map(({ letter }) => letter);
  }

  /** The letter of a call, by its call id or its message id. @throws QueueUnavailable */
  async show(id: string): Promise<DeadLetter | undefined> {
    const [letter] = await this.list({ callId: id }, { limit: 1 });
    return letter ?? (await this.list({ messageId: id }, { limit: 1 }))[0];
  }

  /**
   * Sends letters back to their actors, in the order in which they were given up. A call that was applied after all is not
   * applied again. Letters that are no messages of this package stay.
   *
   * @param filter at least one of its fields
   * @returns how many were sent
   * @throws UnexpectedEvent for an empty filter; QueueUnavailable: some may have been sent, the others are still letters
   * @example await deadLetters.redrive({ actor: "Order", id: "o-17" });
   */
  async redrive(filter: DeadLetterFilter): Promise<number> {
    const { messages, deadLetters } = this.ports.queues;
    let sent = 0;
    await this.scan(named(filter), async ({ message }) => {
      const outgoing = redriven(message);
      if (outgoing === undefined) return;
      await messages.send(outgoing);
      await deadLetters.delete([message.receipt]);
      sent++;
    });
    return sent;
  }

  /**
   * Deletes letters for good. Tracked calls among them have failed, if they had not before.
   * @param filter at least one of its fields
   * @returns how many were deleted
   * @throws UnexpectedEvent for an empty filter; QueueUnavailable, StoreUnavailable
   */
  async discard(filter: DeadLetterFilter): Promise<number> {
    const found = await this.scan(named(filter), async ({ message, letter }) => {
      await this.settle(letter);
      await this.ports.queues.deadLetters.delete([message.receipt]);
    });
    return found.length;
  }

  /** A message that the queue itself gave up went past the router: nobody has ended its call. */
  private async settle({ mode, callId, reason }: DeadLetter): Promise<void> {
    if (mode !== "start" || callId === undefined) return;
    const settledMs = this.clock.now();
    const outcome = failed(new DurableError(reason.code, reason.message));
    await this.ports.calls.settle(callId, { outcome, settledMs, expiresMs: settledMs + KEEP_RESULTS_MS });
  }

  /** Receives every letter, acts on those that match, and lets the others be seen again. */
  private async scan(
    filter: DeadLetterFilter,
    act: (found: Found) => Promise<void>,
  ): Promise<readonly Found[]> {
    const { deadLetters } = this.ports.queues;
    const all = await this.receiveAll();
    try {
      const found = all
        .map((message) => ({ message, letter: readDeadLetter(message) }))
        .filter(({ letter }) => matches(letter, filter))
        .sort((a, b) => a.letter.reason.atMs - b.letter.reason.atMs);
      for (const one of found) await act(one);
      return found;
    } finally {
      await deadLetters.hide(
        all.map(({ receipt }) => receipt),
        0,
      );
    }
  }

  private async receiveAll(): Promise<ReceivedMessage[]> {
    const { deadLetters } = this.ports.queues;
    const all: ReceivedMessage[] = [];
    const endMs = this.clock.now() + HIDE_MS / 2;
    while (all.length < MOST_LETTERS && this.clock.now() < endMs) {
      const received = await deadLetters.receive({
        max: 10,
        waitMs: deadLetters.sureAfterMs,
        hideMs: HIDE_MS,
      });
      if (received.length === 0) break;
      all.push(...received);
    }
    return all;
  }
}

interface Found {
  readonly message: ReceivedMessage;
  readonly letter: DeadLetter;
}

function matches(letter: DeadLetter, filter: DeadLetterFilter): boolean {
  return (["actor", "id", "callId", "messageId"] as const).every(
    (field) => filter[field] === undefined || filter[field] === letter[field],
  );
}

/** @throws UnexpectedEvent when nothing is named: to act on all letters by an oversight would be costly */
function named(filter: DeadLetterFilter): DeadLetterFilter {
  if (Object.values(filter).some((value) => value !== undefined)) return filter;
  throw new UnexpectedEvent("Name the letters: by actor, by actor and id, by callId or by messageId.", {
    field: "filter",
  });
}
