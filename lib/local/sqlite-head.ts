/** A head as a row of SQLite: its table, how it is read, and what of it a commit or a release changes. */
import type { Commit, Head, Release } from "../store";
import type { AddedColumns } from "./database";

export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS head (
    key TEXT PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL,
    lease_id TEXT,
    lease_until_ms INTEGER,
    state TEXT,
    schema INTEGER,
    has_pieces INTEGER NOT NULL DEFAULT 0,
    inbox TEXT NOT NULL DEFAULT '',
    spilled INTEGER NOT NULL DEFAULT 0,
    failing TEXT NOT NULL DEFAULT '',
    outbox TEXT NOT NULL DEFAULT '',
    reminders TEXT NOT NULL DEFAULT '',
    wake_at_ms INTEGER,
    used_at_ms INTEGER,
    expires_at_ms INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS head_wake ON head (wake_at_ms, key) WHERE wake_at_ms IS NOT NULL;
  CREATE INDEX IF NOT EXISTS head_expiry ON head (expires_at_ms) WHERE expires_at_ms IS NOT NULL;
`;

/** What the table of version 0.1.0 lacks. */
export const ADDED_TO_HEAD: AddedColumns = {
  has_pieces: "INTEGER NOT NULL DEFAULT 0",
  failing: "TEXT NOT NULL DEFAULT ''",
  outbox: "TEXT NOT NULL DEFAULT ''",
  reminders: "TEXT NOT NULL DEFAULT ''",
  wake_at_ms: "INTEGER",
  used_at_ms: "INTEGER",
  expires_at_ms: "INTEGER",
};

export const COLUMNS = `version, fence, lease_id, lease_until_ms, state, schema, has_pieces, inbox, spilled, failing, outbox, reminders,
  wake_at_ms, used_at_ms, expires_at_ms`;

export interface HeadRow {
  version: number;
  fence: number;
  lease_id: string | null;
  lease_until_ms: number | null;
  state: string | null;
  schema: number | null;
  has_pieces: number;
  inbox: string;
  spilled: number;
  failing: string;
  outbox: string;
  reminders: string;
  wake_at_ms: number | null;
  used_at_ms: number | null;
  expires_at_ms: number | null;
}

export function headOf(row: HeadRow): Head {
  return {
    version: row.version,
    fence: row.fence,
    ...(row.lease_id === null ? {} : { leaseId: row.lease_id }),
    ...(row.lease_until_ms === null ? {} : { leaseUntilMs: row.lease_until_ms }),
    ...(row.state === null ? {} : { state: { text: row.state, schema: row.schema ?? 1 } }),
    hasPieces: row.has_pieces === 1,
    inbox: row.inbox,
    spilled: row.spilled === 1,
    failing: row.failing,
    outbox: row.outbox,
    reminders: row.reminders,
    ...(row.wake_at_ms === null ? {} : { wakeAtMs: row.wake_at_ms }),
    ...(row.used_at_ms === null ? {} : { usedAtMs: row.used_at_ms }),
    ...(row.expires_at_ms === null ? {} : { expiresAtMs: row.expires_at_ms }),
  };
}

/** Columns with what they shall be; those that are absent or undefined stay as they are. */
export type Changes = { readonly [Column in keyof HeadRow]?: HeadRow[Column] | undefined };

/** What becomes of a lease that is given back. */
export const FREED = { lease_id: null, lease_until_ms: null } as const;

export function changesOfCommit(commit: Commit): Changes {
  const { onVersion, state, schema, inbox, spilled, failing, reminders } = commit;
  return {
    version: onVersion + 1,
    state,
    schema: state === null ? null : schema,
    inbox,
    spilled: spilled ? 1 : undefined,
    failing,
    reminders,
    ...changesOfRelease(commit),
  };
}

export function changesOfRelease({ outbox, wakeAtMs, usedAtMs, expiresAtMs }: Release): Changes {
  return { outbox, wake_at_ms: wakeAtMs, used_at_ms: usedAtMs, expires_at_ms: expiresAtMs };
}

/** SQLite's integers have 64 bits; infinity has none. */
export function storable(untilMs: number): number {
  return Math.min(untilMs, Number.MAX_SAFE_INTEGER);
}
