/** Tracked calls on `node:sqlite`: a row per call. */
import type { StatementSync } from "node:sqlite";
import { addressKey, parseAddressKey } from "../address";
import { type Clock, systemClock } from "../clock";
import type {
  NewTrackedCall,
  Outcome,
  Settled,
  Settlement,
  TrackedCall,
  TrackedCalls,
} from "../messages/tracked-calls";
import type { LocalDatabase } from "./database";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tracked_call (
    call_id TEXT PRIMARY KEY,
    actor TEXT NOT NULL,
    method TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    status TEXT,
    outcome TEXT,
    settled_ms INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS tracked_call_expiry ON tracked_call (expires_ms);
`;

const OPEN = `
  INSERT INTO tracked_call (call_id, actor, method, started_ms, expires_ms)
  VALUES ($callId, $actor, $method, $startedMs, $expiresMs)
  ON CONFLICT DO NOTHING`;

/** In passing, so a bounded number, but more than one `open` adds. */
const DROP_EXPIRED = `
  DELETE FROM tracked_call WHERE call_id IN
    (SELECT call_id FROM tracked_call WHERE expires_ms <= $nowMs ORDER BY expires_ms LIMIT 10)`;

const SETTLE = `
  UPDATE tracked_call
  SET status = $status, outcome = $outcome, settled_ms = $settledMs, expires_ms = $expiresMs
  WHERE call_id = $callId AND (status IS NULL OR ($replacesFailure AND status = 'failed'))`;

const READ = `
  SELECT call_id, actor, method, started_ms, status, outcome, settled_ms FROM tracked_call
  WHERE call_id = $callId`;

/** An outcome of more than this is a mistake on a laptop too; DynamoDB's item ends not far above. */
const MAX_OUTCOME_BYTES = 390 * 1_024;

interface CallRow {
  call_id: string;
  actor: string;
  method: string;
  started_ms: number;
  status: Outcome["status"] | null;
  /** The result or the error. */
  outcome: string | null;
  settled_ms: number | null;
}

export class SqliteCalls implements TrackedCalls {
  readonly maxOutcomeBytes = MAX_OUTCOME_BYTES;
  private readonly statements: Record<"open" | "dropExpired" | "settle" | "read", StatementSync>;

  /**
   * @param clock decides which rows have expired
   * @throws StoreUnavailable when the table cannot be made
   */
  constructor(
    private readonly database: LocalDatabase,
    private readonly clock: Clock = systemClock,
  ) {
    database.define(SCHEMA);
    this.statements = {
      open: database.prepare(OPEN),
      dropExpired: database.prepare(DROP_EXPIRED),
      settle: database.prepare(SETTLE),
      read: database.prepare(READ),
    };
  }

  open({ callId, address, method, startedMs, expiresMs }: NewTrackedCall): Promise<TrackedCall> {
    const values = { callId, actor: addressKey(address), method, startedMs, expiresMs };
    return this.database.write(
      () => {
        this.statements.dropExpired.run({ nowMs: this.clock.now() });
        this.statements.open.run(values);
        return this.call(callId) as TrackedCall;
      },
      { atomic: true },
    );
  }

  settle(callId: string, settlement: Settlement): Promise<Settled> {
    const { outcome, settledMs, expiresMs, replacesFailure = false } = settlement;
    const { status } = outcome;
    const values = {
      callId,
      status,
      outcome: textOf(outcome),
      settledMs,
      expiresMs,
      replacesFailure: replacesFailure ? 1 : 0,
    };
    return this.database.write(
      (): Settled => {
        if (this.statements.settle.run(values).changes === 1) return "settled";
        const present = this.call(callId)?.outcome;
        if (present === undefined) return "unknown";
        return present.status === status && textOf(present) === values.outcome ? "settled" : "already";
      },
      { atomic: true },
    );
  }

  async read(callId: string): Promise<TrackedCall | undefined> {
    return this.database.read(() => this.call(callId));
  }

  private call(callId: string): TrackedCall | undefined {
    const row = this.statements.read.get({ callId }) as CallRow | undefined;
    return row === undefined ? undefined : callOf(row);
  }
}

function callOf(row: CallRow): TrackedCall {
  const outcome = outcomeOf(row);
  return {
    callId: row.call_id,
    address: parseAddressKey(row.actor),
    method: row.method,
    startedMs: row.started_ms,
    ...(outcome === undefined ? {} : { outcome }),
    ...(row.settled_ms === null ? {} : { settledMs: row.settled_ms }),
  };
}

function outcomeOf({ status, outcome }: CallRow): Outcome | undefined {
  if (status === "failed") return { status, error: outcome ?? "" };
  return status === "succeeded" ? { status, result: outcome ?? undefined } : undefined;
}

function textOf(outcome: Outcome): string | null {
  return (outcome.status === "failed" ? outcome.error : outcome.result) ?? null;
}
