/**
 * Many reminders for a month, under many faults at once: hints are lost, doubled and delayed, sweeps are skipped, clocks are off,
 * requests and responses are lost, and processes are killed in mid-turn. Each due time has its effect exactly once all the same,
 * and never before its time by the clock of whoever runs it.
 *
 * `DURABLE_TEST_SEED` chooses another course of events.
 */
import { Actor, type ActorClass, DurableActor, Method, type ReminderTime } from "durable-lambda";
import type { Clock } from "../../lib/clock";
import { DeadLetters } from "../../lib/messages/dead-letters";
import type { OutgoingMessage, Queue, ReceivedMessage } from "../../lib/messages/queue";
import type { Ports } from "../../lib/ports";
import { type BatchResponse, sqsEventOf } from "../../lib/runtime/messages/sqs-event";
import { router } from "../../lib/runtime/router";
import { SWEEP_AHEAD_MS, SWEEP_EVERY_MS } from "../../lib/wake";
import { drain } from "../support/batches";
import { cronOf, timesApart, timesOnWall, type WallTime } from "../support/due-times";
import { FakeClock } from "../support/fake-clock";
import { Chances, type FragileProcess, startFragile } from "../support/fragile-process";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { startProcess } from "../support/process";

const ACTORS = 1_000;
const DAYS = 30;
const PROCESSES = 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Clocks change in New York and in Berlin within the month. */
const START_MS = Date.UTC(2027, 2, 8, 17, 23, 41, 250);
const END_MS = START_MS + DAYS * DAY_MS;
const MOST_SKEW_MS = 30_000;
const HOST_MS = 30_000;
/** Longer than a host has, as on AWS. */
const HIDE_MS = 40_000;
const FOREVER_MS = 1e14;
/** Whatever happens to sweeps and hints, one of them gets through before long. */
const MOST_LATE_MS = 20 * 60_000;
const SEED = Number(process.env.DURABLE_TEST_SEED ?? 20_261_125);

/** What a reminder's turn does with the reminder. */
interface Rule {
  /** Sets it again, so much later each time, until it has come so often. */
  readonly again?: { readonly afterMs: number; readonly times: number };
  /** Forgets it once it has come so often. */
  readonly endsAfter?: number;
}

/** A reminder, and when it shall be due up to the end of the month. */
interface Plan {
  readonly time: ReminderTime;
  readonly rule?: Rule;
  /** @param setMs when it was set, by the clock of whoever did it */
  readonly expected: (setMs: number) => readonly number[];
}

type Rings = Readonly<Record<string, readonly number[]>>;

const clock = new FakeClock(START_MS - HOUR_MS);
const chances = new Chances(SEED);
/** Attempts before their time, by the clock of their process. */
const early: string[] = [];
let mostLateMs = 0;

/** The actor as one process has it: it knows which process to kill. */
function clockworkOf(inMidTurn: () => Promise<void>) {
  @Actor("Clockwork")
  class Clockwork extends DurableActor {
    /** By the reminder's name, the times that it was for. */
    rings: Record<string, number[]> = {};

    @Method arrange(name: string, { time, rule = {} }: Omit<Plan, "expected">): number {
      this.ctx.remind(name, time, "ring", rule);
      return this.ctx.now.getTime();
    }

    @Method async ring({ again, endsAfter }: Rule): Promise<void> {
      const { reminder, now, actorId } = this.ctx;
      const { name, dueAt } = reminder as { name: string; dueAt: Date };
      if (now < dueAt) early.push(`${actorId} ${name} ${dueAt.toISOString()} at ${now.toISOString()}`);
      mostLateMs = Math.max(mostLateMs, clock.now() - dueAt.getTime());
      this.rings[name] ??= [];
      const times = this.rings[name].push(dueAt.getTime());
      await inMidTurn();
      if (again !== undefined && times < again.times) {
        this.ctx.remind(name, { at: dueAt.getTime() + again.afterMs }, "ring", { again });
      }
      if (times === endsAfter) this.ctx.forget(name);
    }

    @Method({ readonly: true }) all(): Rings {
      return this.rings;
    }
  }
  return Clockwork;
}

const Clockwork = clockworkOf(async () => {});

/** Kinds of plans, and how many of a hundred are of each; the others are due once, at a moment. */
const KINDS: readonly (readonly [number, () => Plan])[] = [
  [0.1, () => every(HOUR_MS, "each")],
  [0.6, () => every(6 * HOUR_MS, "once")],
  [2, () => every(DAY_MS, "each")],
  [1, () => onWall({ timezone: "America/New_York", hour: 2, minute: 30 })],
  [1, () => onWall({ timezone: "Europe/Berlin", hour: 2, minute: 30 })],
  [1, () => onWall({ timezone: "Asia/Kathmandu", hour: 9, minute: 15 })],
  [10, () => onWall({ timezone: "Europe/Berlin", hour: 9, minute: 0, weekday: "Mon" })],
  [10, () => onWall({ timezone: "Australia/Sydney", hour: 0, minute: 0, weekday: "Sun" })],
  [30, () => once(Math.floor(HOUR_MS + chances.next() * 29 * DAY_MS))],
  [6, () => chain(Math.floor(START_MS + chances.next() * 10 * DAY_MS), { afterMs: 5 * DAY_MS, times: 4 })],
  [4, () => ending(3)],
];

