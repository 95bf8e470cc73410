/** The store on `node:sqlite`: the heads in a table of their own; `local/sqlite-parts.ts` keeps the parts. */
import type { StatementSync } from "node:sqlite";
import { type Address, addressKey, parseAddressKey } from "../address";
import { type Clock, systemClock } from "../clock";
import { UnexpectedEvent } from "../errors";
import type { Lease } from "../lease";
import { quote } from "../quote";
import type { Acquired, Commit, Committed, Head, LeaseRequest, Part, Release, Store } from "../store";
import type { DuePage } from "../wake";
import type { AddedColumns, LocalDatabase } from "./database";
import { SqliteExpiry, saysOfExpiry } from "./sqlite-expiry";
import { SqliteParts } from "./sqlite-parts";

const SCHEMA = `
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
const ADDED_TO_HEAD: AddedColumns = {
  has_pieces: "INTEGER NOT NULL DEFAULT 0",
  failing: "TEXT NOT NULL DEFAULT ''",
  outbox: "TEXT NOT NULL DEFAULT ''",
  reminders: "TEXT NOT NULL DEFAULT ''",
  wake_at_ms: "INTEGER",
  used_at_ms: "INTEGER",
  expires_at_ms: "INTEGER",
};

const COLUMNS = `version, fence, lease_id, lease_until_ms, state, schema, has_pieces, inbox, spilled, failing, outbox, reminders,
  wake_at_ms, used_at_ms, expires_at_ms`;

const ACQUIRE = `
  INSERT INTO head (key, fence, lease_id, lease_until_ms) VALUES ($key, 1, $leaseId, $untilMs)
  ON CONFLICT (key) DO UPDATE SET fence = fence + 1, lease_id = $leaseId, lease_until_ms = $untilMs
    WHERE lease_id IS NULL OR lease_until_ms <= $nowMs
  RETURNING ${COLUMNS}`;

const STILL_HELD = "key = $key AND lease_id = $leaseId AND fence = $fence";

/** What a release can write as well as a commit. */
const WRITTEN_ON_RELEASE = `
    outbox = coalesce($outbox, outbox),
    wake_at_ms = iif($movesWake, $wakeAtMs, wake_at_ms)`;

const COMMIT = `
  UPDATE head SET
    version = version + 1,
    state = iif($removesState, NULL, coalesce($state, state)),
    schema = iif($removesState, NULL, coalesce($schema, schema)),
    inbox = coalesce($inbox, inbox),
    spilled = max(spilled, $spilled),
    failing = coalesce($failing, failing),
    reminders = coalesce($reminders, reminders),
    lease_id = iif($release, NULL, lease_id),
    lease_until_ms = iif($release, NULL, lease_until_ms),
    ${WRITTEN_ON_RELEASE}
  WHERE ${STILL_HELD} AND version = $onVersion`;

const RELEASE = `
  UPDATE head SET
    lease_id = NULL,
    lease_until_ms = NULL,
    has_pieces = iif($removesPieces, 0, has_pieces),
    ${WRITTEN_ON_RELEASE}
  WHERE ${STILL_HELD}`;

const MAX_PAGE_ROWS = 100;
/** From a row on, not from a moment on: more than a page may be due at the same one. */
const READ_DUE = `
  SELECT key, wake_at_ms FROM head
  WHERE wake_at_ms <= $untilMs AND (wake_at_ms, key) > ($afterMs, $afterKey)
  ORDER BY wake_at_ms, key LIMIT ${MAX_PAGE_ROWS}`;

/** As much as with DynamoDB, about: what works on a laptop works there. */
const MAX_PART_BYTES = 390 * 1_024;

interface HeadRow {
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

interface DueRow {
  key: string;
  wake_at_ms: number;
}

export class SqliteStore implements Store {
  readonly wakeShards = 1;
  readonly maxPartBytes = MAX_PART_BYTES;
  private readonly parts: SqliteParts;
  private readonly expiry: SqliteExpiry;
  private readonly statements: Record<
    "acquire" | "commit" | "release" | "renew" | "read" | "readDue",
    StatementSync
  >;

  /**
   * @param clock decides what has expired
   * @throws StoreUnavailable when the tables cannot be made
   */
  constructor(
    private readonly database: LocalDatabase,
    clock: Clock = systemClock,
  ) {
    database.define(SCHEMA, { head: ADDED_TO_HEAD });
    this.parts = new SqliteParts(database, clock);
    this.expiry = new SqliteExpiry(database, clock);
    const prepare = (sql: string) => database.prepare(sql);
    this.statements = {
      acquire: prepare(ACQUIRE),
      commit: prepare(COMMIT),
      release: prepare(RELEASE),
      renew: prepare(`
        UPDATE head SET lease_until_ms = $untilMs, has_pieces = max(has_pieces, $hasPieces)
        WHERE ${STILL_HELD}`),
      read: prepare(`SELECT ${COLUMNS} FROM head WHERE key = $key`),
      readDue: prepare(READ_DUE),
    };
  }

  acquire(address: Address, { leaseId, nowMs, untilMs }: LeaseRequest): Promise<Acquired> {
    const key = addressKey(address);
    return this.database.write((): Acquired => {
      const row = this.statements.acquire.get({ key, leaseId, nowMs, untilMs: storable(untilMs) }) as
        | HeadRow
        | undefined;
      if (row !== undefined) return { acquired: true, head: headOf(row) };
      const head = this.head(key) as Head;
      if (head.leaseId === leaseId) return { acquired: true, head };
      return { acquired: false, leaseUntilMs: head.leaseUntilMs ?? nowMs };
    });
  }

  commit(address: Address, lease: Lease, commit: Commit): Promise<Committed> {
    const { onVersion, state, schema, inbox, spilled, failing, reminders, release } = commit;
    const values = {
      ...heldBy(address, lease),
      ...releaseValues(commit),
      onVersion,
      removesState: state === null ? 1 : 0,
      state: state ?? null,
      schema: schema ?? null,
      inbox: inbox ?? null,
      spilled: spilled ? 1 : 0,
      failing: failing ?? null,
      reminders: reminders ?? null,
      release: release ? 1 : 0,
    };
    return this.database.write(
      (): Committed => {
        const { changes } = this.statements.commit.run(values);
        if (changes === 0) return { committed: false, current: this.head(values.key) };
        this.expiry.write(values.key, commit);
        return { committed: true };
      },
      { atomic: saysOfExpiry(commit) },
    );
  }

  async release(address: Address, lease: Lease, release: Release): Promise<void> {
    const removesPieces = release.hasPieces === false ? 1 : 0;
    const values = { ...heldBy(address, lease), ...releaseValues(release), removesPieces };
    await this.database.write(
      () => {
        const { changes } = this.statements.release.run(values);
        if (changes === 1) this.expiry.write(values.key, release);
      },
      { atomic: saysOfExpiry(release) },
    );
  }

  renew(
    address: Address,
    lease: Lease,
    untilMs: number,
    marks?: { readonly hasPieces: true },
  ): Promise<boolean> {
    const values = {
      ...heldBy(address, lease),
      untilMs: storable(untilMs),
      hasPieces: marks === undefined ? 0 : 1,
    };
    return this.database.write(() => this.statements.renew.run(values).changes === 1);
  }

  async read(address: Address): Promise<Head | undefined> {
    return this.database.read(() => this.head(addressKey(address)));
  }

  writeParts(address: Address, parts: readonly Part[], removed?: readonly string[]): Promise<void> {
    return this.parts.write(address, parts, removed);
  }

  readPart(address: Address, name: string): Promise<Part | undefined> {
    return this.parts.readOne(address, name);
  }

  readParts(address: Address, prefix: string, from?: string): Promise<Part[]> {
    return this.parts.readRange(address, prefix, from);
  }

  async readDue(_shard: number, untilMs: number, after?: string): Promise<DuePage> {
    const values = { untilMs, ...(after === undefined ? BEFORE_ALL : endOfPage(after)) };
    const rows = this.database.read(() => this.statements.readDue.all(values)) as unknown as DueRow[];
    const due = rows.map(({ key, wake_at_ms: wakeAtMs }) => ({ address: parseAddressKey(key), wakeAtMs }));
    const last = rows[MAX_PAGE_ROWS - 1];
    return last === undefined ? { due } : { due, next: `${last.wake_at_ms} ${last.key}` };
  }

  private head(key: string): Head | undefined {
    const row = this.statements.read.get({ key }) as HeadRow | undefined;
    return row === undefined ? undefined : headOf(row);
  }
}

function headOf(row: HeadRow): Head {
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

function heldBy(address: Address, { id, fence }: Lease) {
  return { key: addressKey(address), leaseId: id, fence };
}

function releaseValues({ outbox, wakeAtMs }: Release) {
  return { outbox: outbox ?? null, movesWake: wakeAtMs === undefined ? 0 : 1, wakeAtMs: wakeAtMs ?? null };
}

/** Where a page ended: the moment and the key of its last row. */
interface EndOfPage {
  readonly afterMs: number;
  readonly afterKey: string;
}

const BEFORE_ALL: EndOfPage = { afterMs: Number.NEGATIVE_INFINITY, afterKey: "" };

/** @throws UnexpectedEvent when `next` is not that of a page */
function endOfPage(next: string): EndOfPage {
  const [, moment, afterKey] = /^(\S+) (.+)$/s.exec(next) ?? [];
  const afterMs = Number(moment);
  if (afterKey !== undefined && Number.isFinite(afterMs)) return { afterMs, afterKey };
  throw new UnexpectedEvent(`${quote(next)} is not the "next" of a page of due actors.`, { field: "after" });
}

/** SQLite's integers have 64 bits; infinity has none. */
function storable(untilMs: number): number {
  return Math.min(untilMs, Number.MAX_SAFE_INTEGER);
}
