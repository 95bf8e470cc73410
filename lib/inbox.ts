/**
 * The inbox: the calls that were applied to an actor, each with its result, so that a repeated call gets its
 * first answer instead of a second run.
 *
 * The newest entries are in the actor's head, one line each (`key version result`), and are written by the
 * same commit as the state that they led to. When they get too many, those that were committed before are first
 * copied to a page beside the head, then dropped from it by the next commit: whatever a page says is true, so
 * a page of a process that crashed or was fenced does no harm. Pages are read only for a call that may be a
 * repetition. Results too large for the head are written as a part beside it, before the commit that names them.
 */
import { CorruptState } from "./errors";
import { nodeCrypto } from "./random";
import type { Part } from "./store";

export interface InboxEntry {
  readonly version: number;
  /** The encoded result; undefined when the method returned undefined. */
  readonly result?: string;
  /** The name of the part that holds the encoded result, when the head does not. */
  readonly part?: string;
}

/** Beyond either of these, committed entries move to a page. Small, since each commit writes the whole head. */
const MAX_HEAD_ENTRIES = 30;
const MAX_HEAD_INBOX_BYTES = 1_024;
/** A larger encoded result goes to a part of its own. */
export const MAX_INLINE_RESULT_BYTES = 256;
/** How long pages and results are kept: 14 days, in which any message may come again, and one to spare. */
const INBOX_RETENTION_MS = 15 * 24 * 3_600_000;

export const PAGE_PREFIX = "INBOX#";
const RESULT_PREFIX = "RESULT#";

/** The 16 characters by which a call id is remembered. Generated ids are their own key. */
export function inboxKey(callId: string): string {
  return /^[\w-]{16}$/.test(callId) ? callId : nodeCrypto().hash("sha256", callId, "base64url").slice(0, 16);
}

const LINE = /^([\w-]{16}) (\d+)(?: (?:@(.+)|(.+)))?$/;

/** The entries of a head or of a page, and the text they are kept as. Never changes. */
export class Inbox {
  static readonly empty = new Inbox(new Map(), "");

  private constructor(
    private readonly entries: ReadonlyMap<string, InboxEntry>,
    readonly text: string,
    readonly size = entries.size,
    private readonly older?: Inbox,
  ) {}

  static of(entries: ReadonlyMap<string, InboxEntry>): Inbox {
    return new Inbox(new Map(entries), Array.from(entries, formatLine).join("\n"));
  }

  /** @throws CorruptState */
  static parse(text: string): Inbox {
    if (text === "") return Inbox.empty;
    const entries = new Map<string, InboxEntry>();
    for (const line of text.split("\n")) {
      const [, key, version, part, result] = LINE.exec(line) ?? [];
      if (key === undefined) {
        throw new CorruptState("The actor's inbox has a line that cannot be read.", { field: "inbox" });
      }
      entries.set(key, {
        version: Number(version),
        ...(part === undefined ? {} : { part }),
        ...(result === undefined ? {} : { result }),
      });
    }
    return new Inbox(entries, text);
  }

  get(key: string): InboxEntry | undefined {
    return this.entries.get(key) ?? this.older?.get(key);
  }

  /** Nothing is copied: a chain has at most as many links as a head has entries. */
  plus(added: Inbox): Inbox {
    if (this.size === 0) return added;
    if (added.size === 0) return this;
    return new Inbox(added.entries, `${this.text}\n${added.text}`, this.size + added.size, this);
  }

  /** True when these entries, all committed, should leave the head before `added` are written to it. */
  mustSpillFor(added: Inbox): boolean {
    if (this.size === 0 || added.size === 0) return false;
    return (
      this.size + added.size > MAX_HEAD_ENTRIES || this.text.length + added.text.length > MAX_HEAD_INBOX_BYTES
    );
  }
}

function formatLine([key, { version, result, part }]: readonly [string, InboxEntry]): string {
  if (part !== undefined) return `${key} ${version} @${part}`;
  return result === undefined ? `${key} ${version}` : `${key} ${version} ${result}`;
}

/** The page for entries that are all committed, the newest by the commit of `version`. */
export function inboxPage(committed: Inbox, version: number, nowMs: number): Part {
  return {
    name: `${PAGE_PREFIX}${String(version).padStart(16, "0")}`,
    body: committed.text,
    expiresAtMs: nowMs + INBOX_RETENTION_MS,
  };
}

/** The part for a large result. The fence is in its name, so that another attempt cannot change it. */
export function resultPart(key: string, fence: number, body: string, nowMs: number): Part {
  return { name: `${RESULT_PREFIX}${key}#${fence}`, body, expiresAtMs: nowMs + INBOX_RETENTION_MS };
}
