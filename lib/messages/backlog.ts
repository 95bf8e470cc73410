/**
 * Keeps a sender from running far ahead of an actor. A queue does not tell how many messages of one group wait in it; but a
 * sender knows the places of its own messages, and the actor's inbox knows the place of the newest one that was applied.
 *
 *     own messages   1 … 100 … 200 … 300 …                 the inbox: 100's place → at most 99 + what came after are done
 *     marks              ▲     ▲     ▲
 *
 * A sender with fewer messages than the limit asks nobody; one that goes on reads the head once per limit, as long as the
 * actor keeps up.
 */
import { type Address, addressKey } from "../address";
import { ActorOverloaded } from "../errors";
import { Inbox, isAfter } from "../inbox";
import type { Store } from "../store";

/** What one sender may have waiting for one actor. SQS looks at 120,000 messages of a queue, whosever they are. */
export const DEFAULT_BACKLOG = 10_000;
/** Marks within the limit: so exactly is it kept to. */
const MARKS = 20;
/** Actors that are watched at once; those sent to longest ago are forgotten. */
const MAX_ACTORS = 1_000;

interface Flow {
  sent: number;
  /** So many of them are known to be done. */
  done: number;
  readonly marks: { readonly sent: number; readonly place: string }[];
  asking: Promise<void> | undefined;
}

export class Backlog {
  /** Oldest use first. */
  private readonly flows = new Map<string, Flow>();

  /** @param limit how many messages of this sender's may wait for one actor */
  constructor(
    private readonly store: () => Pick<Store, "read">,
    private readonly limit: number,
  ) {}

  /**
   * Lets a message pass: at once, or when the actor was asked how far it is.
   * @throws (the promise) ActorOverloaded; StoreUnavailable
   */
  admit(address: Address): Promise<void> | undefined {
    const flow = this.flowOf(addressKey(address));
    if (flow.sent - flow.done < this.limit) return undefined;
    flow.asking ??= this.ask(address, flow).finally(() => {
      flow.asking = undefined;
    });
    return flow.asking;
  }

  /** A message was sent. @param place where it stands in the queue, if the queue told */
  sent(address: Address, place: string | undefined): void {
    const flow = this.flowOf(addressKey(address));
    flow.sent++;
    const isMark = flow.sent % Math.ceil(this.limit / MARKS) === 0;
    if (isMark && place !== undefined) flow.marks.push({ sent: flow.sent, place });
  }

  private async ask(address: Address, flow: Flow): Promise<void> {
    const head = await this.store().read(address, { consistent: true });
    const newest = Inbox.parse(head?.inbox ?? "").sequence;
    while (flow.marks[0] !== undefined && newest !== undefined && !isAfter(flow.marks[0].place, newest)) {
      flow.done = flow.marks.shift()?.sent ?? flow.done;
    }
    if (flow.sent - flow.done < this.limit) return;
    throw new ActorOverloaded(
      `${flow.sent - flow.done} messages of this sender wait for ${addressKey(address)} already. Slow down, or spread over ` +
        "more actors.",
      { actor: address.type, id: address.id, limit: this.limit },
    );
  }

  private flowOf(key: string): Flow {
    const flow = this.flows.get(key) ?? { sent: 0, done: 0, marks: [], asking: undefined };
    this.flows.delete(key);
    this.flows.set(key, flow);
    if (this.flows.size > MAX_ACTORS) {
      for (const [oldest] of this.flows) {
        this.flows.delete(oldest);
        break;
      }
    }
    return flow;
  }
}
