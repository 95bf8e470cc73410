/** The store on `node:sqlite`: a file that several processes may share, or `:memory:`. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type Address, addressKey } from "../address";
import { type Clock, systemClock } from "../clock";
import { CorruptState, StoreUnavailable } from "../errors";
import type { Lease } from "../lease";
import type { Acquired, Commit, Committed, Head, LeaseRequest, Part, Store } from "../store";
import { GroupedWrites } from "./grouped-writes";

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
    spilled INTEGER NOT NULL DEFAULT 0
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

const COLUMNS = "version, fence, lease_id, lease_until_ms, state, schema, inbox, spilled";

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
    lease_id = iif($release, NULL, lease_id),
    lease_until_ms = iif($release, NULL, lease_until_ms)
  WHERE ${STILL_HELD} AND version = $onVersion`;

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
}

export class SqliteStore implements Store {
  readonly maxStateBytes = MAX_BYTES;
  readonly maxPartBytes = MAX_BYTES;
  private readonly database: DatabaseSync;
  private readonly writes: GroupedWrites;
  private readonly statements: Record<
    "acquire" | "commit" | "release" | "renew" | "read" | "writePart" | "dropExpired" | "readParts",
    StatementSync
  >;

  /**
   * @param file a path, or `:memory:`
   * @param clock decides which parts have expired
   * @throws CorruptState when the file is something else; StoreUnavailable when it cannot be opened
   */
  constructor(
    file: string,
    private readonly clock: Clock = systemClock,
  ) {
    this.database = open(file);
    this.writes = new GroupedWrites(this.database);
    const prepare = (sql: string) => this.database.prepare(sql);
    this.statements = {
      acquire: prepare(ACQUIRE),
      commit: prepare(COMMIT),
      release: prepare(`UPDATE head SET lease_id = NULL, lease_until_ms = NULL WHERE ${STILL_HELD}`),
      renew: prepare(`UPDATE head SET lease_until_ms = $untilMs WHERE ${STILL_HELD}`),
      read: prepare(`SELECT ${COLUMNS} FROM head WHERE key = $key`),
      writePart: prepare(
        "INSERT OR REPLACE INTO part (key, name, body, expires_at_ms) VALUES ($key, $name, $body, $expiresAtMs)",
      ),
      dropExpired: prepare("DELETE FROM part WHERE expires_at_ms <= $nowMs"),
      readParts: prepare(
        "SELECT name, body, expires_at_ms FROM part WHERE key = $key AND substr(name, 1, length($prefix)) = $prefix ORDER BY name",
      ),
    };
  }

  acquire(address: Address, { leaseId, nowMs, untilMs }: LeaseRequest): Promise<Acquired> {
    const key = addressKey(address);
    return this.writes.run((): Acquired => {
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
    const { onVersion, state, schema, inbox, spilled, release } = commit;
    return this.writes.run((): Committed => {
      const { changes } = this.statements.commit.run({
        key,
        leaseId: lease.id,
        fence: lease.fence,
        onVersion,
        state: state ?? null,
        schema: schema ?? null,
        inbox: inbox ?? null,
        spilled: spilled ? 1 : 0,
        release: release ? 1 : 0,
      });
      return changes === 1 ? { committed: true } : { committed: false, current: this.head(key) };
    });
  }

  async release(address: Address, lease: Lease): Promise<void> {
    await this.writes.run(() =>
      this.statements.release.run({ key: addressKey(address), leaseId: lease.id, fence: lease.fence }),
    );
  }

  renew(address: Address, lease: Lease, untilMs: number): Promise<boolean> {
    const values = {
      key: addressKey(address),
      leaseId: lease.id,
      fence: lease.fence,
      untilMs: storable(untilMs),
    };
    return this.writes.run(() => this.statements.renew.run(values).changes === 1);
  }

  async read(address: Address): Promise<Head | undefined> {
    return unavailable(() => this.head(addressKey(address)));
  }

  async writePart(address: Address, { name, body, expiresAtMs }: Part): Promise<void> {
    await this.writes.run(() => {
      this.statements.dropExpired.run({ nowMs: this.clock.now() });
      this.statements.writePart.run({
        key: addressKey(address),
        name,
        body,
        expiresAtMs: expiresAtMs ?? null,
      });
    });
  }

  async readParts(address: Address, prefix: string): Promise<Part[]> {
    const rows = unavailable(() => this.statements.readParts.all({ key: addressKey(address), prefix }));
    return rows.map(({ name, body, expires_at_ms: expiresAtMs }) => ({
      name: String(name),
      body: String(body),
      ...(typeof expiresAtMs === "number" ? { expiresAtMs } : {}),
    }));
  }

  /** Finishes what was asked for and closes the file. */
  async close(): Promise<void> {
    await this.writes.finish();
    this.database.close();
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
  };
}

function open(file: string): DatabaseSync {
  try {
    const database = new DatabaseSync(file);
    // WAL with synchronous=NORMAL survives the death of the process; only a power cut may cost the last commits.
    database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    database.exec("PRAGMA wal_autocheckpoint = 4000;");
    database.exec(SCHEMA);
    return database;
  } catch (cause) {
    if ((cause as { errcode?: unknown }).errcode === SQLITE_NOTADB) {
      throw new CorruptState(`${file} is not a SQLite database. It was left as it is.`, { file }, cause);
    }
    throw new StoreUnavailable(`${file} cannot be opened: ${(cause as Error).message}.`, { file }, cause);
  }
}

const SQLITE_NOTADB = 26;

/** SQLite's integers have 64 bits; infinity has none. */
function storable(untilMs: number): number {
  return Math.min(untilMs, Number.MAX_SAFE_INTEGER);
}

function unavailable<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new StoreUnavailable(`SQLite: ${(cause as Error).message}.`, {}, cause);
  }
}
