/**
 * The file behind the embedded engine, which store, queues and tracked calls share: one SQLite connection, whose writes
 * go through one `GroupedWrites`. Each adapter defines its own tables here. Several processes may open the same file.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { CorruptState, type ErrorConstructorOf, StoreUnavailable } from "../errors";
import { GroupedWrites, unavailable, type WriteOptions } from "./grouped-writes";

const MEMORY = ":memory:";
const SQLITE_NOTADB = 26;

/** Columns that a table got after its first release: name → type and default. */
export type AddedColumns = Readonly<Record<string, string>>;

export class LocalDatabase {
  /** True when another process may write to it too. */
  readonly shared: boolean;
  private readonly connection: DatabaseSync;
  private readonly writes: GroupedWrites;

  /**
   * @param file a path, or `:memory:`
   * @throws CorruptState when the file is something else; StoreUnavailable when it cannot be opened
   */
  constructor(private readonly file: string) {
    this.shared = file !== MEMORY;
    this.connection = open(file);
    this.writes = new GroupedWrites(this.connection);
  }

  /**
   * Makes an adapter's tables where they are missing, and adds the columns that a file of an earlier release lacks.
   *
   * @throws StoreUnavailable when that fails; the file is as it was then
   */
  define(schema: string, added: Readonly<Record<string, AddedColumns>> = {}): void {
    try {
      // One transaction, so that of two processes that open the same file only one adds a column.
      this.writes.atomically(() => {
        // Columns first: the schema may have indexes on them.
        for (const [table, columns] of Object.entries(added)) this.addColumns(table, columns);
        this.connection.exec(schema);
      });
    } catch (cause) {
      throw cannotOpen(this.file, cause);
    }
  }

  prepare(sql: string): StatementSync {
    return this.connection.prepare(sql);
  }

  /** Runs `work`, which writes, in a transaction that it may share with others. @throws `options.failure` */
  write<T>(work: () => T, options?: WriteOptions): Promise<T> {
    return this.writes.run(work, options);
  }

  /** Runs `work`, which only reads, at once. @throws `failure` */
  read<T>(work: () => T, failure?: ErrorConstructorOf): T {
    try {
      return work();
    } catch (cause) {
      throw unavailable(cause, failure);
    }
  }

  /** Finishes what was asked for and closes the file. */
  async close(): Promise<void> {
    await this.writes.finish();
    this.connection.close();
  }

  private addColumns(table: string, columns: AddedColumns): void {
    const present = new Set(
      this.prepare(`PRAGMA table_info(${table})`)
        .all()
        .map(({ name }) => name),
    );
    // A table that is not there yet is made with all its columns.
    if (present.size === 0) return;
    for (const [name, type] of Object.entries(columns)) {
      if (!present.has(name)) this.connection.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`);
    }
  }
}

function open(file: string): DatabaseSync {
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(file);
    // WAL with synchronous=NORMAL survives the death of the process; only a power cut may cost the last commits.
    connection.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    connection.exec("PRAGMA wal_autocheckpoint = 4000;");
    return connection;
  } catch (cause) {
    connection?.close();
    throw cannotOpen(file, cause);
  }
}

function cannotOpen(file: string, cause: unknown): Error {
  if ((cause as { errcode?: unknown }).errcode === SQLITE_NOTADB) {
    return new CorruptState(`${file} is not a SQLite database. It was left as it is.`, { file }, cause);
  }
  return new StoreUnavailable(`${file} cannot be opened: ${(cause as Error).message}.`, { file }, cause);
}
