/**
 * A router with a few actors, messages and calls behind it, made anew for each input: what one input does cannot help or
 * hinder the next one. Time stands still in it.
 */
import { createRouter, type Logger } from "durable-lambda";
import { DurableError } from "../../lib/errors";
import { Registry } from "../../lib/registry";
import { Runtime } from "../../lib/runtime/runtime";
import type { Head } from "../../lib/store";
import { FakeClock } from "../support/fake-clock";
import { ACTORS } from "./actors";
import { promised, report } from "./finding";
import { Budget, MemoryBus, MemoryCalls, MemoryQueue, MemoryStore } from "./memory-ports";

export const NOW_MS = 1_800_000_000_000;
const MAX_LOGGED_LENGTH = 2_000;

export const VAULT: Head = {
  version: 3,
  fence: 3,
  state: { text: '{"count":5,"kept":null}', schema: 1 },
  hasPieces: false,
  inbox: 'AAAAAAAAAAAAAAAA 3 {"a":1}',
  spilled: false,
  failing: "",
  outbox: "",
  reminders: "",
};

const DUE: Head = {
  ...VAULT,
  reminders: JSON.stringify([{ name: "r", id: "R", method: "keep", args: [1], dueMs: NOW_MS - 5_000 }]),
  wakeAtMs: NOW_MS - 5_000,
};

/** A tracked call that was left open. */
export const OPEN_CALL = "open-call";

/** The last line of an inbox, of a call that was refused. */
const REFUSAL = / \d+(?:![0-9a-z]+)? \*[^\n]*$/;

export class World {
  readonly clock = new FakeClock(NOW_MS);
  private readonly budget = new Budget();
  readonly store: MemoryStore;
  readonly queues = {
    messages: new MemoryQueue(true, this.budget),
    wakes: new MemoryQueue(false, this.budget),
    deadLetters: new MemoryQueue(true, this.budget),
  };
  readonly calls = new MemoryCalls([
    { callId: OPEN_CALL, address: { type: "Vault", id: "a" }, method: "leaveOpen", startedMs: NOW_MS },
  ]);
  readonly bus = new MemoryBus();
  private readonly before: ReadonlyMap<string, Head>;

  constructor(heads: Readonly<Record<string, Head>> = { "Vault/a": VAULT, "Vault/due": DUE }) {
    this.store = new MemoryStore(heads, this.budget);
    this.before = new Map(this.store.heads);
  }

  /** What the router answers to an event. */
  handle(event: unknown): Promise<unknown> {
    const handle = createRouter(ACTORS, { ...this.options(), authorize: () => true });
    return Promise.race([handle(event), this.budget.exceeded]);
  }

  runtime(): Runtime {
    return new Runtime(new Registry(ACTORS), this.options(), this.options());
  }

  private options() {
    const { store, queues, calls, bus, clock } = this;
    return { store, queues, calls, bus, clock, log: checkedLog };
  }

  /** When all is answered: nobody waits, and no lease is held. */
  checkIsAtRest(): void {
    promised(this.clock.pendingTimers === 0, `no timer is left behind (${this.clock.pendingTimers} are)`);
    for (const [key, { leaseId }] of this.store.heads)
      promised(leaseId === undefined, `${key} is given back`);
  }

  /** What a refused call leaves behind. @param but the key of an actor that another call may have changed */
  checkIsUntouched(): void {
    for (const [key, head] of this.store.heads) {
      const before = this.before.get(key) ?? { ...head, version: 0 };
      // A call that was sent again leaves behind that it was refused, and nothing else.
      const isNoted = head.version === before.version + 1 && REFUSAL.test(head.inbox);
      const same = isNoted ? { version: 0, inbox: "", fence: 0 } : { fence: 0 };
      const [is, was] = [JSON.stringify({ ...head, ...same }), JSON.stringify({ ...before, ...same })];
      promised(is === was, `${key} is as it was before a refused call`);
    }
    const { messages, wakes, deadLetters } = this.queues;
    promised(
      messages.sent.length + wakes.sent.length + deadLetters.sent.length + this.bus.published.length === 0,
      "a refused call sends nothing",
    );
  }
}

/** Of errors that a method threw, the log may say more. */
const OWN = "method failed";
/**
 * The first tells of a failure that was logged before, the second of one that its caller will try again, which no defect of the
 * package is: the code is a method's own, whatever that calls it.
 */
const HARMLESS = /is a dead letter now$|^turn$/;

function check(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  for (const [name, value] of Object.entries(fields)) {
    const text = value instanceof DurableError ? value.message : value;
    if (typeof text !== "string" || message === OWN || text.length <= MAX_LOGGED_LENGTH) continue;
    report("broken promise", `the log line "${message}" has a long ${name}, of ${text.length} characters`);
  }
  if (fields.code === "InternalError" && !HARMLESS.test(message)) {
    const why = fields.error instanceof Error ? fields.error.stack : fields.reason;
    report("untyped error", `logged as "${message}": ${why}`);
  }
}

const checkedLog: Logger = { debug: check, info: check, warn: check, error: check };
