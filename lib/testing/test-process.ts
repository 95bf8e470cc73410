/** One process of the app under test, which can die: nothing that it has begun ends then, and nothing of it is left. */
import * as timers from "node:timers";
import type { Transport } from "../calling/transport";
import { inlineTransport } from "../client/inline-transport";
import type { Clock } from "../clock";
import { TransportError } from "../errors";
import { eventSourcesOf } from "../local/event-sources";
import type { LocalPorts } from "../local/ports";
import type { Registry } from "../registry";
import { Poller } from "../runtime/messages/poller";
import { type RouterHandler, router } from "../runtime/router";
import { Runtime, type RuntimeOptions } from "../runtime/runtime";

// The real one, taken early: a test may put fake timers in its place.
const { setImmediate } = timers;

/** Longer than any test lets pass: a receiver is told of what comes. */
const WAIT_MS = 1e14;
/** A process that dies leaves its messages to the next one after this. */
const HIDE_MS = 15_000;

export class TestProcess {
  readonly runtime: Runtime;
  readonly handle: RouterHandler;
  readonly transport: Transport;
  /** How many requests the process has made. */
  requests = 0;
  private isAlive = true;
  /** Those that wait for an answer are told when the process dies. */
  private readonly callers = new Set<(error: TransportError) => void>();
  private readonly pollers: readonly Poller[];

  constructor(registry: Registry, ports: LocalPorts, clock: Clock, options: RuntimeOptions) {
    const mortalClock: Clock = {
      now: clock.now,
      setTimer: (delayMs, run, isSleep) => clock.setTimer(delayMs, () => this.isAlive && run(), isSleep),
    };
    const own = this.mortalPorts(ports);
    this.runtime = new Runtime(registry, own, { ...options, clock: mortalClock });
    this.handle = router(this.runtime, { stack: false });
    const { log } = this.runtime.host;
    this.pollers = eventSourcesOf(this.handle, own).map(
      ({ queue, process }) =>
        new Poller({
          queue,
          process,
          clock: mortalClock,
          log,
          concurrency: 32,
          hideMs: HIDE_MS,
          waitMs: WAIT_MS,
        }),
    );
    this.transport = this.mortalTransport();
  }

  /** Dies at once. Callers hear nothing but that it is gone. */
  kill(): void {
    this.isAlive = false;
    for (const tell of this.callers) tell(died());
    // Their receivers would otherwise go on waiting for messages, and take them.
    for (const poller of this.pollers) void poller.stop();
  }

  async close(): Promise<void> {
    const polled = this.pollers.map((poller) => poller.stop());
    await this.runtime.close();
    await Promise.all(polled);
  }

  private mortalTransport(): Transport {
    const inline = inlineTransport(this.runtime);
    return {
      ...inline,
      invoke: (request) => this.answered(inline.invoke(request)),
    };
  }

  private async answered<T>(answer: Promise<T>): Promise<T> {
    if (!this.isAlive) throw died();
    let tell: (error: TransportError) => void = () => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        tell = reject;
        this.callers.add(tell);
        answer.then(resolve, reject);
      });
    } finally {
      this.callers.delete(tell);
    }
  }

  private mortalPorts({ store, queues, calls, bus }: LocalPorts): LocalPorts {
    return {
      store: this.mortal(store),
      calls: this.mortal(calls),
      bus: this.mortal(bus),
      queues: {
        messages: this.mortal(queues.messages),
        wakes: this.mortal(queues.wakes),
        deadLetters: this.mortal(queues.deadLetters),
      },
    };
  }

  /** Not in the same turn of the event loop, as no request over a network is answered: the test goes on first. */
  private async whileAlive(answer: Promise<unknown>): Promise<unknown> {
    const one = await answer;
    await new Promise((resolve) => setImmediate(resolve));
    return this.isAlive ? one : NEVER;
  }

  /** Its requests get no answers once the process is dead, and no further ones are made. */
  private mortal<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (!this.isAlive) return NEVER;
          this.requests++;
          const answer: unknown = value.apply(target, args);
          return answer instanceof Promise ? this.whileAlive(answer) : answer;
        };
      },
    });
  }
}

const NEVER = new Promise<never>(() => {});

function died(): TransportError {
  return new TransportError("The process died before it answered.");
}
