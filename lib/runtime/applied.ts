/**
 * The calls that were applied to an actor: finding out whether one was, and keeping the record of new ones. The newest
 * are in the head; what the head cannot hold is beside it (see `inbox.ts`).
 */
import { type Address, addressKey } from "../address";
import type { Reply } from "../envelope";
import { CorruptState } from "../errors";
import {
  Inbox,
  type InboxEntry,
  inboxPage,
  MAX_INLINE_RESULT_BYTES,
  PAGE_PREFIX,
  resultPart,
} from "../inbox";
import type { Lease } from "../lease";
import type { Head, Store } from "../store";
import type { Host } from "./host";
import { retrying } from "./retrying";

/** The entry of a call in the pages; the newest page first, since repetitions mostly come soon. */
export async function findInPages(
  store: Store,
  address: Address,
  key: string,
): Promise<InboxEntry | undefined> {
  const pages = await store.readParts(address, PAGE_PREFIX);
  for (const page of pages.reverse()) {
    const entry = Inbox.parse(page.body).get(key);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** The entry of a call by what a head says: in its inbox, or in pages if it has any. */
export async function findByHead(
  store: Store,
  address: Address,
  head: Head | undefined,
  key: string,
): Promise<InboxEntry | undefined> {
  if (head === undefined) return undefined;
  return Inbox.parse(head.inbox).get(key) ?? (head.spilled ? findInPages(store, address, key) : undefined);
}

/** The first answer of a call that was applied. */
export async function replyOf(store: Store, address: Address, entry: InboxEntry): Promise<Reply> {
  const { version, result, part } = entry;
  if (part === undefined) return { result, version };
  const found = (await store.readParts(address, part)).find(({ name }) => name === part);
  if (found === undefined) {
    throw new CorruptState(`The result of a call to ${addressKey(address)} is missing: ${part}.`, { part });
  }
  return { result: found.body, version };
}

/** What the next commit's inbox is made from. */
export interface InboxChange {
  /** The entries that the head has, all committed, the newest by `version`. */
  readonly committed: Inbox;
  readonly version: number;
  /** What the commit adds. */
  readonly applied: ReadonlyMap<string, InboxEntry>;
}

/**
 * Makes the inbox for the next commit, and writes beside the head, first, what it shall not hold itself: large results,
 * and old entries once there are too many.
 */
export async function nextInbox(
  host: Host,
  address: Address,
  lease: Lease,
  { committed, version, applied }: InboxChange,
): Promise<{ readonly inbox: Inbox; readonly spilled: boolean }> {
  const { store, clock } = host;
  const added = Inbox.of(await moveLargeResults(host, address, lease, applied));
  if (!committed.mustSpillFor(added)) return { inbox: committed.plus(added), spilled: false };
  await retrying(host, () => store.writePart(address, inboxPage(committed, version, clock.now())));
  return { inbox: added, spilled: true };
}

async function moveLargeResults(
  host: Host,
  address: Address,
  lease: Lease,
  applied: ReadonlyMap<string, InboxEntry>,
): Promise<ReadonlyMap<string, InboxEntry>> {
  let entries = applied;
  for (const [key, { version, result }] of applied) {
    if (result === undefined || result.length <= MAX_INLINE_RESULT_BYTES) continue;
    const part = resultPart(key, lease.fence, result, host.clock.now());
    await retrying(host, () => host.store.writePart(address, part));
    entries = new Map(entries).set(key, { version, part: part.name });
  }
  return entries;
}
