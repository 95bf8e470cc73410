/**
 * The mailboxes of one process: one for each actor that was called here lately. Which one is forgotten when there are too many, a second
 * chance decides (F. J. Corbató, "A Paging Experiment with the Multics System", 1968): nearly the one that was used longest ago, and a
 * call costs no more than a mark.
 */
import { type Address, addressKey } from "../address";
import type { ActorDefinition } from "../definition";
import type { DurableError } from "../errors";
import type { Host } from "./host";
import { Mailbox } from "./mailbox";

export class Mailboxes {
  /** In the order in which they are looked at. */
  private readonly byKey = new Map<string, Mailbox>();
  /** Of all of them together. */
  private warmBytes = 0;

  constructor(private readonly host: Host) {}

  /** The mailbox of an actor, made if there is none. */
  of(definition: ActorDefinition, address: Address): Mailbox {
    const key = addressKey(address);
    const known = this.byKey.get(key);
    if (known !== undefined) {
      known.isUsed = true;
      return known;
    }
    if (this.byKey.size >= this.host.limits.warmActors) this.evictOne();
    const mailbox = new Mailbox(this.host, definition, address, this.weigh);
    this.byKey.set(key, mailbox);
    return mailbox;
  }

  /** The mailbox of an actor, if there is one. Does not count as a use. */
  find(address: Address): Mailbox | undefined {
    return this.byKey.get(addressKey(address));
  }

  failWaiting(error: DurableError): void {
    for (const mailbox of this.byKey.values()) mailbox.failWaiting(error);
  }

  abortRunning(error: DurableError): void {
    for (const mailbox of this.byKey.values()) mailbox.abortRunning(error);
  }

  /** Resolves when nothing runs or waits in any of those that are here now. */
  async drained(): Promise<void> {
    await Promise.allSettled(Array.from(this.byKey.values(), (mailbox) => mailbox.drained()));
  }

  /** A mailbox keeps so many bytes more, or fewer, of its actor. The one that was used last may be as large as it is. */
  private readonly weigh = (bytes: number): void => {
    this.warmBytes += bytes;
    while (this.warmBytes > this.host.limits.warmBytes && this.byKey.size > 1 && this.evictOne());
  };

  /** Forgets an idle mailbox that was not used since it was last looked at; busy ones stay, however many. */
  private evictOne(): boolean {
    for (const [key, mailbox] of this.byKey) {
      if (!mailbox.isIdle) continue;
      this.byKey.delete(key);
      if (!mailbox.isUsed) {
        this.warmBytes -= mailbox.warmBytes;
        return true;
      }
      mailbox.isUsed = false;
      // Its second chance: it is looked at again after all others.
      this.byKey.set(key, mailbox);
    }
    return false;
  }
}
