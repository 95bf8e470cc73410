/**
 * Writes to one SQLite file, gathered: those that are asked for in one round of the event loop share a transaction,
 * since a transaction costs several times what the statement in it does. The first ones of a round do not wait for
 * others, so that a lone call is not delayed. Each caller gets its own answer, and only after its transaction is
 * committed.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StoreUnavailable } from "../errors";

interface Write {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** As many as one call makes: taking the lease, and the commit. */
const DIRECT_WRITES = 2;

export class GroupedWrites {
  private waiting: Write[] = [];
  private directLeft = DIRECT_WRITES;
  private round: Promise<void> | undefined;

  private readonly begin: StatementSync;
  private readonly commit: StatementSync;

  constructor(private readonly database: DatabaseSync) {
    this.begin = database.prepare("BEGIN IMMEDIATE");
    this.commit = database.prepare("COMMIT");
  }

  /** @throws StoreUnavailable when the transaction failed: nothing of it was written */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.round ??= this.beginRound();
      this.waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
      if (this.directLeft > 0) {
        this.directLeft--;
        this.flush();
      }
    });
  }

  /** Resolves when everything that was asked for is written. */
  async finish(): Promise<void> {
    while (this.round !== undefined) await this.round;
  }

  private beginRound(): Promise<void> {
    return new Promise((done) => {
      setImmediate(() => {
        this.round = undefined;
        this.directLeft = DIRECT_WRITES;
        if (this.waiting.length > 0) this.flush();
        done();
      });
    });
  }

  private flush(): void {
    const writes = this.waiting;
    this.waiting = [];
    try {
      const results = this.transaction(writes);
      for (const [index, write] of writes.entries()) write.resolve(results[index]);
    } catch (cause) {
      const error = new StoreUnavailable(`SQLite: ${(cause as Error).message}.`, {}, cause);
      for (const write of writes) write.reject(error);
    }
  }

  private transaction(writes: readonly Write[]): unknown[] {
    // Statements of a single write need not be atomic together; each is a transaction by itself.
    if (writes.length === 1) return writes.map(({ work }) => work());
    this.begin.run();
    try {
      const results = writes.map(({ work }) => work());
      this.commit.run();
      return results;
    } catch (error) {
      if (this.database.isTransaction) this.database.exec("ROLLBACK");
      throw error;
    }
  }
}
