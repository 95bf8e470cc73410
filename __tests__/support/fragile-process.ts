/**
 * A process of a fleet that can be killed, and whose every request can be lost on the way there or back. Seeded, on the
 * embedded engine's ports and a clock that the test moves.
 */
import type { ActorClass, RouterHandler } from "durable-lambda";
import type { Clock } from "../../lib/clock";
import { BusUnavailable, QueueUnavailable, StoreUnavailable } from "../../lib/errors";
import type { Queue } from "../../lib/messages/queue";
import type { Ports } from "../../lib/ports";
import { router } from "../../lib/runtime/router";
import { startProcess } from "./process";

/** How often something happens, from 0 to 1, and whether it shall happen now. */
export class Chances {
  readonly hits = new Map<string, number>();

  constructor(private seed: number) {}

  /** A number from 0 up to, not including, 1 (Park and Miller's minimal standard generator). */
  next(): number {
    this.seed = (this.seed * 48_271) % 2_147_483_647;
    return this.seed / 2_147_483_647;
  }

  hit(name: string, probability: number): boolean {
    if (this.next() >= probability) return false;
    this.hits.set(name, (this.hits.get(name) ?? 0) + 1);
    return true;
  }
}

export interface FragileProcess {
  readonly ports: Ports;
  readonly clock: Clock;
  readonly handle: RouterHandler;
  readonly isAlive: () => boolean;
  /** Nothing that it began ends; nothing more begins; no timer fires. */
  kill(): void;
}

/** Of all requests, writes and reads: so many lose their response, so many never arrive. */
const LOST_RESPONSE = 0.05;
const LOST_REQUEST = 0.02;

export function startFragile(
  actors: readonly ActorClass[],
  ports: Ports,
  clock: Clock,
  chances: Chances,
): FragileProcess {
  let alive = true;
  const mortal: Clock = {
    now: clock.now,
    setTimer: (delayMs, run) => clock.setTimer(delayMs, () => alive && run()),
  };
  const never = new Promise<never>(() => {});

  function fragile<T extends object>(port: T, Unavailable: typeof StoreUnavailable): T {
    return new Proxy(port, {
      get(target, name) {
        const value = target[name as keyof T];
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          if (!alive) return never;
          if (chances.hit("lost request", LOST_REQUEST)) throw new Unavailable("reset before it was sent");
          const response = (await (value as (...args: unknown[]) => unknown).apply(target, args)) as unknown;
          if (!alive) return never;
          if (chances.hit("lost response", LOST_RESPONSE))
            throw new Unavailable("reset after it was applied");
          return response;
        };
      },
    });
  }
  const queue = (one: Queue) => fragile(one, QueueUnavailable);
  const own: Ports = {
    store: fragile(ports.store, StoreUnavailable),
    calls: fragile(ports.calls, StoreUnavailable),
    bus: fragile(ports.bus, BusUnavailable),
    queues: {
      messages: queue(ports.queues.messages),
      wakes: queue(ports.queues.wakes),
      deadLetters: queue(ports.queues.deadLetters),
    },
  };
  const { runtime } = startProcess(actors, own, { clock: mortal });
  return {
    ports: own,
    clock: mortal,
    handle: router(runtime, { stack: false }),
    isAlive: () => alive,
    kill: () => {
      alive = false;
    },
  };
}
