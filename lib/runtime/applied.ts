/**
 * The calls that were applied to an actor: finding out whether one was, and keeping the record of new ones. The newest
 * are in the head; what the head cannot hold is beside it (see `inbox.ts`).
 */
import { type Address, addressKey } from "../address";
import { type CallIdentity, callKey, isChosen } from "../call-id";
import type { Mode, Reply } from "../envelope";
import { CorruptState, type DurableError } from "../errors";
import { Inbox, type InboxEntry, type Marks } from "../inbox";
import { callPartName, MAX_INLINE_RESULT_BYTES, pagesSince, resultPart, spilledParts } from "../inbox-parts";
import type { Head, Store } from "../store";
import { errorFromWire } from "../wire-error";
import type { Host } from "./host";
import { retrying } from "./retrying";

/** The messages of one batch come in the order of the queue, but their senders' clocks differ by up to about this much. */
const SPREAD_MS = 300_000;
/** Calls that run one after another were mostly sent within so much of each other. */
const CALL_SPREAD_MS = 100;

/** The entries beside an actor's head, read when one is asked for; those of the calls of one batch mostly at once. */
export class SpilledCalls {
  private pages: { readonly sinceMs: number; readonly inboxes: readonly Inbox[] } | undefined;

  constructor(
    private readonly store: Store,
    private readonly address: Address,
  ) {}

  async find(call: CallIdentity & { readonly mode: Mode }): Promise<InboxEntry | undefined> {
    const key = callKey(call);
    if (isChosen(key)) {
      const part = await this.store.readPart(this.address, callPartName(key));
      return part === undefined ? undefined : Inbox.parse(part.body).get(key);
    }
    const spreadMs = call.mode === "call" ? CALL_SPREAD_MS : SPREAD_MS;
    for (const page of await this.pagesFor(call.sentAtMs ?? 0, spreadMs)) {
      const entry = page.get(key);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** After entries of this process's own have moved to a page. */
  forget(): void {
    this.pages = undefined;
  }

  /** The newest first, since repetitions mostly come soon. */
  private async pagesFor(sentAtMs: number, spreadMs: number): Promise<readonly Inbox[]> {
    if (this.pages === undefined || sentAtMs < this.pages.sinceMs) {
      const sinceMs = sentAtMs - spreadMs;
      const { prefix, from } = pagesSince(sinceMs);
      const parts = await this.store.readParts(this.address, prefix, from);
      this.pages = { sinceMs, inboxes: parts.reverse().map(({ body }) => Inbox.parse(body)) };
    }
    return this.pages.inboxes;
  }
}

/** The first answers of calls by what a head says, in its inbox or beside it; undefined for one that was not applied. */
export function answersIn(
  store: Store,
  address: Address,
  head: Head | undefined,
): (call: CallIdentity & { readonly mode: Mode }) => Promise<Answer | undefined> {
  const inbox = Inbox.parse(head?.inbox ?? "");
  const spilled = head?.spilled ? new SpilledCalls(store, address) : undefined;
  return async (call) => {
    const entry = inbox.get(callKey(call)) ?? (await spilled?.find(call));
    return entry === undefined || !isApplied(entry) ? undefined : answerOf(store, address, entry);
  };
}

/** False for a call of which only a checkpoint is committed. */
export function isApplied({ made }: InboxEntry): boolean {
  return made === undefined;
}

/** The first answer of a call. */
export type Answer = { readonly reply: Reply } | { readonly error: DurableError };

/** @throws CorruptState, StoreUnavailable */
export async function answerOf(store: Store, address: Address, entry: InboxEntry): Promise<Answer> {
  const { version, part, isPending, isFailure } = entry;
  const result = part === undefined ? entry.result : await readResult(store, address, part);
  if (isFailure) return { error: errorFromWire(decodeError(result)) };
  return { reply: { result, version, ...(isPending ? { isPending } : {}) } };
}

async function readResult(store: Store, address: Address, part: string): Promise<string> {
  const found = await store.readPart(address, part);
  if (found !== undefined) return found.body;
  throw new CorruptState(`The result of a call to ${addressKey(address)} is missing: ${part}.`, { part });
}

/** @throws CorruptState */
function decodeError(text = ""): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CorruptState("The actor's inbox has an error that cannot be read.", { field: "inbox" });
  }
}

/** What the next commit's inbox is made from. */
export interface InboxChange {
  /** The entries that the head has, all committed, the newest by `version`. */
  readonly committed: Inbox;
  readonly version: number;
  /** What the commit adds. */
  readonly applied: ReadonlyMap<string, InboxEntry>;
  /** Of that. */
  readonly marks: Pick<Marks, "sequence" | "sentMs">;
}

/** The inbox as a commit writes it. */
export interface NextInbox {
  readonly inbox: Inbox;
  /** Entries have moved beside the head. */
  readonly spilled: boolean;
}

/**
 * Makes the inbox for the next commit, and writes beside the head, first, what it shall not hold itself: large results,
 * and old entries once there are too many. A promise only when there is something to write.
 */
export function nextInbox(
  host: Host,
  address: Address,
  claim: { readonly token: string },
  change: InboxChange,
): Promise<NextInbox> | NextInbox {
  const { committed, applied, marks } = change;
  for (const [, entry] of applied) if (isLarge(entry)) return moveLargeResults(host, address, claim, change);
  const added = Inbox.of(applied);
  return committed.mustSpillFor(added)
    ? spillFor(host, address, added, change)
    : { inbox: committed.plus(added, marks), spilled: false };
}

async function spillFor(
  host: Host,
  address: Address,
  added: Inbox,
  { committed, version, marks }: InboxChange,
): Promise<NextInbox> {
  const nowMs = host.clock.now();
  const { stays, leaves, sentMs } = committed.spill(nowMs);
  const parts = spilledParts(leaves, { version, sentMs, nowMs });
  await retrying(host, () => host.store.writeParts(address, parts));
  return { inbox: stays.plus(added, marks), spilled: true };
}

async function moveLargeResults(
  host: Host,
  address: Address,
  claim: { readonly token: string },
  change: InboxChange,
): Promise<NextInbox> {
  const applied = new Map(change.applied);
  const large = [...applied].filter(([, entry]) => isLarge(entry));
  const parts = large.map(([key, { result = "", ...entry }]) => {
    const part = resultPart(key, claim.token, result, host.clock.now());
    applied.set(key, { ...entry, part: part.name });
    return part;
  });
  await retrying(host, () => host.store.writeParts(address, parts));
  return nextInbox(host, address, claim, { ...change, applied });
}

/** True when the head shall not hold a result itself. */
function isLarge({ result = "" }: InboxEntry): boolean {
  return result.length > MAX_INLINE_RESULT_BYTES;
}
