/** The calls that were made from this page: what was typed, and what came of it. */
import type { CallReply } from "../server/client";
import type { Problem } from "../server/problem";
import { Cell } from "./cell";

export type CallMode = "call" | "send" | "start";

/** What somebody is about to call. */
export interface Draft {
  readonly method: string;
  readonly mode: CallMode;
  /** The arguments as they are typed. */
  readonly text: string;
}

export interface CallRecord extends Draft {
  readonly number: number;
  readonly type: string;
  readonly id: string;
  readonly atMs: number;
  readonly tookMs: number;
  readonly reply?: CallReply;
  readonly problem?: Problem;
}

const MOST_RECORDS = 50;

/** The newest first. */
export const records = new Cell<readonly CallRecord[]>([]);

export function record(call: Omit<CallRecord, "number">): void {
  const number = (records.value[0]?.number ?? 0) + 1;
  records.update((all) => [{ ...call, number }, ...all].slice(0, MOST_RECORDS));
}

/** By type: who looks at one actor after another goes on where they were. */
const drafts = new Map<string, Draft>();

export function draftOf(type: string, methods: readonly string[]): Draft {
  const draft = drafts.get(type);
  if (draft !== undefined && methods.includes(draft.method)) return draft;
  return { method: methods[0] ?? "", mode: "call", text: "" };
}

export function keepDraft(type: string, draft: Draft): void {
  drafts.set(type, draft);
}
