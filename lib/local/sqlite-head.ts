/** A head as a row of SQLite: its table, the statements that change it, and the values in them. */
import { type Address, addressKey } from "../address";
import type { Lease } from "../lease";
import type { Commit, Head, LeaseRequest, Release, Seen } from "../store";
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

const FREE = "(lease_id IS NULL OR lease_until_ms <= $nowMs)";
const AS_SEEN = "version = $version AND fence = $fence AND has_pieces = 0";
export const STILL_HELD = "key = $key AND lease_id = $leaseId AND fence = $fence";

export const ACQUIRE = `
  INSERT INTO head (key, fence, lease_id, lease_until_ms) VALUES ($key, 1, $leaseId, $untilMs)
  ON CONFLICT (key) DO UPDATE SET fence = fence + 1, lease_id = $leaseId, lease_until_ms = $untilMs
    WHERE ${FREE}
  RETURNING ${COLUMNS}`;

export const ACQUIRE_SEEN = `
  UPDATE head SET fence = fence + 1, lease_id = $leaseId, lease_until_ms = $untilMs
  WHERE key = $key AND ${AS_SEEN} AND ${FREE}
  RETURNING ${COLUMNS}`;

/** What a release can write as well as a commit. */
const WRITTEN_ON_RELEASE = `
    outbox = coalesce($outbox, outbox),
    wake_at_ms = iif($movesWake, $wakeAtMs, wake_at_ms)`;

const WRITTEN_ON_COMMIT = `
    version = version + 1,
    state = iif($removesState, NULL, coalesce($state, state)),
    schema = iif($removesState, NULL, coalesce($schema, schema)),
    inbox = coalesce($inbox, inbox),
    spilled = max(spilled, $spilled),
    failing = coalesce($failing, failing),
    reminders = coalesce($reminders, reminders),
    ${WRITTEN_ON_RELEASE}`;

export const COMMIT = `
  UPDATE head SET ${WRITTEN_ON_COMMIT},
    lease_id = iif($release, NULL, lease_id),
    lease_until_ms = iif($release, NULL, lease_until_ms)
  WHERE ${STILL_HELD} AND version = $onVersion`;

/** A head for an actor that nobody has had, as if it had been seen. */
export const CREATE = "INSERT INTO head (key, fence) VALUES ($key, 0) ON CONFLICT (key) DO NOTHING";

export const COMMIT_FREE = `
  UPDATE head SET ${WRITTEN_ON_COMMIT},
    fence = fence + 1,
    lease_id = iif($release, NULL, $leaseId),
    lease_until_ms = iif($release, NULL, $untilMs)
  WHERE key = $key AND ${AS_SEEN} AND ${FREE}`;

export const RELEASE = `
  UPDATE head SET
    lease_id = NULL,
    lease_until_ms = NULL,
    has_pieces = iif($removesPieces, 0, has_pieces),
    ${WRITTEN_ON_RELEASE}
  WHERE ${STILL_HELD}`;

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

export function heldBy(address: Address, { id, fence }: Lease) {
  return { key: addressKey(address), leaseId: id, fence };
}

/** True for an actor that nobody has had: there is no row to write to. */
export function isUnseen(seen: Seen | undefined): boolean {
  return seen !== undefined && seen.version + seen.fence === 0;
}

export function requestValues({ leaseId, nowMs, untilMs }: LeaseRequest) {
  return { leaseId, nowMs, untilMs: storable(untilMs) };
}

export function commitValues(commit: Commit) {
  const { state, schema, inbox, spilled, failing, reminders, release } = commit;
  return {
    ...releaseValues(commit),
    removesState: state === null ? 1 : 0,
    state: state ?? null,
    schema: schema ?? null,
    inbox: inbox ?? null,
    spilled: spilled ? 1 : 0,
    failing: failing ?? null,
    reminders: reminders ?? null,
    release: release ? 1 : 0,
  };
}

export function releaseValues({ outbox, wakeAtMs }: Release) {
  return { outbox: outbox ?? null, movesWake: wakeAtMs === undefined ? 0 : 1, wakeAtMs: wakeAtMs ?? null };
}

/** SQLite's integers have 64 bits; infinity has none. */
export function storable(untilMs: number): number {
  return Math.min(untilMs, Number.MAX_SAFE_INTEGER);
}
