/** The ports of an app on one SQLite file. */
import type { Clock } from "../clock";
import type { Queues } from "../messages/queue";
import type { Ports } from "../ports";
import type { Random } from "../random";
import type { LocalDatabase } from "./database";
import { SqliteBus } from "./sqlite-bus";
import { SqliteCalls } from "./sqlite-calls";
import { SqliteQueue } from "./sqlite-queue";
import { SqliteStore } from "./sqlite-store";

/** The net below the runtime's own dead letters, as `provision` and `ActorApp` set it for SQS. */
const MAX_RECEIVES = 1_000;

export interface LocalPorts extends Ports {
  readonly bus: SqliteBus;
}

/** As they are made here. */
export interface EnginePorts extends LocalPorts {
  readonly queues: Readonly<Record<keyof Queues, SqliteQueue>>;
}

export function localPorts(database: LocalDatabase, clock: Clock, random: Random): EnginePorts {
  const deadLetters = new SqliteQueue(database, { name: "deadLetters", fifo: true, random }, clock);
  const redrive = { to: deadLetters, maxReceives: MAX_RECEIVES };
  return {
    store: new SqliteStore(database, clock),
    calls: new SqliteCalls(database, clock),
    queues: {
      messages: new SqliteQueue(database, { name: "messages", fifo: true, redrive, random }, clock),
      wakes: new SqliteQueue(database, { name: "wakes", fifo: false, random }, clock),
      deadLetters,
    },
    bus: new SqliteBus(database, clock, random),
  };
}
