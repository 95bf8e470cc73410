/**
 * The ports, in memory and without a wait: for a runtime that lives as long as one input. They check what they are given, as
 * the services behind the real ones would: what an input leads to must be fit to be sent and kept.
 */
import { type Address, addressKey } from "../../lib/address";
import { parseEffects } from "../../lib/effects";
import { bytesOfEvent, type EventBus, type PublishedEvent } from "../../lib/events/bus";
import { Inbox } from "../../lib/inbox";
import type { Lease } from "../../lib/lease";
import type { OutgoingMessage, Queue } from "../../lib/messages/queue";
import type {
  NewTrackedCall,
  Settled,
  Settlement,
  TrackedCall,
  TrackedCalls,
} from "../../lib/messages/tracked-calls";
import { parseReminders } from "../../lib/reminders/reminder";
import { isManifest } from "../../lib/state/manifest";
import type {
  Acquired,
  Commit,
  Committed,
  Head,
  LeaseRequest,
  Part,
  Release,
  Store,
  StoredState,
  Unheld,
} from "../../lib/store";
import type { DuePage } from "../../lib/wake";
import { Finding, report } from "./finding";

const NEW: Head = {
  version: 0,
  fence: 0,
  hasPieces: false,
  inbox: "",
  spilled: false,
  failing: "",
  outbox: "",
  reminders: "",
};

/** No input leads to so many requests. */
const MOST_REQUESTS = 2_000;

/** Ends what would go round for ever: the last request gets no answer. */
export class Budget {
  private spent = 0;
  private stop!: (finding: Finding) => void;
  /** Rejects when more was asked for than there is. */
  readonly exceeded = new Promise<never>((_resolve, reject) => {
    this.stop = reject;
  });

  constructor() {
    this.exceeded.catch(() => {});
  }

  async spend(): Promise<void> {
    this.spent++;
    if (this.spent <= MOST_REQUESTS) return;
    this.stop(new Finding("hang", `more than ${MOST_REQUESTS} requests, without a pause`));
    await new Promise<never>(() => {});
  }
}

export class MemoryStore implements Store {
  readonly wakeShards = 1;
  readonly maxPartBytes = 300_000;
  readonly heads: Map<string, Head>;
  private readonly parts = new Map<string, Part>();

  constructor(
    heads: Readonly<Record<string, Head>>,
    private readonly budget: Budget,
  ) {
    this.heads = new Map(Object.entries(heads));
  }

  async acquire(address: Address, { leaseId, untilMs }: LeaseRequest): Promise<Acquired> {
    await this.budget.spend();
    const head = this.heads.get(addressKey(address)) ?? NEW;
    must(Number.isFinite(untilMs), "a lease ends");
    const acquired = { ...head, fence: head.fence + 1, leaseId, leaseUntilMs: untilMs };
    this.heads.set(addressKey(address), acquired);
    return { acquired: true, head: acquired };
  }

  async commit(address: Address, right: Lease | Unheld, commit: Commit): Promise<Committed> {
    const head = this.heads.get(addressKey(address)) ?? NEW;
    if ("seen" in right) {
      const { seen, request } = right;
      await this.budget.spend();
      if (head.version !== seen.version || head.fence !== seen.fence)
        return { committed: false, current: head };
      const { leaseId: _ended, leaseUntilMs: _until, ...free } = head;
      const lease = { leaseId: request.leaseId, leaseUntilMs: request.untilMs };
      return this.write(address, { ...free, ...lease, fence: seen.fence + 1 }, commit);
    }
    if (head.leaseId !== right.id || head.version !== commit.onVersion)
      return { committed: false, current: head };
    return this.write(address, head, commit);
  }

  private write(address: Address, head: Head, { onVersion, release, ...changes }: Commit): Committed {
    const { state, schema, outbox, wakeAtMs, usedAtMs, expiresAtMs } = changes;
    const { inbox = head.inbox, spilled = head.spilled, failing = head.failing } = changes;
    const { reminders = head.reminders } = changes;
    const rest = { inbox, spilled, failing, reminders };
    checkWritten(changes);
    const { state: before, ...others } = head;
    const stored = state === undefined ? before : storedState(state, schema ?? before?.schema ?? 1);
    const after = { ...others, ...rest, ...(stored && { state: stored }), version: onVersion + 1 };
    this.keep(address, after, { outbox, wakeAtMs, usedAtMs, expiresAtMs } as Release);
    if (release) this.giveBack(address);
    return { committed: true };
  }

  async release(address: Address, lease: Lease, release: Release): Promise<void> {
    const head = this.heads.get(addressKey(address));
    if (head?.leaseId !== lease.id) return;
    checkWritten(release);
    this.keep(address, head, release);
    this.giveBack(address);
  }

  async renew(
    address: Address,
    lease: Lease,
    _untilMs: number,
    marks: { readonly hasPieces?: true } = {},
  ): Promise<boolean> {
    const head = this.heads.get(addressKey(address));
    if (head?.leaseId !== lease.id) return false;
    this.heads.set(addressKey(address), { ...head, ...marks });
    return true;
  }

  async read(address: Address): Promise<Head | undefined> {
    return this.heads.get(addressKey(address));
  }

  async writeParts(address: Address, parts: readonly Part[], removed: readonly string[] = []): Promise<void> {
    for (const part of parts) this.parts.set(`${addressKey(address)} ${part.name}`, part);
    for (const name of removed) this.parts.delete(`${addressKey(address)} ${name}`);
  }

