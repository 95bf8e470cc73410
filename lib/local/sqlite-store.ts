/** The store on `node:sqlite`: heads and parts, a table each. */
import type { StatementSync } from "node:sqlite";
import { type Address, addressKey } from "../address";
import { type Clock, systemClock } from "../clock";
import type { Lease } from "../lease";
import type { Acquired, Commit, Committed, Head, LeaseRequest, Part, Store } from "../store";
import type { AddedColumns, LocalDatabase } from "./database";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS head (
    key TEXT PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL,
    lease_id TEXT,
    lease_until_ms INTEGER,
    state TEXT,
    schema INTEGER,
    inbox TEXT NOT NULL DEFAULT '',
    spilled INTEGER NOT NULL DEFAULT 0,
    failing TEXT NOT NULL DEFAULT '',
    outbox TEXT NOT NULL DEFAULT ''
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS part (
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    expires_at_ms INTEGER,
    PRIMARY KEY (key, name)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS part_expiry ON part (expires_at_ms) WHERE expires_at_ms IS NOT NULL;
`;

/** What the table of version 0.1.0 lacks. */
const ADDED_TO_HEAD: AddedColumns = {
  failing: "TEXT NOT NULL DEFAULT ''",
  outbox: "TEXT NOT NULL DEFAULT ''",
};

const COLUMNS = "version, fence, lease_id, lease_until_ms, state, schema, inbox, spilled, failing, outbox";

const ACQUIRE = `
  INSERT INTO head (key, fence, lease_id, lease_until_ms) VALUES ($key, 1, $leaseId, $untilMs)
  ON CONFLICT (key) DO UPDATE SET fence = fence + 1, lease_id = $leaseId, lease_until_ms = $untilMs
    WHERE lease_id IS NULL OR lease_until_ms <= $nowMs
  RETURNING ${COLUMNS}`;

const STILL_HELD = "key = $key AND lease_id = $leaseId AND fence = $fence";

const COMMIT = `
  UPDATE head SET
    version = version + 1,
    state = coalesce($state, state),
    schema = coalesce($schema, schema),
    inbox = coalesce($inbox, inbox),
    spilled = max(spilled, $spilled),
    failing = coalesce($failing, failing),
    outbox = coalesce($outbox, outbox),
    lease_id = iif($release, NULL, lease_id),
    lease_until_ms = iif($release, NULL, lease_until_ms)
  WHERE ${STILL_HELD} AND version = $onVersion`;

const RELEASE = `
  UPDATE head SET lease_id = NULL, lease_until_ms = NULL, outbox = iif($delivered, '', outbox)
  WHERE ${STILL_HELD}`;

/** In passing, so a bounded number. */
const DROP_EXPIRED = `
  DELETE FROM part WHERE (key, name) IN
    (SELECT key, name FROM part WHERE expires_at_ms <= $nowMs ORDER BY expires_at_ms LIMIT 100)`;

/** Sorts behind whatever a name goes on with: names are ASCII. */
const LAST_CHARACTER = "\u{10FFFF}";

const PART_COLUMNS = "name, body, expires_at_ms";

/** A state or a part of more than this is a mistake on a laptop too; DynamoDB's item ends far below. */
const MAX_BYTES = 350_000;

interface HeadRow {
  version: number;
  fence: number;
  lease_id: string | null;
  lease_until_ms: number | null;
  state: string | null;
  schema: number | null;
  inbox: string;
  spilled: number;
  failing: string;
  outbox: string;
}

interface PartRow {
  name: string;
  body: string;
  expires_at_ms: number | null;
}

export class SqliteStore implements Store {
  readonly maxStateBytes = MAX_BYTES;
  readonly maxPartBytes = MAX_BYTES;
  private readonly statements: Record<
    | "acquire"
    | "commit"
    | "release"
    | "renew"
    | "read"
    | "writePart"
    | "dropExpired"
    | "readPart"
    | "readParts",
    StatementSync
  >;

  /**
   * @param clock decides which parts have expired
   * @throws StoreUnavailable when the tables cannot be made
   */
  constructor(
    private readonly database: LocalDatabase,
    private readonly clock: Clock = systemClock,
  ) {
    database.define(SCHEMA, { head: ADDED_TO_HEAD });
    const prepare = (sql: string) => database.prepare(sql);
    this.statements = {
      acquire: prepare(ACQUIRE),
      commit: prepare(COMMIT),
      release: prepare(RELEASE),
      renew: prepare(`UPDATE head SET lease_until_ms = $untilMs WHERE ${STILL_HELD}`),
      read: prepare(`SELECT ${COLUMNS} FROM head WHERE key = $key`),
      writePart: prepare(
        `INSERT OR REPLACE INTO part (key, ${PART_COLUMNS}) VALUES ($key, $name, $body, $expiresAtMs)`,
      ),
      dropExpired: prepare(DROP_EXPIRED),
      readPart: prepare(`SELECT ${PART_COLUMNS} FROM part WHERE key = $key AND name = $name`),
      readParts: prepare(
        `SELECT ${PART_COLUMNS} FROM part WHERE key = $key AND name >= $from AND name < $end ORDER BY name`,
      ),
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
    const key = addressKey(address);
    const { onVersion, state, schema, inbox, spilled, failing, outbox, release } = commit;
    return this.database.write((): Committed => {
      const { changes } = this.statements.commit.run({
        key,
        leaseId: lease.id,
        fence: lease.fence,
        onVersion,
        state: state ?? null,
        schema: schema ?? null,
        inbox: inbox ?? null,
        spilled: spilled ? 1 : 0,
        failing: failing ?? null,
        outbox: outbox ?? null,
        release: release ? 1 : 0,
      });
      return changes === 1 ? { committed: true } : { committed: false, current: this.head(key) };
    });
  }

  async release(
    address: Address,
    lease: Lease,
    { delivered }: { readonly delivered: boolean },
  ): Promise<void> {
    const values = {
      key: addressKey(address),
      leaseId: lease.id,
      fence: lease.fence,
      delivered: delivered ? 1 : 0,
    };
    await this.database.write(() => this.statements.release.run(values));
  }

  renew(address: Address, lease: Lease, untilMs: number): Promise<boolean> {
    const values = {
      key: addressKey(address),
      leaseId: lease.id,
      fence: lease.fence,
      untilMs: storable(untilMs),
    };
    return this.database.write(() => this.statements.renew.run(values).changes === 1);
  }

  async read(address: Address): Promise<Head | undefined> {
    return this.database.read(() => this.head(addressKey(address)));
  }

  async writeParts(address: Address, parts: readonly Part[]): Promise<void> {
    const key = addressKey(address);
    await this.database.write(
      () => {
        this.statements.dropExpired.run({ nowMs: this.clock.now() });
        for (const { name, body, expiresAtMs } of parts) {
          this.statements.writePart.run({ key, name, body, expiresAtMs: expiresAtMs ?? null });
        }
      },
      { atomic: true },
    );
  }

  async readPart(address: Address, name: string): Promise<Part | undefined> {
    const row = this.database.read(() => this.statements.readPart.get({ key: addressKey(address), name })) as
      | PartRow
      | undefined;
    return row === undefined ? undefined : partOf(row);
  }

  async readParts(address: Address, prefix: string, from = ""): Promise<Part[]> {
    const range = { from: from > prefix ? from : prefix, end: prefix + LAST_CHARACTER };
    const rows = this.database.read(() =>
      this.statements.readParts.all({ key: addressKey(address), ...range }),
    ) as unknown as PartRow[];
    return rows.map(partOf);
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
    inbox: row.inbox,
    spilled: row.spilled === 1,
    failing: row.failing,
    outbox: row.outbox,
  };
}

function partOf({ name, body, expires_at_ms: expiresAtMs }: PartRow): Part {
  return { name, body, ...(expiresAtMs === null ? {} : { expiresAtMs }) };
}

/** SQLite's integers have 64 bits; infinity has none. */
function storable(untilMs: number): number {
  return Math.min(untilMs, Number.MAX_SAFE_INTEGER);
}
