/**
 * Writes to one SQLite file, gathered: those that are asked for in one round of the event loop share a transaction,
 * since a transaction costs several times what the statement in it does. The first ones of a round do not wait for
 * others, so that a lone call is not delayed. They are written in the order in which they are asked for. Each caller
 * gets its own answer, and only after its transaction is committed.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import * as timers from "node:timers";
import { type ErrorConstructorOf, StoreUnavailable } from "../errors";

// The real one, taken early: a test may put fake timers in its place.
const { setImmediate } = timers;

export interface WriteOptions {
  /** The work has several statements, of which all or none must be written. Default false. */
  readonly atomic?: boolean;
  /** What the caller gets when the transaction failed. Default `StoreUnavailable`. */
  readonly failure?: ErrorConstructorOf;
}

interface Write extends WriteOptions {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** As many as one call makes: taking the lease, and the commit. */
const DIRECT_WRITES = 2;
/** After a round of more than these, nobody is alone: then all writes of the next one share its transaction. */
const MANY_WRITES = 8;

export class GroupedWrites {
  private waiting: Write[] = [];
  private directLeft = DIRECT_WRITES;
  private writesOfRound = 0;
  private round: Promise<void> | undefined;

  private readonly begin: StatementSync;
  private readonly commit: StatementSync;

  constructor(private readonly database: DatabaseSync) {
    this.begin = database.prepare("BEGIN IMMEDIATE");
    this.commit = database.prepare("COMMIT");
  }

  /** @throws `options.failure` when the transaction failed: nothing of it was written */
  run<T>(work: () => T, options: WriteOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      this.round ??= this.beginRound();
      this.writesOfRound++;
      this.waiting.push({ ...options, work, resolve: resolve as (result: unknown) => void, reject });
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
        this.directLeft = this.writesOfRound > MANY_WRITES ? 0 : DIRECT_WRITES;
        this.writesOfRound = 0;
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
      for (const { reject, failure } of writes) reject(unavailable(cause, failure));
    }
  }

  private transaction(writes: readonly Write[]): unknown[] {
    const workAll = () => writes.map(({ work }) => work());
    // A statement by itself is a transaction already.
    return writes.length === 1 && !writes[0]?.atomic ? workAll() : this.atomically(workAll);
  }

  /** Runs `work` in a transaction of its own, at once. @throws what SQLite throws: nothing was written */
  atomically<T>(work: () => T): T {
    this.begin.run();
    try {
      const result = work();
      this.commit.run();
      return result;
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  private rollBack(): void {
    try {
      this.database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does after some errors; the first error is the one that counts.
    }
  }
}

/** What a caller gets for an error of SQLite's. */
export function unavailable(cause: unknown, Failure: ErrorConstructorOf = StoreUnavailable): Error {
  return new Failure(`SQLite: ${(cause as Error).message}.`, {}, cause);
}
