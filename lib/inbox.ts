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
  readonly result?: string | undefined;
  /** The name of the part that holds the encoded result, when the head does not. */
  readonly part?: string | undefined;
  /** The method failed: the result is the error, as a `WireError`. */
  readonly isFailure?: true | undefined;
  /** The method left its call open: there is no result yet. */
  readonly isPending?: true | undefined;
  /**
   * The call is not applied yet: it has saved a checkpoint, and until then made so many calls of other actors. What it calls
   * after that, when it is run again, is something else.
   */
  readonly made?: number | undefined;
  /**
   * The entry stays in the head until then. For a call that was sent twice: its first attempt may come late, not knowing
   * that there was another.
   */
  readonly keepUntilMs?: number | undefined;
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
  /** The same of the calls that have left the head, to the base 36; undefined where that is not known. */
  readonly spilled?: string | undefined;
}

const NO_MARKS: Marks = { voidUpTo: 0, sentMs: 0 };

/**
 * The entries of a head or of a part, as the text that is stored: hardly any of them is ever looked at again, so none is kept as an
 * object. Never changes.
 */
export class Inbox {
  static readonly empty = new Inbox("", 0, NO_MARKS, 0, 0);

  private constructor(
    /** What stands for the marks, if there are any, and then a line for each entry, the oldest first. */
    readonly text: string,
    /** Where in it the lines begin. */
    private readonly start: number,
    private readonly marks: Marks,
    readonly size: number,
    /** How many must stay in the head. */
    private readonly kept: number,
  ) {}

  static of(entries: ReadonlyMap<string, InboxEntry>, marks: Partial<Marks> = {}): Inbox {
    let lines = "";
    let kept = 0;
    for (const entry of entries) {
      lines += lines === "" ? formatLine(entry) : `\n${formatLine(entry)}`;
      if (entry[1].keepUntilMs !== undefined) kept++;
    }
    return Inbox.written(lines, { ...NO_MARKS, ...marks }, entries.size, kept);
  }

  /** @throws CorruptState */
  static parse(text: string): Inbox {
    if (text === "") return Inbox.empty;
    const [, sequence, voidUpTo = 0, sent = "0", spilled, rest = text] = HEADER.exec(text) ?? [];
    const lines = rest === "" ? [] : rest.split("\n");
    let kept = 0;
    for (const line of lines) if (parseLine(line)[1].keepUntilMs !== undefined) kept++;
    const marks = {
      sequence: sequence || undefined,
      voidUpTo: Number(voidUpTo),
      sentMs: Number.parseInt(sent, 36),
      spilled,
    };
    return new Inbox(text, text.length - rest.length, marks, lines.length, kept);
  }

  private static written(lines: string, marks: Marks, size: number, kept: number): Inbox {
    const written = formatMarks(marks);
    if (written === "") return new Inbox(lines, 0, marks, size, kept);
    return new Inbox(`#${written}\n${lines}`, written.length + 2, marks, size, kept);
  }

  /** Where the newest message that was done with stood in its queue. */
  get sequence(): string | undefined {
    return this.marks.sequence;
  }

  /** The latest moment at which a call was first sent that has left the head; undefined where that is not known. */
  get spilledMs(): number | undefined {
    const { spilled } = this.marks;
    return spilled === undefined ? undefined : Number.parseInt(spilled, 36);
  }

  /** The newest entry of a call. */
  get(key: string): InboxEntry | undefined {
    const { text } = this;
    // Nothing in a line has a line break: results are JSON.
    const before = text.lastIndexOf(`\n${key} `);
    if (before === -1 && !text.startsWith(`${key} `)) return undefined;
    const end = text.indexOf("\n", before + 1);
    return parseLine(text.slice(before + 1, end === -1 ? undefined : end))[1];
  }

  /** True for an entry that is no longer of use: a checkpoint of an actor that was destroyed since. */
  isVoid({ made, version }: InboxEntry): boolean {
    return made !== undefined && version <= this.marks.voidUpTo;
  }

  /** With the checkpoints void that were committed up to a version. */
  withoutCheckpoints(version: number): Inbox {
    return Inbox.written(this.lines, { ...this.marks, voidUpTo: version }, this.size, this.kept);
  }

  /** @param marks of the calls that are added */
  plus(added: Inbox, { sequence, sentMs }: Pick<Marks, "sequence" | "sentMs">): Inbox {
    const { voidUpTo, spilled } = this.marks;
    const marks = {
      sequence: sequence ?? this.sequence,
      voidUpTo,
      sentMs: Math.max(this.marks.sentMs, sentMs),
      spilled,
    };
    const { lines } = this;
    const all = lines === "" || added.size === 0 ? lines + added.lines : `${lines}\n${added.lines}`;
    return Inbox.written(all, marks, this.size + added.size, this.kept + added.kept);
  }

  /** True when entries of this inbox, all committed, should leave the head before `added` are written to it. */
  mustSpillFor(added: Inbox): boolean {
    if (this.size === 0 || added.size === 0) return false;
    if (this.kept > MAX_KEPT_ENTRIES) return true;
    const entries = this.size - this.kept;
    const bytes = this.text.length - this.start - this.kept * KEPT_LINE_BYTES;
    const addedBytes = added.text.length - added.start;
    return (
      entries > 0 && (entries + added.size > MAX_HEAD_ENTRIES || bytes + addedBytes > MAX_HEAD_INBOX_BYTES)
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
      stays: Inbox.of(stays, { ...this.marks, spilled: this.marks.sentMs.toString(36) }),
      leaves: new Map(all.filter(([key]) => !stays.has(key))),
      sentMs: this.marks.sentMs,
    };
  }

  /** Each call once, by its newest entry; the oldest first. */
  all(): [string, InboxEntry][] {
    return this.size === 0 ? [] : [...new Map(this.lines.split("\n").map(parseLine))];
  }

  /** A part of the text, so that what is made of it is soon one text again, and not a chain of all that were put together. */
  private get lines(): string {
    return this.start === 0 ? this.text : this.text.slice(this.start);
  }
}

/** Empty text where there are none. */
function formatMarks({ sequence = "", voidUpTo, sentMs, spilled }: Marks): string {
  const voided = voidUpTo === 0 ? "" : `~${voidUpTo}`;
  const left = spilled === undefined ? "" : `.${spilled}`;
  const sent = sentMs === 0 && left === "" ? "" : `^${sentMs.toString(36)}${left}`;
  return sequence + voided + sent;
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