let made = 0;

/** Kinds are mixed evenly, whatever the seed, since some take far longer than others. */
function nextPlan(): Plan {
  let left = (made++ * 61.803) % 100;
  for (const [share, make] of KINDS) {
    left -= share;
    if (left < 0) return make();
  }
  return at(Math.floor(START_MS + chances.next() * DAYS * DAY_MS));
}

function every(everyMs: number, missed: "each" | "once"): Plan {
  return { time: { every: everyMs, missed }, expected: (setMs) => timesApart(everyMs, setMs, END_MS) };
}

function onWall(wall: WallTime): Plan {
  const time = { cron: cronOf(wall), timezone: wall.timezone };
  return { time, expected: (setMs) => onWallOnce(wall).filter((ms) => ms > setMs) };
}

/** Many have the same. */
const wallTimes = new Map<string, readonly number[]>();
function onWallOnce(wall: WallTime): readonly number[] {
  const key = JSON.stringify(wall);
  const times = wallTimes.get(key) ?? timesOnWall(wall, START_MS - HOUR_MS, END_MS);
  wallTimes.set(key, times);
  return times;
}

function once(inMs: number): Plan {
  return { time: { in: inMs }, expected: (setMs) => [setMs + inMs] };
}

function at(ms: number): Plan {
  return { time: { at: new Date(ms) }, expected: () => [ms] };
}

function chain(firstMs: number, again: { afterMs: number; times: number }): Plan {
  const expected = Array.from({ length: again.times }, (_, n) => firstMs + n * again.afterMs);
  return { time: { at: firstMs }, rule: { again }, expected: () => expected };
}

function ending(endsAfter: number): Plan {
  const days = every(DAY_MS, "once");
  return { ...days, rule: { endsAfter }, expected: (setMs) => days.expected(setMs).slice(0, endsAfter) };
}

let local: LocalPorts;
const processes: FragileProcess[] = [];
const stopping = new AbortController();

beforeAll(() => {
  local = openLocal({ clock });
});
afterAll(() => local.close());

const skewed = (skewMs: number): Clock => ({
  now: () => clock.now() + skewMs,
  setTimer: (delayMs, run) => clock.setTimer(delayMs, run),
});

/** Sets one or two reminders for each actor in the course of an hour; returns when they shall be due. */
async function arrangeAll(): Promise<Map<string, readonly number[]>> {
  const clients = [-MOST_SKEW_MS, 0, MOST_SKEW_MS].map(
    (skewMs) => startProcess([Clockwork], local, { clock: skewed(skewMs) }).client,
  );
  const due = new Map<string, readonly number[]>();
  for (let index = 0; index < ACTORS; index++) {
    clock.freeze(HOUR_MS / ACTORS);
    const client = clients[index % clients.length] as (typeof clients)[number];
    for (let n = 0; n < 1 + (index % 2); n++) {
      const { expected, ...plan } = nextPlan();
      const setMs = await client.actor(Clockwork).get(`c${index}`).arrange(`r${n}`, plan);
      due.set(`c${index} r${n}`, expected(setMs));
    }
  }
  return due;
}

