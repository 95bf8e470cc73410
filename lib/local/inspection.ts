/** What people can see of an app on the embedded engine. */
import type { Clock } from "../clock";
import { Inspection } from "../inspect/inspection";
import type { LocalDatabase } from "./database";
import type { EnginePorts } from "./ports";
import { SqliteDirectory } from "./sqlite-directory";

/** @param ports of the same database */
export function localInspection(database: LocalDatabase, ports: EnginePorts, clock: Clock): Inspection {
  const { store, queues, calls } = ports;
  return new Inspection(
    {
      store,
      queues,
      calls,
      directory: new SqliteDirectory(database),
      async depths() {
        const { messages, wakes, deadLetters } = queues;
        return {
          messages: await messages.depth(),
          wakes: await wakes.depth(),
          deadLetters: await deadLetters.depth(),
        };
      },
    },
    clock,
  );
}
