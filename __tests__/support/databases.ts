/** The databases of a test: in memory, or on a file in a folder that goes with the test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalDatabase } from "../../lib/local/database";

export interface TestDatabases {
  /** Another one for each test. */
  readonly file: string;
  /** Closed after the test. @param at default: in memory */
  open(at?: string): LocalDatabase;
}

/** To be called where the tests of a file are defined. */
export function testDatabases(): TestDatabases {
  const opened: LocalDatabase[] = [];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "durable-test-"));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get file() {
      return join(folder, "state.db");
    },
    open(at = ":memory:") {
      const database = new LocalDatabase(at);
      opened.push(database);
      return database;
    },
  };
}
