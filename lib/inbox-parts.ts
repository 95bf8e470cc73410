/**
 * What an inbox has beside the head, as parts of its actor: pages of calls with generated ids, named by when they were sent; a part each for
 * calls whose id the caller chose; and results that are too large for a line.
 */
import { isChosen } from "./call-id";
import { formatLine, Inbox, type InboxEntry } from "./inbox";
import type { Part } from "./store";

/** A larger encoded result goes to a part of its own. */
export const MAX_INLINE_RESULT_BYTES = 256;
/** How long parts are kept: 14 days, in which any message may come again, and one to spare. */
const INBOX_RETENTION_MS = 15 * 24 * 3_600_000;

const PAGE_PREFIX = "INBOX#";
const CALL_PREFIX = "CALL#";
const RESULT_PREFIX = "RESULT#";

/**
 * The parts for entries that leave the head, all committed, the newest by the commit of `version`.
 * @param sentMs the latest moment at which one of them, or of those before, was sent
 */
export function spilledParts(
  leaves: ReadonlyMap<string, InboxEntry>,
  { version, sentMs, nowMs }: { readonly version: number; readonly sentMs: number; readonly nowMs: number },
): Part[] {
  const expiresAtMs = nowMs + INBOX_RETENTION_MS;
  const page = new Map([...leaves].filter(([key]) => !isChosen(key)));
  const parts = [...leaves].filter(([key]) => isChosen(key)).map((entry) => callPart(entry, expiresAtMs));
  if (page.size > 0) {
    // Of the same version, at the same time, the same entries leave: nobody replaces a page by another one.
    const name = `${PAGE_PREFIX}${padded(sentMs || nowMs)}#${padded(version)}#${padded(nowMs)}`;
    parts.push({ name, body: Inbox.of(page).text, expiresAtMs });
  }
  return parts;
}

function callPart([key, entry]: readonly [string, InboxEntry], expiresAtMs: number): Part {
  return { name: callPartName(key), body: formatLine([key, entry]), expiresAtMs };
}

/** The name of the part for a key that {@link isChosen}. */
export function callPartName(key: string): string {
  return `${CALL_PREFIX}${key}`;
}

/** Where the pages are in which a call may stand that was first sent at `sentAtMs`, by its own word: a copy says the same. */
export function pagesSince(sentAtMs: number): { readonly prefix: string; readonly from: string } {
  return { prefix: PAGE_PREFIX, from: `${PAGE_PREFIX}${padded(Math.max(0, sentAtMs))}` };
}

/** The part for a large result. A token of its attempt is in its name, so that another one cannot change it. */
export function resultPart(key: string, token: string, body: string, nowMs: number): Part {
  return { name: `${RESULT_PREFIX}${key}#${token}`, body, expiresAtMs: nowMs + INBOX_RETENTION_MS };
}

function padded(value: number): string {
  return String(Math.floor(value)).padStart(16, "0");
}
