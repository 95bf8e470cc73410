/**
 * A process that dies at one of its requests to a port: just before the request is applied, or just after, before its answer
 * arrives. Nothing that it has begun ends then, no timer of it fires, and nothing more begins. While it lives, it takes calls
 * and consumes all event sources.
 */
import type { ActorClass } from "durable-lambda";
import type { Address } from "../../lib/address";
import { type Accepted, SendBatches, type SendFailure } from "../../lib/aws/send-batches";
import type { Transport } from "../../lib/calling/transport";
import { inlineTransport } from "../../lib/client/inline-transport";
import type { Clock } from "../../lib/clock";
import { BusUnavailable, QueueUnavailable, TransportError } from "../../lib/errors";
import type { PublishedEvent } from "../../lib/events/bus";
import { type EventSource, eventSourcesOf } from "../../lib/local/event-sources";
import type { LocalPorts } from "../../lib/local/ports";
import type { OutgoingMessage, Queue } from "../../lib/messages/queue";
import type { Random } from "../../lib/random";
import { type RouterHandler, router } from "../../lib/runtime/router";
import { asDurableError } from "../../lib/wire-error";
import { startProcess } from "./process";

/** Where a process dies. */
export interface Death {
  /** Its so-many-th request, from 1; or its first one of this name. */
  readonly step: number | string;
  readonly moment: "before" | "after";
}

/** What processes share. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly local: LocalPorts;
  /** Events that the bus does not take at present. */
  readonly refuses: (event: PublishedEvent) => boolean;
}

export interface MortalOptions {
  readonly death: Death | undefined;
  readonly onDeath: () => void;
  /** Messages and events leave up to ten to a request, as on AWS. */
  readonly batched: boolean;
}

/** As on Lambda, messages stay hidden for longer than a host has to process them. */
const HOST_MS = 20_000;
const HIDE_MS = 30_000;
/** A receiver is told of what comes. */
const FOREVER_MS = 1e14;

const NEVER = new Promise<never>(() => {});

export class MortalProcess {
  /** Its requests: `store.commit Account/a`, `messages.send`, … A receive is one when it gets something. */
  readonly steps: string[] = [];
  /** Those of them that were applied. */
  readonly applied = new Set<string>();
  readonly handle: RouterHandler;
  /** Rejects with a `TransportError` when the process dies before it answers. */
  readonly transport: Transport;
  private isAlive = true;
  private readonly dying = new AbortController();
  private readonly clock: Clock;

  constructor(
    actors: readonly ActorClass[],
    private readonly world: World,
    private readonly options: MortalOptions,
  ) {
    const { clock, random, local } = world;
    this.clock = {
      now: clock.now,
      setTimer: (delayMs, run) => clock.setTimer(delayMs, () => this.isAlive && run()),
    };
    const own = this.ownPorts(local);
    const { runtime } = startProcess(actors, own, { clock: this.clock, random });
    this.handle = router(runtime, { stack: false });
    this.transport = this.mortalTransport(inlineTransport(runtime));
    const lambda: RouterHandler = (event) => this.handle(event, { getRemainingTimeInMillis: () => HOST_MS });
    for (const source of eventSourcesOf(lambda, own)) void this.consume(source);
  }

  kill(): void {
    this.isAlive = false;
    this.dying.abort();
  }

  /** What Lambda's event source does: a batch is taken off its queue when it is processed. */
  private async consume({ queue, process }: EventSource): Promise<void> {
    const { signal } = this.dying;
    while (this.isAlive) {
      const messages = await queue.receive({ max: 10, waitMs: FOREVER_MS, hideMs: HIDE_MS, signal });
      if (messages.length === 0) continue;
      const failed = await process(messages);
      const done = messages.filter(({ messageId }) => !failed.has(messageId));
      await queue.delete(done.map(({ receipt }) => receipt));
    }
  }

  private mortalTransport(inline: Transport): Transport {
    const { signal } = this.dying;
    const death = new Promise<never>((_resolve, reject) => {
      const gone = new TransportError("The process died before it answered.");
      signal.addEventListener("abort", () => reject(gone), { once: true });
    });
    death.catch(() => {});
    return { ...inline, invoke: (request) => Promise.race([inline.invoke(request), death]) };
  }

