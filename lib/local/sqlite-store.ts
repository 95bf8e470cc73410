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
  ACQUIRE,
  ACQUIRE_SEEN,
  ADDED_TO_HEAD,
  COLUMNS,
  COMMIT,
  COMMIT_FREE,
  CREATE,
  commitValues,
  type HeadRow,
  headOf,
  heldBy,
  isUnseen,
  RELEASE,
  releaseValues,
  requestValues,
  SCHEMA,
  STILL_HELD,
  storable,
} from "./sqlite-head";
import { SqliteParts } from "./sqlite-parts";

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
  private readonly statements: Record<
    "acquire" | "acquireSeen" | "create" | "commit" | "commitFree" | "release" | "renew" | "read" | "readDue",
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
      acquireSeen: prepare(ACQUIRE_SEEN),
      create: prepare(CREATE),
      commit: prepare(COMMIT),
      commitFree: prepare(COMMIT_FREE),
      release: prepare(RELEASE),
      renew: prepare(`
        UPDATE head SET lease_until_ms = $untilMs, has_pieces = max(has_pieces, $hasPieces)
        WHERE ${STILL_HELD}`),
      read: prepare(`SELECT ${COLUMNS} FROM head WHERE key = $key`),
      readDue: prepare(READ_DUE),
    };
  }

  acquire(address: Address, request: LeaseRequest, seen?: Seen): Promise<Acquired> {
    const key = addressKey(address);
    const values = { key, ...requestValues(request) };
    return this.database.write(
      (): Acquired => {
        const row = this.acquired(values, seen) as HeadRow | undefined;
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
    const apply =
      "seen" in right ? this.commitFree(key, right, commit) : this.commitHeld(address, right, commit);
    return this.database.write(
      (): Committed => {
        if (isFirst) this.statements.create.run({ key });
        if (!apply()) return { committed: false, current: this.head(key) };
        this.expiry.write(key, commit);
        return { committed: true };
      },
      { atomic: isFirst || saysOfExpiry(commit) },
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

  private acquired(values: { key: string } & LeaseRequest, seen: Seen | undefined): unknown {
    const { acquire, acquireSeen, create } = this.statements;
    if (seen === undefined) return acquire.get({ ...values });
    if (isUnseen(seen)) create.run({ key: values.key });
    const { version, fence } = seen;
    return acquireSeen.get({ ...values, version, fence });
  }

  private commitHeld(address: Address, lease: Lease, commit: Commit): () => boolean {
    const values = { ...heldBy(address, lease), ...commitValues(commit), onVersion: commit.onVersion };
    return () => this.statements.commit.run(values).changes === 1;
  }

  private commitFree(key: string, { seen, request }: Unheld, commit: Commit): () => boolean {
    const { version, fence } = seen;
    const values = { key, version, fence, ...requestValues(request), ...commitValues(commit) };
    return () => this.statements.commitFree.run(values).changes === 1;
  }

  private head(key: string): Head | undefined {
    const row = this.statements.read.get({ key }) as HeadRow | undefined;
    return row === undefined ? undefined : headOf(row);
  }
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
