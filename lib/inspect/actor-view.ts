/**
 * An actor as it is stored, for people to look at. What cannot be read is named and left out, the rest is shown: a damaged actor is
 * the one that somebody looks at.
 */
import { type Address, addressKey } from "../address";
import { type Effect, parseEffects } from "../effects";
import { Inbox, type InboxEntry } from "../inbox";
import { parseReminders, type Reminder } from "../reminders/reminder";
import { type FailingMessage, parseFailing } from "../runtime/attempts";
import type { Head, StoredState } from "../store";
import type { Json } from "../values/codec";
import { parseStored } from "../values/stored-json";

/** What of an actor's record could not be read, and why. */
export interface Unreadable {
  readonly field: string;
  readonly message: string;
}

/** A call that was applied, by its key in the inbox. */
export interface AppliedCall extends InboxEntry {
  readonly key: string;
}

/** JSON as it is: it also travels over HTTP like that. */
export interface ActorView {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly fence: number;
  /** The lease that somebody holds, or held and did not give back. */
  readonly lease?: { readonly id: string; readonly untilMs: number };
  /** Packed, see `values/codec.ts`. Absent for an actor that has none: it was destroyed, or never committed. */
  readonly state?: Json;
  readonly schema?: number;
  /** Of the state's text. */
  readonly stateBytes: number;
  /** The state is in parts beside the head. */
  readonly isLarge: boolean;
  readonly reminders: readonly Reminder[];
  /** What is committed and perhaps not delivered. */
  readonly outbox: readonly Effect[];
  /** The newest first; older ones are beside the head when `hasOlderCalls`. */
  readonly applied: readonly AppliedCall[];
  readonly hasOlderCalls: boolean;
  /** The message that failed last. */
  readonly failing?: FailingMessage;
  readonly wakeAtMs?: number;
  readonly usedAtMs?: number;
  readonly expiresAtMs?: number;
  readonly unreadable: readonly Unreadable[];
}

/** @param state the whole of it, or what came of reading it */
export function viewOf(
  address: Address,
  head: Head,
  state: StoredState | undefined,
  unreadable: readonly Unreadable[] = [],
): ActorView {
  const problems = [...unreadable];
  const read = <T>(field: string, parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (thrown) {
      problems.push({ field, message: thrown instanceof Error ? thrown.message : String(thrown) });
      return undefined;
    }
  };
  const { leaseId, leaseUntilMs, wakeAtMs, usedAtMs, expiresAtMs } = head;
  const packed = state && read("state", () => parseStored(state.text, addressKey(address)) as Json);
  const failing = read("failing", () => parseFailing(head.failing));
  return {
    ...address,
    version: head.version,
    fence: head.fence,
    ...(leaseId === undefined ? {} : { lease: { id: leaseId, untilMs: leaseUntilMs ?? 0 } }),
    ...(packed === undefined ? {} : { state: packed }),
    ...(state === undefined ? {} : { schema: state.schema }),
    stateBytes: state === undefined ? 0 : Buffer.byteLength(state.text),
    isLarge: head.hasPieces,
    reminders: [...(read("reminders", () => parseReminders(head.reminders))?.values() ?? [])],
    outbox: read("outbox", () => parseEffects(head.outbox)) ?? [],
    applied: read("inbox", () => appliedCalls(head.inbox)) ?? [],
    hasOlderCalls: head.spilled,
    ...(failing === undefined ? {} : { failing }),
    ...(wakeAtMs === undefined ? {} : { wakeAtMs }),
    ...(usedAtMs === undefined ? {} : { usedAtMs }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    unreadable: problems,
  };
}

function appliedCalls(inbox: string): readonly AppliedCall[] {
  return Inbox.parse(inbox)
    .all()
    .reverse()
    .map(([key, entry]) => ({ key, ...entry }));
}
