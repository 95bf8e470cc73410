/** Conditional writes to the rows of heads, each of the columns that change and of no others: indexes on the rest cost nothing. */
import type { SQLInputValue, StatementSync } from "node:sqlite";
import type { Lease } from "../lease";
import type { LeaseRequest, Seen } from "../store";
import type { LocalDatabase } from "./database";
import type { Changes } from "./sqlite-head";

/** On what a write depends: a condition with `?` in the place of its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

const HELD = "lease_id = ? AND fence = ?";
const HELD_AT = `${HELD} AND version = ?`;
export const FREE = "(lease_id IS NULL OR lease_until_ms <= ?)";
export const AS_SEEN = `version = ? AND fence = ? AND has_pieces = 0 AND ${FREE}`;

/** @param onVersion the version that it must still have, if it matters */
export function held({ id, fence }: Lease, onVersion?: number): Condition {
  return onVersion === undefined
    ? { sql: HELD, values: [id, fence] }
    : { sql: HELD_AT, values: [id, fence, onVersion] };
}

export function freeAsSeen({ version, fence }: Seen, { nowMs }: LeaseRequest): Condition {
  return { sql: AS_SEEN, values: [version, fence, nowMs] };
}

/** All of them, by the compiler's word: a column that is not here would never be written. */
const CHANGEABLE = Object.keys({
  version: true,
  fence: true,
  lease_id: true,
  lease_until_ms: true,
  state: true,
  schema: true,
  has_pieces: true,
  inbox: true,
  spilled: true,
  failing: true,
  outbox: true,
  reminders: true,
  wake_at_ms: true,
  used_at_ms: true,
  expires_at_ms: true,
} satisfies Record<keyof Changes, true>) as readonly (keyof Changes)[];

export class HeadUpdates {
  /** By condition, and by the columns that they change, a bit for each: a few dozen at most. */
  private readonly statements = new Map<string, Map<number, StatementSync>>();

  /** @param database with the table of heads */
  constructor(private readonly database: LocalDatabase) {}

  /** Makes the changes, if there is such a row and the condition holds. Returns whether it did. */
  write(key: string, changes: Changes, { sql, values: conditional }: Condition): boolean {
    const values: SQLInputValue[] = [];
    let columns = 0;
    for (let index = 0; index < CHANGEABLE.length; index++) {
      const value = changes[CHANGEABLE[index] as keyof Changes];
      if (value === undefined) continue;
      columns |= 1 << index;
      values.push(value);
    }
    values.push(key, ...conditional);
    return this.statement(columns, sql).run(...values).changes === 1;
  }

  private statement(columns: number, condition: string): StatementSync {
    const ofCondition = this.statements.get(condition) ?? new Map<number, StatementSync>();
    this.statements.set(condition, ofCondition);
    const made = ofCondition.get(columns) ?? this.prepare(columns, condition);
    ofCondition.set(columns, made);
    return made;
  }

  private prepare(columns: number, condition: string): StatementSync {
    const assignments = CHANGEABLE.filter((_column, index) => (columns & (1 << index)) !== 0).map(
      (column) => `${column} = ?`,
    );
    return this.database.prepare(`UPDATE head SET ${assignments.join(", ")} WHERE key = ? AND ${condition}`);
  }
}
