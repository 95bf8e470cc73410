/** The store on `node:sqlite`: the heads in a table of their own; `local/sqlite-parts.ts` keeps the parts. */
import type { StatementSync } from "node:sqlite";
import { type Address, addressKey, parseAddressKey } from "../address";
import { type Clock, systemClock } from "../clock";
import { UnexpectedEvent } from "../errors";
import type { Lease } from "../lease";
import { quote } from "../quote";
import type {
  Acquired,
  Commit,
  Committed,
  Head,
  LeaseRequest,
  Part,
  Release,
  Seen,
  Store,
  Unheld,
} from "../store";
import type { DuePage } from "../wake";
import type { LocalDatabase } from "./database";
import { SqliteExpiry, saysOfExpiry } from "./sqlite-expiry";
import {
  ADDED_TO_HEAD,
  type Changes,
  COLUMNS,
  changesOfCommit,
  changesOfRelease,
  FREED,
  type HeadRow,
  headOf,
  SCHEMA,
  storable,
} from "./sqlite-head";
import { SqliteParts } from "./sqlite-parts";
import { AS_SEEN, FREE, freeAsSeen, HeadUpdates, held } from "./sqlite-updates";

const ACQUIRE = `
  INSERT INTO head (key, fence, lease_id, lease_until_ms) VALUES (?1, 1, ?2, ?3)
  ON CONFLICT (key) DO UPDATE SET fence = fence + 1, lease_id = ?2, lease_until_ms = ?3 WHERE ${FREE}
  RETURNING ${COLUMNS}`;

const ACQUIRE_SEEN = `
  UPDATE head SET fence = fence + 1, lease_id = ?, lease_until_ms = ? WHERE key = ? AND ${AS_SEEN}
  RETURNING ${COLUMNS}`;

/** A head for an actor that nobody has had, as if it had been seen. */
const CREATE = "INSERT INTO head (key, fence) VALUES (?, 0) ON CONFLICT (key) DO NOTHING";

const MAX_PAGE_ROWS = 100;
/** From a row on, not from a moment on: more than a page may be due at the same one. */
const READ_DUE = `
  SELECT key, wake_at_ms FROM head
  WHERE wake_at_ms <= $untilMs AND (wake_at_ms, key) > ($afterMs, $afterKey)
  ORDER BY wake_at_ms, key LIMIT ${MAX_PAGE_ROWS}`;

/** As much as with DynamoDB, about: what works on a laptop works there. */
const MAX_PART_BYTES = 390 * 1_024;

interface DueRow {
  key: string;
  wake_at_ms: number;
}

export class SqliteStore implements Store {
  readonly wakeShards = 1;
  readonly maxPartBytes = MAX_PART_BYTES;
  private readonly parts: SqliteParts;
  private readonly expiry: SqliteExpiry;
  private readonly heads: HeadUpdates;
  private readonly statements: Record<
    "acquire" | "acquireSeen" | "create" | "read" | "readDue",
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
    this.heads = new HeadUpdates(database);
    const prepare = (sql: string) => database.prepare(sql);
    this.statements = {
      acquire: prepare(ACQUIRE),
      acquireSeen: prepare(ACQUIRE_SEEN),
      create: prepare(CREATE),
      read: prepare(`SELECT ${COLUMNS} FROM head WHERE key = ?`),
      readDue: prepare(READ_DUE),
    };
  }

  acquire(address: Address, request: LeaseRequest, seen?: Seen): Promise<Acquired> {
    const key = addressKey(address);
    return this.database.write(
      (): Acquired => {
        const row = this.acquired(key, request, seen) as HeadRow | undefined;
        if (row !== undefined) return { acquired: true, head: headOf(row) };
        const current = this.head(key);
        if (current?.leaseId === request.leaseId) return { acquired: true, head: current };
        return { acquired: false, current };
      },
      { atomic: isUnseen(seen) },
    );
  }

  commit(address: Address, right: Lease | Unheld, commit: Commit): Promise<Committed> {
    const key = addressKey(address);
    const isFirst = "seen" in right && isUnseen(right.seen);
    const changes = { ...changesOfCommit(commit), ...leaseAfter(right, commit) };
    const condition = "seen" in right ? freeAsSeen(right.seen, right.request) : held(right, commit.onVersion);
    return this.database.write(
      (): Committed => {
        if (isFirst) this.statements.create.run(key);
        if (!this.heads.write(key, changes, condition)) return { committed: false, current: this.head(key) };
        this.expiry.dropAfter(commit);
        return { committed: true };
      },
      { atomic: isFirst || saysOfExpiry(commit) },
    );
  }

  async release(address: Address, lease: Lease, release: Release): Promise<void> {
    const pieces: Changes = release.hasPieces === false ? { has_pieces: 0 } : {};
    const changes = { ...FREED, ...pieces, ...changesOfRelease(release) };
    await this.database.write(
      () => {
        if (this.heads.write(addressKey(address), changes, held(lease))) this.expiry.dropAfter(release);
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
    const pieces: Changes = marks?.hasPieces ? { has_pieces: 1 } : {};
    const changes = { lease_until_ms: storable(untilMs), ...pieces };
    return this.database.write(() => this.heads.write(addressKey(address), changes, held(lease)));
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

  private acquired(key: string, request: LeaseRequest, seen: Seen | undefined): unknown {
    const { acquire, acquireSeen, create } = this.statements;
    const { leaseId, nowMs } = request;
    const untilMs = storable(request.untilMs);
    if (seen === undefined) return acquire.get(key, leaseId, untilMs, nowMs);
    if (isUnseen(seen)) create.run(key);
    return acquireSeen.get(leaseId, untilMs, key, ...freeAsSeen(seen, request).values);
  }

  private head(key: string): Head | undefined {
    const row = this.statements.read.get(key) as HeadRow | undefined;
    return row === undefined ? undefined : headOf(row);
  }
}

/** True for an actor that nobody has had: there is no row to write to. */
function isUnseen(seen: Seen | undefined): boolean {
  return seen !== undefined && seen.version + seen.fence === 0;
}

/** What a commit makes of the lease. */
function leaseAfter(right: Lease | Unheld, { release }: Commit): Changes {
  if (!("seen" in right)) return release ? FREED : {};
  const { seen, request } = right;
  const fence = seen.fence + 1;
  if (!release) return { lease_id: request.leaseId, lease_until_ms: storable(request.untilMs), fence };
  return seen.leaseId === undefined ? { fence } : { ...FREED, fence };
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
