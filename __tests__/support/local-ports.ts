/** The embedded engine's ports for a test: on a database in memory, or on a file. */
import { type Clock, systemClock } from "../../lib/clock";
import { LocalDatabase } from "../../lib/local/database";
import { type LocalPorts as EnginePorts, localPorts } from "../../lib/local/ports";
import { type Random, systemRandom } from "../../lib/random";

export interface LocalPorts extends EnginePorts {
  close(): Promise<void>;
}

export function openLocal({
  file = ":memory:",
  clock = systemClock,
  random = systemRandom,
}: {
  file?: string;
  clock?: Clock;
  random?: Random;
} = {}): LocalPorts {
  const database = new LocalDatabase(file);
  return { ...localPorts(database, clock, random), close: () => database.close() };
}
