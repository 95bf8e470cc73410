/**
 * The inbox: the calls that were applied to an actor, each with its result, so that a repeated call gets its
 * first answer instead of a second run.
 *
 * The newest entries are in the actor's head, one line each (`key version result`), and are written by the same commit
 * as the state that they led to. When they get too many, entries that were committed before are first copied to parts
 * beside the head, then dropped from it by the next commit: whatever a part says is true, so the parts of a process that
 * crashed or was fenced do no harm. They are read only for a call that may be a repetition.
 *
 *     head: the newest 30   ──►  a page of many, named by when       (generated ids)
 *                                they were sent
 *                           ──►  a part each, named by its key       (ids that callers chose)
 *
 * Why this is enough: docs/decisions/0001-inbox.md.
 */
import type { Mode } from "./envelope";
import { CorruptState } from "./errors";

export interface InboxEntry {
  readonly version: number;
  /** The encoded result; undefined when the method returned undefined, or when nobody will ask for it. */
  readonly result?: string;
  /** The name of the part that holds the encoded result, when the head does not. */
  readonly part?: string;
  /** The method failed: the result is the error, as a `WireError`. */
  readonly isFailure?: true;
  /** The method left its call open: there is no result yet. */
  readonly isPending?: true;
  /**
   * The call is not applied yet: it has saved a checkpoint, and until then made so many calls of other actors. What it calls
   * after that, when it is run again, is something else.
   */
  readonly made?: number;
  /**
   * The entry stays in the head until then. For a call that was sent twice: its first attempt may come late, not knowing
   * that there was another.
   */
  readonly keepUntilMs?: number;
}

/** Beyond either of these, committed entries move out. Small, since each commit writes the whole head. */
const MAX_HEAD_ENTRIES = 30;
const MAX_HEAD_INBOX_BYTES = 1_024;
/** Entries with a `keepUntilMs` come on top, up to this many: they are rare. */
const MAX_KEPT_ENTRIES = 100;
/** What the line of such an entry takes, about. */
const KEPT_LINE_BYTES = 40;
/** A call's attempts are run, or have failed, within 15 minutes of each other; and clocks differ. */
const KEEP_REPEATED_MS = 20 * 60_000;
/** So much a sender's clock may be ahead. */
const CLOCK_MARGIN_MS = 3_600_000;

const LINE = /^([\w~-][\w-]{15}) (\d+)(?:!([0-9a-z]+))?(?: (?:(\?)|>(\d+)|(\*)?(?:@(.+)|(.+))))?$/;

/** What stands before the lines: the {@link Marks}, as far as there are any. */
const HEADER = /^#(\d*)(?:~(\d+))?(?:\^([0-9a-z]+)(?:\.([0-9a-z]+))?)?\n(.*)$/s;

/** What the inbox says of all calls together. */
export interface Marks {
  /** Where the newest message that was done with stood in its queue. */
  readonly sequence?: string | undefined;
  /** Up to this version, checkpoints are void: the actor was destroyed, and they with it. */
  readonly voidUpTo: number;
  /** The latest moment at which a call was first sent that has entered, by its sender's clock. */
  readonly sentMs: number;
  /** The same of the calls that have left the head; undefined where that is not known. */
  readonly spilledMs?: number | undefined;
}

const NO_MARKS: Marks = { voidUpTo: 0, sentMs: 0 };

/** The entries of a head or of a part, and the text they are kept as. Never changes. */
export class Inbox {
  static readonly empty = new Inbox(new Map(), "", NO_MARKS);

  private constructor(
    private readonly entries: ReadonlyMap<string, InboxEntry>,
    private readonly lines: string,
    private readonly marks: Marks,
    private readonly older?: Inbox,
    readonly size: number = entries.size + (older?.size ?? 0),
    /** How many must stay in the head. */
    private readonly kept: number = countKept(entries) + (older?.kept ?? 0),
  ) {}

  static of(entries: ReadonlyMap<string, InboxEntry>, marks: Partial<Marks> = {}): Inbox {
    return new Inbox(new Map(entries), Array.from(entries, formatLine).join("\n"), { ...NO_MARKS, ...marks });
  }

  /** @throws CorruptState */
  static parse(text: string): Inbox {
    if (text === "") return Inbox.empty;
    const [, sequence, voidUpTo = 0, sent = "0", spilled, lines = text] = HEADER.exec(text) ?? [];
    const entries = new Map(lines === "" ? [] : lines.split("\n").map(parseLine));
    const marks = {
      sequence: sequence || undefined,
      voidUpTo: Number(voidUpTo),
      sentMs: Number.parseInt(sent, 36),
      spilledMs: spilled === undefined ? undefined : Number.parseInt(spilled, 36),
    };
    return new Inbox(entries, lines, marks);
  }

  get text(): string {
    const header = formatMarks(this.marks);
    return header === "" ? this.lines : `#${header}\n${this.lines}`;
  }

  /** Where the newest message that was done with stood in its queue. */
  get sequence(): string | undefined {
    return this.marks.sequence;
  }

  /** The latest moment at which a call was first sent that has left the head; undefined where that is not known. */
  get spilledMs(): number | undefined {
    return this.marks.spilledMs;
  }

  get(key: string): InboxEntry | undefined {
    return this.entries.get(key) ?? this.older?.get(key);
  }

  /** True for an entry that is no longer of use: a checkpoint of an actor that was destroyed since. */
  isVoid({ made, version }: InboxEntry): boolean {
    return made !== undefined && version <= this.marks.voidUpTo;
  }

  /** With the checkpoints void that were committed up to a version. */
  withoutCheckpoints(version: number): Inbox {
    return this.marked({ ...this.marks, voidUpTo: version });
  }

