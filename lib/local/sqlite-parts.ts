/** The parts of actors on `node:sqlite`, for the store. */
import type { StatementSync } from "node:sqlite";
import { type Address, addressKey } from "../address";
import type { Clock } from "../clock";
import type { Part } from "../store";
import type { LocalDatabase } from "./database";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS part (
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    expires_at_ms INTEGER,
    PRIMARY KEY (key, name)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS part_expiry ON part (expires_at_ms) WHERE expires_at_ms IS NOT NULL;
`;

const COLUMNS = "name, body, expires_at_ms";

/** In passing, so a bounded number. */
const DROP_EXPIRED = `
  DELETE FROM part WHERE (key, name) IN
    (SELECT key, name FROM part WHERE expires_at_ms <= $nowMs ORDER BY expires_at_ms LIMIT 100)`;

/** Sorts behind whatever a name goes on with: names are ASCII. */
const LAST_CHARACTER = "\u{10FFFF}";

interface PartRow {
  name: string;
  body: string;
  expires_at_ms: number | null;
}

export class SqliteParts {
  private readonly statements: Record<
    "write" | "remove" | "dropExpired" | "readOne" | "readRange",
    StatementSync
  >;

  /** @throws StoreUnavailable when the table cannot be made */
  constructor(
    private readonly database: LocalDatabase,
    private readonly clock: Clock,
  ) {
    database.define(SCHEMA);
    const prepare = (sql: string) => database.prepare(sql);
    this.statements = {
      write: prepare(
        `INSERT OR REPLACE INTO part (key, ${COLUMNS}) VALUES ($key, $name, $body, $expiresAtMs)`,
      ),
      remove: prepare("DELETE FROM part WHERE key = $key AND name = $name"),
      dropExpired: prepare(DROP_EXPIRED),
      readOne: prepare(`SELECT ${COLUMNS} FROM part WHERE key = $key AND name = $name`),
      readRange: prepare(
        `SELECT ${COLUMNS} FROM part WHERE key = $key AND name >= $from AND name < $end ORDER BY name`,
      ),
    };
  }

  async write(address: Address, parts: readonly Part[], removed: readonly string[] = []): Promise<void> {
    const key = addressKey(address);
    await this.database.write(
      () => {
        this.statements.dropExpired.run({ nowMs: this.clock.now() });
        for (const { name, body, expiresAtMs } of parts) {
          this.statements.write.run({ key, name, body, expiresAtMs: expiresAtMs ?? null });
        }
        for (const name of removed) this.statements.remove.run({ key, name });
      },
      { atomic: true },
    );
  }

  async readOne(address: Address, name: string): Promise<Part | undefined> {
    const row = this.database.read(() => this.statements.readOne.get({ key: addressKey(address), name })) as
      | PartRow
      | undefined;
    return row === undefined ? undefined : partOf(row);
  }

  async readRange(address: Address, prefix: string, from = ""): Promise<Part[]> {
    const range = { from: from > prefix ? from : prefix, end: prefix + LAST_CHARACTER };
    const rows = this.database.read(() =>
      this.statements.readRange.all({ key: addressKey(address), ...range }),
    ) as unknown as PartRow[];
    return rows.map(partOf);
  }
}

function partOf({ name, body, expires_at_ms: expiresAtMs }: PartRow): Part {
  return { name, body, ...(expiresAtMs === null ? {} : { expiresAtMs }) };
}
