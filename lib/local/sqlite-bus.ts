/**
 * The event bus on `node:sqlite`: a log of the newest events, and a queue from which the engine hands each of them to the
 * router, in the form in which EventBridge invokes a function. An event is in both or in neither.
 */
import type { StatementSync } from "node:sqlite";
import { type Clock, systemClock } from "../clock";
import { BusUnavailable, InternalError, PayloadTooLarge } from "../errors";
import { bytesOfEvent, type EventBus, type PublishedEvent } from "../events/bus";
import { quote } from "../quote";
import { type Random, systemRandom } from "../random";
import type { Json } from "../values/codec";
import type { LocalDatabase } from "./database";
import { SqliteQueue } from "./sqlite-queue";

/** What EventBridge takes. */
const MAX_EVENT_BYTES = 262_144;
const MAX_LOGGED = 10_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS event (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    detail_type TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    detail TEXT NOT NULL
  );
`;

const ADD = `
  INSERT INTO event (id, source, detail_type, time_ms, detail)
  VALUES ($id, $source, $detailType, $timeMs, $detail)`;

const DROP_OLD = `DELETE FROM event WHERE position <= (SELECT max(position) FROM event) - ${MAX_LOGGED}`;

/** The newest of those behind a position. */
const READ = `
  SELECT * FROM (
    SELECT position, id, source, detail_type AS detailType, time_ms AS timeMs, detail FROM event
    WHERE position > $after ORDER BY position DESC LIMIT $limit
  ) ORDER BY position`;

/** An event as it was published. */
export interface LoggedEvent {
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: Json;
  readonly timeMs: number;
}

/** With its place in the log, which rises from each to the next. */
export interface PlacedEvent extends LoggedEvent {
  readonly position: number;
}

type EventRow = Omit<PlacedEvent, "detail"> & { readonly detail: string };

export class SqliteBus implements EventBus {
  readonly maxEventBytes = MAX_EVENT_BYTES;
  /** Standard: what listeners have yet to get. */
  readonly deliveries: SqliteQueue;
  private readonly statements: Record<"add" | "dropOld" | "read", StatementSync>;

  /** @throws StoreUnavailable when the tables cannot be made */
  constructor(
    private readonly database: LocalDatabase,
    clock: Clock = systemClock,
    private readonly random: Random = systemRandom,
  ) {
    database.define(SCHEMA);
    this.deliveries = new SqliteQueue(database, { name: "events", fifo: false, random }, clock);
    this.statements = {
      add: database.prepare(ADD),
      dropOld: database.prepare(DROP_OLD),
      read: database.prepare(READ),
    };
  }

  async publish(event: PublishedEvent): Promise<void> {
    check(event);
    const { id, source, detailType, timeMs, detail } = event;
    const deliver = this.deliveries.adding({ body: deliveryOf(event, this.random.id()) });
    await this.database.write(
      () => {
        this.statements.add.run({ id, source, detailType, timeMs, detail });
        this.statements.dropOld.run();
        deliver();
      },
      { atomic: true, failure: BusUnavailable },
    );
  }

  /**
   * The newest events, the oldest first. One that was published twice is there twice, as it is delivered twice.
   *
   * @param options `after`: only those behind this position; `limit`: at most so many, of the 10,000 that are kept
   * @throws BusUnavailable
   */
  published({
    after = 0,
    limit = MAX_LOGGED,
  }: {
    readonly after?: number;
    readonly limit?: number;
  } = {}): PlacedEvent[] {
    const rows = this.database.read(
      () => this.statements.read.all({ after, limit }),
      BusUnavailable,
    ) as unknown as EventRow[];
    return rows.map(({ detail, ...event }) => ({ ...event, detail: JSON.parse(detail) as Json }));
  }
}

/** As EventBridge invokes a function. Each delivery has an id of its own there. */
function deliveryOf({ source, detailType, timeMs, detail }: PublishedEvent, deliveryId: string): string {
  const envelope = {
    version: "0",
    id: deliveryId,
    "detail-type": detailType,
    source,
    account: "000000000000",
    time: new Date(timeMs).toISOString().replace(/\.\d+Z$/, "Z"),
    region: "local",
    resources: [],
  };
  // The detail as it is: written anew, it could become larger than the queue takes.
  return `${JSON.stringify(envelope).slice(0, -1)},"detail":${detail}}`;
}

/**
 * What EventBridge refuses, so that an app does not meet it only there.
 * @throws PayloadTooLarge; InternalError
 */
function check(event: PublishedEvent): void {
  const bytes = bytesOfEvent(event);
  if (bytes > MAX_EVENT_BYTES) {
    throw new PayloadTooLarge(`The event has ${bytes} bytes; a bus takes at most ${MAX_EVENT_BYTES}.`, {
      field: "event",
      bytes,
      limitBytes: MAX_EVENT_BYTES,
    });
  }
  const { source, detail } = event;
  if (source.startsWith("aws."))
    throw refused("source", source, 'begins with "aws.", as only those of AWS do');
  if (!isObject(detail)) throw refused("detail", detail, "is not the text of a JSON object");
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function refused(field: string, value: string, problem: string): InternalError {
  return new InternalError(`The event's ${field} (${quote(value)}) ${problem}.`, {
    field,
    value: quote(value),
  });
}
