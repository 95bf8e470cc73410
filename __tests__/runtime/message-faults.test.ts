/**
 * Many messages under many faults at once: every delivery may be doubled, every response lost, and consumers are killed
 * again and again. Each message has exactly one effect all the same, and per sender and actor in order.
 *
 * `DURABLE_TEST_SEED` chooses another course of events.
 */
import { Actor, type CallHandle, DurableActor, Method } from "durable-lambda";
import type { Transport } from "../../lib/calling/transport";
import { clientOver } from "../../lib/client/client";
import { directTransport } from "../../lib/client/direct-transport";
import { sleep } from "../../lib/clock";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { Messenger } from "../../lib/messages/messenger";
import type { BatchResponse } from "../../lib/runtime/messages/sqs-event";
import { sqsEventOf } from "../../lib/runtime/messages/sqs-event";
import { FakeClock } from "../support/fake-clock";
import { Chances, type FragileProcess, startFragile } from "../support/fragile-process";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { startProcess } from "../support/process";

const SENDERS = 5;
const ACTORS = 50;
const MESSAGES = 10_000;
const PROCESSES = 3;
/** Longer than a batch may take, as on AWS. */
const HIDE_MS = 12_000;
const KILL_EVERY_MS = 3_000;
const SEED = Number(process.env.DURABLE_TEST_SEED ?? 20_261_124);

@Actor
class Log extends DurableActor {
  lines: string[] = [];

  @Method append(line: string): string {
    this.lines.push(line);
    return line;
  }

  /** Waits in mid-turn, so that a process can die there. */
  @Method async appendSlowly(line: string): Promise<string> {
    this.lines.push(line);
    await new Promise((resolve) => setImmediate(resolve));
    return line;
  }

  @Method({ readonly: true }) all(): string[] {
    return this.lines;
  }
}

const clock = new FakeClock();
const chances = new Chances(SEED);
let local: LocalPorts;
const processes: FragileProcess[] = [];
let isOver = false;

beforeAll(() => {
  local = openLocal({ clock });
});
afterAll(() => local.close());

/** One consumer, for as long as its process lives: some of its batches are handed to another process as well. */
async function consume(one: FragileProcess): Promise<void> {
  const queue = one.ports.queues.messages;
  while (!isOver && one.isAlive()) {
    const messages = await queue.receive({ max: 10, waitMs: 0, hideMs: HIDE_MS }).catch(() => []);
    if (messages.length === 0) {
      await sleep(one.clock, 100);
      continue;
    }
    const event = sqsEventOf("messages", messages);
    const context = { getRemainingTimeInMillis: () => 10_000 };
    const other = processes[Math.floor(chances.next() * processes.length)];
    if (chances.hit("doubled delivery", 0.3)) void other?.handle(event, context);
    const { batchItemFailures } = (await one.handle(event, context)) as BatchResponse;
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const done = messages.filter(({ messageId }) => !failed.has(messageId));
    await queue.delete(done.map(({ receipt }) => receipt)).catch(() => {});
  }
}

function start(index: number): void {
  const one = startFragile([Log], local, clock, chances);
  processes[index] = one;
  for (let consumer = 0; consumer < 4; consumer++) void consume(one);
}

async function killNowAndThen(): Promise<void> {
  while (!isOver) {
    await sleep(clock, KILL_EVERY_MS);
    const index = Math.floor(chances.next() * PROCESSES);
    chances.hit("killed", 1);
    processes[index]?.kill();
    start(index);
  }
}

/** Sends its share, one after another; every tenth is tracked. */
async function send(sender: number): Promise<Map<string, CallHandle<string>>> {
  const noCalls: Transport = { invoke: () => Promise.reject(new Error("only messages here")) };
  // The sender's own requests get lost too, but it lives: what it was told is sent must have its effect.
  const { ports } = startFragile([Log], local, clock, chances);
  const client = clientOver(directTransport(noCalls, new Messenger(ports, clock)), { clock });
  const started = new Map<string, CallHandle<string>>();
  for (let n = 0; n < MESSAGES / SENDERS; n++) {
    const line = `${sender}:${n}`;
    const log = client.actor(Log).get(`log-${n % ACTORS}`);
    if (n % 10 === 9) started.set(line, await log.start().append(line));
    else if (n % 7 === 0) await log.send().appendSlowly(line);
    else await log.send().append(line);
  }
  return started;
}

async function isBusy(): Promise<boolean> {
  const { queues } = local;
  const messages = await queues.messages.receive({ max: 1, waitMs: 0, hideMs: 0 });
  return messages.length > 0 || (await allLines()).flat().length < MESSAGES;
}

async function allLines(): Promise<string[][]> {
  const { client } = startProcess([Log], local, { clock });
  return Promise.all(
    Array.from({ length: ACTORS }, (_, index) => client.actor(Log).get(`log-${index}`).all()),
  );
}

it(`${MESSAGES} messages from ${SENDERS} senders to ${ACTORS} actors have one effect each, in order (seed ${SEED})`, async () => {
  for (let index = 0; index < PROCESSES; index++) start(index);
  const sending = Promise.all(Array.from({ length: SENDERS }, (_, sender) => send(sender)));
  const finished = sending.then(async (started) => {
    while (await isBusy()) await sleep(clock, 1_000);
    for (const ofSender of started) {
      for (const [line, call] of ofSender) expect(await call.result({ timeout: 0 })).toBe(line);
    }
  });
  void killNowAndThen();
  void finished.finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(100);
  await finished;

  for (const [index, lines] of (await allLines()).entries()) {
    for (let sender = 0; sender < SENDERS; sender++) {
      const own = lines
        .filter((line) => line.startsWith(`${sender}:`))
        .map((line) => Number(line.split(":")[1]));
      const expected = Array.from({ length: MESSAGES / SENDERS / ACTORS }, (_, n) => index + n * ACTORS);
      expect(own).toEqual(expected);
    }
  }
  expect(await new DeadLetters(local, clock).list()).toEqual([]);
  for (const [fault, least] of [
    ["lost response", 500],
    ["lost request", 200],
    ["doubled delivery", 100],
    ["killed", 5],
  ] as const) {
    expect([fault, chances.hits.get(fault)]).toEqual([fault, expect.any(Number)]);
    expect(chances.hits.get(fault)).toBeGreaterThanOrEqual(least);
  }
}, 120_000);