/** The wakes queue, as bad as a queue can be. */
function unreliable(wakes: Queue): Queue {
  const send = async (message: OutgoingMessage): Promise<undefined> => {
    if (chances.hit("lost hint", 0.2)) return;
    const laterMs = chances.hit("delayed hint", 0.2) ? Math.floor(chances.next() * 90_000) : 0;
    const late = { ...message, delayMs: (message.delayMs ?? 0) + laterMs };
    await wakes.send(late);
    if (chances.hit("doubled hint", 0.2)) await wakes.send(late);
  };
  return new Proxy(wakes, {
    get(target, name) {
      if (name === "send") return send;
      const value = target[name as keyof Queue] as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function start(index: number): void {
  const { store, calls, bus, queues } = local;
  const ports: Ports = { store, calls, bus, queues: { ...queues, wakes: unreliable(queues.wakes) } };
  const own = clockworkOf(async () => {
    if (!chances.hit("slow turn", 0.2)) return;
    await new Promise((resolve) => setImmediate(resolve));
    if (!chances.hit("killed in mid-turn", 0.05)) return;
    one.kill();
    start(index);
    await new Promise(() => {});
  });
  const skewMs = Math.floor((2 * chances.next() - 1) * MOST_SKEW_MS);
  const one = startFragile([own as ActorClass], ports, skewed(skewMs), chances);
  processes[index] = one;
  void consume(one);
}

/** What Lambda does with the queue of hints, for as long as the process lives. */
async function consume(one: FragileProcess): Promise<void> {
  const { wakes } = one.ports.queues;
  while (one.isAlive() && !stopping.signal.aborted) {
    const messages = await wakes
      .receive({ max: 10, waitMs: FOREVER_MS, hideMs: HIDE_MS, signal: stopping.signal })
      .catch(() => []);
    if (messages.length > 0) void handle(one, messages);
  }
}

async function handle(one: FragileProcess, messages: readonly ReceivedMessage[]): Promise<void> {
  const context = { getRemainingTimeInMillis: () => HOST_MS };
  const { batchItemFailures } = (await one.handle(sqsEventOf("wakes", messages), context)) as BatchResponse;
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const done = messages.filter(({ messageId }) => !failed.has(messageId));
  await one.ports.queues.wakes.delete(done.map(({ receipt }) => receipt)).catch(() => {});
}

/** When somebody must look at an actor next, by the index. */
async function nextWakeMs(): Promise<number> {
  const { due } = await local.store.readDue(0, Number.MAX_SAFE_INTEGER);
  return due[0]?.wakeAtMs ?? Number.POSITIVE_INFINITY;
}

/** The schedule: a sweep every minute, but for those that are skipped. */
async function sweepUntil(endMs: number): Promise<void> {
  let skipped = 0;
  while (clock.now() < endMs) {
    // Sweeps that find nothing, by anybody's clock, are not worth their time.
    const idleMs = Math.min(endMs, (await nextWakeMs()) - SWEEP_AHEAD_MS - MOST_SKEW_MS) - clock.now();
    await clock.advance(Math.max(1, Math.floor(idleMs / SWEEP_EVERY_MS)) * SWEEP_EVERY_MS);
    if (skipped > 0) skipped--;
    else if (chances.hit("three sweeps skipped", 0.01)) skipped = 2;
    else
      for (let sweeps = chances.hit("doubled sweep", 0.05) ? 2 : 1; sweeps > 0; sweeps--)
        sweepBy(anyProcess());
  }
}

const anyProcess = () => processes[Math.floor(chances.next() * PROCESSES)] as FragileProcess;

function sweepBy(one: FragileProcess): void {
  one.handle({ mode: "sweep" }, { getRemainingTimeInMillis: () => HOST_MS }).catch(() => {
    // A schedule does not mind: the next one comes.
  });
}

/** The faults end, and one process that nothing happens to does what is left. */
async function healUntil(endMs: number): Promise<void> {
  stopping.abort();
  for (const one of processes) one.kill();
  const { runtime } = startProcess([Clockwork], local, { clock });
  const handle = router(runtime, { stack: false });
  while (clock.now() < endMs) {
    await clock.advance(SWEEP_EVERY_MS);
    await handle({ mode: "sweep" });
    while ((await drain(handle, local)) > 0);
  }
}

it(`reminders of ${ACTORS} actors over ${DAYS} days have one effect for each due time (seed ${SEED})`, async () => {
  const expected = await arrangeAll();
  for (let index = 0; index < PROCESSES; index++) start(index);
  await sweepUntil(END_MS);
  await healUntil(END_MS + 5 * SWEEP_EVERY_MS);

  const { client } = startProcess([Clockwork], local, { clock });
  let total = 0;
  for (let index = 0; index < ACTORS; index++) {
    const rings = await client.actor(Clockwork).get(`c${index}`).all();
    for (let n = 0; n < 1 + (index % 2); n++) {
      const due = expected.get(`c${index} r${n}`);
      const rang = (rings[`r${n}`] ?? []).filter((ms) => ms <= END_MS);
      expect([index, n, rang]).toEqual([index, n, due]);
      total += rang.length;
    }
  }
  expect(early).toEqual([]);
  expect(await nextWakeMs()).toBeGreaterThan(END_MS);
  expect(await new DeadLetters(local, clock).list()).toEqual([]);
  expect(mostLateMs).toBeLessThan(MOST_LATE_MS);
  expect(total).toBeGreaterThan(5_000);
  for (const [fault, least] of [
    ["lost hint", 1_000],
    ["delayed hint", 1_000],
    ["doubled hint", 1_000],
    ["three sweeps skipped", 30],
    ["doubled sweep", 100],
    ["lost request", 500],
    ["lost response", 1_000],
    ["killed in mid-turn", 20],
  ] as const) {
    expect([fault, (chances.hits.get(fault) ?? 0) >= least]).toEqual([fault, true]);
  }
}, 120_000);