  async readPart(address: Address, name: string): Promise<Part | undefined> {
    return this.parts.get(`${addressKey(address)} ${name}`);
  }

  async readParts(address: Address, prefix: string, from = prefix): Promise<Part[]> {
    const own = `${addressKey(address)} `;
    return [...this.parts.entries()]
      .filter(([key, { name }]) => key.startsWith(own) && name.startsWith(prefix) && name >= from)
      .map(([, part]) => part);
  }

  async readDue(_shard: number, untilMs: number): Promise<DuePage> {
    const due = [...this.heads].flatMap(([key, { wakeAtMs }]) => {
      const [type = "", ...id] = key.split("/");
      const isDue = wakeAtMs !== undefined && wakeAtMs <= untilMs;
      return isDue ? [{ address: { type, id: id.join("/") }, wakeAtMs }] : [];
    });
    return { due };
  }

  /** What is undefined stays as it is, `null` takes it away. */
  private keep(address: Address, head: Head, changes: Release): void {
    const after: Record<string, unknown> = { ...head };
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) delete after[name];
      else if (value !== undefined) after[name] = value;
    }
    this.heads.set(addressKey(address), after as unknown as Head);
  }

  private giveBack(address: Address): void {
    const { leaseId: _id, leaseUntilMs: _until, ...head } = this.heads.get(addressKey(address)) as Head;
    this.heads.set(addressKey(address), head);
  }
}

function storedState(text: string | null, schema: number): StoredState | undefined {
  return text === null ? undefined : { text, schema };
}

/** The runtime takes an error of a port for a fault that passes; so it is reported as well. */
function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw report("broken promise", what);
}

/** What is written can be read again. */
function checkWritten({
  state,
  inbox,
  outbox,
  reminders,
  wakeAtMs,
  usedAtMs,
  expiresAtMs,
}: Partial<Commit>): void {
  if (typeof state === "string" && !isManifest(state)) JSON.parse(state);
  if (inbox !== undefined) Inbox.parse(inbox);
  if (outbox !== undefined) parseEffects(outbox);
  if (reminders !== undefined) parseReminders(reminders);
  for (const moment of [wakeAtMs, usedAtMs, expiresAtMs]) {
    must(moment === undefined || moment === null || Number.isFinite(moment), "a moment is one");
  }
}

/** What SQS takes as a group or a deduplication id. */
const QUEUE_ID = /^[!-~]{1,128}$/;

export class MemoryQueue implements Queue {
  readonly sureAfterMs = 0;
  readonly maxMessageBytes = 1_048_576;
  readonly sent: OutgoingMessage[] = [];

  constructor(
    private readonly isFifo: boolean,
    private readonly budget: Budget,
  ) {}

  async send(message: OutgoingMessage): Promise<string | undefined> {
    await this.budget.spend();
    const { body, groupId, deduplicationId, delayMs = 0, attributes = {} } = message;
    const ids = [groupId, deduplicationId];
    must(
      ids.every((id) => (this.isFifo ? QUEUE_ID.test(id ?? "") : id === undefined)),
      `SQS takes the ids ${ids}`,
    );
    must(delayMs >= 0 && delayMs <= 900_000, `SQS takes the delay ${delayMs}`);
    must(typeof body === "string", "a body is text");
    const bytes = [body, ...Object.values(attributes)].reduce(
      (sum, text) => sum + Buffer.byteLength(text),
      0,
    );
    must(bytes <= this.maxMessageBytes, `SQS takes ${bytes} bytes`);
    this.sent.push(message);
    return this.isFifo ? String(this.sent.length) : undefined;
  }

  async receive(): Promise<never[]> {
    return [];
  }

  async delete(): Promise<void> {}

  async hide(_receipts: readonly string[], ms: number): Promise<void> {
    must(ms >= 0 && ms <= 43_200_000, `SQS hides a message for ${ms} ms`);
  }
}

export class MemoryCalls implements TrackedCalls {
  readonly maxOutcomeBytes = 300_000;
  readonly rows: Map<string, TrackedCall>;

  constructor(rows: readonly TrackedCall[]) {
    this.rows = new Map(rows.map((row) => [row.callId, row]));
  }

  async open({ expiresMs, ...call }: NewTrackedCall): Promise<TrackedCall> {
    must(Number.isFinite(expiresMs), "a row expires");
    const row = this.rows.get(call.callId) ?? call;
    this.rows.set(call.callId, row);
    return row;
  }

  async settle(callId: string, { outcome, settledMs }: Settlement): Promise<Settled> {
    const row = this.rows.get(callId);
    if (row === undefined) return "unknown";
    if (row.outcome !== undefined) return "already";
    this.rows.set(callId, { ...row, outcome, settledMs });
    return "settled";
  }

  async read(callId: string): Promise<TrackedCall | undefined> {
    return this.rows.get(callId);
  }
}

export class MemoryBus implements EventBus {
  readonly maxEventBytes = 262_144;
  readonly published: PublishedEvent[] = [];

  async publish(event: PublishedEvent): Promise<void> {
    const detail: unknown = JSON.parse(event.detail);
    must(typeof detail === "object" && detail !== null, "a detail is an object");
    must(bytesOfEvent(event) > 0 && Number.isFinite(event.timeMs), "an event has a size and a time");
    this.published.push(event);
  }
}
