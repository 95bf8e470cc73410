/** Finding out whether a call was applied before: in the head's inbox, or in the pages beside it. */
import { type Address, addressKey } from "../address";
import type { Reply } from "../envelope";
import { CorruptState } from "../errors";
import { Inbox, type InboxEntry, PAGE_PREFIX } from "../inbox";
import type { Store } from "../store";

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
