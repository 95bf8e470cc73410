/**
 * Writes to one SQLite file, gathered: all that are asked for in one round of the event loop share a transaction, since
 * a transaction costs several times what the statement in it does. Each caller still gets its own answer, and gets it
 * only after the transaction is committed.
 */
import type { DatabaseSync } from "node:sqlite";
import { StoreUnavailable } from "../errors";

interface Write {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupedWrites {
  private waiting: Write[] = [];
  private scheduled: Promise<void> | undefined;

  constructor(private readonly database: DatabaseSync) {}

  /** @throws StoreUnavailable when the transaction failed: nothing of it was written */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
      this.scheduled ??= new Promise((done) => {
        setImmediate(() => {
          this.flush();
          done();
        });
      });
    });
  }

  /** Resolves when everything that was asked for is written. */
  async finish(): Promise<void> {
    while (this.scheduled !== undefined) await this.scheduled;
  }

  private flush(): void {
    const writes = this.waiting;
    this.waiting = [];
    this.scheduled = undefined;
    try {
      const results = this.transaction(writes);
      for (const [index, write] of writes.entries()) write.resolve(results[index]);
    } catch (cause) {
      const error = new StoreUnavailable(`SQLite: ${(cause as Error).message}.`, {}, cause);
      for (const write of writes) write.reject(error);
    }
  }

  private transaction(writes: readonly Write[]): unknown[] {
    this.database.exec("BEGIN IMMEDIATE");
    try {
      const results = writes.map(({ work }) => work());
      this.database.exec("COMMIT");
      return results;
    } catch (error) {
      if (this.database.isTransaction) this.database.exec("ROLLBACK");
      throw error;
    }
  }
}
