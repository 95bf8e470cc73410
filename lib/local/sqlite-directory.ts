/** Finds actors on `node:sqlite`, in the order of their keys. */
import type { StatementSync } from "node:sqlite";
import { parseAddressKey } from "../address";
import {
  type ActorPage,
  type ActorQuery,
  type ActorSummary,
  badPage,
  checkLimit,
  type Directory,
} from "../inspect/directory";
import type { LocalDatabase } from "./database";

/** The keys of a type are those from `Type/` up to the next character, `0`. */
const LIST = `
  SELECT key, version, lease_until_ms AS leaseUntilMs, wake_at_ms AS wakeAtMs FROM head
  WHERE key > $after AND key < $before AND state IS NOT NULL
    AND ($search = '' OR instr(substr(key, instr(key, '/') + 1), $search) > 0)
  ORDER BY key LIMIT $limit`;

const COUNT = `
  SELECT substr(key, 1, instr(key, '/') - 1) AS type, count(*) AS actors FROM head
  WHERE state IS NOT NULL GROUP BY type`;

/** After every key: a type is ASCII. */
const AFTER_ALL = "\u{7f}";

interface SummaryRow {
  readonly key: string;
  readonly version: number;
  readonly leaseUntilMs: number | null;
  readonly wakeAtMs: number | null;
}

export class SqliteDirectory implements Directory {
  private readonly statements: Readonly<Record<"list" | "count", StatementSync>>;

  /** @param database in which a `SqliteStore` has made its tables */
  constructor(private readonly database: LocalDatabase) {
    this.statements = { list: database.prepare(LIST), count: database.prepare(COUNT) };
  }

  async list({ type, search = "", after, limit }: ActorQuery): Promise<ActorPage> {
    const most = checkLimit(limit);
    if (after !== undefined && !after.includes("/")) throw badPage(after);
    const [first, before] = type === undefined ? ["", AFTER_ALL] : [`${type}/`, `${type}0`];
    const values = { after: after ?? first, before, search, limit: most + 1 };
    const rows = this.database.read(() => this.statements.list.all(values)) as unknown as SummaryRow[];
    const actors = rows.slice(0, most);
    const last = rows.length > most ? actors.at(-1) : undefined;
    return { actors: actors.map(summaryOf), ...(last === undefined ? {} : { next: last.key }) };
  }

  async counts(): Promise<Readonly<Record<string, number>>> {
    const rows = this.database.read(() => this.statements.count.all()) as { type: string; actors: number }[];
    return Object.fromEntries(rows.map(({ type, actors }) => [type, actors]));
  }
}

function summaryOf({ key, version, leaseUntilMs, wakeAtMs }: SummaryRow): ActorSummary {
  return {
    ...parseAddressKey(key),
    version,
    ...(leaseUntilMs === null ? {} : { leaseUntilMs }),
    ...(wakeAtMs === null ? {} : { wakeAtMs }),
  };
}