  private ownPorts({ store, calls, queues, bus }: LocalPorts): LocalPorts {
    const deliveries = this.mortal("events", bus.deliveries);
    return {
      store: this.mortal("store", store),
      calls: this.mortal("calls", calls),
      queues: {
        messages: this.ownQueue("messages", queues.messages),
        wakes: this.ownQueue("wakes", queues.wakes),
        deadLetters: this.ownQueue("deadLetters", queues.deadLetters),
      },
      bus: replacing(this.mortal("bus", bus), { deliveries, publish: this.publisher(bus) }),
    };
  }

  private ownQueue(name: string, queue: Queue): Queue {
    const own = this.mortal(name, queue);
    if (!this.options.batched) return own;
    const batches = this.inTens<OutgoingMessage>(`${name}.send`, (message) => queue.send(message));
    return replacing(own, { send: (message) => batches.send(message, 1, message.groupId) });
  }

  private publisher(bus: LocalPorts["bus"]): LocalPorts["bus"]["publish"] {
    const publish = async (event: PublishedEvent): Promise<undefined> => {
      if (this.world.refuses(event)) throw new BusUnavailable("The bus does not take the event.");
      await bus.publish(event);
    };
    if (!this.options.batched) return (event) => this.request("bus.publish", () => publish(event));
    const batches = this.inTens("bus.publish", publish);
    return async (event) => void (await batches.send(event, 1, event.sender));
  }

  /** As the adapters for AWS gather them: of the up to ten in a request, some may be refused. */
  private inTens<M>(name: string, send: (message: M) => Promise<string | undefined>): SendBatches<M> {
    const sendAll = (messages: readonly M[]) =>
      Promise.all(
        messages.map(
          (message): Promise<Accepted | SendFailure> =>
            send(message).then(
              (sequence) => ({ sequence }),
              (thrown: unknown) => ({ error: asDurableError(thrown), tryAgain: true }),
            ),
        ),
      );
    return new SendBatches<M>((messages) => this.request(name, () => sendAll(messages)), {
      maxBatchBytes: Number.MAX_SAFE_INTEGER,
      failure: QueueUnavailable,
      clock: this.clock,
      random: this.world.random,
    });
  }

  /** A port of which each method is a request. */
  private mortal<T extends object>(port: string, target: T): T {
    return new Proxy(target, {
      get: (_target, member) => {
        const value: unknown = Reflect.get(target, member, target);
        if (typeof value !== "function") return value;
        const name = `${port}.${String(member)}`;
        return (...args: unknown[]) => {
          const apply = () => value.apply(target, args) as Promise<unknown>;
          return member === "receive"
            ? this.receive(name, apply as () => Promise<unknown[]>)
            : this.request(withActor(name, args[0]), apply);
        };
      },
    });
  }

  private async request<T>(name: string, apply: () => Promise<T>): Promise<T> {
    if (!this.isAlive) return NEVER;
    const moment = this.count(name);
    if (moment === "before") return this.die();
    this.applied.add(name);
    const [outcome] = await Promise.allSettled([apply()]);
    if (!this.isAlive) return NEVER;
    if (moment === "after") return this.die();
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }

  /** It waits until there is something: nobody can die just before it, and before it has got something it changes nothing. */
  private async receive(name: string, apply: () => Promise<unknown[]>): Promise<unknown[]> {
    if (!this.isAlive) return NEVER;
    const messages = await apply();
    if (!this.isAlive) return NEVER;
    if (messages.length > 0 && this.count(name) !== undefined) return this.die();
    return messages;
  }

  /** Counts a request, and tells whether the process dies at it. */
  private count(name: string): Death["moment"] | undefined {
    const { death } = this.options;
    const isFirst = !this.steps.includes(name);
    this.steps.push(name);
    const isMeant = death?.step === this.steps.length || (death?.step === name && isFirst);
    return isMeant ? death.moment : undefined;
  }

  private die(): Promise<never> {
    this.kill();
    this.options.onDeath();
    return NEVER;
  }
}

function withActor(request: string, target: unknown): string {
  const { type, id } = (target ?? {}) as Partial<Address>;
  return type === undefined || id === undefined ? request : `${request} ${type}/${id}`;
}

function replacing<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get: (_target, name) => own[name as keyof T] ?? Reflect.get(target, name, target),
  });
}
