/**
 * The app under test: the runtime as on Lambda, over the embedded engine in memory, on a clock that the test moves. What can be
 * done without time passing is done at once; what waits for a time waits for the test.
 */
import type { ActorClass } from "../actor";
import { type Client, clientOver } from "../client/client";
import { type Duration, durationMs } from "../duration";
import { DurableError, UnexpectedEvent } from "../errors";
import { LocalDatabase } from "../local/database";
import { type LocalPorts, localPorts } from "../local/ports";
import type { LoggedEvent, SqliteBus } from "../local/sqlite-bus";
import type { Logger } from "../log";
import { DeadLetters } from "../messages/dead-letters";
import type { Middleware } from "../middleware";
import { Registry } from "../registry";
import type { Limits } from "../runtime/host";
import type { Json } from "../values/codec";
import { Driver } from "./driver";
import { SeededRandom } from "./seeded-random";
import { TestClock } from "./test-clock";
import { TestProcess } from "./test-process";

/** Options of {@link createTestApp}. */
export interface TestAppOptions {
  /** Makes ids and pauses come out differently; the same for the same seed. Default 1. */
  readonly seed?: number;
  /** What the clock says at first. Default 2030-01-01T00:00:00Z. */
  readonly now?: Date;
  /** Where the app and its actors log to. Default: nowhere. */
  readonly log?: Logger;
  /** As for a router. */
  readonly logArguments?: boolean;
  /** As for a router. */
  readonly limits?: Partial<Limits>;
  /** Runs around every turn, as for a router. */
  readonly use?: readonly Middleware[];
}

/** The time in a test. */
export interface AppClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Lets time pass, with everything that is due on the way, in its order: reminders, delayed messages, retries. Resolves when
   * nothing is left to do at the end of it. Takes no real time but for what methods take.
   *
   * @param by milliseconds, or a text such as `"30s"`, `"15m"`, `"3d"`; 0 does what can be done now
   * @example await app.clock.advance("3d");
   */
  advance(by: Duration): Promise<void>;
  /** Like {@link advance}, up to a moment that is not before now. */
  advanceTo(time: Date): Promise<void>;
}

/** An app under test: {@link createTestApp} makes one. */
export interface TestApp {
  /** Calls actors. A call that meets a busy actor, or is tried again, waits in the test's time. */
  readonly client: Client;
  /** The time in the test, which passes when the test says so. */
  readonly clock: AppClock;
  /** What was published on the app's bus, oldest first. */
  readonly events: readonly LoggedEvent[];
  /** The messages, reminders and events that could not be processed. */
  readonly deadLetters: DeadLetters;
  /** Resolves when nothing is left to do without time passing: messages are processed, events have reached who listens. */
  settled(): Promise<void>;
  /**
   * The process dies, as by SIGKILL, and another one takes over: what was in memory is gone, what it had begun never ends, its
   * leases and messages are free again after 15 s. Calls that were under way are tried again by their clients, as always.
   */
  crash(): void;
  /** Ends the app. What it kept is gone. */
  close(): Promise<void>;
  /** Like {@link TestApp.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A century: more is a mistake. */
const MAX_ADVANCE_MS = 100 * 366 * 24 * 3_600_000;
/** What a call, a lease or a pause could still wait for. */
const LONGER_THAN_ANY_CALL_MS = 24 * 3_600_000;
const START_MS = Date.UTC(2030, 0, 1);

/**
 * An app for a test: nothing to install, no network, no waiting. Works in jest, vitest and node:test alike.
 *
 * @param actors the classes under test, and those that they call
 * @throws InvalidDefinition for a class that is no actor, or two of one name
 * @example
 * ```ts
 * const app = createTestApp([Trial]);
 * await app.client.actor(Trial).get("t1").begin();
 * await app.clock.advance("14d");
 * expect(app.events.map((event) => event.detailType)).toEqual(["TrialEnded"]);
 * await app.close();
 * ```
 */
export function createTestApp(actors: readonly ActorClass[], options: TestAppOptions = {}): TestApp {
  const {
    seed = 1,
    now = new Date(START_MS),
    log = silent,
    limits = {},
    use = [],
    logArguments = false,
  } = options;
  const registry = new Registry(actors);
  const clock = new TestClock(now.getTime());
  const random = new SeededRandom(seed);
  const database = new LocalDatabase(":memory:");
  const ports: LocalPorts = localPorts(database, clock, random);
  const events = recordedFrom(ports.bus);
  const start = () => new TestProcess(registry, ports, clock, { random, log, limits, use, logArguments });
  let running = start();
  const driver = new Driver(clock, ports.store, () => running);
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= shutDown());
  async function shutDown(): Promise<void> {
    driver.stop();
    const closed = running.close();
    // Nobody moves the clock any more: what hangs, or waits, ends now.
    clock.moveTo(clock.now() + LONGER_THAN_ANY_CALL_MS);
    await closed;
    await database.close();
  }
  return {
    client: clientOver(
      {
        keepsOrder: true,
        invoke: async (request) => {
          if (closing !== undefined) throw new DurableError("ShuttingDown", "The app under test is closed.");
          return running.transport.invoke(request);
        },
        register: (type) => void registry.add(type),
      },
      { clock, random },
    ),
    clock: {
      now: clock.now,
      advance: async (by) =>
        driver.advanceTo(clock.now() + durationMs(by, "by", { minMs: 0, maxMs: MAX_ADVANCE_MS })),
      async advanceTo(time) {
        const ms = time.getTime();
        if (ms >= clock.now()) return driver.advanceTo(ms);
        throw new UnexpectedEvent(
          `"time" (${String(time)}) is before the clock's ${new Date(clock.now()).toISOString()}.`,
          {
            field: "time",
          },
        );
      },
    },
    events,
    deadLetters: new DeadLetters(ports, clock),
    settled: () => driver.advanceTo(clock.now()),
    crash() {
      running.kill();
      running = start();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What is published from now on: always the same array, so that a test can hold it. */
function recordedFrom(bus: SqliteBus): readonly LoggedEvent[] {
  const events: LoggedEvent[] = [];
  const publish = bus.publish.bind(bus);
  bus.publish = async (event) => {
    await publish(event);
    const { id, source, detailType, detail, timeMs } = event;
    events.push({ id, source, detailType, detail: JSON.parse(detail) as Json, timeMs });
  };
  return events;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, isEnabled: () => false };
