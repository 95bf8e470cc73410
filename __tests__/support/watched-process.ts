/**
 * A process of a fleet whose every request to a port a test sees, and can lose, repeat or hold. Its clock may be off, and it can
 * be killed.
 */
import type { ActorClass, RouterHandler } from "durable-lambda";
import type { Clock } from "../../lib/clock";
import type { Ports } from "../../lib/ports";
import { router } from "../../lib/runtime/router";
import type { RuntimeOptions } from "../../lib/runtime/runtime";
import { startProcess, type TestProcess } from "./process";

/** Makes a request, or does not. @param name `store.commit`, `wakes.send`, … */
export type Intercept = (
  name: string,
  apply: () => Promise<unknown>,
  args: readonly unknown[],
) => Promise<unknown>;

export interface WatchedOptions extends RuntimeOptions {
  readonly clock: Clock;
  /** How far its clock is ahead; behind, when negative. Default 0. */
  readonly skewMs?: number;
  readonly intercept?: Intercept;
}

export interface WatchedProcess extends TestProcess {
  readonly handle: RouterHandler;
  readonly clock: Clock;
  readonly isAlive: () => boolean;
  /** The requests that it has made since this was last asked, oldest first. */
  takeRequests(): string[];
  /** Nothing that it began ends; nothing more begins; no timer fires. */
  kill(): void;
}

const NEVER = new Promise<never>(() => {});

export function startWatched(
  actors: readonly ActorClass[],
  ports: Ports,
  { clock, skewMs = 0, intercept = (_, apply) => apply(), ...options }: WatchedOptions,
): WatchedProcess {
  let alive = true;
  let requests: string[] = [];
  const own: Clock = {
    now: () => clock.now() + skewMs,
    setTimer: (delayMs, run, isSleep) => clock.setTimer(delayMs, () => alive && run(), isSleep),
  };

  function watched<T extends object>(portName: string, port: T): T {
    return new Proxy(port, {
      get(target, member) {
        const value = target[member as keyof T] as unknown;
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          if (!alive) return NEVER;
          const name = `${portName}.${String(member)}`;
          requests.push(name);
          const answer = await intercept(name, async () => value.apply(target, args) as unknown, args);
          return alive ? answer : NEVER;
        };
      },
    });
  }
  const { store, calls, bus, queues } = ports;
  const process = startProcess(
    actors,
    {
      store: watched("store", store),
      calls: watched("calls", calls),
      bus: watched("bus", bus),
      queues: {
        messages: watched("messages", queues.messages),
        wakes: watched("wakes", queues.wakes),
        deadLetters: watched("deadLetters", queues.deadLetters),
      },
    },
    { ...options, clock: own },
  );
  return {
    ...process,
    handle: router(process.runtime, { stack: false }),
    clock: own,
    isAlive: () => alive,
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    kill() {
      alive = false;
    },
  };
}