  /** Nothing is copied: a chain has at most as many links as a head has entries. */
  plus(added: Inbox): Inbox {
    const marks = {
      ...this.marks,
      sequence: added.sequence ?? this.sequence,
      sentMs: Math.max(this.marks.sentMs, added.marks.sentMs),
    };
    if (added.size === 0) return this.marked(marks);
    if (this.size === 0) return new Inbox(added.entries, added.lines, marks);
    return new Inbox(added.entries, `${this.lines}\n${added.lines}`, marks, this);
  }

  /** True when entries of this inbox, all committed, should leave the head before `added` are written to it. */
  mustSpillFor(added: Inbox): boolean {
    if (this.size === 0 || added.size === 0) return false;
    if (this.kept > MAX_KEPT_ENTRIES) return true;
    const entries = this.size - this.kept;
    const bytes = this.lines.length - this.kept * KEPT_LINE_BYTES;
    return (
      entries > 0 &&
      (entries + added.size > MAX_HEAD_ENTRIES || bytes + added.lines.length > MAX_HEAD_INBOX_BYTES)
    );
  }

  /** Divides the entries into those that stay in the head and those that leave it. */
  spill(nowMs: number): {
    readonly stays: Inbox;
    readonly leaves: ReadonlyMap<string, InboxEntry>;
    readonly sentMs: number;
  } {
    const all = this.all();
    const kept = all.filter(([, { keepUntilMs = 0 }]) => keepUntilMs > nowMs).slice(-MAX_KEPT_ENTRIES);
    const stays = new Map(kept);
    return {
      stays: Inbox.of(stays, { ...this.marks, spilledMs: this.marks.sentMs }),
      leaves: new Map(all.filter(([key]) => !stays.has(key))),
      sentMs: this.marks.sentMs,
    };
  }

  private marked(marks: Marks): Inbox {
    return new Inbox(this.entries, this.lines, marks, this.older, this.size, this.kept);
  }

  /** Oldest first. */
  all(): [string, InboxEntry][] {
    return [...(this.older?.all() ?? []), ...this.entries];
  }
}

/** Empty text where there are none. */
function formatMarks({ sequence = "", voidUpTo, sentMs, spilledMs }: Marks): string {
  const voided = voidUpTo === 0 ? "" : `~${voidUpTo}`;
  const spilled = spilledMs === undefined ? "" : `.${spilledMs.toString(36)}`;
  const sent = sentMs === 0 && spilled === "" ? "" : `^${sentMs.toString(36)}${spilled}`;
  return sequence + voided + sent;
}

function countKept(entries: ReadonlyMap<string, InboxEntry>): number {
  let count = 0;
  for (const { keepUntilMs } of entries.values()) if (keepUntilMs !== undefined) count++;
  return count;
}

/**
 * True for a call that may have been applied before, and have left the head, although nothing marks it as a repetition: a copy that
 * was delivered twice, or held up on its way. A message is one unless it stands behind the newest that was applied. A call is one
 * unless it was sent after all that have left the head: a copy says the same time as the first, so no clock is compared with another.
 */
export function mayBeCopy(call: InboxCall, inbox: Inbox, nowMs: number): boolean {
  const { mode, sequence, sentAtMs } = call;
  if (mode !== "call") {
    return sequence === undefined || (inbox.sequence !== undefined && !isAfter(sequence, inbox.sequence));
  }
  const { spilledMs } = inbox;
  if (sentAtMs === undefined || spilledMs === undefined || sentAtMs <= spilledMs) return true;
  return sentAtMs > nowMs + CLOCK_MARGIN_MS / 2;
}

/**
 * The latest moment that calls together are noted with. One that says it was sent even later, or not much earlier, is always looked
 * up instead: it must not make all others so.
 */
export function latestMark(nowMs: number): number {
  return nowMs + CLOCK_MARGIN_MS;
}

/** What of a call decides whether it is looked up. */
export interface InboxCall {
  readonly mode: Mode;
  readonly sentAtMs: number | undefined;
  readonly sequence?: string | undefined;
}

/** True when one place in a queue comes after another. Places are numbers of up to 128 bits, in decimal. */
export function isAfter(one: string, other: string): boolean {
  return one.length === other.length ? one > other : one.length > other.length;
}

/** Until when the head keeps the entry of a call of which another attempt may be on its way. */
export function keepRepeatedUntilMs(nowMs: number): number {
  return nowMs + KEEP_REPEATED_MS;
}

function parseLine(line: string): [string, InboxEntry] {
  const [, key, version, keepUntil, pending, made, failure, part, result] = LINE.exec(line) ?? [];
  if (key === undefined) {
    throw new CorruptState("The actor's inbox has a line that cannot be read.", { field: "inbox" });
  }
  const entry = {
    version: Number(version),
    ...(keepUntil === undefined ? {} : { keepUntilMs: Number.parseInt(keepUntil, 36) * 1_000 }),
    ...(pending === undefined ? {} : { isPending: true as const }),
    ...(made === undefined ? {} : { made: Number(made) }),
    ...(failure === undefined ? {} : { isFailure: true as const }),
    ...(part === undefined ? {} : { part }),
    ...(result === undefined ? {} : { result }),
  };
  return [key, entry];
}

export function formatLine([key, entry]: readonly [string, InboxEntry]): string {
  const { version, keepUntilMs, isPending, made, isFailure, part, result } = entry;
  const kept = keepUntilMs === undefined ? "" : `!${Math.ceil(keepUntilMs / 1_000).toString(36)}`;
  const kind = isFailure ? "*" : "";
  const outcome = isPending
    ? " ?"
    : made !== undefined
      ? ` >${made}`
      : part !== undefined
        ? ` ${kind}@${part}`
        : result !== undefined
          ? ` ${kind}${result}`
          : "";
  return `${key} ${version}${kept}${outcome}`;
}
