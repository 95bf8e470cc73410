/**
 * A fleet on one embedded engine: when its process dies, another one takes over at once. All of it runs on a clock that the
 * test moves and on seeded chance, so that the same scenario makes the same requests each time, up to the death.
 */
import type { ActorClass, Client } from "durable-lambda";
import type { LoggedEvent } from "durable-lambda/testing";
import { addressKey, parseAddressKey } from "../../lib/address";
import { clientOver } from "../../lib/client/client";
import type { PublishedEvent } from "../../lib/events/bus";
import type { Invocation, InvocationReply } from "../../lib/invocation";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { SeededRandom } from "../../lib/testing/seeded-random";
import { SWEEP_EVERY_MS } from "../../lib/wake";
import { FakeClock, settle } from "./fake-clock";
import { openLocal } from "./local-ports";
import { type Death, MortalProcess, type World } from "./mortal-process";
import { startProcess } from "./process";

export interface FleetOptions {
  /** Of the first process, of the one that follows it, … Those after them live. */
  readonly deaths?: readonly Death[];
  /** Messages and events leave up to ten to a request, as on AWS. Default: each by a request of its own. */
  readonly batched?: boolean;
}

/** What somebody would still have to look at. */
export interface LeftOver {
  /** Bodies, by queue. */
  readonly queued: Readonly<Record<string, readonly string[]>>;
  /** Codes of dead letters. */
  readonly letters: readonly string[];
  /** Actors in the index of wakes. */
  readonly due: readonly string[];
  /** Actors with effects in their outbox, and such with a lease. */
  readonly undelivered: readonly string[];
  readonly leased: readonly string[];
}

export const NOTHING: LeftOver = { queued: {}, letters: [], due: [], undelivered: [], leased: [] };

/** Whatever the fleet is asked for ends within this, or never. */
const PATIENCE_MS = 600_000;
const TICK_MS = 500;
/** Enough for all that heals, one after another: leases end, hidden messages come back, the sweep comes. */
const HEAL_MS = 300_000;
/** Longer than a queue hides anything. */
const ALL_VISIBLE_MS = 1_200_000;

export class Fleet implements World {
  readonly clock = new FakeClock();
  readonly random = new SeededRandom(7);
  readonly local = openLocal({ clock: this.clock, random: this.random });
  /** Tries again as every client does. */
  readonly client: Client;
  /** A client beside the fleet, whose requests are nobody's steps. */
  readonly witness: Client;
  readonly processes: MortalProcess[] = [];
  refuses: (event: PublishedEvent) => boolean = () => false;
  /** Whether the sweep comes every minute. */
  isSwept = true;

  constructor(
    private readonly actors: readonly ActorClass[],
    private readonly options: FleetOptions = {},
  ) {
    const { clock, random, local } = this;
    this.client = clientOver(
      { invoke: (request) => this.process.transport.invoke(request) },
      { clock, random },
    );
    this.witness = startProcess(actors, local, { clock, random }).client;
    this.sweepLater();
  }

  /** The one that lives; the first one begins to live when it is asked for, or when time passes. */
  get process(): MortalProcess {
    if (this.processes.length === 0) this.start();
    return this.processes.at(-1) as MortalProcess;
  }

  /** One attempt, by a caller that does not try again. @throws TransportError when the process dies */
  attempt(invocation: Invocation): Promise<InvocationReply> {
    return this.during(this.process.transport.invoke(invocation));
  }

  /** Attempts until a process lives to answer. */
  async insist(invocation: Invocation): Promise<InvocationReply> {
    for (;;) {
      const lives = this.processes.length;
      try {
        return await this.attempt(invocation);
      } catch (thrown) {
        if (this.processes.length === lives) throw thrown;
      }
    }
  }

  /** Lets as much time pass as `work` needs to end. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    work.then(end, end);
    await this.quiet();
    for (let passedMs = 0; !isOver; passedMs += TICK_MS) {
      if (passedMs > PATIENCE_MS) throw new Error("What the scenario waits for does not end.");
      await this.clock.advance(TICK_MS);
    }
    return work;
  }

  async pass(ms: number): Promise<void> {
    await this.quiet();
    await this.clock.advance(ms);
    await this.quiet();
  }

  /** Lets everything end that was begun, by whoever takes over. */
  async heal(): Promise<void> {
    await this.pass(HEAL_MS);
  }

  /** True when a request of any process was applied. */
  hasApplied(step: string): boolean {
    return this.processes.some(({ applied }) => applied.has(step));
  }

  /** Each event in the bus's log once, by its own id, in the order in which they first came. */
  events(): LoggedEvent[] {
    const byId = new Map<string, LoggedEvent>();
    for (const event of this.local.bus.published()) {
      const { eventId } = (event.detail as { readonly metadata: { readonly eventId: string } }).metadata;
      if (!byId.has(eventId)) byId.set(eventId, event);
    }
    return [...byId.values()];
  }

  /** The last thing to ask for: the clock stands far in the future then. */
  async leftOver(): Promise<LeftOver> {
    const { local, clock } = this;
    const letters = await new DeadLetters(local, clock).list();
    const { due } = await local.store.readDue(0, Number.MAX_SAFE_INTEGER);
    const undelivered: string[] = [];
    const leased: string[] = [];
    for (const key of this.acquired()) {
      const head = await local.store.read(parseAddressKey(key), { consistent: true });
      if (head?.outbox) undelivered.push(key);
      // That of a process that died ends by itself.
      if (head?.leaseId && (head.leaseUntilMs ?? 0) > clock.now()) leased.push(key);
    }
    return {
      queued: await this.queued(),
      letters: letters.map(({ reason }) => reason.code),
      due: due.map(({ address }) => addressKey(address)),
      undelivered,
      leased,
    };
  }

  /** True when each process died that was to die. */
  get haveDied(): boolean {
    return this.processes.length > (this.options.deaths?.length ?? 0);
  }

  async close(): Promise<void> {
    this.process.kill();
    await this.local.close();
  }

  /** Keys of the actors whose lease any process has asked for. */
  private acquired(): ReadonlySet<string> {
    const steps = this.processes.flatMap((one) => one.steps);
    return new Set(steps.flatMap((step) => /^store\.(?:acquire|commit) (.+)$/.exec(step)?.[1] ?? []));
  }

  private async queued(): Promise<Record<string, readonly string[]>> {
    const { queues, bus } = this.local;
    this.clock.freeze(ALL_VISIBLE_MS);
    const queued: Record<string, readonly string[]> = {};
    const { messages, wakes } = queues;
    for (const [name, queue] of Object.entries({ messages, wakes, events: bus.deliveries })) {
      const found = await queue.receive({ max: 10, waitMs: 0, hideMs: 0 });
      if (found.length > 0) queued[name] = found.map(({ body }) => body);
    }
    return queued;
  }

  /** Resolves when nothing more happens without time passing. */
  private async quiet(): Promise<void> {
    const made = () => [this.process, ...this.processes].reduce((sum, { steps }) => sum + steps.length, 0);
    for (let before = -1; before !== made(); ) {
      before = made();
      await settle();
    }
  }

  private start(): void {
    const { deaths = [], batched = false } = this.options;
    const death = deaths[this.processes.length];
    const onDeath = () => this.start();
    this.processes.push(new MortalProcess(this.actors, this, { death, onDeath, batched }));
  }

  private sweepLater(): void {
    this.clock.setTimer(SWEEP_EVERY_MS, () => {
      if (this.isSwept) void this.process.handle({ mode: "sweep" });
      this.sweepLater();
    });
  }
}
