/**
 * The runtime of one process: takes envelopes, finds the mailbox, and gives back replies. Everything that runs actors
 * (the router, the inline client, the local app) goes through `call`.
 */
import { type Address, addressKey } from "../address";
import { systemClock } from "../clock";
import type { Envelope, Reply } from "../envelope";
import { ShuttingDown } from "../errors";
import { jsonLogger } from "../log";
import { systemRandom } from "../random";
import { methodOf, type Registry } from "../registry";
import type { Store } from "../store";
import { DEFAULT_LIMITS, type Host, type Limits } from "./host";
import { Mailbox } from "./mailbox";
import { runReadonly } from "./readonly";

export type RuntimeOptions = Partial<Omit<Host, "store" | "limits">> & { readonly limits?: Partial<Limits> };

export class Runtime {
  readonly host: Host;
  /** Oldest use first. */
  private readonly mailboxes = new Map<string, Mailbox>();
  private readonly reading = new Set<Promise<unknown>>();
  private stopping = false;

  /** @param store asked for when the first turn needs it, so that an app can be defined where no store is */
  constructor(
    readonly registry: Registry,
    store: () => Store,
    options: RuntimeOptions = {},
  ) {
    this.host = {
      get store() {
        return store();
      },
      clock: options.clock ?? systemClock,
      random: options.random ?? systemRandom,
      log: options.log ?? jsonLogger(),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
    };
  }

  /**
   * Runs one call.
   * @throws UnknownActor, UnknownMethod, ShuttingDown, or whatever the call ends with
   */
  async call(envelope: Envelope): Promise<Reply> {
    const definition = this.registry.actor(envelope.address.type);
    const method = methodOf(definition, envelope.method);
    if (this.stopping) throw shuttingDown();
    if (method.readonly) return this.track(runReadonly(this.host, definition, method, envelope));
    return this.mailbox(envelope.address).deliver(envelope);
  }

  /**
   * Stops: waiting calls fail with `ShuttingDown`, running turns may end within `graceMs` and are rolled back after
   * it, leases are given back.
   */
  async close(graceMs = 2_000): Promise<void> {
    this.stopping = true;
    const { clock } = this.host;
    for (const mailbox of this.mailboxes.values()) mailbox.failWaiting(shuttingDown());
    const cancel = clock.setTimer(graceMs, () => {
      for (const mailbox of this.mailboxes.values()) mailbox.abortRunning(shuttingDown());
    });
    await Promise.allSettled([
      ...this.reading,
      ...Array.from(this.mailboxes.values(), (mailbox) => mailbox.drained()),
    ]);
    cancel();
  }

  private mailbox(address: Address): Mailbox {
    const key = addressKey(address);
    const mailbox =
      this.mailboxes.get(key) ?? new Mailbox(this.host, this.registry.actor(address.type), address);
    this.mailboxes.delete(key);
    this.mailboxes.set(key, mailbox);
    if (this.mailboxes.size > this.host.limits.warmActors) this.evict();
    return mailbox;
  }

  /** Forgets the idle mailbox that was used longest ago; busy ones stay, however many. */
  private evict(): void {
    for (const [key, mailbox] of this.mailboxes) {
      if (!mailbox.isIdle) continue;
      this.mailboxes.delete(key);
      return;
    }
  }

  private async track<T>(work: Promise<T>): Promise<T> {
    this.reading.add(work);
    try {
      return await work;
    } finally {
      this.reading.delete(work);
    }
  }
}

function shuttingDown(): ShuttingDown {
  return new ShuttingDown("The process is stopping. Another one can take the call.");
}
